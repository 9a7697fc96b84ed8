#include "moor/eddystone.hpp"

#include "beacon/eddystone_url.hpp"
#include "beacon/registry.hpp"

#include <algorithm>
#include <cmath>

namespace moor {
namespace {

constexpr uint8_t uid_frame = 0x00;
constexpr uint8_t tlm_frame = 0x20;
constexpr uint8_t plain_tlm_version = 0x00;
constexpr size_t uid_size = 18;  // without the two reserved bytes
constexpr size_t tlm_size = 14;
constexpr uint16_t no_temperature = 0x8000;

void push_be16(std::vector<uint8_t>& data, uint16_t number) {
  data.push_back(static_cast<uint8_t>(number >> 8));
  data.push_back(static_cast<uint8_t>(number));
}

void push_be32(std::vector<uint8_t>& data, uint32_t number) {
  push_be16(data, static_cast<uint16_t>(number >> 16));
  push_be16(data, static_cast<uint16_t>(number));
}

uint16_t to_fixed_point(std::optional<double> temperature_c) {
  if (!temperature_c || std::isnan(*temperature_c)) return no_temperature;
  const double steps = std::clamp(std::round(*temperature_c * 256), -32767.0, 32767.0);
  return static_cast<uint16_t>(static_cast<int16_t>(steps));
}

void add_service_data(AdvertisementBuilder& builder, Bytes data) {
  const Uuid service(eddystone_service);
  builder.service_uuids(std::span(&service, 1)).service_data(service, data);
}

void add_readings(const EddystoneTlm& frame, Decoded& into) noexcept {
  if (frame.battery_mv) {
    into.add(Quantity::voltage, *frame.battery_mv / 1000.0);
  } else {
    into.add_unavailable(Quantity::voltage);
  }
  if (frame.temperature_c) {
    into.add(Quantity::temperature, *frame.temperature_c);
  } else {
    into.add_unavailable(Quantity::temperature);
  }
  into.add(Quantity::count, frame.advertisements);
  into.add(Quantity::duration, frame.uptime.count() / 10.0);
}

}  // namespace

std::optional<EddystoneUid> decode_eddystone_uid(Bytes data) noexcept {
  if (data.size() < uid_size || data[0] != uid_frame) return std::nullopt;
  EddystoneUid frame;
  frame.power_0m_dbm = static_cast<int8_t>(data[1]);
  std::ranges::copy(data.subspan(2, 10), frame.namespace_id.begin());
  std::ranges::copy(data.subspan(12, 6), frame.instance_id.begin());
  return frame;
}

std::optional<EddystoneTlm> decode_eddystone_tlm(Bytes data) noexcept {
  if (data.size() < tlm_size || data[0] != tlm_frame || data[1] != plain_tlm_version) return std::nullopt;
  EddystoneTlm frame;
  if (const uint16_t battery = load_be16(&data[2]); battery != 0) frame.battery_mv = battery;
  if (const uint16_t fixed = load_be16(&data[4]); fixed != no_temperature)
    frame.temperature_c = static_cast<int16_t>(fixed) / 256.0;
  frame.advertisements = load_be32(&data[6]);
  frame.uptime = EddystoneTlm::Uptime(load_be32(&data[10]));
  return frame;
}

void encode(const EddystoneUid& frame, AdvertisementBuilder& builder) {
  std::vector<uint8_t> data = {uid_frame, static_cast<uint8_t>(frame.power_0m_dbm)};
  data.insert(data.end(), frame.namespace_id.begin(), frame.namespace_id.end());
  data.insert(data.end(), frame.instance_id.begin(), frame.instance_id.end());
  data.insert(data.end(), 2, 0);
  add_service_data(builder, data);
}

void encode(const EddystoneUrl& frame, AdvertisementBuilder& builder) {
  const auto compressed = compress_url(frame.text());
  std::vector<uint8_t> data = {url_frame, static_cast<uint8_t>(frame.power_0m_dbm()), compressed->scheme};
  data.insert(data.end(), compressed->bytes.begin(), compressed->bytes.begin() + compressed->size);
  add_service_data(builder, data);
}

void encode(const EddystoneTlm& frame, AdvertisementBuilder& builder) {
  std::vector<uint8_t> data = {tlm_frame, plain_tlm_version};
  push_be16(data, frame.battery_mv.value_or(0));
  push_be16(data, to_fixed_point(frame.temperature_c));
  push_be32(data, frame.advertisements);
  push_be32(data, frame.uptime.count());
  add_service_data(builder, data);
}

std::string_view claim_eddystone(const Candidate& candidate, Decoded& into) noexcept {
  const auto claimed = [&](const BeaconFrame& frame) {
    into.add(frame);
    return std::string_view(to_string(type_of(frame)));
  };
  if (const auto uid = decode_eddystone_uid(candidate.data)) return claimed(*uid);
  if (const auto url = decode_eddystone_url(candidate.data)) return claimed(*url);
  if (const auto tlm = decode_eddystone_tlm(candidate.data)) {
    add_readings(*tlm, into);
    return claimed(*tlm);
  }
  return {};
}

}  // namespace moor
