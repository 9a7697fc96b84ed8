#include "radio/sim/random.hpp"
#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using sim::DeviceFault;

class ConnectingTest : public LinkTest {
protected:
  /// How connecting ends: "ok", or the reason in words.
  awaitable<std::string> try_connect(uint64_t number = 1, Duration timeout = 20s) {
    LinkOptions options;
    options.timeout = timeout;
    try {
      link_ = co_await radios_[0]->connect(device_address(number), options);
      co_return "ok";
    } catch (const ConnectError& error) {
      text_ = error.cause().text;
      advice_ = error.advice();
      origin_ = error.cause().origin;
      co_return std::string(to_string(error.cause().reason));
    } catch (const RadioNotAvailable&) {
      co_return "radio";
    }
  }
  std::string text_;
  std::string advice_;
  CauseOrigin origin_ = CauseOrigin::client;
};

TEST_F(ConnectingTest, EachFaultFailsInItsWayAndGivesTheSlotBack) {
  struct Row {
    DeviceFault fault;
    std::string ends;
    Duration takes;
    std::string text;
  };
  const std::vector<Row> rows = {
      {{.kind = DeviceFault::Kind::connect_error, .reason = ConnectReason::not_established, .after = 2s},
       "connection not established",
       2s,
       "ESP_GATT_CONN_FAIL_ESTABLISH"},
      {{.kind = DeviceFault::Kind::connect_error, .reason = ConnectReason::stack_error},
       "error of the radio's stack",
       0s,
       "ESP_GATT_ERROR"},
      {{.kind = DeviceFault::Kind::connect_error, .reason = ConnectReason::unknown, .text = "own words"},
       "unknown",
       0s,
       "own words"},
      {{.kind = DeviceFault::Kind::connect_timeout}, "timed out", 20s, "no answer in time"},
      {{.kind = DeviceFault::Kind::removed, .after = 1s}, "device not found", 1s, "device not found"},
  };
  for (const Row& row : rows) {
    sim::DeviceEntry device = gatt_device();
    device.faults = {row.fault};
    device.faults[0].times = 1;
    make(proxy_world({device}));
    play([&]() -> awaitable<void> {
      const TimePoint before = clock_.now();
      EXPECT_EQ(co_await try_connect(), row.ends);
      EXPECT_EQ(clock_.now() - before, row.takes) << row.ends;
      EXPECT_EQ(text_, row.text);
      EXPECT_EQ(radios_[0]->slots().free, 3);
      EXPECT_EQ(co_await try_connect(), "ok") << "once";
      EXPECT_EQ(world_->truth(device_address(1)).connect_attempts, 2U);
      EXPECT_EQ(world_->truth(device_address(1)).connects, 1U);
    });
  }
}

TEST_F(ConnectingTest, AHangEndsOnlyByCancellation) {
  sim::DeviceEntry device = gatt_device();
  device.faults = {{.kind = DeviceFault::Kind::connect_hang, .times = 1}};
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    Beside connecting;
    start(connecting, ignore(try_connect()));
    co_await clock_.wait_for(24h);
    EXPECT_FALSE(connecting.done);
    EXPECT_EQ(radios_[0]->slots().free, 2);
    connecting.stop.emit(boost::asio::cancellation_type::all);
    co_await clock_.wait_for(1ms);
    EXPECT_TRUE(connecting.done);
    EXPECT_EQ(radios_[0]->slots().free, 3);
  });
}

TEST_F(ConnectingTest, WaitsForTheNextAdvertisementAndSixIntervals) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    const TimePoint before = clock_.now();
    EXPECT_EQ(co_await try_connect(), "ok");
    EXPECT_GE(clock_.now() - before, 6 * interval());
    EXPECT_LE(clock_.now() - before, 1s + 6 * interval());
    EXPECT_EQ(link_->info().since, clock_.now());
  });
}

