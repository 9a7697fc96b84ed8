#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using SimLinkTest = LinkTest;
using Values = std::vector<std::vector<uint8_t>>;

TEST_F(SimLinkTest, KnowsWhomItConnects) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect();
    EXPECT_EQ(link_->info().device, device_address(1));
    EXPECT_EQ(link_->info().name, "device 1");
    EXPECT_EQ(link_->info().path, "hall");
    EXPECT_EQ(link_->info().radio_name, radios_[0]->info().name);
    EXPECT_FALSE(link_->closed());
    EXPECT_TRUE(world_->truth(device_address(1)).connected);
    EXPECT_EQ(link_->mtu(), 23) << "until it is exchanged";
    co_await clock_.wait_for(2 * interval());
    EXPECT_EQ(link_->mtu(), 247);
  });
}

TEST_F(SimLinkTest, DiscoveryTakesRoundTripsAndARememberedTableNone) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect();
    TimePoint before = clock_.now();
    services_ = co_await link_->services(in(30s));
    // MTU; 2 for 4 services; then of each service 1 for what it includes, 2 for its characteristics, 2 for each with descriptors.
    EXPECT_EQ(clock_.now() - before, (1 + 2 + 4 * 3 + 2 * 6) * 2 * interval());
    EXPECT_TRUE(radios_[0]->has_services(device_address(1)));
    co_await link_->disconnect(in(1s));
    co_await connect();
    before = clock_.now();
    EXPECT_EQ(co_await link_->services(in(30s)), services_);
    EXPECT_EQ(clock_.now(), before);
    EXPECT_TRUE(co_await link_->clear_cache(in(1s)));
    EXPECT_FALSE(co_await link_->clear_cache(in(1s)));
    EXPECT_FALSE(radios_[0]->has_services(device_address(1)));
  });
}

TEST_F(SimLinkTest, ReadsAndWritesCostIntervals) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const TimePoint before = clock_.now();
    EXPECT_THAT(co_await link_->read(handle(plain), in(1s)), ::testing::ElementsAre(1, 2, 3));
    EXPECT_EQ(clock_.now() - before, 2 * interval());
    std::vector<uint8_t> value{9};
    co_await link_->write(handle(plain), value, WriteKind::with_response, in(1s));
    EXPECT_EQ(clock_.now() - before, 4 * interval());
    EXPECT_THAT(world_->value(device_address(1), CharacteristicName(plain)), ::testing::ElementsAre(9));
    co_await link_->write(handle(commands), value, WriteKind::without_response, in(1s));
    EXPECT_EQ(clock_.now() - before, 4 * interval() + interval() / 2);
    EXPECT_THAT(world_->value(device_address(1), CharacteristicName(commands)), ::testing::ElementsAre(9));
  });
}

TEST_F(SimLinkTest, LongValuesAreReadAndWrittenInParts) {
  sim::DeviceEntry device = gatt_device();
  device.mtu = 23;
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    for (const size_t size : {0U, 1U, 20U, 21U, 22U, 23U, 44U, 100U, 512U}) {
      const std::vector<uint8_t> value(size, 0x5A);
      TimePoint before = clock_.now();
      co_await link_->write(handle(plain), value, WriteKind::with_response, in(10s));
      const auto writes = static_cast<int>(size <= 20 ? 1 : (size + 17) / 18 + 1);
      EXPECT_EQ(clock_.now() - before, writes * 2 * interval()) << size;
      before = clock_.now();
      EXPECT_EQ(co_await link_->read(handle(plain), in(10s)), value);
      EXPECT_EQ(clock_.now() - before, static_cast<int>(size / 22 + 1) * 2 * interval()) << size;
    }
    const std::vector<uint8_t> too_long(513);
    EXPECT_EQ(co_await write_code(plain, too_long), 0x0D);
    const std::vector<uint8_t> no_packet(21);
    EXPECT_EQ(co_await write_code(commands, no_packet, WriteKind::without_response), 0x0D);
  });
}

TEST_F(SimLinkTest, AValueThatShrinksWhileItIsReadIsAnInvalidOffset) {
  sim::DeviceEntry device = gatt_device();
  device.mtu = 23;
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    world_->set_value(device_address(1), plain, std::vector<uint8_t>(100));
    Beside reading;
    start(reading, ignore(link_->read(handle(plain), in(10s))));
    co_await clock_.wait_for(3 * interval());
    world_->set_value(device_address(1), plain, {1});
    co_await clock_.wait_for(1s);
    EXPECT_TRUE(threw<GattError>(reading));
  });
}

