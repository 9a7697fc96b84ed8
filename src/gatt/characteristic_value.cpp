#include "moor/characteristic_value.hpp"

#include "gatt/number_values.hpp"
#include "gatt/structure_values.hpp"
#include "gatt/word_values.hpp"
#include "moor/advertisement.hpp"

#include <array>

namespace moor {

namespace {

constexpr double kilograms_in_pound = 0.45359237;

Reading reading_of(const ValueField& field) {
  Reading reading{.quantity = *field.quantity};
  const double* number = std::get_if<double>(&field.value);
  reading.valid = number != nullptr;
  if (number == nullptr) return reading;
  if (field.unit == "°F")
    reading.value = (*number - 32) / 1.8;
  else if (field.unit == "lb")
    reading.value = *number * kilograms_in_pound;
  else
    reading.value = *number;
  return reading;
}

}  // namespace

std::optional<DecodedValue> decode_characteristic(const Uuid& uuid, Bytes value) {
  const auto assigned = uuid.assigned_number();
  if (!assigned || *assigned > 0xFFFF) return std::nullopt;
  const auto number = static_cast<uint16_t>(*assigned);
  for (const auto& structures : {sport_structures(), fitness_machine_structures(), health_structures(), device_structures()})
    for (const Structure& each : structures)
      if (each.characteristic == number) return decode_structure(each.decode, each.has_main, value);
  auto decoded = decode_number(number, value);
  return decoded ? decoded : decode_words(number, value);
}

std::optional<DecodedValue> decode_value(const ValueFormat& format, Bytes value) {
  DecodedValue decoded{.fields = {{"value"}}, .has_main = true, .text = format.text(value)};
  if (format.size() == 0) {
    decoded.fields.front().value = decoded.text;
    return decoded;
  }
  const auto number = format.decode(value);
  if (!number) return std::nullopt;
  decoded.fields.front().value = *number;
  decoded.fields.front().unit = format.unit();
  return decoded;
}

std::vector<Reading> readings_of(const DecodedValue& value) {
  std::array<uint8_t, quantity_count> seen{};
  std::vector<Reading> readings;
  for (const ValueField& field : value.fields) {
    if (!field.quantity) continue;
    Reading reading = reading_of(field);
    reading.index = seen[static_cast<size_t>(reading.quantity)]++;
    readings.push_back(reading);
  }
  return readings;
}

}  // namespace moor