TEST_F(ConnectingTest, ASleeperIsReachedWhenItWakes) {
  sim::DeviceEntry device = gatt_device();
  device.sleep = sim::Sleep{.awake = 10s, .asleep = 50s};
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await clock_.wait_for(15s);
    EXPECT_EQ(co_await try_connect(), "timed out");
    EXPECT_EQ(co_await try_connect(1, 60s), "ok");
    EXPECT_GE(elapsed(), 60s);
    EXPECT_EQ((co_await link_->wait_closed()).at - start_, 70s + 4200ms);
    EXPECT_EQ(world_->truth(device_address(1)).reachable, 20s);
  });
}

TEST_F(ConnectingTest, OutOfRangeNotConnectableOrNotThereTimesOut) {
  sim::DeviceEntry far = gatt_device(2);
  far.movement = sim::Position{1000, 0, 0};
  sim::DeviceEntry closed = gatt_device(3);
  closed.advertising->connectable = false;
  make(proxy_world({gatt_device(1), far, closed}));
  play([&]() -> awaitable<void> {
    for (const uint64_t number : {2U, 3U, 4U}) EXPECT_EQ(co_await try_connect(number, 5s), "timed out") << number;
    world_->set_present(device_address(1), false);
    EXPECT_EQ(co_await try_connect(1, 5s), "timed out");
    world_->set_present(device_address(1), true);
    EXPECT_EQ(co_await try_connect(1, 5s), "ok");
  });
}

TEST_F(ConnectingTest, OutOfSlotsNamesTheHolders) {
  make(proxy_world({gatt_device(1), gatt_device(2)}, 1));
  play([&]() -> awaitable<void> {
    co_await connect(1);
    const auto held = std::move(link_);
    const auto slots = radios_[0]->slots();
    EXPECT_EQ(slots.free, 0);
    EXPECT_EQ(slots.holders.at(0).label, "test");
    EXPECT_EQ(co_await try_connect(2), "out of connection slots");
    EXPECT_EQ(text_, "ESP_GATT_CONN_CONN_CANCEL");
    EXPECT_NE(advice_.find(device_address(1).to_string()), std::string::npos) << advice_;
    EXPECT_EQ(co_await try_connect(1), "unknown") << "it is connected already";
    co_await radios_[0]->close_connection(device_address(1), in(1s));
    EXPECT_EQ(held->closed()->reason, CloseReason::other_host);
    EXPECT_EQ(co_await try_connect(2), "ok");
  });
}

TEST_F(ConnectingTest, AnAdapterKnowsWhatItHasHeardForThirtySeconds) {
  make(plain_world({gatt_device()}));
  Listener listener;
  play([&]() -> awaitable<void> {
    EXPECT_EQ(co_await try_connect(), "device not found");
    EXPECT_TRUE(text_.starts_with("org.freedesktop.DBus.Error.UnknownObject"));
    EXPECT_EQ(origin_, CauseOrigin::system_call);
    Beside waiting;
    start(waiting, radios_[0]->device_changed(device_address(1)));
    co_await scan_until(clock_, *radios_[0], listener, 10s);
    EXPECT_TRUE(waiting.done) << "it is heard";
    const TimePoint last = listener.heard.back().time;
    EXPECT_EQ(radios_[0]->find_device(device_address(1))->path, "/org/bluez/hci0/dev_C0_00_00_00_00_01");
    Beside forgotten;
    start(forgotten, radios_[0]->device_changed(device_address(1)));
    co_await clock_.wait_for(40s);
    EXPECT_EQ(start_ + forgotten.at, last + 30s);
    EXPECT_FALSE(radios_[0]->find_device(device_address(1)));
    EXPECT_EQ(co_await try_connect(), "device not found");
    co_await scan_until(clock_, *radios_[0], listener, 10s);
    EXPECT_EQ(co_await try_connect(), "ok");
    JustWorks agent;
    co_await link_->pair(agent, in(5s));
    EXPECT_FALSE(co_await radios_[0]->forget(device_address(1), false, in(1s))) << "it is bonded";
    co_await link_->disconnect(in(1s));
    co_await clock_.wait_for(1h);
    EXPECT_EQ(co_await try_connect(), "ok") << "a bonded device is kept";
    EXPECT_TRUE(co_await radios_[0]->forget(device_address(1), true, in(1s)));
    EXPECT_TRUE(link_->closed());
    EXPECT_FALSE(radios_[0]->find_device(device_address(1)));
  });
}

