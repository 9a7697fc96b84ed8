#pragma once
// Why a device can be reached or not, in words for people.

#include "hub/rules.hpp"

#include <vector>

namespace moor::hub {

/// What one radio has to do with a device.
struct RadioView {
  std::string name;
  bool can_connect = false;
  RadioHealth health{};
  Slots slots{};
  std::optional<TimePoint> last_heard{};  ///< the device, by this radio
  int rssi_dbm = no_rssi_value;           ///< then
  bool knows = false;                     ///< the radio's system does
  bool reaches = false;                   ///< it is a path
};

/// "no radio hears A4:CF:12:34:56:78: last heard by hall 12 s ago at -88 dBm; hall has 0 of 3 slots free: 70:B3:D5:00:00:01 since 2 h".
[[nodiscard]] std::string explain(const Address& device, const std::vector<RadioView>& radios, TimePoint now);

}  // namespace moor::hub
