#pragma once
// Who says that FakeBluez owns org.bluez: the driver of a pair, or a real bus.

#include "support/bus_pair.hpp"
#include "support/fake_bluez.hpp"

namespace moor::testing {

inline constexpr const char* bluez_name = "org.bluez";

/// `driver` must outlive what uses it.
[[nodiscard]] inline FakeBluez::Own owner_on(BusDriver& driver) {
  return [&driver](bool owned) -> awaitable<void> {
    owned ? driver.start(bluez_name) : driver.stop(bluez_name);
    co_return;
  };
}

/// On a real bus; `bus` and `clock` must outlive what uses it.
[[nodiscard]] inline FakeBluez::Own owner_on(dbus::Bus& bus, Clock& clock) {
  return [&bus, &clock](bool owned) -> awaitable<void> {
    const TimePoint deadline = clock.now() + std::chrono::seconds(5);
    if (owned) co_return co_await bus.request_name(bluez_name, deadline);
    const dbus::Target driver{
        .destination = "org.freedesktop.DBus", .path = "/org/freedesktop/DBus", .interface = "org.freedesktop.DBus"};
    dbus::Message release = bus.new_call(driver, "ReleaseName");
    release.write().string(bluez_name);
    (void)co_await bus.call(std::move(release), deadline);
  };
}

}  // namespace moor::testing
