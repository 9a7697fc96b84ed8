// Links that come and go.

#include "lab/suite/bench.hpp"
#include "moor/service_cache.hpp"

namespace moor::lab {

namespace {

const Uuid battery_level(0x2A19);

TEST(Connecting, ReconnectsAndReadsWithAKeptTable) {
  const auto work = []() -> awaitable<void> {
    ServiceCache cache;
    ConnectOptions options;
    options.cache = &cache;
    Client first = co_await Bench::get().connect(devices().sensor, options);
    EXPECT_EQ(to_hex(co_await first.read(battery_level)), "55");
    const GattServices services = first.services();
    EXPECT_FALSE(services.empty());
    EXPECT_EQ(cache.counters().stored, 1U);
    co_await first.disconnect();
    EXPECT_FALSE(first.is_connected());

    Client second = co_await Bench::get().connect(devices().sensor, options);
    EXPECT_EQ(cache.counters().hits, 1U);
    EXPECT_EQ(cache.counters().stored, 1U) << "nothing was discovered anew";
    EXPECT_EQ(second.services(), services);
    EXPECT_EQ(to_hex(co_await second.read(battery_level)), "55");
    co_await second.disconnect();
    EXPECT_EQ(cache.counters().forgotten, 0U);
  };
  Bench::get().run(work());
}

TEST(Connecting, AnEndByTheDeviceIsToldOnceAndAnotherLinkCanBeMade) {
  const auto work = []() -> awaitable<void> {
    int told = 0;
    ConnectOptions options;
    options.client.on_disconnected = [&](const Closed&) { ++told; };
    Client client = co_await Bench::get().connect(devices().quitter, options);
    EXPECT_EQ(told, 0);
    co_await client.wait_closed();
    co_await Bench::get().clock().wait_for(500ms);
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(client.is_connected());
    try {
      (void)co_await client.read(battery_level);
      ADD_FAILURE() << "read over a link that is closed";
    } catch (const LinkClosed&) {
    }

    Client again = co_await Bench::get().connect(devices().quitter, options);
    EXPECT_EQ(to_hex(co_await again.read(battery_level)), "1e");
    co_await again.disconnect();
    EXPECT_EQ(told, 1) << "an end of our own is not told";
  };
  Bench::get().run(work(), 40s);
}

TEST(Connecting, ADeviceThatNeverAnswersTakesNoLongerThanItMay) {
  const auto work = []() -> awaitable<void> {
    Clock& clock = Bench::get().clock();
    const auto heard = co_await find_device_by_address(clock, Bench::get().radio(), devices().deaf, 10s);
    EXPECT_TRUE(heard);
    const TimePoint began = clock.now();
    try {
      LinkOptions options;
      options.timeout = 3s;
      (void)co_await Bench::get().radio().connect(devices().deaf, options);
      ADD_FAILURE() << "connected to a device that never answers";
    } catch (const ConnectError& error) {
      EXPECT_EQ(error.cause().reason, ConnectReason::timed_out) << error.what();
    }
    EXPECT_GE(clock.now() - began, 3s);
    EXPECT_LT(clock.now() - began, 8s) << "3 s, and 3 s at most until bluetoothd has given up";
  };
  Bench::get().run(work());
}

TEST(Connecting, PairingWithADeviceThatDoesNotIsRefused) {
  const auto work = []() -> awaitable<void> {
    Client client = co_await Bench::get().connect(devices().unwilling);
    try {
      co_await client.pair();
      ADD_FAILURE() << "paired";
    } catch (const PairingFailed& failed) {
      EXPECT_EQ(failed.problem(), PairingProblem::refused) << failed.what();
    }
    co_await client.disconnect();
  };
  Bench::get().run(work());
}

}  // namespace

}  // namespace moor::lab
