// moor's client against moor's server over very many connections to a world in which everything fails now and then, on both sides: no slot is leaked on
// either, and what the client knows of slots ends equal to what the server has.

#include "core/activities.hpp"
#include "proxy/house.hpp"
#include "sim/link_fixture.hpp"

#include <cstdlib>
#include <iostream>
#include <random>

namespace moor::testing {
namespace {

using sim::DeviceFault;
using sim::RadioFault;

constexpr size_t proxies = 4;
constexpr uint64_t devices = 12;
constexpr size_t workers = 16;
constexpr int slots = 3;
// Of those over the model of firmware (proxy_slots_test.cpp), which cost much less.
constexpr size_t share = 5;

size_t cycles_wanted() {
  const char* text = std::getenv("MOOR_SOAK_CYCLES");
  const size_t wanted = text != nullptr ? std::strtoul(text, nullptr, 10) : 10'000;
  return std::max<size_t>(1, wanted / share);
}

DeviceFault by_chance(DeviceFault::Kind kind, double chance, Duration after = {}) {
  DeviceFault made{.kind = kind};
  made.chance = chance;
  made.after = after;
  if (kind == DeviceFault::Kind::connect_error) made.reason = ConnectReason::not_established;
  return made;
}
DeviceFault by_itself(DeviceFault::Kind kind, Duration every, Duration after = {}) {
  DeviceFault made{.kind = kind};
  made.every = every;
  made.random = true;
  made.after = after;
  return made;
}
RadioFault now_and_then(RadioFault::Kind kind, Duration every, Duration lasts) {
  RadioFault made{.kind = kind};
  made.every = every;
  made.random = true;
  made.lasts = lasts;
  return made;
}

sim::WorldSpec failing_world(uint64_t seed) {
  using Kind = DeviceFault::Kind;
  std::vector<sim::DeviceEntry> all;
  for (uint64_t i = 1; i <= devices; ++i) {
    sim::DeviceEntry device = gatt_device(i);
    device.faults = {by_chance(Kind::connect_error, 0.05, 300ms),
                     by_chance(Kind::connect_timeout, 0.03),
                     by_chance(Kind::connect_hang, 0.02),
                     by_chance(Kind::services_late, 0.1, 4s),
                     by_chance(Kind::services_missing, 0.03),
                     by_chance(Kind::services_wrong, 0.03),
                     by_chance(Kind::operation_error, 0.05),
                     by_chance(Kind::operation_hang, 0.03),
                     by_itself(Kind::drop, 40s),
                     by_itself(Kind::reboot, 4min, 15s),
                     by_itself(Kind::services_changed, 5min)};
    all.push_back(std::move(device));
  }
  sim::WorldSpec spec = proxy_world(std::move(all), slots);
  spec.seed = seed;
  spec.channel.collisions = false;
  spec.radios.front().faults = {now_and_then(RadioFault::Kind::hang, 5min, 20s), now_and_then(RadioFault::Kind::dead, 8min, 15s)};
  for (size_t i = 1; i < proxies; ++i) spec.radios.push_back(spec.radios.front());
  for (size_t i = 0; i < proxies; ++i) spec.radios[i].name = fmt::format("proxy-{}", i);
  return spec;
}

class ServerCycles {
public:
  struct Counts {
    uint64_t connected = 0;
    uint64_t failed = 0;
    uint64_t given_up = 0;
    uint64_t restarts = 0;
    uint64_t takeovers = 0;
  };

  ServerCycles(uint64_t seed, size_t cycles) : house_(failing_world(seed)), seed_(seed), left_(cycles) {}

  void run() {
    house_.play([this]() -> awaitable<void> {
      Activities activities(house_.context().get_executor());
      size_t working = workers;
      std::exception_ptr failure;
      for (size_t i = 0; i < workers; ++i)
        activities.start(work(seed_ * 1'000 + i), [&working, &failure](std::exception_ptr error) {
          --working;
          if (error) failure = error;
        });
      while (working > 0) co_await house_.wait(1s);
      if (failure) std::rethrow_exception(failure);
      co_await compare();
    });
  }
  [[nodiscard]] const Counts& counts() const { return counts_; }
  [[nodiscard]] double virtual_hours() const { return to_seconds(house_.elapsed()) / 3600; }

private:
  // Nothing is asked for any more; a radio may be dead just now, so that each is given some time.
  awaitable<void> compare() {
    co_await house_.wait(2min);
    for (size_t i = 0; i < proxies; ++i) {
      co_await house_.radio(i).open(house_.in(5min));
      const Slots known = house_.radio(i).slots();
      const Slots truth = house_.server(i).status().slots;
      EXPECT_EQ(truth.free, slots) << "the server leaks";
      EXPECT_EQ(truth.holders.size(), 0U);
      EXPECT_EQ(known.free, truth.free) << "the client leaks";
      EXPECT_EQ(known.limit, truth.limit);
      EXPECT_EQ(known.holders.size(), 0U);
      EXPECT_EQ(house_.inner(i).slots().free, slots) << "the radio's own";
    }
    for (uint64_t i = 1; i <= devices; ++i) EXPECT_FALSE(house_.world().truth(device_address(i)).connected);
  }