TEST_F(SimLinkTest, RefusesWithTheCodesOfTheAttributeProtocol) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const std::vector<uint8_t> short_value{1};
    const std::vector<uint8_t> long_value(5);
    EXPECT_EQ(co_await att_code(ignore(link_->read(0x4000, in(1s)))), 0x01);
    EXPECT_EQ(co_await read_code(unreadable), 0x02);
    EXPECT_EQ(co_await write_code(ticking, short_value), 0x03);
    EXPECT_EQ(co_await write_code(plain, short_value, WriteKind::without_response), 0x03);
    EXPECT_EQ(co_await read_code(secret), 0x05);
    EXPECT_EQ(co_await write_code(secret, short_value), 0x05);
    EXPECT_EQ(co_await write_code(unreadable, long_value), 0x0D);
    EXPECT_EQ(co_await read_code(refusing), 0x80);
    EXPECT_EQ(co_await write_code(refusing, short_value), 0x81);
    const auto nothing = [](Bytes, TimePoint) {};
    EXPECT_EQ(co_await att_code(link_->subscribe(handle(refusing), SubscribeKind::notification, nothing, in(1s))), 0x82);
    EXPECT_EQ(co_await att_code(link_->subscribe(handle(commands), SubscribeKind::notification, nothing, in(1s))), 0x06);
    EXPECT_EQ(co_await att_code(link_->subscribe(handle(indicating), SubscribeKind::notification, nothing, in(1s))), 0x06);
    EXPECT_EQ(co_await att_code(link_->subscribe(handle(secret), SubscribeKind::notification, nothing, in(1s))), 0x05);
    JustWorks agent;
    co_await link_->pair(agent, in(5s));
    EXPECT_EQ(co_await read_code(secret), 0);
    EXPECT_TRUE(radios_[0]->find_device(device_address(1))->bonded);
    co_await link_->disconnect(in(1s));
    co_await connect_and_discover();
    EXPECT_EQ(co_await read_code(secret), 0) << "a bond encrypts the next link too";
    co_await link_->unpair(in(1s));
    EXPECT_TRUE(link_->closed());
    co_await connect_and_discover();
    EXPECT_EQ(co_await read_code(secret), 0x05);
  });
}

TEST_F(SimLinkTest, DescriptorsAreReadAndWritten) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const auto& found = services_.get_characteristic(plain);
    const uint16_t words = found.find_descriptor(user_description)->handle;
    const uint16_t configuration = found.find_descriptor(client_characteristic_configuration)->handle;
    EXPECT_THAT(co_await link_->read_descriptor(words, in(1s)), ::testing::ElementsAre('h', 'i'));
    std::vector<uint8_t> value{'y'};
    co_await link_->write_descriptor(words, value, in(1s));
    EXPECT_EQ(co_await link_->read_descriptor(words, in(1s)), value);
    EXPECT_THAT(co_await link_->read_descriptor(configuration, in(1s)), ::testing::ElementsAre(0, 0));
    EXPECT_EQ(co_await att_code(link_->write_descriptor(configuration, value, in(1s))), 0x0D);
    value = {1, 0};
    co_await link_->write_descriptor(configuration, value, in(1s));
    EXPECT_EQ(co_await link_->read_descriptor(configuration, in(1s)), value);
    EXPECT_EQ(co_await att_code(link_->write_descriptor(0x4000, value, in(1s))), 0x01);
  });
}

TEST_F(SimLinkTest, ConcurrentOperationsAreDoneOneAfterAnother) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const Duration began = elapsed();
    std::deque<Beside> all(50);
    for (Beside& each : all) start(each, ignore(link_->read(handle(plain), in(10s))));
    co_await clock_.wait_for(10s);
    for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i].at - began, static_cast<int>(i + 1) * 2 * interval());
  });
}

TEST_F(SimLinkTest, AnOperationThatIsCancelledOrTooLateLeavesTheLine) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    std::deque<Beside> all(4);
    start(all[0], ignore(link_->read(handle(plain), in(10s))));
    start(all[1], ignore(link_->read(handle(plain), in(10s))));
    start(all[2], ignore(link_->read(handle(plain), in(1ms))));
    start(all[3], ignore(link_->read(handle(plain), in(10s))));
    co_await clock_.wait_for(2ms);
    all[1].stop.emit(boost::asio::cancellation_type::all);
    all[0].stop.emit(boost::asio::cancellation_type::all);
    co_await clock_.wait_for(10s);
    EXPECT_TRUE(threw<boost::system::system_error>(all[0]));
    EXPECT_TRUE(threw<boost::system::system_error>(all[1]));
    EXPECT_TRUE(threw<TimedOut>(all[2]));
    EXPECT_TRUE(all[3].done && !all[3].error);
  });
}

