// A month with a sensor that sleeps, drops and fails at random: what a session makes of it, and what a program without one.

#include "core/activities.hpp"
#include "core/within.hpp"
#include "moor/hub.hpp"
#include "moor/session.hpp"
#include "moor/world.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>

namespace moor {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

constexpr Duration month = 30 * 24h;
const Address sensor(0xA4CF12345678, false);

sim::WorldSpec unreliable_sensor(uint64_t seed) {
  using Kind = sim::DeviceFault::Kind;
  sim::WorldSpec spec;
  spec.seed = seed;
  spec.radios.push_back({.name = "gateway", .position = {0, 0, 1}});
  sim::DeviceEntry device;
  device.name = "Logger";
  device.address = sensor;
  device.movement = sim::Position{3, 2, 1};
  sim::Characteristic temperature;
  temperature.uuid = Uuid(0x2A6E);
  temperature.properties = {Property::read, Property::notify};
  temperature.format = ValueFormat::parse("s16*0.01");
  temperature.value = sim::Sine{.mean = 21, .amplitude = 3, .period = 24h, .noise = 0.1};
  temperature.notify_every = 10s;
  sim::Service service;
  service.uuid = Uuid(0x181A);
  service.characteristics = {temperature};
  device.services = {service};
  device.advertising->payload = AdvertisementBuilder().flags(0x06).complete_name("Logger").bytes();
  device.sleep = sim::Sleep{.awake = 6h, .asleep = 20min, .random = true};
  const auto by_itself = [](Kind kind, Duration every) {
    sim::DeviceFault fault;
    fault.kind = kind;
    fault.every = every;
    fault.random = true;
    return fault;
  };
  const auto by_chance = [](Kind kind, double chance) {
    sim::DeviceFault fault;
    fault.kind = kind;
    fault.chance = chance;
    return fault;
  };
  sim::DeviceFault drop = by_itself(Kind::drop, 60h);  // 12 in 30 days
  sim::DeviceFault reboot = by_itself(Kind::reboot, 5h);
  reboot.after = 144s;  // 0.8 % of the time
  sim::DeviceFault error = by_chance(Kind::connect_error, 0.2);
  error.reason = ConnectReason::aborted_by_local;
  error.after = 400ms;
  sim::DeviceFault late = by_chance(Kind::services_late, 0.1);
  late.after = 3s;
  device.faults = {drop,
                   reboot,
                   error,
                   late,
                   by_chance(Kind::connect_timeout, 0.03),
                   by_chance(Kind::services_missing, 0.02),
                   by_chance(Kind::operation_error, 0.01),
                   by_chance(Kind::notification_lost, 0.01)};
  spec.devices.push_back(device);
  return spec;
}

struct Month {
  SessionReport report;
  sim::DeviceTruth truth;
  std::exception_ptr escaped;
};

Month monitor(uint64_t seed, Duration length) {
  VirtualClock clock;
  asio::io_context context;
  sim::World world(clock, unreliable_sensor(seed));
  const std::unique_ptr<Radio> radio = world.make_radio("gateway", 0);
  Hub hub(context.get_executor(), clock, *radio);
  SessionOptions options;
  options.reads.push_back({Uuid(0x2A6E), 60s});
  options.subscriptions.push_back({Uuid(0x2A6E)});
  Session session(hub, {sensor, "Logger"}, options);
  const auto hub_work = [&]() -> awaitable<void> { (void)co_await within(clock, clock.now() + length, hub.run()); };
  const auto session_work = [&]() -> awaitable<void> { (void)co_await within(clock, clock.now() + length, session.run()); };
  Month result;
  const auto keep = [&](std::exception_ptr error) {
    if (error) result.escaped = error;
  };
  asio::co_spawn(context, hub_work(), keep);
  asio::co_spawn(context, session_work(), keep);
  clock.run(context);
  result.report = session.report();
  result.truth = world.truth(sensor);
  return result;
}

TEST(MonthOfASensor, IsMonitoredAlmostAllTheTimeThatTheSensorIsThere) {
  const Month result = monitor(1, month);
  EXPECT_EQ(result.escaped, nullptr) << "an exception escaped";
  const double share = to_seconds(result.report.up) / to_seconds(result.truth.reachable);
  std::cout << "reachable " << to_seconds(result.truth.reachable) / 3600 << " h of 720, up "
            << to_seconds(result.report.up) / 3600 << " h (" << share * 100 << " %), " << result.report.connections
            << " connections, " << result.report.drops << " drops, " << result.report.failed_connects << " failed, "
            << result.report.values << " values\n";
  EXPECT_GE(share, 0.992);
  EXPECT_LE(share, 1.0);
  EXPECT_GT(result.report.drops, 100u) << "the sensor was not unreliable";
}

TEST(MonthOfASensor, IsTheSameAgainWithTheSameSeedOnly) {
  const Month first = monitor(5, 3 * 24h);
  const Month again = monitor(5, 3 * 24h);
  const Month other = monitor(6, 3 * 24h);
  EXPECT_EQ(first.report.up, again.report.up);
  EXPECT_EQ(first.report.values, again.report.values);
  EXPECT_EQ(first.report.connections, again.report.connections);
  EXPECT_NE(first.report.up, other.report.up);
}

// The same sensor, read by a program that connects once.
TEST(MonthOfASensor, EndsAtTheFirstDropWithoutReconnection) {
  VirtualClock clock;
  asio::io_context context;
  sim::World world(clock, unreliable_sensor(1));
  const std::unique_ptr<Radio> radio = world.make_radio("gateway", 0);
  Hub hub(context.get_executor(), clock, *radio);
  const TimePoint begin = clock.now();
  Duration lasted{};
  const auto read_for_ever = [&]() -> awaitable<void> {
    ConnectOptions options;
    options.max_attempts = 20;
    const Target target{sensor, "Logger"};
    (void)co_await hub.wait_heard(sensor, clock.now() + 1h);
    Client client = co_await establish_connection(hub, target, options);
    while (true) {
      try {
        (void)co_await client.read(Uuid(0x2A6E));
      } catch (const GattError&) {
        // Refused once is no reason to end.
      }
      lasted = clock.now() - begin;
      co_await clock.wait_for(60s);
    }
  };
  const auto naive = [&]() -> awaitable<void> {
    Activities scanning(co_await asio::this_coro::executor);
    scanning.start(hub.run(), [](std::exception_ptr) {});
    std::exception_ptr failure;
    try {
      co_await read_for_ever();
    } catch (...) {
      failure = std::current_exception();
    }
    co_await scanning.stop();
    std::rethrow_exception(failure);
  };
  std::exception_ptr end;
  asio::co_spawn(context, naive(), [&](std::exception_ptr error) { end = error; });
  clock.run(context);
  ASSERT_NE(end, nullptr);
  std::cout << "without reconnection the program ends after " << to_seconds(lasted) / 3600 << " h\n";
  EXPECT_GT(lasted, 1min) << "it never connected";
  EXPECT_LT(lasted, month / 30) << "a day without a drop";
}

}  // namespace
}  // namespace moor
