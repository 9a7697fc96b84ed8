#include "gatt/word_values.hpp"

#include "moor/advertisement.hpp"

#include <algorithm>
#include <array>

namespace moor {

namespace {

using Words = std::span<const std::string_view>;

// GSS 11, section 3, in the order of their numbers; a number without a word is reserved.
constexpr std::array<std::string_view, 3> alert_levels = {"none", "mild", "high"};
constexpr std::array<std::string_view, 8> days = {"",         "Monday", "Tuesday",  "Wednesday",
                                                  "Thursday", "Friday", "Saturday", "Sunday"};
constexpr std::array<std::string_view, 10> temperature_types = {
    "", "armpit", "body", "ear", "finger", "gastrointestinal tract", "mouth", "rectum", "toe", "eardrum"};
constexpr std::array<std::string_view, 7> body_locations = {"other", "chest", "wrist", "finger", "hand", "ear lobe", "foot"};
constexpr std::array<std::string_view, 17> bicycle_locations = {
    "other",       "top of shoe", "in shoe",     "hip",       "front wheel",  "left crank",
    "right crank", "left pedal",  "right pedal", "front hub", "rear dropout", "chainstay",
    "rear wheel",  "rear hub",    "chest",       "spider",    "chain ring"};
constexpr std::string_view not_known = "unknown";
constexpr std::array<std::string_view, 10> pressure_trends = {not_known,
                                                              "continuously falling",
                                                              "continuously rising",
                                                              "falling, then steady",
                                                              "rising, then steady",
                                                              "falling before a lesser rise",
                                                              "falling before a greater rise",
                                                              "rising before a greater fall",
                                                              "rising before a lesser fall",
                                                              "steady"};
constexpr std::array<std::string_view, 3> genders = {"male", "female", "unspecified"};
constexpr std::array<std::string_view, 2> address_resolution = {"not supported", "supported"};
constexpr std::array<std::string_view, 2> switches = {"off", "on"};

struct WordRow {
  uint16_t characteristic;
  std::string_view name;
  Words words;
};
constexpr std::array word_rows = {
    WordRow{0x2A02, "peripheral_privacy", switches},
    WordRow{0x2A06, "alert_level", alert_levels},
    WordRow{0x2A09, "day_of_week", days},
    WordRow{0x2A1D, "temperature_type", temperature_types},
    WordRow{0x2A38, "body_sensor_location", body_locations},
    WordRow{0x2A5D, "sensor_location", bicycle_locations},
    WordRow{0x2A8C, "gender", genders},
    WordRow{0x2AA3, "barometric_pressure_trend", pressure_trends},
    WordRow{0x2AA6, "central_address_resolution", address_resolution},
};

struct TextRow {
  uint16_t characteristic;
  std::string_view name;
};
// All are UTF-8.
constexpr std::array text_rows = {
    TextRow{0x2A00, "device_name"},       TextRow{0x2A24, "model_number"},
    TextRow{0x2A25, "serial_number"},     TextRow{0x2A26, "firmware_revision"},
    TextRow{0x2A27, "hardware_revision"}, TextRow{0x2A28, "software_revision"},
    TextRow{0x2A29, "manufacturer_name"}, TextRow{0x2A3D, "string"},
    TextRow{0x2A87, "email_address"},     TextRow{0x2A8A, "first_name"},
    TextRow{0x2A90, "last_name"},         TextRow{0x2AA2, "language"},
    TextRow{0x2AB5, "location_name"},     TextRow{0x2AB6, "uri"},
};

}  // namespace

std::string_view temperature_type(uint8_t number) noexcept {
  return word(temperature_types, number);
}

std::string_view day_of_week(uint8_t number) noexcept {
  return word(days, number);
}

std::optional<DecodedValue> decode_words(uint16_t characteristic, Bytes value) {
  ValueBuilder builder(true);
  if (const auto* row = std::ranges::find(text_rows, characteristic, &TextRow::characteristic); row != text_rows.end()) {
    builder.text(row->name, printable_name(value));
    return builder.take();
  }
  const auto* row = std::ranges::find(word_rows, characteristic, &WordRow::characteristic);
  if (row == word_rows.end() || value.size() != 1) return std::nullopt;
  const std::string_view found = word(row->words, value[0]);
  if (found.empty()) return std::nullopt;
  if (found == not_known)
    builder.unknown({.name = row->name});
  else
    builder.text(row->name, std::string(found));
  return builder.take();
}

}  // namespace moor
