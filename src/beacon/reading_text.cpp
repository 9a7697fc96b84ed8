#include "beacon/reading_text.hpp"

#include "moor/error.hpp"

#include <algorithm>
#include <charconv>
#include <cmath>
#include <limits>

namespace moor {

namespace {

constexpr double standard_gravity = 9.80665;  // m/s² of 1 g

std::optional<double> parse_value(Quantity quantity, std::string_view text) {
  if (kind_of(quantity) == QuantityKind::binary && (text == "true" || text == "false")) return text == "true" ? 1 : 0;
  if (kind_of(quantity) == QuantityKind::event)
    for (int number = 0; number <= 0xFF; ++number)
      if (!text.empty() && event_name(static_cast<InputEvent>(number)) == text) return number;
  double value = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), value);
  if (error != std::errc() || end != text.data() + text.size() || !std::isfinite(value)) return std::nullopt;
  return value;
}

/// The nearest whole number that the field's type holds.
template <typename T>
T nearest(double value) {
  return static_cast<T>(
      std::clamp(std::round(value), double{std::numeric_limits<T>::min()}, double{std::numeric_limits<T>::max()}));
}

}  // namespace

std::vector<Reading> parse_readings(std::span<const std::string> texts) {
  std::vector<Reading> readings;
  for (const std::string& text : texts) {
    const size_t equals = text.find('=');
    const auto quantity = find_quantity(std::string_view(text).substr(0, equals));
    if (equals == text.npos || !quantity)
      throw UsageError("the reading '" + text + "' names no quantity",
                       {.advice = "give one as moor decode prints it: temperature=21.5"});
    const auto value = parse_value(*quantity, std::string_view(text).substr(equals + 1));
    if (!value)
      throw UsageError("the reading '" + text + "' has no value",
                       {.advice = "give a number, true or false of what is so or not, or the name of an event such as press"});
    const auto before = std::ranges::count(readings, *quantity, &Reading::quantity);
    readings.push_back({.value = *value, .quantity = *quantity, .index = nearest<uint8_t>(static_cast<double>(before))});
  }
  return readings;
}

RuuviTag ruuvi_tag_of(std::span<const Reading> readings) {
  RuuviTag tag;
  for (const Reading& reading : readings) {
    const bool fits = reading.index == 0 || (reading.quantity == Quantity::acceleration && reading.index < 3);
    switch (fits ? reading.quantity : Quantity::generic) {
      case Quantity::temperature: tag.temperature_c = reading.value; break;
      case Quantity::humidity: tag.humidity_percent = reading.value; break;
      case Quantity::pressure: tag.pressure_pa = nearest<uint32_t>(reading.value * 100); break;
      case Quantity::acceleration:
        tag.acceleration_mg[reading.index] = nearest<int16_t>(reading.value / standard_gravity * 1000);
        break;
      case Quantity::voltage: tag.battery_mv = nearest<uint16_t>(reading.value * 1000); break;
      case Quantity::movement: tag.movements = nearest<uint8_t>(reading.value); break;
      case Quantity::sequence: tag.sequence = nearest<uint16_t>(reading.value); break;
      default:
        throw UsageError(
            "a RuuviTag has no field for that reading of " + std::string(name_of(reading.quantity)),
            {.advice = "it has temperature, humidity, pressure, acceleration (three), voltage, movement and sequence"});
    }
  }
  return tag;
}

}  // namespace moor