TEST_F(ConnectingTest, ARadioThatDiesOrHangs) {
  sim::WorldSpec spec = proxy_world({gatt_device(1), gatt_device(2)});
  spec.radios[0].faults = {{.kind = sim::RadioFault::Kind::dead, .at = 60s, .lasts = 60s},
                           {.kind = sim::RadioFault::Kind::hang, .at = 200s, .lasts = 100s}};
  make(std::move(spec));
  play([&]() -> awaitable<void> {
    co_await connect(1);
    const auto held = std::move(link_);
    Beside connecting;
    world_->set_present(device_address(2), false);
    start(connecting, ignore(try_connect(2, 1h)));
    EXPECT_EQ((co_await held->wait_closed()).reason, CloseReason::radio_lost);
    EXPECT_EQ(elapsed(), 60s);
    co_await clock_.wait_for(1ms);
    EXPECT_TRUE(connecting.done);
    EXPECT_EQ(co_await try_connect(1), "radio");
    co_await clock_.wait_for(150s);
    EXPECT_EQ(co_await try_connect(1), "timed out");
    EXPECT_EQ(co_await try_connect(1, 1h), "ok");
    EXPECT_GE(elapsed(), 300s);
  });
}

TEST_F(ConnectingTest, FaultsOfALinkThatIsMade) {
  sim::DeviceEntry device = gatt_device();
  const auto fault = [&](DeviceFault each) { device.faults.push_back(std::move(each)); };
  fault({.kind = DeviceFault::Kind::services_late, .after = 3s, .times = 1});
  fault({.kind = DeviceFault::Kind::services_missing, .times = 1});
  fault({.kind = DeviceFault::Kind::operation_error, .att_code = 0x0E, .times = 1});
  fault({.kind = DeviceFault::Kind::drop, .close = CloseReason::peer, .at = 60s, .times = 1});
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect(1, false);
    const TimePoint before = clock_.now();
    EXPECT_THROW((void)co_await link_->services(in(30s)), ConnectionFailed);
    EXPECT_GT(clock_.now() - before, 3s);
    services_ = co_await link_->services(in(30s));
    EXPECT_EQ(co_await read_code(plain), 0x0E);
    EXPECT_EQ(co_await read_code(plain), 0);
    const Closed closed = co_await link_->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::peer);
    EXPECT_EQ(closed.at - link_->info().since, 60s);
    world_->add_fault(device_address(1), {.kind = DeviceFault::Kind::services_wrong, .times = 1});
    co_await connect(1, false);
    EXPECT_EQ((co_await link_->services(in(30s))).find_service(last_service), nullptr);
    EXPECT_NE((co_await link_->services(in(30s))).find_service(last_service), nullptr);
    world_->add_fault(device_address(1), {.kind = DeviceFault::Kind::operation_hang, .times = 1});
    const TimePoint asked = clock_.now();
    EXPECT_THROW((void)co_await link_->read(handle(plain), in(5s)), TimedOut);
    EXPECT_EQ(clock_.now() - asked, 5s);
    EXPECT_THROW((void)co_await link_->read(handle(plain), in(1h)), LinkClosed) << "nothing follows a request without answer";
    EXPECT_EQ(clock_.now() - asked, 30s);
    co_await connect(1);
    world_->add_fault(device_address(1), {.kind = DeviceFault::Kind::reboot, .after = 1s});
    EXPECT_EQ((co_await link_->wait_closed()).reason, CloseReason::supervision_timeout) << "it knows the link no more";
  });
}