TEST_F(SimLinkTest, ClosingEndsAllThatWait) {
  for (const CloseReason reason :
       {CloseReason::peer, CloseReason::supervision_timeout, CloseReason::local, CloseReason::radio_lost}) {
    make(proxy_world({gatt_device()}));
    play([&]() -> awaitable<void> {
      co_await connect_and_discover();
      std::deque<Beside> all(6);
      for (size_t i = 0; i < 4; ++i) start(all[i], ignore(link_->read(handle(plain), in(10s))));
      start(all[4], ignore(link_->wait_closed()));
      start(all[5], ignore(link_->wait_closed()));
      co_await clock_.wait_for(1ms);
      const TimePoint closed_at = clock_.now();
      if (reason == CloseReason::local)
        link_.reset();
      else
        world_->drop_link(device_address(1), reason);
      co_await clock_.wait_for(1ms);
      for (size_t i = 0; i < 4; ++i) EXPECT_TRUE(threw<LinkClosed>(all[i])) << i;
      for (size_t i = 4; i < 6; ++i) EXPECT_TRUE(all[i].done && !all[i].error) << i;
      if (link_) {
        EXPECT_EQ(link_->closed()->reason, reason);
        EXPECT_EQ(link_->closed()->at, closed_at);
        EXPECT_EQ((co_await link_->wait_closed()).reason, reason);
        co_await link_->disconnect(in(1s));
      }
      EXPECT_EQ(radios_[0]->slots().free, 3);
      EXPECT_EQ(world_->truth(device_address(1)).drops, reason == CloseReason::local ? 0U : 1U);
    });
  }
}

TEST_F(SimLinkTest, EndsAfterTheSupervisionTimeoutOfADeviceThatIsGone) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    world_->set_present(device_address(1), false);
    const TimePoint gone = clock_.now();
    Beside reading;
    start(reading, ignore(link_->read(handle(plain), in(10s))));
    const Closed closed = co_await link_->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::supervision_timeout);
    EXPECT_EQ(closed.at - gone, 4200ms);
    EXPECT_EQ(closed.text, "ESP_GATT_CONN_TIMEOUT");
    co_await clock_.wait_for(1ms);
    EXPECT_TRUE(threw<LinkClosed>(reading));
  });
}

TEST_F(SimLinkTest, SurvivesAnAbsenceShorterThanTheTimeout) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    world_->set_present(device_address(1), false);
    Beside reading;
    start(reading, ignore(link_->read(handle(plain), in(10s))));
    co_await clock_.wait_for(3s);
    EXPECT_FALSE(reading.done);
    world_->set_present(device_address(1), true);
    co_await clock_.wait_for(2s);
    EXPECT_TRUE(reading.done && !reading.error);
    EXPECT_FALSE(link_->closed());
  });
}

TEST_F(SimLinkTest, EndsWhenTheDeviceWalksAway) {
  sim::DeviceEntry device = gatt_device();
  device.movement = std::vector<sim::Waypoint>{{0s, {1, 0, 0}}, {60s, {1, 0, 0}}, {120s, {1000, 0, 0}}};
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const Closed closed = co_await link_->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::supervision_timeout);
    const TimePoint lost = closed.at - 4200ms;
    EXPECT_LT(world_->mean_rssi_dbm("hall", device_address(1), lost), -96);
    EXPECT_GT(world_->mean_rssi_dbm("hall", device_address(1), lost - 1100ms), -96);
  });
}

TEST_F(SimLinkTest, TellsItsRssiAndTakesParameters) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    EXPECT_EQ(co_await link_->rssi(in(1s)), -59);
    EXPECT_EQ(co_await link_->set_parameters(fast_parameters, in(1s)), ParametersApplied::now);
    const TimePoint before = clock_.now();
    (void)co_await link_->read(handle(plain), in(1s));
    EXPECT_EQ(clock_.now() - before, 15ms);
    ConnectionParameters wrong;
    wrong.timeout = SupervisionTimeout{10};
    EXPECT_THROW((void)co_await link_->set_parameters(wrong, in(1s)), UsageError);
  });
}

TEST_F(SimLinkTest, LinksOutliveTheWorldAndItsRadios) {
  make(proxy_world({gatt_device()}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    radios_.clear();
    world_.reset();
    EXPECT_EQ((co_await link_->read(handle(plain), in(1s))).size(), 3U);
    link_.reset();
  });
}

}  // namespace
}  // namespace moor::testing
