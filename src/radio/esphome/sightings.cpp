#include "radio/esphome/sightings.hpp"

#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "moor/advertisement.hpp"

#include <limits>

namespace moor::esphome_radio {

namespace {

constexpr uint64_t max_address = (uint64_t{1} << 48) - 1;
constexpr int32_t none_of_moor = -127;

int8_t to_rssi(int32_t rssi) noexcept {
  const bool fits = rssi >= std::numeric_limits<int8_t>::min() && rssi <= std::numeric_limits<int8_t>::max();
  return fits && rssi != none_of_moor ? static_cast<int8_t>(rssi) : no_rssi;
}

// The structures of an advertisement that was taken apart, in one payload.
class Rebuilt {
public:
  explicit Rebuilt(const esphome::LegacyAdvertisement& advertisement) {
    add_name(advertisement.name);
    add_uuids(advertisement.service_uuids);
    for (const esphome::ServiceData& each : advertisement.service_data) {
      const auto service = Uuid::parse(each.uuid);
      const Bytes data = data_of(each);
      if (service && fits(service->to_le().size() + data.size()))
        builder_.service_data(*service, data);
      else
        ++left_out_;
    }
    for (const esphome::ServiceData& each : advertisement.manufacturer_data) {
      const auto company = company_of(each.uuid);
      const Bytes data = data_of(each);
      if (company && fits(sizeof *company + data.size()))
        builder_.manufacturer_data(*company, data);
      else
        ++left_out_;
    }
  }

  [[nodiscard]] Bytes bytes() const noexcept { return builder_.bytes(); }
  [[nodiscard]] uint64_t left_out() const noexcept { return left_out_; }

private:
  static constexpr size_t max_data = 254;  // of a structure: its length byte counts the type too

  [[nodiscard]] bool fits(size_t data) const noexcept {
    return data <= max_data && builder_.bytes().size() + 2 + data <= extended_payload_size;
  }

  void add_name(Bytes name) {
    if (name.empty()) return;
    if (fits(name.size()))
      builder_.add(AdType::complete_name, name);
    else
      ++left_out_;
  }

  void add_uuids(const std::vector<std::string_view>& texts) {
    std::vector<Uuid> uuids;
    for (std::string_view text : texts) {
      const auto uuid = Uuid::parse(text);
      if (uuid && uuids.size() < max_uuids)
        uuids.push_back(*uuid);
      else
        ++left_out_;
    }
    builder_.service_uuids(uuids);
  }

  // "0x004C"
  static std::optional<uint16_t> company_of(std::string_view text) {
    const auto uuid = Uuid::parse(text);
    const auto number = uuid ? uuid->assigned_number() : std::nullopt;
    if (!number || *number > 0xFFFF) return std::nullopt;
    return static_cast<uint16_t>(*number);
  }

  // Servers of API versions below 1.7 send a number for each byte.
  Bytes data_of(const esphome::ServiceData& entry) {
    if (!entry.data.empty()) return entry.data;
    legacy_.clear();
    for (uint32_t each : entry.legacy_data) legacy_.push_back(static_cast<uint8_t>(each));
    return legacy_;
  }

  static constexpr size_t max_uuids = 15;  // of 128 bits, in one structure

  AdvertisementBuilder builder_;
  std::vector<uint8_t> legacy_;
  uint64_t left_out_ = 0;
};

}  // namespace

void Sightings::deliver(SightingSink& sink) {
  const size_t count = std::exchange(count_, 0);
  in_ring_ = 0;
  if (count > 0) sink.on_sightings(std::span(room_->batch).first(count));
}

void Sightings::add(uint64_t address, int32_t rssi, uint32_t address_type, Bytes data, TimePoint now, SightingSink& sink) {
  if (address == 0 || address > max_address) {
    ++statistics_.malformed;
    return;
  }
  const bool is_long = data.size() > legacy_payload_size;
  const size_t kept = std::min(data.size(), extended_payload_size);
  // Half of the ring, since what does not fit before its end is put at its beginning.
  if (count_ == max_batch || (is_long && in_ring_ + kept > SightingRoom::ring_size / 2)) deliver(sink);
  if (!room_) room_ = std::make_shared<SightingRoom>();
  Sighting& sighting = room_->batch[count_++];
  sighting.address = Address(address, esphome::is_random_type(address_type));
  sighting.time = now;
  sighting.radio = radio_;
  sighting.rssi_dbm = to_rssi(rssi);
  sighting.properties = AdvertisingProperties::connectable;
  sighting.status = kept < data.size() ? DataStatus::truncated : DataStatus::complete;
  if (is_long) {
    if (!room_->ring) room_->ring = std::make_unique<PayloadRing>(SightingRoom::ring_size);
    sighting.set_payload(data, *room_->ring);
    in_ring_ += kept;
  } else {
    sighting.set_legacy_payload(data);
  }
  ++statistics_.reports;
  if (!sighting.has_rssi()) ++statistics_.without_rssi;
}

void Sightings::on_raw(Bytes payload, TimePoint now, SightingSink& sink) {
  const auto error = esphome::for_each_advertisement(payload, [&](const esphome::RawAdvertisement& each) {
    add(each.address, each.rssi, each.address_type, each.data, now, sink);
  });
  if (error) ++statistics_.malformed;
  deliver(sink);
}

void Sightings::on_legacy(Bytes payload, TimePoint now, SightingSink& sink) {
  const auto decoded = esphome::decode<esphome::LegacyAdvertisement>(payload);
  if (decoded.error) {
    ++statistics_.malformed;
    return;
  }
  const esphome::LegacyAdvertisement& advertisement = decoded.message;
  const Rebuilt rebuilt(advertisement);
  statistics_.reassembly_dropped += rebuilt.left_out();
  add(advertisement.address, advertisement.rssi, advertisement.address_type, rebuilt.bytes(), now, sink);
  deliver(sink);
}

}  // namespace moor::esphome_radio
