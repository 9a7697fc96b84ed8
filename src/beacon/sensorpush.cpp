// SensorPush's thermometers, which are known by the service they list. Their data begins where a company identifier belongs;
// little-endian. A tag sends several pages in turn; only page 0 has the measurement. Source: Bluetooth-Devices/sensorpush-ble.
//
//   HTP.xw, HT.w, TC.x   ┌─────────────┬────────────────────┐    model: bits 2 to 7, page: bits 0 and 1
//                        │ model, page │ values             │    values: one number of mixed base, see `Scale`
//                        └─────────────┴────────────────────┘
//                        0             1           4, 5 or 7
//   HT1                  ┌────────────────────────────┬───────┬───┐    12 bits of humidity, 14 of temperature as the SHT2x sensor
//                        │ humidity, then temperature │ model │   │    has them, then 5 bits that are 1
//                        └────────────────────────────┴───────┴───┘
//                        bit 0                        26      31

#include "beacon/registry.hpp"
#include "beacon/whole_manufacturer_data.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view format = "SensorPush";
constexpr size_t ht1_size = 4;

// A value is one digit of the number, the first the lowest: the steps from `lowest`, of which there are `count`.
struct Scale {
  Quantity quantity;
  uint64_t count;
  double lowest;
  double steps_per_unit;
};

struct Model {
  uint8_t number;
  std::string_view name;
  size_t size;  // at least
  size_t values;
  std::array<Scale, 3> scales;
};

constexpr Scale humidity{Quantity::humidity, 40001, 0, 400};
constexpr Model models[] = {
    {0, "HTP.xw", 7, 3, {{{Quantity::temperature, 72001, -40, 400}, humidity, {Quantity::pressure, 95001, 300, 100}}}},
    {1, "HT.w", 5, 2, {{{Quantity::temperature, 66001, -40, 400}, humidity}}},
    {2, "TC.x", 4, 1, {{{Quantity::temperature, 32001, -200, 16}}}},
};

bool is_measurement(Bytes whole) noexcept {
  return (whole[0] & 3) == 0;
}

const Model* find_model(Bytes data) noexcept {
  for (const Model& model : models)
    if (model.number == data[0] >> 2 && data.size() >= model.size && data.size() <= 1 + sizeof(uint64_t)) return &model;
  return nullptr;
}

}  // namespace

std::string_view claim_sensorpush(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = last_manufacturer_data(candidate.advertisement, is_measurement);
  const Model* model = data.empty() ? nullptr : find_model(data);
  if (model == nullptr) return {};
  uint64_t number = 0;
  for (size_t i = data.size() - 1; i > 0; --i) number = number << 8 | data[i];
  for (const Scale& scale : std::span(model->scales).first(model->values)) {
    into.add(scale.quantity, static_cast<double>(number % scale.count) / scale.steps_per_unit + scale.lowest);
    number /= scale.count;
  }
  into.add_attribute("model", model->name);
  return format;
}

std::string_view claim_sensorpush_ht1(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = last_manufacturer_data(candidate.advertisement, [](Bytes whole) {
    return whole.size() == ht1_size && (load_le32(whole.data()) >> 26 & 0x1F) == 1;
  });
  if (data.empty()) return {};
  const uint32_t bits = load_le32(data.data());
  into.add(Quantity::temperature, -46.85 + 175.72 * (bits >> 12 & 0x3FFF) / 16384);
  into.add(Quantity::humidity, std::clamp(-6 + 125.0 * (bits & 0xFFF) / 4096, 0.0, 100.0));
  into.add_attribute("model", "HT1");
  return format;
}

}  // namespace moor
