// What connections cost: 500 devices that are connected and monitored through 100 radios with five slots each, and how much sooner a device
// is ready whose services are remembered. In a simulated world and virtual time, so that a second of the processor is compared with a
// second of the world. The floor is the same world with bare links: nobody chooses a radio, nobody reconnects.

#include "bench/measure.hpp"
#include "core/activities.hpp"
#include "core/within.hpp"
#include "moor/hub.hpp"
#include "moor/service_cache.hpp"
#include "moor/session.hpp"
#include "moor/world.hpp"

#include <fmt/format.h>
#include <unistd.h>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <string>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr size_t radios = 100;
constexpr int slots_each = 5;
constexpr size_t devices = radios * slots_each;
constexpr Duration settling = 120s;
constexpr Duration measured = 600s;

double resident_mb() {
  std::ifstream file("/proc/self/statm");
  size_t whole = 0;
  size_t resident = 0;
  file >> whole >> resident;
  return static_cast<double>(resident) * static_cast<double>(sysconf(_SC_PAGESIZE)) / 1e6;
}

Address address_of(size_t device) {
  return Address(0xC0'00'00'00'00'00 + device, true);
}

sim::Characteristic temperature() {
  sim::Characteristic made;
  made.uuid = Uuid(0x2A6E);
  made.properties = {Property::read, Property::notify};
  made.format = ValueFormat::parse("s16*0.01");
  made.value = sim::Sine{.mean = 21, .amplitude = 3, .noise = 0.1};
  made.notify_every = 1s;
  return made;
}

sim::DeviceEntry sensor(size_t number, size_t further_characteristics) {
  sim::DeviceEntry device;
  device.name = fmt::format("sensor {}", number);
  device.address = address_of(number);
  device.movement = sim::Position{2, 0, 0};
  sim::Service environment;
  environment.uuid = Uuid(0x181A);
  environment.characteristics = {temperature()};
  device.services = {environment};
  for (size_t i = 0; i < further_characteristics; ++i) {
    if (i % 10 == 0) device.services.push_back({.uuid = Uuid(0xFF00'0000 + i, i)});
    sim::Characteristic more;
    more.uuid = Uuid(0xFF10'0000 + i, i);
    device.services.back().characteristics.push_back(more);
  }
  return device;
}

struct Place {
  VirtualClock clock;
  asio::io_context context;
  sim::World world;
  std::vector<std::unique_ptr<Radio>> opened;

  explicit Place(sim::WorldSpec spec) : world(clock, std::move(spec)) {
    for (const sim::RadioEntry& radio : world.spec().radios)
      opened.push_back(world.make_radio(radio.name, static_cast<RadioId>(opened.size())));
  }
  // Runs the work to its end, or stops it then.
  void run(awaitable<void> work) {
    asio::co_spawn(context, std::move(work), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
    clock.run(context);
  }
};

sim::WorldSpec crowded_place() {
  sim::WorldSpec spec;
  for (size_t i = 0; i < radios; ++i) {
    sim::RadioEntry radio;
    radio.name = fmt::format("radio {}", i);
    radio.kind = sim::RadioKind::proxy;
    radio.slots = slots_each;
    spec.radios.push_back(radio);
  }
  for (size_t i = 0; i < devices; ++i) spec.devices.push_back(sensor(i, 0));
  return spec;
}

struct Cost {
  double seconds = 0;  // of the processor, for `measured` of the world
  uint64_t values = 0;
  double resident_mb = 0;
  size_t connected = 0;
};

Cost measure_sessions() {
  const double before = resident_mb();
  Place place(crowded_place());
  Hub hub(place.context.get_executor(), place.clock, place.opened);
  std::vector<std::unique_ptr<Session>> sessions;
  uint64_t values = 0;
  for (size_t i = 0; i < devices; ++i) {
    SessionOptions options;
    options.subscriptions.push_back({Uuid(0x2A6E)});
    sessions.push_back(std::make_unique<Session>(hub, Target{address_of(i)}, options));
    sessions.back()->on_event([&](const SessionEvent& event) { values += event.kind == SessionEvent::Kind::value; });
  }
  Cost cost;
  const auto work = [&]() -> awaitable<void> {
    Activities activities(co_await asio::this_coro::executor);
    const auto ended = [](std::exception_ptr) {};
    activities.start(hub.run(), ended);
    for (const auto& session : sessions) activities.start(session->run(), ended);
    co_await place.clock.wait_for(settling);
    const uint64_t values_before = values;
    const double begin = processor_seconds();
    co_await place.clock.wait_for(measured);
    cost.seconds = processor_seconds() - begin;
    cost.values = values - values_before;
    cost.resident_mb = resident_mb() - before;
    for (size_t i = 0; i < devices; ++i) cost.connected += place.world.truth(address_of(i)).connected;
    co_await activities.stop();
  };
  place.run(work());
  return cost;
}

Cost measure_bare_links() {
  const double before = resident_mb();
  Place place(crowded_place());
  Cost cost;
  uint64_t values = 0;
  const auto work = [&]() -> awaitable<void> {
    std::vector<std::unique_ptr<Link>> links;
    for (size_t i = 0; i < devices; ++i) {
      const LinkOptions options;
      links.push_back(co_await place.opened[i / slots_each]->connect(address_of(i), options));
      const GattServices services = co_await links.back()->services(place.clock.now() + 30s);
      co_await links.back()->subscribe(
          services.get_characteristic(Uuid(0x2A6E)).handle, SubscribeKind::notification, [&](Bytes, TimePoint) { ++values; },
          place.clock.now() + 30s);
    }
    const uint64_t values_before = values;
    const double begin = processor_seconds();
    co_await place.clock.wait_for(measured);
    cost.seconds = processor_seconds() - begin;
    cost.values = values - values_before;
    cost.resident_mb = resident_mb() - before;
    cost.connected = links.size();
  };
  place.run(work());
  return cost;
}

// Mean time from the call to a client that can be used, of a device with so many characteristics.
Duration time_to_client(size_t characteristics, bool remembered) {
  constexpr int connections = 100;
  sim::WorldSpec spec;
  spec.radios.push_back({.name = "proxy", .kind = sim::RadioKind::proxy});
  spec.devices.push_back(sensor(0, characteristics));
  Place place(spec);
  RadioPaths paths(place.clock, {place.opened.front().get()});
  ServiceCache cache;
  Duration sum{};
  const auto work = [&]() -> awaitable<void> {
    for (int i = 0; i <= connections; ++i) {
      ConnectOptions options;
      options.use_services_cache = remembered;
      if (remembered) options.cache = &cache;
      const TimePoint begin = place.clock.now();
      const Target target{address_of(0)};
      Client client = co_await establish_connection(paths, target, options);
      if (client.services().empty()) throw Error("there are no services");
      if (i > 0) sum += place.clock.now() - begin;  // the first one fills the cache
      co_await client.disconnect();
    }
  };
  place.run(work());
  return sum / connections;
}

int run() {
  const Cost floor = measure_bare_links();
  const Cost sessions = measure_sessions();
  const double seconds = to_seconds(measured);
  fmt::print("{} devices connected through {} radios with {} slots each, a value a second from each, {:.0f} s of the world\n\n",
             devices, radios, slots_each, seconds);
  fmt::print("{:<44} {:>9} {:>9} {:>12} {:>10} {:>9}\n", "", "connected", "values", "us a value", "of a core", "memory");
  const auto line = [&](const char* name, const Cost& cost) {
    fmt::print("{:<44} {:>9} {:>9} {:>12.2f} {:>8.2f} % {:>6.1f} MB\n", name, cost.connected, cost.values,
               cost.seconds * 1e6 / static_cast<double>(cost.values), cost.seconds / seconds * 100, cost.resident_mb);
  };
  line("floor: bare links, nobody watches", floor);
  line("hub, sessions, values in bounded queues", sessions);
  fmt::print("ratio {:.2f}\n\n",
             sessions.seconds / static_cast<double>(sessions.values) / (floor.seconds / static_cast<double>(floor.values)));

  fmt::print("From connecting to a client with services, mean of 100 connections over a simulated proxy at 30 ms intervals\n\n");
  fmt::print("{:<24} {:>12} {:>12} {:>8}\n", "characteristics", "discovered", "remembered", "ratio");
  for (const size_t further : {size_t{2}, size_t{20}, size_t{199}}) {
    const double discovered = to_seconds(time_to_client(further, false));
    const double remembered = to_seconds(time_to_client(further, true));
    fmt::print("{:<24} {:>9.0f} ms {:>9.0f} ms {:>8.2f}\n", further + 1, discovered * 1e3, remembered * 1e3,
               discovered / remembered);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main() {
  return moor::bench::run();
}
