#pragma once
// What is asked of a link, as Link documents it.

#include "radio/bluez/error_words.hpp"
#include "radio/bluez/link_state.hpp"

namespace moor::bluez {

/// A call about a characteristic or a descriptor, made again while bluetoothd is busy with another one of it. Ends with the link.
/// @throws GattError, LinkClosed, TimedOut.
[[nodiscard]] awaitable<dbus::Message> call_attribute(LinkPtr link, GattStep step, std::function<dbus::Message()> make_call,
                                                      TimePoint deadline);
/// What an error reply means for the operation. A reply that the device is not connected comes before the signal that says so, which is waited for a moment.
/// @throws GattError, LinkClosed.
[[nodiscard]] awaitable<void> throw_refusal(LinkPtr link, GattStep step, dbus::CallFailed refusal);

[[nodiscard]] awaitable<Closed> wait_closed(LinkPtr link);
[[nodiscard]] awaitable<GattServices> find_services(LinkPtr link, TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read(LinkPtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<void> write(LinkPtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind,
                                    TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(LinkPtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<void> write_descriptor(LinkPtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline);

// notifications.cpp
[[nodiscard]] awaitable<void> subscribe(LinkPtr link, uint16_t handle, Link::ValueCallback on_value, TimePoint deadline);
[[nodiscard]] awaitable<void> unsubscribe(LinkPtr link, uint16_t handle, TimePoint deadline);

// link_control.cpp
[[nodiscard]] awaitable<int8_t> rssi(LinkPtr link, TimePoint deadline);
[[nodiscard]] awaitable<ParametersApplied> set_parameters(LinkPtr link, ConnectionParameters parameters, TimePoint deadline);
[[nodiscard]] awaitable<bool> clear_cache(LinkPtr link, TimePoint deadline);
[[nodiscard]] awaitable<void> disconnect(LinkPtr link, TimePoint deadline);

// link_pairing.cpp
[[nodiscard]] awaitable<void> pair(LinkPtr link, PairingAgent& agent, TimePoint deadline);
[[nodiscard]] awaitable<void> unpair(LinkPtr link, TimePoint deadline);

}  // namespace moor::bluez
