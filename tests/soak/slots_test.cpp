// Slots over very many connections: never more held than a radio has, none left when all is over.

#include "core/within.hpp"
#include "moor/connect.hpp"
#include "moor/world.hpp"

#include <gtest/gtest.h>
#include <boost/asio/io_context.hpp>
#include <cstdlib>
#include <iostream>
#include <random>

namespace moor {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;

size_t cycles_wanted() {
  const char* text = std::getenv("MOOR_SOAK_CYCLES");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 10'000;
}

constexpr size_t radio_count = 20;
constexpr int slots_each = 5;
constexpr size_t device_count = 120;

Address address_of(size_t device) {
  return Address(0xC0'00'00'00'00'00 + device, true);
}

sim::DeviceFault fault(sim::DeviceFault::Kind kind, double chance) {
  sim::DeviceFault made;
  made.kind = kind;
  made.chance = chance;
  return made;
}

// Everything that may go wrong goes wrong now and then.
sim::WorldSpec restless_world() {
  sim::WorldSpec spec;
  spec.seed = 11;
  for (size_t i = 0; i < radio_count; ++i) {
    sim::RadioEntry radio;
    radio.name = "radio " + std::to_string(i);
    radio.kind = i % 2 == 0 ? sim::RadioKind::adapter : sim::RadioKind::proxy;
    radio.slots = slots_each;
    if (i % 5 == 0) {
      sim::RadioFault dies;
      dies.kind = i % 10 == 0 ? sim::RadioFault::Kind::dead : sim::RadioFault::Kind::hang;
      dies.at = 10min;
      dies.lasts = 30s;
      dies.every = 20min;
      dies.random = true;
      radio.faults.push_back(dies);
    }
    spec.radios.push_back(radio);
  }
  for (size_t i = 0; i < device_count; ++i) {
    sim::DeviceEntry device;
    device.name = "device " + std::to_string(i);
    device.address = address_of(i);
    device.movement = sim::Position{2, 0, 0};
    device.advertising->payload = AdvertisementBuilder().flags(0x06).complete_name("soak").bytes();
    sim::Service service;
    service.uuid = Uuid(0x180F);
    sim::Characteristic battery;
    battery.uuid = Uuid(0x2A19);
    battery.properties = {Property::read, Property::notify};
    battery.value = sim::Constant{{85}};
    battery.notify_every = 5s;
    service.characteristics.push_back(battery);
    device.services.push_back(service);
    using Kind = sim::DeviceFault::Kind;
    sim::DeviceFault error = fault(Kind::connect_error, 0.1);
    error.reason = ConnectReason::aborted_by_local;
    error.after = 300ms;
    device.faults = {error,
                     fault(Kind::connect_timeout, 0.02),
                     fault(Kind::connect_hang, 0.01),
                     fault(Kind::removed, 0.02),
                     fault(Kind::services_missing, 0.02),
                     fault(Kind::operation_hang, 0.02),
                     fault(Kind::operation_error, 0.02)};
    sim::DeviceFault drop = fault(Kind::drop, 0.1);
    drop.after = 2s;
    device.faults.push_back(drop);
    if (i % 4 == 0) device.sleep = sim::Sleep{.awake = 10min, .asleep = 1min, .random = true};
    spec.devices.push_back(device);
  }
  return spec;
}

class SlotSoak : public testing::Test {
protected:
  SlotSoak() {
    for (size_t i = 0; i < radio_count; ++i)
      radios_.push_back(world_.make_radio(world_.spec().radios[i].name, static_cast<RadioId>(i)));
  }

  // An adapter connects to what it has heard.
  awaitable<void> listen(Radio& radio, const size_t& left) {
    struct Nobody final : SightingSink {
      void on_sightings(std::span<const Sighting>) override {}
    } nobody;
    while (left > 0) {
      try {
        const ScanOptions options;
        (void)co_await within(clock_, clock_.now() + 10min, radio.scan(options, nobody));
      } catch (const RadioNotAvailable&) {
        // It is unplugged for a while.
      }
      co_await clock_.wait_for(1s);
    }
  }

  void check_slots(bool at_the_end) {
    for (const auto& radio : radios_) {
      const Slots slots = radio->slots();
      ASSERT_LE(slots.holders.size(), static_cast<size_t>(slots_each)) << radio->info().name;
      ASSERT_EQ(slots.free, slots_each - static_cast<int>(slots.holders.size())) << radio->info().name;
      if (at_the_end) {
        ASSERT_TRUE(slots.holders.empty()) << radio->info().name << " leaks a slot";
      }
    }
  }

  // Connects somewhere, does something, or gives up at any moment.
  awaitable<void> one_cycle(std::mt19937_64& random) {
    const Address device = address_of(random() % device_count);
    Radio& radio = *radios_[random() % radio_count];
    const Duration patience = std::chrono::milliseconds(random() % 40'000);
    LinkOptions options;
    options.timeout = 20s;
    const TimePoint deadline = clock_.now() + patience;
    try {
      if (!co_await within(clock_, deadline, use(radio, device, options, random() % 4))) ++given_up_;
    } catch (const Error&) {
      ++failed_;
    }
  }

  awaitable<void> use(Radio& radio, Address device, LinkOptions options, uint64_t how) {
    const std::unique_ptr<Link> link = co_await radio.connect(device, options);
    ++connected_;
    const GattServices services = co_await link->services(clock_.now() + 10s);
    const uint16_t handle = services.get_characteristic(Uuid(0x2A19)).handle;
    if (how == 0) co_return;  // lets go of it without a word
    (void)co_await link->read(handle, clock_.now() + 5s);
    if (how == 1) co_await link->subscribe(handle, SubscribeKind::notification, [](Bytes, TimePoint) {}, clock_.now() + 5s);
    if (how == 2) co_await clock_.wait_for(3s);
    co_await link->disconnect(clock_.now() + 10s);
  }

  awaitable<void> work(uint64_t seed, size_t& left) {
    std::mt19937_64 random(seed);
    co_await clock_.wait_for(5s);  // until the radios have heard the devices
    while (left > 0) {
      --left;
      co_await one_cycle(random);
      if (left % 64 == 0) check_slots(false);
      if (HasFatalFailure()) co_return;
    }
  }

  VirtualClock clock_;
  sim::World world_{clock_, restless_world()};
  std::vector<std::unique_ptr<Radio>> radios_;
  asio::io_context context_;
  uint64_t given_up_ = 0;
  uint64_t connected_ = 0;
  uint64_t failed_ = 0;
};

TEST_F(SlotSoak, NoSlotIsLeakedOverRandomCyclesWithFaultsAndCancellations) {
  const size_t cycles = cycles_wanted();
  size_t left = cycles;
  for (const auto& radio : radios_)
    asio::co_spawn(context_, listen(*radio, left), [](std::exception_ptr error) { ASSERT_EQ(error, nullptr); });
  for (uint64_t worker = 0; worker < 60; ++worker)
    asio::co_spawn(context_, work(worker, left), [](std::exception_ptr error) { ASSERT_EQ(error, nullptr); });
  clock_.run(context_);
  check_slots(true);
  std::cout << cycles << " cycles: " << connected_ << " connected, " << failed_ << " failed, " << given_up_
            << " given up meanwhile, " << to_seconds(clock_.now().time_since_epoch()) / 3600 << " virtual hours\n";
  EXPECT_GT(connected_, cycles / 10) << "the world is so broken that it tests nothing";
  for (size_t i = 0; i < device_count; ++i) EXPECT_FALSE(world_.truth(address_of(i)).connected) << i;
}

}  // namespace
}  // namespace moor
