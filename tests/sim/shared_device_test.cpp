// What a device does beside one link with one table: two centrals at once, further tables, skipped connection events, addresses of two kinds.

#include "sim/link_fixture.hpp"

#include <set>

namespace moor::testing {
namespace {

class SharedDeviceTest : public LinkTest {
protected:
  static sim::WorldSpec two_radios(sim::DeviceEntry device) {
    sim::WorldSpec spec = proxy_world({std::move(device)});
    spec.radios.push_back(spec.radios[0]);
    spec.radios[1].name = "shed";
    return spec;
  }
  awaitable<std::unique_ptr<Link>> connect_over(size_t radio, Address device = device_address(1)) {
    LinkOptions options;
    options.timeout = 5s;
    co_return co_await radios_[radio]->connect(device, options);
  }
  Link::ValueCallback count(int& calls) {
    return [&calls](Bytes, TimePoint) { ++calls; };
  }
};

TEST_F(SharedDeviceTest, ADeviceThatAdvertisesOnTakesASecondCentral) {
  for (const bool while_connected : {false, true}) {
    sim::DeviceEntry device = gatt_device();
    device.advertising->while_connected = while_connected;
    make(two_radios(device));
    play([&]() -> awaitable<void> {
      const auto first = co_await connect_over(0);
      Listener listener;
      co_await scan_until(clock_, *radios_[1], listener, 10s);
      EXPECT_EQ(!listener.heard.empty(), while_connected);
      Beside second;
      start(second, ignore(connect_over(1)));
      co_await clock_.wait_for(10s);
      EXPECT_TRUE(second.done);
      EXPECT_EQ(!second.error, while_connected);
      EXPECT_EQ(world_->truth(device_address(1)).connects, while_connected ? 2U : 1U);
    });
  }
}

TEST_F(SharedDeviceTest, TwoCentralsShareValuesAndNotSubscriptions) {
  sim::DeviceEntry device = gatt_device();
  device.advertising->while_connected = true;
  device.faults.push_back({.kind = sim::DeviceFault::Kind::drop, .close = CloseReason::peer, .at = 60s, .radio = "shed"});
  device.faults.push_back({.kind = sim::DeviceFault::Kind::notification_doubled, .at = 30s, .times = 1, .radio = "shed"});
  make(two_radios(device));
  play([&]() -> awaitable<void> {
    const auto hall = co_await connect_over(0);
    const auto shed = co_await connect_over(1);
    services_ = co_await hall->services(in(30s));
    EXPECT_EQ(co_await shed->services(in(30s)), services_);
    std::vector<uint8_t> value{42};
    co_await hall->write(handle(plain), value, WriteKind::with_response, in(1s));
    EXPECT_EQ(co_await shed->read(handle(plain), in(1s)), value) << "one value for all";
    int in_hall = 0;
    int in_shed = 0;
    co_await shed->subscribe(handle(plain), SubscribeKind::notification, count(in_shed), in(1s));
    world_->set_value(device_address(1), plain, {1});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(in_hall, 0) << "a subscription belongs to a link (Core 5.4, Vol 3, Part G, 3.3.3.3)";
    EXPECT_EQ(in_shed, 1);
    co_await hall->subscribe(handle(plain), SubscribeKind::notification, count(in_hall), in(1s));
    co_await clock_.wait_for(30s);
    world_->set_value(device_address(1), plain, {2});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(in_hall, 1);
    EXPECT_EQ(in_shed, 3) << "doubled over this radio alone";
    EXPECT_EQ((co_await shed->wait_closed()).reason, CloseReason::peer);
    EXPECT_FALSE(hall->closed());
    EXPECT_TRUE(world_->truth(device_address(1)).connected);
  });
}

TEST_F(SharedDeviceTest, ANewTableIsNewForEachOfItsCentrals) {
  sim::DeviceEntry device = gatt_device();
  device.advertising->while_connected = true;
  make(two_radios(device));
  play([&]() -> awaitable<void> {
    std::vector<std::unique_ptr<Link>> links;
    int calls = 0;
    int told = 0;
    for (const size_t radio : {0U, 1U}) {
      links.push_back(co_await connect_over(radio));
      services_ = co_await links.back()->services(in(30s));
      co_await links.back()->subscribe(handle(ticking), SubscribeKind::notification, count(calls), in(1s));
      links.back()->on_services_changed([&] { ++told; });
    }
    world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::services_changed, .times = 1});
    calls = 0;
    co_await clock_.wait_for(10s);
    EXPECT_EQ(told, 2);
    EXPECT_EQ(calls, 0) << "subscriptions are gone with the table";
    for (const auto& link : links) {
      const GattServices changed = co_await link->services(in(30s));
      EXPECT_NE(changed, services_);
      co_await link->subscribe(changed.get_characteristic(ticking).handle, SubscribeKind::notification, count(calls), in(1s));
    }
    co_await clock_.wait_for(10s);
    EXPECT_GE(calls, 19);
  });
}

