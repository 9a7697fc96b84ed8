#include "moor/eddystone.hpp"

#include "beacon/eddystone_telemetry.hpp"
#include "beacon/eddystone_url.hpp"
#include "beacon/registry.hpp"

#include <algorithm>
#include <cmath>

namespace moor {
namespace {

constexpr uint8_t uid_frame = 0x00;
constexpr uint8_t tlm_frame = 0x20;
constexpr uint8_t eid_frame = 0x30;
constexpr uint8_t plain_tlm_version = 0x00;
constexpr uint8_t encrypted_tlm_version = 0x01;
constexpr size_t uid_size = 18;  // without the two reserved bytes
constexpr size_t tlm_size = 14;
constexpr size_t etlm_size = 18;
constexpr size_t eid_size = 10;
constexpr std::string_view etlm_format = "Eddystone-eTLM";  // of what could not be decrypted; else it is telemetry
constexpr uint16_t no_temperature = 0x8000;

void store_be16(uint8_t* at, uint16_t number) noexcept {
  at[0] = static_cast<uint8_t>(number >> 8);
  at[1] = static_cast<uint8_t>(number);
}

void store_be32(uint8_t* at, uint32_t number) noexcept {
  store_be16(at, static_cast<uint16_t>(number >> 16));
  store_be16(at + 2, static_cast<uint16_t>(number));
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

std::string_view claim_telemetry(const EddystoneTlm& frame, Decoded& into) noexcept {
  into.add(BeaconFrame(frame));
  add_readings(frame, into);
  return to_string(BeaconType::eddystone_tlm);
}

// With the key of the beacon that has the address it is telemetry like any other.
std::string_view claim_encrypted_telemetry(const EddystoneEtlm& frame, const DecodeContext& context, Decoded& into) noexcept {
  const bool has_key = context.keys != nullptr && context.keys->eids().knows(context.address);
  if (has_key)
    if (const auto telemetry = context.keys->eids().decrypt(frame, context.address, context.time))
      return claim_telemetry(*telemetry, into);
  into.set_problem(has_key ? DecodeProblem::key_wrong : DecodeProblem::key_missing);
  return etlm_format;
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
  return unpack_telemetry(data.subspan<2, packed_telemetry_size>());
}

std::optional<EddystoneEtlm> decode_eddystone_etlm(Bytes data) noexcept {
  if (data.size() < etlm_size || data[0] != tlm_frame || data[1] != encrypted_tlm_version) return std::nullopt;
  EddystoneEtlm frame{.salt = load_be16(&data[14]), .mic = load_be16(&data[16])};
  std::ranges::copy(data.subspan(2, frame.encrypted.size()), frame.encrypted.begin());
  return frame;
}

std::optional<EddystoneEid> decode_eddystone_eid(Bytes data) noexcept {
  if (data.size() < eid_size || data[0] != eid_frame) return std::nullopt;
  EddystoneEid frame;
  frame.power_0m_dbm = static_cast<int8_t>(data[1]);
  std::ranges::copy(data.subspan(2, frame.eid.size()), frame.eid.begin());
  return frame;
}

EddystoneTlm unpack_telemetry(std::span<const uint8_t, packed_telemetry_size> packed) noexcept {
  EddystoneTlm frame;
  if (const uint16_t battery = load_be16(&packed[0]); battery != 0) frame.battery_mv = battery;
  if (const uint16_t fixed = load_be16(&packed[2]); fixed != no_temperature)
    frame.temperature_c = static_cast<int16_t>(fixed) / 256.0;
  frame.advertisements = load_be32(&packed[4]);
  frame.uptime = EddystoneTlm::Uptime(load_be32(&packed[8]));
  return frame;
}

PackedTelemetry pack_telemetry(const EddystoneTlm& frame) noexcept {
  PackedTelemetry packed{};
  store_be16(&packed[0], frame.battery_mv.value_or(0));
  store_be16(&packed[2], to_fixed_point(frame.temperature_c));
  store_be32(&packed[4], frame.advertisements);
  store_be32(&packed[8], frame.uptime.count());
  return packed;
}

void EddystoneEid::set_owner(std::string_view name) noexcept {
  owner_size = static_cast<uint8_t>(std::min(name.size(), max_owner_size));
  std::copy_n(name.data(), owner_size, owner_bytes.begin());
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
  const PackedTelemetry packed = pack_telemetry(frame);
  data.insert(data.end(), packed.begin(), packed.end());
  add_service_data(builder, data);
}

void encode(const EddystoneEtlm& frame, AdvertisementBuilder& builder) {
  std::array<uint8_t, etlm_size> data = {tlm_frame, encrypted_tlm_version};
  std::ranges::copy(frame.encrypted, data.begin() + 2);
  store_be16(&data[14], frame.salt);
  store_be16(&data[16], frame.mic);
  add_service_data(builder, data);
}

void encode(const EddystoneEid& frame, AdvertisementBuilder& builder) {
  std::array<uint8_t, eid_size> data = {eid_frame, static_cast<uint8_t>(frame.power_0m_dbm)};
  std::ranges::copy(frame.eid, data.begin() + 2);
  add_service_data(builder, data);
}

std::string_view claim_eddystone(const Candidate& candidate, Decoded& into) noexcept {
  const auto claimed = [&](const BeaconFrame& frame) {
    into.add(frame);
    return std::string_view(to_string(type_of(frame)));
  };
  if (const auto uid = decode_eddystone_uid(candidate.data)) return claimed(*uid);
  if (const auto url = decode_eddystone_url(candidate.data)) return claimed(*url);
  if (const auto tlm = decode_eddystone_tlm(candidate.data)) return claim_telemetry(*tlm, into);
  if (const auto etlm = decode_eddystone_etlm(candidate.data)) return claim_encrypted_telemetry(*etlm, candidate.context, into);
  if (auto eid = decode_eddystone_eid(candidate.data)) {
    const auto& [address, time, keys] = candidate.context;
    if (keys != nullptr)
      if (const auto found = keys->eids().resolve(eid->eid, address, time)) eid->set_owner(found->name);
    return claimed(*eid);
  }
  return {};
}

}  // namespace moor
