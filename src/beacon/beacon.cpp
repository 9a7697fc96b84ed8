#include "moor/beacon.hpp"

#include <algorithm>

namespace moor {
namespace {

template <typename... Visitors>
struct Overloaded : Visitors... {
  using Visitors::operator()...;
};

constexpr uint8_t general_discoverable_le_only = 0x06;

}  // namespace

const char* to_string(BeaconType type) noexcept {
  switch (type) {
    case BeaconType::ibeacon: return "iBeacon";
    case BeaconType::eddystone_uid: return "Eddystone-UID";
    case BeaconType::eddystone_url: return "Eddystone-URL";
    case BeaconType::eddystone_tlm: return "Eddystone-TLM";
    case BeaconType::altbeacon: return "AltBeacon";
    case BeaconType::eddystone_eid: return "Eddystone-EID";
  }
  return "unknown";
}

std::optional<int> power_at_1m_dbm(const BeaconFrame& frame) noexcept {
  using Power = std::optional<int>;
  return std::visit(Overloaded{[](const IBeacon& beacon) -> Power { return beacon.power_dbm; },
                               [](const EddystoneUid& uid) -> Power { return uid.power_0m_dbm - eddystone_loss_at_1m_db; },
                               [](const EddystoneUrl& url) -> Power { return url.power_0m_dbm() - eddystone_loss_at_1m_db; },
                               [](const EddystoneTlm&) -> Power { return std::nullopt; },
                               [](const AltBeacon& beacon) -> Power { return beacon.power_dbm; },
                               [](const EddystoneEid& eid) -> Power { return eid.power_0m_dbm - eddystone_loss_at_1m_db; }},
                    frame);
}

std::vector<uint8_t> encode_advertisement(const BeaconFrame& frame) {
  AdvertisementBuilder builder;
  builder.flags(general_discoverable_le_only);
  std::visit([&](const auto& each) { encode(each, builder); }, frame);
  return builder.bytes();
}

std::optional<BeaconIdentity> BeaconIdentity::of(const BeaconFrame& frame) noexcept {
  if (std::holds_alternative<EddystoneTlm>(frame)) return std::nullopt;
  BeaconIdentity identity(type_of(frame));
  std::visit(Overloaded{[&](const IBeacon& beacon) {
                          identity.append(beacon.uuid.to_be());
                          for (uint16_t number : {beacon.major, beacon.minor})
                            identity.append(std::array{static_cast<uint8_t>(number >> 8), static_cast<uint8_t>(number)});
                        },
                        [&](const EddystoneUid& uid) {
                          identity.append(uid.namespace_id);
                          identity.append(uid.instance_id);
                        },
                        [&](const EddystoneUrl& url) { identity.append(url.text()); }, [](const EddystoneTlm&) {},
                        [&](const AltBeacon& beacon) { identity.append(beacon.id); },
                        [&](const EddystoneEid& eid) {
                          const bool is_known = !eid.owner().empty();
                          identity.append(std::array{static_cast<uint8_t>(is_known)});
                          if (is_known) {
                            identity.append(eid.owner());
                          } else {
                            identity.append(eid.eid);
                          }
                        }},
             frame);
  identity.seal();
  return identity;
}

void BeaconIdentity::append(Bytes bytes) noexcept {
  std::ranges::copy(bytes, content_.begin() + size_);
  size_ = static_cast<uint8_t>(size_ + bytes.size());
}

void BeaconIdentity::append(std::string_view text) noexcept {
  append(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// Eight bytes a step; the content is zero behind its end.
void BeaconIdentity::seal() noexcept {
  uint64_t hash = static_cast<uint64_t>(type_) << 8 | size_;
  for (size_t at = 0; at < size_; at += 8) {
    hash = (hash ^ load_le64(&content_[at])) * 0x9E3779B97F4A7C15U;
    hash ^= hash >> 32;
  }
  hash_ = static_cast<size_t>(hash);
}

bool operator==(const BeaconIdentity& a, const BeaconIdentity& b) noexcept {
  return a.hash_ == b.hash_ && a.type_ == b.type_ && std::ranges::equal(a.content(), b.content());
}

}  // namespace moor
