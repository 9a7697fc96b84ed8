#pragma once
// What is published of a device, as JSON: docs/mqtt/state.schema.json describes it.

#include "gateway/board.hpp"
#include "moor/clock.hpp"
#include "moor/device.hpp"

#include <optional>
#include <string>
#include <string_view>

namespace moor::publish {

struct StateContext {
  std::string_view gateway;  ///< configured name
  std::string_view radio;    ///< of the device's owner
  std::string_view type;     ///< "iBeacon"; empty where nothing was recognised
  std::optional<Address> address;
  TimePoint now;
  Duration expire_after{};  ///< older readings are left out; 0: none are
};

/// One line of JSON.
[[nodiscard]] std::string state_json(const DeviceStatus& status, const Device& device, const StateContext& context,
                                     const Clock& clock);
/// What a gateway says of a press of a button and the like.
[[nodiscard]] std::string input_json(std::string_view event, std::string_view gateway, TimePoint t, const Clock& clock);

/// What matters of a state that another gateway has published.
struct SharedState {
  std::string gateway;
  std::optional<double> smoothed_dbm;
  bool in_zone = false;
};
/// @returns nothing for a payload that is no state.
[[nodiscard]] std::optional<SharedState> parse_shared_state(std::string_view payload);

}  // namespace moor::publish
