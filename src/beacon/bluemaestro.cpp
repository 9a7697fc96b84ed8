#include "beacon/registry.hpp"

#include <algorithm>

// Blue Maestro's Tempo Discs, company 0x0133. Source: Blue Maestro, "Tempo Disc: Bluetooth sensor API". Big-endian, tenths.
//
//   0         1         2              4           6                 8              10
//   ┌─────────┬─────────┬──────────────┬───────────┬─────────────────┬──────────────┬───────────────────────┬─ ... ─┐
//   │ version │ battery │ interval (2) │ count (2) │ temperature s16 │ humidity s16 │ dew point or pressure │       │
//   └─────────┴─────────┴──────────────┴───────────┴─────────────────┴──────────────┴───────────────────────┴─ ... ─┘
namespace moor {
namespace {

enum class Third : uint8_t { none, dew_point, pressure };

struct Version {
  uint8_t number;
  std::string_view model;
  uint8_t size;  // at least
  bool has_humidity;
  Third third;
};
constexpr Version versions[] = {
    {0x0D, "Tempo Disc T", 8, false, Third::none},
    {0x16, "Tempo Disc THD", 12, true, Third::dew_point},
    {0x17, "Tempo Disc THD", 12, true, Third::dew_point},
    {0x1B, "Tempo Disc THPD", 12, true, Third::pressure},
};

double tenths(const uint8_t* at) noexcept {
  return static_cast<int16_t>(load_be16(at)) / 10.0;
}

}  // namespace

std::string_view claim_bluemaestro(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.empty()) return {};
  const auto version = std::ranges::find(versions, data[0], &Version::number);
  if (version == std::end(versions) || data.size() < version->size || data[1] > 100) return {};
  into.add(Quantity::temperature, tenths(&data[6]));
  if (version->has_humidity) into.add(Quantity::humidity, tenths(&data[8]));
  if (version->third == Third::dew_point) into.add(Quantity::dew_point, tenths(&data[10]));
  if (version->third == Third::pressure) into.add(Quantity::pressure, load_be16(&data[10]) / 10.0);
  into.add(Quantity::battery, data[1]);
  into.add_attribute("model", version->model);
  return "BlueMaestro";
}

}  // namespace moor
