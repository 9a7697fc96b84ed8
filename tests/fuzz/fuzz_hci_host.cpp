// Any packets of a host, to a controller with a simulated world behind it: it never crashes, and each packet that it sends is well formed.

#include "hci/hci_events.hpp"
#include "hci/l2cap.hpp"
#include "moor/world.hpp"
#include "radio/controller/controller.hpp"
#include "support/play.hpp"

#include <algorithm>
#include <cstdlib>

namespace {

using namespace moor;
using namespace std::chrono_literals;

void require(bool holds) {
  if (!holds) std::abort();
}

void check(Bytes packet) {
  require(packet.size() >= 3);
  if (packet[0] == static_cast<uint8_t>(hci::PacketType::acl)) return require(hci::parse_acl(packet.subspan(1)).has_value());
  require(packet[0] == static_cast<uint8_t>(hci::PacketType::event) && packet.size() == size_t{3} + packet[2]);
  hci::ReportReader reader(packet.subspan(1));
  while (reader.next()) {
  }
  require(!reader.error());
}

sim::WorldSpec world() {
  sim::WorldSpec spec;
  spec.radios.push_back({.name = "hall", .position = {}});
  sim::DeviceEntry device;
  device.address = Address(0x0000000000C1, false);
  device.advertising->interval = 100ms;
  sim::Service service{.uuid = Uuid(0x181A)};
  sim::Characteristic value{.uuid = Uuid(0x2A6E)};
  value.properties = {Property::read, Property::write, Property::notify};
  service.characteristics.push_back(value);
  device.services.push_back(service);
  spec.devices.push_back(device);
  return spec;
}

awaitable<void> talk(Clock& clock, controller::Controller& to, Bytes rest) {
  while (!rest.empty()) {
    const Bytes packet = rest.subspan(1, std::min<size_t>(rest[0], rest.size() - 1));
    rest = rest.subspan(1 + packet.size());
    to.receive(packet);
    co_await clock.wait_for(50ms);
  }
  co_await clock.wait_for(2s);
  co_await to.stop();
}

}  // namespace

// A byte of length, so many bytes of a packet, and so on; each takes 50 ms.
extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 4096) return 0;
  VirtualClock clock{TimePoint(1h)};
  boost::asio::io_context context;
  sim::World simulated(clock, world());
  const auto radio = simulated.make_radio("hall", 0);
  controller::ControllerOptions options;
  options.address = Address(0x02AABBCCDDEE, false);
  controller::Controller controller(context.get_executor(), clock, *radio, options, check);
  testing::play(clock, context, talk(clock, controller, Bytes(data, size)));
  return 0;
}
