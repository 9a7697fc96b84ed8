#pragma once
// Multicast DNS through avahi-daemon, over its D-Bus interface (org.freedesktop.Avahi.Server). Every operation throws AvahiGone where the daemon is not there, or goes away.

#include "dbus/bus.hpp"
#include "mdns/mdns.hpp"

namespace moor::mdns {

class AvahiGone : public Error {
public:
  using Error::Error;
};

/// Opens the bus on which Avahi is. @throws dbus::BusLost, TimedOut.
using OpenBus = std::function<awaitable<std::unique_ptr<dbus::Bus>>(Clock& clock, TimePoint deadline)>;

/// @param only  as Settings::interface; of it alone are addresses announced and services found, where it is not empty.
[[nodiscard]] std::shared_ptr<Mdns> make_avahi_mdns(Clock& clock, OpenBus open_bus, std::string only = {});

}  // namespace moor::mdns
