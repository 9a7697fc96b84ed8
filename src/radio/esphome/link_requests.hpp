#pragma once
// What a link's user awaits: requests to the proxy. Each ends with its answer, by its deadline, when the link closes or when it is cancelled; the link may be
// destroyed meanwhile.

#include "core/within.hpp"
#include "radio/esphome/link_core.hpp"

#include <functional>

namespace moor::esphome_radio {

[[nodiscard]] awaitable<Closed> wait_closed(CorePtr link);

/// The table that is known of this connection, else what the proxy streams. Firmware gives it once for a connection, so it is kept.
[[nodiscard]] awaitable<GattServices> find_services(CorePtr link, TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read(CorePtr link, uint16_t handle, TimePoint deadline);
/// Without response it completes when it is sent.
[[nodiscard]] awaitable<void> write(CorePtr link, uint16_t handle, std::vector<uint8_t> value, WriteKind kind,
                                    TimePoint deadline);
[[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(CorePtr link, uint16_t handle, TimePoint deadline);
[[nodiscard]] awaitable<void> write_descriptor(CorePtr link, uint16_t handle, std::vector<uint8_t> value, TimePoint deadline);

/// Enables at the proxy, then writes the configuration descriptor. @throws GattError 0x01 for a handle without characteristic, 0x0A where it has no
/// configuration descriptor.
[[nodiscard]] awaitable<void> subscribe(CorePtr link, uint16_t handle, SubscribeKind kind, Link::ValueCallback on_value,
                                        TimePoint deadline);
[[nodiscard]] awaitable<void> unsubscribe(CorePtr link, uint16_t handle, TimePoint deadline);

[[nodiscard]] awaitable<int8_t> rssi(CorePtr link);
[[nodiscard]] awaitable<ParametersApplied> set_parameters(CorePtr link, ConnectionParameters parameters, TimePoint deadline);
[[nodiscard]] awaitable<void> pair(CorePtr link, PairingAgent& agent, TimePoint deadline);
[[nodiscard]] awaitable<void> unpair(CorePtr link, TimePoint deadline);
[[nodiscard]] awaitable<bool> clear_cache(CorePtr link, TimePoint deadline);
[[nodiscard]] awaitable<void> disconnect(CorePtr link, TimePoint deadline);

// For those above.

/// Sends one request when its turn has come and nothing is owed that could be taken for its answer.
/// @throws LinkClosed, TimedOut.
[[nodiscard]] awaitable<Answer> ask(CorePtr link, Pending::Key key, std::function<void(LinkCore&)> send, TimePoint deadline);
/// Completes when a request may be sent. @pre the caller has the turn. @throws LinkClosed
[[nodiscard]] awaitable<void> settle(CorePtr link, Pending::Key key);
/// @throws GattError where the answer is a refusal.
void check_answer(const LinkCore& link, const Answer& answer);
[[noreturn]] void throw_gatt_error(const LinkCore& link, uint8_t code, std::string cause);

}  // namespace moor::esphome_radio
