// Qingping (Cleargrass), in service data of 0xFDCD. Numbers are little-endian. Sources: qingping-ble and ble_monitor, which know it from
// captures.
//
//   0       1         2         8
//   ┌───────┬─────────┬─────────┬────┬─────┬───────┐
//   │ flags │ product │ address │ id │ len │ value │ ...     the objects fill the rest
//   └───────┴─────────┴─────────┴────┴─────┴───────┘

#include "beacon/registry.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view format = "Qingping";
constexpr size_t header_size = 8;

struct Product {
  uint8_t id = 0;
  std::string_view model;
};
constexpr Product products[] = {
    {0x01, "CGG1"},   {0x04, "CGH1"},  {0x07, "CGG1"},   {0x09, "CGP1W"},  {0x0C, "CGD1"},   {0x0E, "CGDN1"}, {0x0F, "CGM1"},
    {0x12, "CGPR1"},  {0x15, "CGF1W"}, {0x16, "CGG1"},   {0x18, "CGP23W"}, {0x1E, "CGC1"},   {0x24, "CGDN1"}, {0x26, "CGP23W"},
    {0x33, "CGP22C"}, {0x4F, "CGG3"},  {0x52, "CGR1PC"}, {0x5D, "CGP22C"}, {0x62, "CGR1PC"},
};

// Calls `visit(id, value)` for each object. @returns whether they fill the bytes exactly.
template <typename Visit>
bool for_each_object(Bytes objects, Visit&& visit) noexcept {
  ByteReader reader(objects);
  while (reader.remaining() > 0) {
    const uint8_t id = reader.u8();
    const Bytes value = reader.take(reader.u8());
    if (!reader.ok()) return false;
    visit(id, value);
  }
  return true;
}

// A door: 0 open, 1 closed, 2 not closed in time.
void add_door(uint8_t state, Decoded& into) noexcept {
  if (state > 2) return;
  into.add(Quantity::door, state == 1 ? 0.0 : 1.0);
  into.add(Quantity::door_left_open, state == 2 ? 1.0 : 0.0);
}

// The mark for a device that hangs on the mains is what its maker shows as a full battery.
void add_battery(uint8_t percent, Decoded& into) noexcept {
  constexpr uint8_t mains = 0xFF;
  into.add(Quantity::battery, percent == mains ? 100.0 : percent);
  if (percent == mains) into.add(Quantity::plug, 1);
}

void add_object(uint8_t id, Bytes value, Decoded& into) noexcept {
  const uint8_t* const at = value.data();
  switch (id << 8 | static_cast<int>(value.size())) {
    case 0x01'04:
      into.add(Quantity::temperature, static_cast<int16_t>(load_le16(at)) * 0.1);
      into.add(Quantity::humidity, load_le16(at + 2) * 0.1);
      break;
    case 0x02'01: add_battery(at[0], into); break;
    case 0x04'01: add_door(at[0], into); break;
    case 0x07'02: into.add(Quantity::pressure, load_le16(at) * 0.1); break;
    case 0x08'04:
      into.add(Quantity::motion, at[0] != 0 ? 1.0 : 0.0);
      into.add(Quantity::illuminance, load_le32(at) >> 8);
      break;
    case 0x09'04: into.add(Quantity::illuminance, load_le32(at)); break;
    case 0x0F'01: into.add(Quantity::packet_id, at[0]); break;
    case 0x11'01: into.add(Quantity::light, at[0] != 0 ? 1.0 : 0.0); break;
    case 0x12'04:
      into.add(Quantity::pm25, load_le16(at));
      into.add(Quantity::pm10, load_le16(at + 2));
      break;
    case 0x13'02: into.add(Quantity::carbon_dioxide, load_le16(at)); break;
    case 0x15'02: into.add(Quantity::volatile_organic_compounds_index, load_le16(at)); break;
    case 0x19'01: into.add(Quantity::sound_pressure, at[0]); break;
    default: break;  // such as 0x18, which says what the device can do
  }
}

}  // namespace

std::string_view claim_qingping(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() <= header_size) return {};
  const auto* const product = std::ranges::find(products, data[1], &Product::id);
  const Bytes objects = data.subspan(header_size);
  if (product == std::end(products) || !for_each_object(objects, [](uint8_t, Bytes) {})) return {};
  into.add_attribute("model", product->model);
  for_each_object(objects, [&](uint8_t id, Bytes value) { add_object(id, value, into); });
  return format;
}

}  // namespace moor
