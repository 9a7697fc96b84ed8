#include "beacon/registry.hpp"

// Minew's sensors, service data 0xFFE1, a number that many use for themselves. Sources: Minew, "BeaconPlus advertisement format";
// the decoder advlib-ble-services (reelyActive). Numbers are big-endian; s8.8 is signed with eight bits behind the point.
//
//   A1 │ 01 │ battery │ temperature s8.8 │ humidity s8.8 │ address (6)
//   A1 │ 02 │ battery │ bit 0: light │ address (6)
//   A1 │ 03 │ battery │ x s8.8 │ y s8.8 │ z s8.8, in g │ address (6)
//   A1 │ 08 │ battery │ address (6) │ name
//   A1 │ 18 │ battery │ time (4) │ bit 0: vibration │ address (6)
namespace moor {
namespace {

constexpr double metres_per_second_squared_per_g = 9.80665;

double fixed_point(const uint8_t* at) noexcept {
  return static_cast<int16_t>(load_be16(at)) / 256.0;
}

bool add_climate(Bytes data, Decoded& into) noexcept {
  const double humidity = fixed_point(&data[5]);
  if (humidity < 0 || humidity > 100) return false;
  into.add(Quantity::temperature, fixed_point(&data[3]));
  into.add(Quantity::humidity, humidity);
  return true;
}

void add_acceleration(Bytes data, Decoded& into) noexcept {
  for (size_t axis = 0; axis < 3; ++axis)
    into.add(Quantity::acceleration, fixed_point(&data[3 + 2 * axis]) * metres_per_second_squared_per_g);
}

bool add_frame(Bytes data, Decoded& into) noexcept {
  const auto is = [&](uint8_t frame, size_t size) { return data[1] == frame && data.size() == size; };
  if (is(0x01, 13)) return add_climate(data, into);
  if (is(0x02, 10)) {
    into.add(Quantity::light, data[3] & 1);
  } else if (is(0x03, 15)) {
    add_acceleration(data, into);
  } else if (is(0x18, 14)) {
    into.add(Quantity::vibration, data[7] & 1);
  } else if (data[1] == 0x08 && data.size() >= 9) {
    const Bytes name = data.subspan(9);
    if (!name.empty()) into.add_attribute("text", {reinterpret_cast<const char*>(name.data()), name.size()});
  } else {
    return false;
  }
  return true;
}

}  // namespace

std::string_view claim_minew(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() < 9 || data[0] != 0xA1 || data[2] > 100 || !add_frame(data, into)) return {};
  into.add(Quantity::battery, data[2]);
  return "Minew";
}

}  // namespace moor
