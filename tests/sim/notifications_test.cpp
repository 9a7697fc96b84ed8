#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using Values = std::vector<std::vector<uint8_t>>;

class NotificationsTest : public LinkTest {
protected:
  Link::ValueCallback keep() {
    return [this](Bytes value, TimePoint t) {
      EXPECT_EQ(t, clock_.now());
      heard_.emplace_back(value.begin(), value.end());
    };
  }
  awaitable<void> subscribe(Uuid uuid, SubscribeKind kind = SubscribeKind::notification) {
    return link_->subscribe(handle(uuid), kind, keep(), in(5s));
  }
  Values heard_;
};

TEST_F(NotificationsTest, ComeInTheOrderInWhichValuesWereSet) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    co_await subscribe(plain);
    Values expected;
    for (uint8_t i = 0; i < 50; ++i) {
      expected.push_back({i});
      world_->set_value(device_address(1), plain, {i});
      if (i % 3 == 0) co_await clock_.wait_for(5ms);
    }
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard_, expected);
    co_await link_->unsubscribe(handle(plain), in(1s));
    world_->set_value(device_address(1), plain, {99});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard_, expected);
  });
}

TEST_F(NotificationsTest, ADeviceKeepsABoundedNumberAndTheRestIsCounted) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    co_await subscribe(plain);
    for (int i = 0; i < 1000; ++i) world_->set_value(device_address(1), plain, {1});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard_.size(), 64U);
    EXPECT_EQ(world_->truth(device_address(1)).notifications, 1000U);
    EXPECT_EQ(world_->truth(device_address(1)).notifications_lost, 936U);
  });
}

TEST_F(NotificationsTest, OneBeforeTheResponseOfTheSubscriptionIsHeard) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    Beside subscribing;
    start(subscribing, subscribe(plain));
    co_await clock_.wait_for(interval() + 1ms);
    world_->set_value(device_address(1), plain, {7});
    co_await clock_.wait_for(interval() / 2 + 1ms);
    EXPECT_FALSE(subscribing.done);
    EXPECT_EQ(heard_, Values{{7}});
    co_await clock_.wait_for(1s);
    EXPECT_TRUE(subscribing.done);
  });
}

TEST_F(NotificationsTest, ASubscriptionThatIsCancelledCallsNobody) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    Beside subscribing;
    start(subscribing, subscribe(ticking));
    co_await clock_.wait_for(interval() + 1ms);
    subscribing.stop.emit(boost::asio::cancellation_type::all);
    co_await clock_.wait_for(10s);
    EXPECT_TRUE(subscribing.done);
    EXPECT_TRUE(heard_.empty());
  });
}

TEST_F(NotificationsTest, ASecondSubscriptionTakesThePlaceOfTheFirst) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    int first = 0;
    const Link::ValueCallback count = [&](Bytes, TimePoint) { ++first; };
    co_await link_->subscribe(handle(indicating), SubscribeKind::indication, count, in(1s));
    co_await subscribe(indicating, SubscribeKind::indication);
    world_->set_value(device_address(1), indicating, {1});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(first, 0);
    EXPECT_EQ(heard_, Values{{1}});
  });
}

TEST_F(NotificationsTest, PeriodicOnesKeepTheirTimeAndStopWithTheLink) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    co_await subscribe(ticking);
    co_await clock_.wait_for(100s);
    EXPECT_EQ(heard_.size(), 100U);
    link_.reset();
    co_await clock_.wait_for(100s);
    EXPECT_EQ(heard_.size(), 100U);
  });
}

TEST_F(NotificationsTest, AreLostAndDoubledByFaults) {
  sim::DeviceEntry device = gatt_device();
  device.faults.push_back({.kind = sim::DeviceFault::Kind::notification_lost, .times = 2});
  device.faults.push_back({.kind = sim::DeviceFault::Kind::notification_doubled, .times = 3});
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    co_await subscribe(ticking);
    co_await clock_.wait_for(20s);
    EXPECT_EQ(heard_.size(), 20U - 2 + 3);
    EXPECT_EQ(world_->truth(device_address(1)).notifications_lost, 2U);
  });
}

TEST_F(NotificationsTest, ACallbackMayUnsubscribeAndTheWorldMayDropTheLinkInIt) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    int calls = 0;
    const Link::ValueCallback drop = [&](Bytes, TimePoint) {
      if (++calls == 3) world_->drop_link(device_address(1), CloseReason::peer);
    };
    co_await link_->subscribe(handle(ticking), SubscribeKind::notification, drop, in(1s));
    EXPECT_EQ((co_await link_->wait_closed()).reason, CloseReason::peer);
    co_await clock_.wait_for(10s);
    EXPECT_EQ(calls, 3);
  });
}

TEST_F(NotificationsTest, ServiceChangeMovesHandlesAndIsIndicated) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const GattServices before = services_;
    const auto old_hash = co_await link_->read(handle(database_hash), in(1s));
    int told = 0;
    link_->on_services_changed([&] { ++told; });
    world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::services_changed});
    co_await clock_.wait_for(1s);
    EXPECT_EQ(told, 1);
    EXPECT_FALSE(radios_[0]->has_services(device_address(1))) << "the radio's system forgets the old table";
    EXPECT_EQ(co_await att_code(ignore(link_->read(before.get_characteristic(plain).handle, in(1s)))), 0x01);
    services_ = co_await link_->services(in(30s));
    EXPECT_NE(services_, before);
    EXPECT_EQ(services_.find_service(last_service), nullptr);
    EXPECT_EQ((co_await link_->read(handle(plain), in(1s))).size(), 3U);
    EXPECT_NE(co_await link_->read(handle(database_hash), in(1s)), old_hash);
  });
}

TEST_F(NotificationsTest, ABondedClientIsToldOfAChangeWhenItComesBack) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    JustWorks agent;
    co_await link_->pair(agent, in(5s));
    co_await link_->disconnect(in(1s));
    world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::services_changed});
    co_await connect();
    co_await clock_.wait_for(1s);
    int told = 0;
    link_->on_services_changed([&] { ++told; });
    co_await clock_.wait_for(1s);
    EXPECT_EQ(told, 1);
    co_await link_->disconnect(in(1s));
    co_await connect();
    link_->on_services_changed([&] { ++told; });
    co_await clock_.wait_for(1s);
    EXPECT_EQ(told, 1) << "once is enough";
  });
}

TEST_F(NotificationsTest, AMonthOfASensorTakesSeconds) {
  sim::DeviceEntry device = gatt_device();
  device.services[0].characteristics[1].notify_every = 2s;
  device.services[0].characteristics[1].value = sim::RandomWalk{.every = 2s};
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    size_t count = 0;
    const Link::ValueCallback on_value = [&](Bytes, TimePoint) { ++count; };
    co_await link_->subscribe(handle(ticking), SubscribeKind::notification, on_value, in(1s));
    const auto began = std::chrono::steady_clock::now();
    co_await clock_.wait_for(30 * 24h);
    const auto took = std::chrono::duration_cast<std::chrono::milliseconds>(std::chrono::steady_clock::now() - began);
    EXPECT_EQ(count, 30U * 24 * 1800);
    RecordProperty("month_ms", static_cast<int>(took.count()));
    std::printf("a month of notifications: %d ms\n", static_cast<int>(took.count()));
  });
}

}  // namespace
}  // namespace moor::testing