TEST_F(SharedDeviceTest, EachGenerationOfATableHasItsHandlesElsewhere) {
  struct Row {
    size_t own_services;
    bool has_service_changed;
    std::vector<size_t> services;  // of the generations, the first with the table as it is described
    int told;
  };
  const std::vector<Row> rows = {{2, true, {4, 3, 4, 3}, 3}, {1, true, {3, 3, 3, 3}, 3}, {1, false, {2, 2, 2, 2}, 0}};
  for (const Row& row : rows) {
    sim::DeviceEntry device = gatt_device();
    device.services.resize(row.own_services);
    device.has_service_changed = row.has_service_changed;
    device.has_database_hash = false;
    make(proxy_world({device}));
    play([&]() -> awaitable<void> {
      co_await connect(1, false);
      int told = 0;
      link_->on_services_changed([&] { ++told; });
      std::set<uint16_t> handles;
      for (const size_t expected : row.services) {
        services_ = co_await link_->services(in(30s));
        EXPECT_EQ(services_.size(), expected);
        EXPECT_TRUE(handles.insert(handle(plain)).second) << "a handle that was there before";
        EXPECT_EQ((co_await link_->read(handle(plain), in(1s))).size(), 3U);
        if (handles.size() == row.services.size()) break;
        world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::services_changed, .times = 1});
        co_await clock_.wait_for(1s);
      }
      EXPECT_EQ(told, row.told);
    });
  }
}

TEST_F(SharedDeviceTest, ADeviceMaySkipAsManyEventsAsItsLatency) {
  for (const uint16_t latency : std::vector<uint16_t>{0, 1, 4, 30}) {
    make(proxy_world({gatt_device()}));
    play([&]() -> awaitable<void> {
      co_await connect_and_discover();
      ConnectionParameters parameters;
      parameters.min_interval = parameters.max_interval = ConnectionInterval{24};
      parameters.latency = latency;
      EXPECT_EQ(co_await link_->set_parameters(parameters, in(5s)), ParametersApplied::now);
      const Duration longest = (latency + 2) * interval();
      TimePoint before = clock_.now();
      (void)co_await link_->read(handle(plain), in(5s));
      EXPECT_EQ(clock_.now() - before, longest) << "the device has just had its say";
      Duration shortest = longest;
      for (int i = 0; i < 100; ++i) {
        co_await clock_.wait_for(i * 23ms);
        before = clock_.now();
        (void)co_await link_->read(handle(plain), in(5s));
        EXPECT_LE(clock_.now() - before, longest);
        EXPECT_GE(clock_.now() - before, 2 * interval());
        shortest = std::min(shortest, clock_.now() - before);
      }
      EXPECT_EQ(shortest, 2 * interval()) << "it listens now and then";
      int calls = 0;
      co_await link_->subscribe(handle(plain), SubscribeKind::notification, count(calls), in(5s));
      before = clock_.now();
      world_->set_value(device_address(1), plain, {1});
      co_await clock_.wait_for(interval());
      EXPECT_EQ(calls, 1) << "what it has to say it says at the next event";
      before = clock_.now();
      co_await link_->disconnect(in(5s));
      EXPECT_LE(clock_.now() - before, longest);
    });
  }
}

TEST_F(SharedDeviceTest, AnAddressOfTheOtherKindIsAnotherDevice) {
  const Address wrong(device_address(1).bits(), false);
  for (const sim::RadioKind kind : {sim::RadioKind::proxy, sim::RadioKind::adapter}) {
    sim::WorldSpec spec = proxy_world({gatt_device()});
    spec.radios[0].kind = kind;
    make(std::move(spec));
    play([&]() -> awaitable<void> {
      Listener listener;
      co_await scan_until(clock_, *radios_[0], listener, 10s);
      EXPECT_TRUE(radios_[0]->find_device(device_address(1)));
      EXPECT_FALSE(radios_[0]->find_device(wrong));
      ConnectReason reason = ConnectReason::unknown;
      try {
        (void)co_await connect_over(0, wrong);
      } catch (const ConnectError& error) {
        reason = error.cause().reason;
      }
      EXPECT_EQ(reason, kind == sim::RadioKind::proxy ? ConnectReason::timed_out : ConnectReason::device_not_found);
      EXPECT_EQ(world_->truth(wrong).connect_attempts, 0U) << "the world itself asks for the bits alone";
      EXPECT_TRUE(co_await connect_over(0));
    });
  }
}

}  // namespace
}  // namespace moor::testing
