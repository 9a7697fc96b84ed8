#include "radio/bluez/system.hpp"

namespace moor::bluez {

Ports system_ports() {
  return {.open_bus = [](Clock& clock, TimePoint deadline) { return dbus::Bus::open_system(clock, deadline); },
          .open_management = [](boost::asio::any_io_executor executor,
                                Clock& clock) { return Management::open(std::move(executor), clock); }};
}

}  // namespace moor::bluez
