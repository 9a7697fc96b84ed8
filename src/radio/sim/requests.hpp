#pragma once
// What a link's user awaits: requests of the attribute protocol with the round trips that they take, and what goes beside them. Each ends by
// its deadline, when the link closes or when it is cancelled; a link may be destroyed meanwhile.

#include "radio/sim/connection.hpp"

namespace moor::sim {

using ConnectionPtr = std::shared_ptr<Connection>;

[[nodiscard]] awaitable<Closed> wait_closed(ConnectionPtr link);
[[nodiscard]] awaitable<GattServices> discover(ConnectionPtr link, TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read(ConnectionPtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<void> write(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind,
                                    TimePoint deadline);
[[nodiscard]] awaitable<void> subscribe(ConnectionPtr link, uint16_t handle, SubscribeKind kind, Link::ValueCallback on_value,
                                        TimePoint deadline);
[[nodiscard]] awaitable<void> unsubscribe(ConnectionPtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(ConnectionPtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<void> write_descriptor(ConnectionPtr link, uint16_t handle, std::vector<uint8_t> value,
                                               TimePoint deadline);
[[nodiscard]] awaitable<int8_t> rssi(ConnectionPtr link, TimePoint deadline);
[[nodiscard]] awaitable<ParametersApplied> set_parameters(ConnectionPtr link, ConnectionParameters parameters,
                                                          TimePoint deadline);
[[nodiscard]] awaitable<void> pair(ConnectionPtr link, PairingAgent& agent, TimePoint deadline);
[[nodiscard]] awaitable<void> unpair(ConnectionPtr link, TimePoint deadline);
/// @param reason  of the end: ours, or another program's.
[[nodiscard]] awaitable<void> disconnect(ConnectionPtr link, CloseReason reason, TimePoint deadline);

}  // namespace moor::sim
