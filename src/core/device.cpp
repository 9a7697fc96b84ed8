#include "moor/device.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace moor {

void RssiStatistics::add(int8_t rssi_dbm) noexcept {
  min_ = count_ == 0 ? rssi_dbm : std::min(min_, rssi_dbm);
  max_ = count_ == 0 ? rssi_dbm : std::max(max_, rssi_dbm);
  last_ = rssi_dbm;
  ++count_;
  sum_ += rssi_dbm;
  sum_of_squares_ += static_cast<uint64_t>(rssi_dbm * rssi_dbm);
}

std::optional<double> RssiStatistics::stddev() const noexcept {
  if (count_ < 2) return std::nullopt;
  const auto sum = static_cast<double>(sum_);
  const double squares = static_cast<double>(sum_of_squares_) - sum * sum / count_;
  return std::sqrt(std::max(squares, 0.0) / (count_ - 1));
}

namespace {

bool equal(Bytes a, Bytes b) noexcept {
  return a.size() == b.size() && (a.empty() || std::memcmp(a.data(), b.data(), a.size()) == 0);
}

// Whether two structures say the same kind of thing, so that the newer one replaces the older.
bool same_kind(const AdStructure& a, const AdStructure& b) noexcept {
  if (a.type != b.type) return false;
  if (const auto company = as_manufacturer_data(a))
    if (const auto other = as_manufacturer_data(b)) return company->company == other->company;
  if (const auto service = as_service_data(a))
    if (const auto other = as_service_data(b)) return service->service == other->service;
  const auto type = static_cast<uint8_t>(a.type);
  if (type >= 0x02 && type <= 0x07) return equal(a.data, b.data);  // lists of UUIDs add up
  return true;
}

bool contains_kind(Bytes payload, const AdStructure& structure) noexcept {
  for (const AdStructure& each : AdvertisementData(payload))
    if (same_kind(each, structure)) return true;
  return false;
}

Bytes whole(Bytes payload, const AdStructure& structure) noexcept {
  return payload.subspan(structure.offset, 2 + structure.data.size());
}

// Of each key the latest, where the first of it stood.
template <typename Data, typename Key>
void put_latest(std::vector<Data>& all, const Data& latest, Key Data::* key) {
  const auto same = std::ranges::find(all, latest.*key, key);
  if (same == all.end())
    all.push_back(latest);
  else
    *same = latest;
}

}  // namespace

MergedAdvertisement::MergedAdvertisement(const MergedAdvertisement& other)
    : advertisement_(other.advertisement_),
      scan_response_(other.scan_response_),
      overflow_(other.overflow_ ? std::make_unique<Overflow>(*other.overflow_) : nullptr) {}

MergedAdvertisement& MergedAdvertisement::operator=(const MergedAdvertisement& other) {
  return *this = MergedAdvertisement(other);
}

Bytes MergedAdvertisement::part(const Part& part) const noexcept {
  if (part.size != in_overflow) return Bytes(part.bytes.data(), part.size);
  return &part == &advertisement_ ? overflow_->advertisement : overflow_->scan_response;
}

MergedAdvertisement::Overflow& MergedAdvertisement::overflow() {
  if (!overflow_) overflow_ = std::make_unique<Overflow>();
  return *overflow_;
}

bool MergedAdvertisement::update(const Sighting& sighting) {
  if (has(sighting.properties, AdvertisingProperties::directed) || sighting.status == DataStatus::more_to_come ||
      sighting.payload_lost())
    return false;
  const bool response = sighting.is_scan_response();
  Part& current = response ? scan_response_ : advertisement_;
  const Bytes payload = sighting.payload();
  if (equal(part(current), payload)) return false;
  if (current.size > 0) keep_what_would_vanish(current, payload, part(response ? advertisement_ : scan_response_));
  if (payload.size() <= legacy_payload_size) {
    current.size = static_cast<uint8_t>(payload.size());
    std::copy(payload.begin(), payload.end(), current.bytes.begin());
  } else {
    auto& bytes = response ? overflow().scan_response : overflow().advertisement;
    bytes.assign(payload.begin(), payload.end());
    current.size = in_overflow;
  }
  return true;
}

void MergedAdvertisement::keep_what_would_vanish(const Part& old, Bytes next, Bytes other) {
  const Bytes before = part(old);
  for (const AdStructure& structure : AdvertisementData(before))
    if (!contains_kind(next, structure) && !contains_kind(other, structure)) keep(whole(before, structure));
}

void MergedAdvertisement::keep(Bytes structure) {
  if (structure.size() > kept_limit) return;
  auto& kept = overflow().kept;
  const AdStructure wanted = *AdvertisementData(structure).begin();
  for (const AdStructure& each : AdvertisementData(kept)) {
    if (!same_kind(each, wanted)) continue;
    const auto at = kept.begin() + static_cast<std::ptrdiff_t>(each.offset);
    kept.erase(at, at + static_cast<std::ptrdiff_t>(2 + each.data.size()));
    break;
  }
  while (kept.size() + structure.size() > kept_limit)
    kept.erase(kept.begin(), kept.begin() + static_cast<std::ptrdiff_t>(whole(kept, *AdvertisementData(kept).begin()).size()));
  kept.insert(kept.end(), structure.begin(), structure.end());
}

std::optional<std::string> MergedAdvertisement::name() const {
  std::optional<Bytes> complete;
  std::optional<Bytes> shortened;
  for_each([&](const AdStructure& structure) {
    if (structure.data.empty()) return;
    if (structure.type == AdType::complete_name) complete = structure.data;
    if (structure.type == AdType::shortened_name) shortened = structure.data;
  });
  if (complete) return printable_name(*complete);
  if (shortened) return printable_name(*shortened);
  return std::nullopt;
}

std::vector<Uuid> MergedAdvertisement::service_uuids() const {
  std::vector<Uuid> uuids;
  for_each([&](const AdStructure& structure) {
    for_each_service_uuid(structure, [&](const Uuid& uuid) {
      if (std::find(uuids.begin(), uuids.end(), uuid) == uuids.end()) uuids.push_back(uuid);
    });
  });
  return uuids;
}

bool MergedAdvertisement::has_service(const Uuid& uuid) const noexcept {
  for (Bytes bytes : {advertisement(), scan_response(), kept()})
    if (AdvertisementData(bytes).has_service(uuid)) return true;
  return false;
}

std::vector<ManufacturerData> MergedAdvertisement::manufacturer_data() const {
  std::vector<ManufacturerData> all;
  for_each([&](const AdStructure& structure) {
    if (const auto found = as_manufacturer_data(structure)) put_latest(all, *found, &ManufacturerData::company);
  });
  return all;
}

std::vector<ServiceData> MergedAdvertisement::service_data() const {
  std::vector<ServiceData> all;
  for_each([&](const AdStructure& structure) {
    if (const auto found = as_service_data(structure)) put_latest(all, *found, &ServiceData::service);
  });
  return all;
}

std::optional<int8_t> MergedAdvertisement::tx_power_dbm() const noexcept {
  std::optional<int8_t> power;
  for_each([&](const AdStructure& structure) {
    if (structure.type == AdType::tx_power && structure.data.size() == 1) power = static_cast<int8_t>(structure.data[0]);
  });
  return power;
}

bool Device::apply(const Sighting& sighting) {
  if (sightings == 0) {
    address = sighting.address;
    first_seen = sighting.time;
  }
  ++sightings;
  last_seen = sighting.time;
  radio = sighting.radio;
  if (sighting.has_rssi()) rssi.add(sighting.rssi_dbm);
  return data.update(sighting);
}

}  // namespace moor
