#include "moor/reading.hpp"

#include <array>

namespace moor {
namespace {

struct Row {
  Quantity quantity;
  std::string_view name;
  std::string_view unit;
};

constexpr std::array<Row, quantity_count> rows = {{
    {Quantity::acceleration, "acceleration", "m/s²"},
    {Quantity::battery, "battery", "%"},
    {Quantity::carbon_dioxide, "carbon_dioxide", "ppm"},
    {Quantity::conductivity, "conductivity", "µS/cm"},
    {Quantity::count, "count", ""},
    {Quantity::current, "current", "A"},
    {Quantity::dew_point, "dew_point", "°C"},
    {Quantity::direction, "direction", "°"},
    {Quantity::distance, "distance", "m"},
    {Quantity::duration, "duration", "s"},
    {Quantity::energy, "energy", "kWh"},
    {Quantity::gas, "gas", "m³"},
    {Quantity::gyroscope, "gyroscope", "°/s"},
    {Quantity::humidity, "humidity", "%"},
    {Quantity::illuminance, "illuminance", "lx"},
    {Quantity::moisture, "moisture", "%"},
    {Quantity::nitrogen_oxides, "nitrogen_oxides", ""},
    {Quantity::packet_id, "packet_id", ""},
    {Quantity::pm1, "pm1", "µg/m³"},
    {Quantity::pm25, "pm25", "µg/m³"},
    {Quantity::pm4, "pm4", "µg/m³"},
    {Quantity::pm10, "pm10", "µg/m³"},
    {Quantity::power, "power", "W"},
    {Quantity::precipitation, "precipitation", "mm"},
    {Quantity::pressure, "pressure", "hPa"},
    {Quantity::rotation, "rotation", "°"},
    {Quantity::rotational_speed, "rotational_speed", "rpm"},
    {Quantity::signal_strength, "signal_strength", "dBm"},
    {Quantity::sound_pressure, "sound_pressure", "dB"},
    {Quantity::speed, "speed", "m/s"},
    {Quantity::temperature, "temperature", "°C"},
    {Quantity::timestamp, "timestamp", "s"},
    {Quantity::uv_index, "uv_index", ""},
    {Quantity::volatile_organic_compounds, "volatile_organic_compounds", "µg/m³"},
    {Quantity::voltage, "voltage", "V"},
    {Quantity::volume, "volume", "L"},
    {Quantity::volume_flow_rate, "volume_flow_rate", "m³/h"},
    {Quantity::water, "water", "L"},
    {Quantity::weight, "weight", "kg"},
}};

constexpr bool rows_are_in_the_order_of_the_enum() {
  for (size_t i = 0; i < rows.size(); ++i)
    if (static_cast<size_t>(rows[i].quantity) != i) return false;
  return true;
}
static_assert(rows_are_in_the_order_of_the_enum());

}  // namespace

std::string_view name_of(Quantity quantity) noexcept {
  return rows[static_cast<size_t>(quantity)].name;
}

std::string_view unit_of(Quantity quantity) noexcept {
  return rows[static_cast<size_t>(quantity)].unit;
}

std::optional<Quantity> find_quantity(std::string_view name) noexcept {
  for (const Row& row : rows)
    if (row.name == name) return row.quantity;
  return std::nullopt;
}

}  // namespace moor
