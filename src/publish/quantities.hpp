#pragma once
// What a reading is in Home Assistant. A device class is given only where Home Assistant takes moor's unit for it (its sensor documentation lists
// the units of each class), and a state class only where the class allows it.

#include "moor/reading.hpp"

#include <string>

namespace moor::publish {

enum class Platform : uint8_t {
  none,  ///< no entity: it says nothing to people, as a packet's number
  sensor,
  binary_sensor,
  event,
};

struct EntityKind {
  Platform platform = Platform::sensor;
  std::string_view device_class{};
  std::string_view state_class{};
  std::string_view unit{};
  bool diagnostic = false;
};
[[nodiscard]] EntityKind entity_kind(Quantity quantity) noexcept;

/// "temperature", "temperature_2" for the second of its kind.
[[nodiscard]] std::string reading_key(Quantity quantity, uint8_t index);
/// "Temperature", "Temperature 2"
[[nodiscard]] std::string reading_title(Quantity quantity, uint8_t index);

}  // namespace moor::publish