TEST_F(ConnectingTest, SlotsAreNeverExceededNorLeaked) {
  std::vector<sim::DeviceEntry> devices;
  for (uint64_t i = 0; i < 8; ++i) {
    devices.push_back(device_at(i, 1));
    devices.back().advertising->interval = 100ms;
    devices.back().faults = {{.kind = DeviceFault::Kind::connect_error, .after = 50ms, .chance = 0.1},
                             {.kind = DeviceFault::Kind::connect_hang, .chance = 0.05},
                             {.kind = DeviceFault::Kind::drop, .at = 100ms, .chance = 0.2}};
  }
  make(proxy_world(devices));
  play([&]() -> awaitable<void> {
    const sim::Random random(5);
    int made = 0;
    for (uint64_t cycle = 0; cycle < 10'000; ++cycle) {
      std::deque<Beside> all(1 + random.bits(sim::Purpose::link, cycle, 1) % 5);
      std::vector<std::unique_ptr<Link>> links;
      for (size_t i = 0; i < all.size(); ++i) {
        const LinkOptions options;
        const auto keep = [](Radio& radio, Address device, LinkOptions o, auto& into) -> awaitable<void> {
          into.push_back(co_await radio.connect(device, std::move(o)));
        };
        start(all[i], keep(*radios_[0], device_address(random.bits(sim::Purpose::link, cycle, 2, i) % 8), options, links));
      }
      co_await clock_.wait_for(std::chrono::milliseconds(random.bits(sim::Purpose::link, cycle, 3) % 500));
      const Slots slots = radios_[0]->slots();
      EXPECT_GE(slots.free, 0);
      EXPECT_EQ(slots.free + static_cast<int>(slots.holders.size()), 3);
      made += static_cast<int>(links.size());
      for (Beside& each : all) each.stop.emit(boost::asio::cancellation_type::all);
      co_await clock_.wait_for(1us);
      links.clear();
      for (const Beside& each : all) EXPECT_TRUE(each.done);
      EXPECT_EQ(radios_[0]->slots().free, 3);
    }
    EXPECT_GT(made, 5'000);
  });
}

TEST_F(ConnectingTest, ASeedGivesTheSameLogEachTime) {
  const auto log_of = [&](uint64_t seed) {
    std::vector<sim::DeviceEntry> devices;
    for (uint64_t i = 0; i < 5; ++i) {
      devices.push_back(gatt_device(i));
      devices.back().sleep = sim::Sleep{.awake = 60s, .asleep = 20s, .random = true};
      devices.back().services[0].characteristics[1].value = sim::RandomWalk{};
      devices.back().faults = {{.kind = DeviceFault::Kind::connect_error, .chance = 0.3},
                               {.kind = DeviceFault::Kind::drop, .every = 40s, .random = true},
                               {.kind = DeviceFault::Kind::notification_lost, .chance = 0.1}};
    }
    sim::WorldSpec spec = proxy_world(devices);
    spec.seed = seed;
    make(std::move(spec));
    std::string log;
    const TimePoint began = clock_.now();
    play([&]() -> awaitable<void> {
      const Link::ValueCallback on_value = [&](Bytes value, TimePoint t) {
        log += std::to_string((t - began).count()) + ' ' + to_hex(value) + '\n';
      };
      for (uint64_t i = 0; i < 100; ++i) {
        log += co_await try_connect(i % 5) + '\n';
        if (!link_) continue;
        try {
          services_ = co_await link_->services(in(30s));
          co_await link_->subscribe(handle(ticking), SubscribeKind::notification, on_value, in(5s));
        } catch (const Error& error) {
          log += error.what();
        }
        co_await clock_.wait_for(10s);
        link_.reset();
      }
    });
    return log;
  };
  const std::string first = log_of(1);
  EXPECT_GT(first.size(), 1000U);
  EXPECT_EQ(first, log_of(1));
  EXPECT_NE(first, log_of(2));
}

}  // namespace
}  // namespace moor::testing
