#include "moor/altbeacon.hpp"

#include "beacon/registry.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::array<uint8_t, 2> code = {0xBE, 0xAC};
constexpr size_t size_without_reserved = 23;

}  // namespace

std::optional<AltBeacon> decode_altbeacon(uint16_t company, Bytes data) noexcept {
  if (data.size() < size_without_reserved || data[0] != code[0] || data[1] != code[1]) return std::nullopt;
  AltBeacon beacon{.company = company, .power_dbm = static_cast<int8_t>(data[22])};
  std::ranges::copy(data.subspan(2, beacon.id.size()), beacon.id.begin());
  if (data.size() > size_without_reserved) beacon.reserved = data[size_without_reserved];
  return beacon;
}

void encode(const AltBeacon& beacon, AdvertisementBuilder& builder) {
  std::vector<uint8_t> data(code.begin(), code.end());
  data.insert(data.end(), beacon.id.begin(), beacon.id.end());
  data.push_back(static_cast<uint8_t>(beacon.power_dbm));
  data.push_back(beacon.reserved);
  builder.manufacturer_data(beacon.company, data);
}

std::string_view claim_altbeacon(const Candidate& candidate, Decoded& into) noexcept {
  const auto beacon = decode_altbeacon(candidate.company, candidate.data);
  if (!beacon) return {};
  into.add(*beacon);
  return to_string(BeaconType::altbeacon);
}

}  // namespace moor
