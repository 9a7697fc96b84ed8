#include "hci/reassembly.hpp"

#include <algorithm>
#include <cstring>

namespace moor::hci {

struct Reassembly::Pending {
  bool in_use = false;
  bool overflowed = false;
  bool scan_response = false;
  uint8_t sid = 0;
  uint16_t source = 0;
  uint16_t size = 0;
  uint32_t fragments = 0;
  Address address;
  TimePoint begun;
  std::array<uint8_t, extended_payload_size> bytes;

  void append(Bytes piece) noexcept {
    const size_t kept = std::min(piece.size(), bytes.size() - size);
    if (kept > 0) std::memcpy(bytes.data() + size, piece.data(), kept);
    size = static_cast<uint16_t>(size + kept);
    overflowed |= kept < piece.size();
    ++fragments;
  }
};

Reassembly::Reassembly() : pending_(std::make_unique<std::array<Pending, max_pending>>()) {}
Reassembly::~Reassembly() = default;

Reassembly::Result Reassembly::add(const AdvertisingReport& report, TimePoint time, uint16_t source) noexcept {
  if (in_use_ == 0 && report.status == DataStatus::complete) return {report.data, report.status};
  Pending* pending = find(report, source);
  if (pending != nullptr && is_stale(*pending, time)) {
    give_up(*pending);
    pending = nullptr;
  }
  if (report.status == DataStatus::more_to_come) {
    if (pending == nullptr) pending = &begin(report, time, source);
    pending->append(report.data);
    return {report.data, report.status};
  }
  if (pending == nullptr) return {report.data, report.status};
  pending->append(report.data);
  pending->in_use = false;
  --in_use_;
  return {Bytes(pending->bytes.data(), pending->size), pending->overflowed ? DataStatus::truncated : report.status};
}

size_t Reassembly::pending_bytes(const AdvertisingReport& report, TimePoint time, uint16_t source) const noexcept {
  const Pending* pending = in_use_ == 0 ? nullptr : find(report, source);
  return pending == nullptr || is_stale(*pending, time) ? 0 : pending->size;
}

void Reassembly::clear() noexcept {
  for (Pending& pending : *pending_)
    if (pending.in_use) give_up(pending);
}

Reassembly::Pending* Reassembly::find(const AdvertisingReport& report, uint16_t source) const noexcept {
  const bool scan_response = has(report.properties, AdvertisingProperties::scan_response);
  const auto found = std::find_if(pending_->begin(), pending_->end(), [&](const Pending& pending) {
    return pending.in_use && pending.address == report.address && pending.sid == report.sid && pending.source == source &&
           pending.scan_response == scan_response;
  });
  return found == pending_->end() ? nullptr : &*found;
}

bool Reassembly::is_stale(const Pending& pending, TimePoint time) noexcept {
  return time > pending.begun + max_age || time + max_age < pending.begun;
}

Reassembly::Pending& Reassembly::begin(const AdvertisingReport& report, TimePoint time, uint16_t source) noexcept {
  // A free place, else the one that has waited longest.
  Pending& place = *std::min_element(pending_->begin(), pending_->end(), [](const Pending& a, const Pending& b) {
    return a.in_use != b.in_use ? b.in_use : a.in_use && a.begun < b.begun;
  });
  if (place.in_use) give_up(place);
  place.in_use = true;
  place.overflowed = false;
  place.scan_response = has(report.properties, AdvertisingProperties::scan_response);
  place.sid = report.sid;
  place.source = source;
  place.size = 0;
  place.fragments = 0;
  place.address = report.address;
  place.begun = time;
  ++in_use_;
  return place;
}

void Reassembly::give_up(Pending& pending) noexcept {
  dropped_ += pending.fragments;
  pending.in_use = false;
  --in_use_;
}

}  // namespace moor::hci