  awaitable<void> work(uint64_t seed) {
    std::mt19937_64 random(seed);
    while (left_ > 0) {
      --left_;
      const size_t proxy = random() % proxies;
      co_await one_cycle(house_.radio(proxy), random);
      if (random() % 100 == 0) co_await trouble(proxy, random);
      EXPECT_LE(house_.radio(proxy).slots().free, slots);
      EXPECT_LE(house_.server(proxy).status().slots.holders.size(), static_cast<size_t>(slots));
    }
  }

  awaitable<void> one_cycle(Radio& radio, std::mt19937_64& random) {
    const Address device = device_address(1 + random() % devices);
    const Duration patience = std::chrono::milliseconds(random() % 30'000);
    const bool has_patience = random() % 2 == 0;
    const uint64_t how = random();
    LinkOptions options;
    options.timeout = std::chrono::milliseconds(2'000 + random() % 28'000);
    options.label = "soak";
    try {
      if (has_patience) {
        co_await use(radio, device, options, how);
      } else {
        const bool done = co_await within(house_.clock(), house_.in(patience), use(radio, device, options, how));
        if (!done) ++counts_.given_up;
      }
    } catch (const Error&) {
      ++counts_.failed;
    }
    co_await house_.wait(std::chrono::milliseconds(random() % 2'000));
  }

  awaitable<void> use(Radio& radio, Address device, LinkOptions options, uint64_t how) {
    const std::unique_ptr<Link> link = co_await radio.connect(device, options);
    ++counts_.connected;
    if (how % 8 == 0) co_return;  // lets go of it without a word
    const GattServices services = co_await link->services(house_.in(20s));
    const GattCharacteristic* const counted = services.find_characteristic(CharacteristicName(ticking));
    if (counted != nullptr && how % 8 < 4) {
      Link::ValueCallback nothing = [](Bytes, TimePoint) {};
      co_await link->subscribe(counted->handle, SubscribeKind::notification, std::move(nothing), house_.in(10s));
      co_await house_.wait(std::chrono::milliseconds(how % 3'000));
    }
    if (counted != nullptr) (void)co_await link->read(counted->handle, house_.in(10s));
    if (how % 8 < 6) co_await link->disconnect(house_.in(10s));
  }

  // The server ends and begins anew, the client's session does, or another client takes the proxy for a while.
  awaitable<void> trouble(size_t proxy, std::mt19937_64& random) {
    if (troubled_[proxy]) co_return;
    troubled_[proxy] = true;
    const uint64_t what = random() % 3;
    if (what == 0) {
      ++counts_.restarts;
      co_await house_.proxied(proxy).stage().restart();
    } else if (what == 1) {
      try {
        co_await house_.radio(proxy).recover(true, house_.in(20s));
      } catch (const Error&) {  // as good: it is lost
      }
    } else {
      ++counts_.takeovers;
      esphome_radio::SessionOptions session;
      session.radio = "esphome://other";
      const auto other =
          esphome_radio::make_radio(house_.clock(), 99, "esphome://other", house_.proxied(proxy).stage().connector(), session);
      Lines heard;
      const ScanOptions options;
      (void)co_await within(house_.clock(), house_.in(5s), other->scan(options, heard));
    }
    troubled_[proxy] = false;
  }

  House house_;
  uint64_t seed_;
  size_t left_;
  std::array<bool, proxies> troubled_{};
  Counts counts_;
};

TEST(ProxyServerSoak, NoSlotIsLeakedOnEitherSideOverRandomCyclesWithFaults) {
  const size_t cycles = cycles_wanted();
  ServerCycles soak(23, cycles);
  soak.run();
  const ServerCycles::Counts& counts = soak.counts();
  std::cout << cycles << " cycles: " << counts.connected << " connected, " << counts.failed << " failed, " << counts.given_up
            << " given up meanwhile, " << counts.restarts << " restarts, " << counts.takeovers << " takeovers, "
            << soak.virtual_hours() << " virtual hours\n";
  EXPECT_GT(counts.connected, cycles / 4) << "so little works that nothing is tested";
}

}  // namespace
}  // namespace moor::testing
