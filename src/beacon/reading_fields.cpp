#include "beacon/reading_fields.hpp"

#include "core/json_text.hpp"

#include <fmt/format.h>

namespace moor {

namespace json = boost::json;

namespace {

constexpr int decimals = 4;  // more than any sensor means, less than a double's noise

std::string words_of(const Reading& reading) {
  const std::string_view name = name_of(reading.quantity);
  const std::string_view unit = unit_of(reading.quantity);
  if (kind_of(reading.quantity) == QuantityKind::binary) return fmt::format("{}{}", reading.value != 0 ? "" : "no ", name);
  if (kind_of(reading.quantity) == QuantityKind::event)
    return fmt::format("{} {}", name, event_name(static_cast<InputEvent>(reading.value)));
  const double value = rounded(reading.value, 2);
  return unit.empty() ? fmt::format("{} {}", name, value) : fmt::format("{} {}", value, unit);
}

}  // namespace

json::value value_of(const Reading& reading) {
  if (!reading.valid) return nullptr;
  switch (kind_of(reading.quantity)) {
    case QuantityKind::measured: return rounded(reading.value, decimals);
    case QuantityKind::binary: return reading.value != 0;
    case QuantityKind::event: {
      const auto name = event_name(static_cast<InputEvent>(reading.value));
      return name.empty() ? json::value(reading.value) : json::value(name);
    }
  }
  return nullptr;
}

json::array readings_of(const Decoded& decoded) {
  json::array readings;
  for (const Reading& reading : decoded.readings())
    readings.push_back(
        json::object{{"quantity", name_of(reading.quantity)}, {"value", value_of(reading)}, {"unit", unit_of(reading.quantity)}});
  return readings;
}

json::object attributes_of(const Decoded& decoded) {
  json::object attributes;
  for (const Attribute& attribute : decoded.attributes()) {
    const auto* bytes = reinterpret_cast<const uint8_t*>(attribute.bytes.data());
    attributes[attribute.name] = printable_name(Bytes(bytes, attribute.size));
  }
  return attributes;
}

std::string words_of(const Decoded& decoded) {
  std::string words(decoded.format());
  if (const auto model = decoded.attribute("model"); !model.empty())
    words += " " + printable_name(Bytes(reinterpret_cast<const uint8_t*>(model.data()), model.size()));
  const char* separator = ": ";
  for (const Reading& reading : decoded.readings()) {
    if (!reading.valid) continue;
    words += separator + words_of(reading);
    separator = ", ";
  }
  if (decoded.problem() != DecodeProblem::none) words += fmt::format(" ({})", to_string(decoded.problem()));
  return words;
}

}  // namespace moor
