#include "moor/ibeacon.hpp"

#include "beacon/registry.hpp"

namespace moor {
namespace {

constexpr uint8_t ibeacon_type = 0x02;
constexpr uint8_t ibeacon_length = 0x15;

}  // namespace

std::optional<IBeacon> decode_ibeacon(Bytes data) noexcept {
  if (data.size() < 2 + ibeacon_length || data[0] != ibeacon_type || data[1] != ibeacon_length) return std::nullopt;
  return IBeacon{.uuid = Uuid::from_be(data.subspan<2, 16>()),
                 .major = load_be16(&data[18]),
                 .minor = load_be16(&data[20]),
                 .power_dbm = static_cast<int8_t>(data[22])};
}

void encode(const IBeacon& beacon, AdvertisementBuilder& builder) {
  std::vector<uint8_t> data = {ibeacon_type, ibeacon_length};
  const auto uuid = beacon.uuid.to_be();
  data.insert(data.end(), uuid.begin(), uuid.end());
  for (uint16_t number : {beacon.major, beacon.minor}) {
    data.push_back(static_cast<uint8_t>(number >> 8));
    data.push_back(static_cast<uint8_t>(number));
  }
  data.push_back(static_cast<uint8_t>(beacon.power_dbm));
  builder.manufacturer_data(apple_company, data);
}

std::string_view claim_ibeacon(const Candidate& candidate, Decoded& into) noexcept {
  const auto beacon = decode_ibeacon(candidate.data);
  if (!beacon) return {};
  into.add(*beacon);
  return to_string(BeaconType::ibeacon);
}

}  // namespace moor
