// Links over a simulated world: connecting, ends, clients that come and go.

#include "proxy/links_world.hpp"

namespace moor::testing {
namespace {

using esphome::DeviceRequestType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TEST_F(LinksWorldTest, SaysWhatItCan) {
  begin();
  EXPECT_EQ(links_->features(), 0b1001'1110U);
  options_.active_connections = false;
  EXPECT_EQ(links_->features(), 0U);
}

TEST_F(LinksWorldTest, TellsANewClientTheSlots) {
  play([&]() -> awaitable<void> {
    const auto other = std::make_shared<RecordingClient>();
    links_->set_client(other);
    EXPECT_THAT(other->take(), ElementsAre("81 3/3"));
    links_->set_client(other);
    EXPECT_THAT(other->take(), IsEmpty());
    links_->on_message({esphome::MessageType::subscribe_connections_free, {}});
    EXPECT_THAT(other->take(), ElementsAre("81 3/3"));
    co_return;
  });
}

TEST_F(LinksWorldTest, ConnectsWithoutCacheWhenServicesAreKnownThenGivesThemAndDisconnects) {
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    EXPECT_THAT(client_->take(), ElementsAre("81 2/3 1"));
    co_await wait(10s);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 up 247"));
    ask_.services(address(1));
    co_await wait(1ms);
    EXPECT_THAT(client_->take(), ElementsAre("71 1 4 services", "72 1")) << "at once";
    EXPECT_EQ(links_->slots().holders.size(), 1U);
    ask_.connect(address(1));
    EXPECT_THAT(client_->take(), ElementsAre("69 1 up 247"));
    ask_.disconnect(address(1));
    EXPECT_THAT(client_->take(), IsEmpty()) << "not before it is closed";
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x16", "81 3/3"));
    EXPECT_EQ(links_->counts().connects, 1U);
    EXPECT_FALSE(world_->truth(device_address(1)).connected);
  });
}

TEST_F(LinksWorldTest, ConnectsWithCacheBeforeServicesAreKnown) {
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    co_await wait(10s);
    ask_.disconnect(address(1));
    co_await wait(2s);
    client_->lines.clear();
    ask_.connect_with_cache(address(1));
    const TimePoint began = clock_.now();
    while (client_->of(69).empty()) co_await wait(10ms);
    EXPECT_LT(clock_.now() - began, 1500ms);
    ask_.services(address(1));
    co_await wait(1ms);
    EXPECT_THAT(client_->of(72), ElementsAre("1"));
  });
}

TEST_F(LinksWorldTest, RefusesWhatFirmwareRefuses) {
  play([&]() -> awaitable<void> {
    ask_.device(address(1), DeviceRequestType::connect_v1);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x0"));
    ask_.device(address(1), DeviceRequestType::connect_without_cache, false);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x0"));
    ask_.disconnect(address(1));
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x0", "81 3/3"));
    ask_.services(address(1));
    ask_.read(address(1), 3);
    ask_.write(address(1), 3, {1});
    ask_.read_descriptor(address(1), 4);
    ask_.write_descriptor(address(1), 4, {1, 0});
    ask_.notify(address(1), 3, true);
    EXPECT_THAT(client_->take(), ElementsAre("82 1/0 -1", "82 1/3 -1", "82 1/3 -1", "82 1/4 -1", "82 1/4 -1", "82 1/3 -1"));
    ask_.device(address(1), DeviceRequestType::pair);
    ask_.message(esphome::SetConnectionParameters{address(1), 24, 40, 0, 420});
    EXPECT_THAT(client_->take(), ElementsAre("85 1 no -1", "146 1 -1"));
    co_return;
  });
}

TEST_F(LinksWorldTest, CountsAndIgnoresMalformedMessages) {
  play([&]() -> awaitable<void> {
    const std::vector<uint8_t> cut{0x08};
    EXPECT_TRUE(links_->on_message({esphome::MessageType::device_request, cut}));
    EXPECT_TRUE(links_->on_message({esphome::MessageType::read_request, cut}));
    ask_.connect(0);
    ask_.read(uint64_t{1} << 48, 1);
    EXPECT_FALSE(links_->on_message({esphome::MessageType::hello_request, {}}));
    ask_.device(address(1), static_cast<DeviceRequestType>(99));
    EXPECT_THAT(client_->take(), IsEmpty());
    EXPECT_EQ(links_->counts().malformed, 4U);
    co_return;
  });
}

TEST_F(LinksWorldTest, RefusesWithoutASlot) {
  options_.slots = 1;
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    EXPECT_THAT(client_->take(), ElementsAre("81 0/1 1"));
    ask_.connect(address(1));
    EXPECT_THAT(client_->take(), IsEmpty()) << "it is connecting";
    ask_.connect(address(2));
    EXPECT_THAT(client_->take(), ElementsAre("69 2 down 0x0"));
    ask_.read(address(1), 3);
    EXPECT_THAT(client_->take(), ElementsAre("82 1/3 -1")) << "not up yet";
    EXPECT_EQ(links_->counts().refused, 1U);
    co_return;
  });
}

TEST_F(LinksWorldTest, ADisconnectEndsAnAttempt) {
  play([&]() -> awaitable<void> {
    world_->set_present(device_address(1), false);
    ask_.connect(address(1));
    co_await wait(1s);
    ask_.disconnect(address(1));
    ask_.disconnect(address(1));
    co_await wait(1ms);
    EXPECT_THAT(client_->take(), ElementsAre("81 2/3 1", "69 1 down 0x16", "81 3/3"));
    EXPECT_THAT(radios_[0]->slots().holders, IsEmpty());
  });
}

TEST_F(LinksWorldTest, ADeviceThatIsNotThereFailsInTime) {
  play([&]() -> awaitable<void> {
    ask_.connect(address(99));
    co_await wait(21s);
    EXPECT_THAT(client_->of(69), ElementsAre("99 down 0x3e"));
    EXPECT_EQ(client_->lines.back(), "81 3/3");
  });
}

TEST_F(LinksWorldTest, AnAttemptThatHangsIsGivenUp) {
  world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::connect_hang});
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    co_await wait(29s);
    EXPECT_THAT(client_->of(69), IsEmpty());
    co_await wait(2s);
    EXPECT_THAT(client_->of(69), ElementsAre("1 down 0x3e"));
    EXPECT_EQ(client_->lines.back(), "81 3/3");
  });
}

TEST_F(LinksWorldTest, FailuresOfAttemptsHaveTheirCodes) {
  world_->add_fault(device_address(1),
                    {.kind = sim::DeviceFault::Kind::connect_error, .reason = ConnectReason::closed_by_peer, .times = 1});
  world_->add_fault(device_address(2), {.kind = sim::DeviceFault::Kind::services_missing, .times = 1});
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    ask_.connect(address(2));
    co_await wait(15s);
    EXPECT_THAT(client_->of(69), ::testing::UnorderedElementsAre("1 down 0x13", "2 down 0x85"));
    EXPECT_EQ(client_->lines.back(), "81 3/3");
    EXPECT_FALSE(world_->truth(device_address(2)).connected);
  });
}

TEST_F(LinksWorldTest, ADeviceThatLeavesWhileItIsConnectedTo) {
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    while (!world_->truth(device_address(1)).connected) co_await wait(10ms);
    world_->set_present(device_address(1), false);
    co_await wait(31s);
    EXPECT_THAT(client_->of(69), ElementsAre(::testing::StartsWith("1 down")));
    EXPECT_EQ(client_->lines.back(), "81 3/3");
  });
}

TEST_F(LinksWorldTest, ALinkThatTheOtherEndClosesIsToldWithItsReasonAndWhatRunsIsRefused) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.read(address(1), handle(plain));
    ask_.read(address(1), handle(ticking));
    co_await wait(1ms);
    world_->drop_link(device_address(1), CloseReason::peer);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x13", "82 " + at(plain) + " -1", "82 " + at(ticking) + " -1", "81 3/3"));
  });
}

TEST_F(LinksWorldTest, ADisconnectWhileRequestsRun) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.read(address(1), handle(plain));
    ask_.disconnect(address(1));
    ask_.read(address(1), handle(ticking));
    EXPECT_THAT(client_->take(), ElementsAre("82 " + at(ticking) + " -1")) << "it closes";
    co_await wait(2s);
    EXPECT_THAT(client_->lines, ElementsAre(::testing::_, "69 1 down 0x16", "81 3/3"));
  });
}

TEST_F(LinksWorldTest, AHangingDeviceDelaysNobody) {
  world_->add_fault(device_address(1), {.kind = sim::DeviceFault::Kind::operation_hang, .times = 1});
  play([&]() -> awaitable<void> {
    co_await connect(2);
    co_await connect(1);
    ask_.read(address(1), handle(plain));
    ask_.read(address(2), handle(plain));
    co_await wait(1s);
    EXPECT_THAT(client_->of(74), SizeIs(1));
    co_await wait(30s);
    EXPECT_THAT(client_->lines, SizeIs(::testing::Ge(2U)));
    EXPECT_TRUE(client_->of(82).empty() || client_->of(82)[0] == at(plain) + " 133" || client_->of(82)[0] == at(plain) + " -1");
    EXPECT_THAT(client_->of(82), SizeIs(1)) << "one answer";
  });
}

TEST_F(LinksWorldTest, ANewClientFindsTheSlotsOfTheOldOneTakenUntilTheyAreClosed) {
  play([&]() -> awaitable<void> {
    co_await connect(1);
    ask_.connect(address(2));
    ask_.read(address(1), handle(plain));
    const auto old = client_;
    old->lines.clear();
    const auto next = std::make_shared<RecordingClient>();
    links_->set_client(next);
    EXPECT_THAT(next->take(), ElementsAre("81 1/3 1 2"));
    ask_.connect(address(1));
    EXPECT_THAT(next->take(), ElementsAre("69 1 down 0x0")) << "its slot is not free yet";
    ask_.disconnect(address(2));
    EXPECT_THAT(next->take(), ElementsAre("69 2 down 0x0", "81 1/3 1 2")) << "not this client's";
    ask_.read(address(1), 3);
    EXPECT_THAT(next->take(), ElementsAre("82 1/3 -1"));
    co_await wait(2s);
    EXPECT_EQ(next->lines.back(), "81 3/3");
    EXPECT_THAT(next->of(69), IsEmpty());
    EXPECT_THAT(old->take(), ::testing::UnorderedElementsAre("69 1 down 0x16", "69 2 down 0x16")) << "and nothing else";
    EXPECT_FALSE(world_->truth(device_address(1)).connected);
    links_->set_client(nullptr);
    EXPECT_EQ(links_->slots().free, 3);
  });
}

TEST_F(LinksWorldTest, ClosesAllAndTakesNoneMeanwhile) {
  play([&]() -> awaitable<void> {
    co_await connect(1);
    ask_.connect(address(2));
    client_->lines.clear();
    client_->on_send = [&](const std::string& line) {
      if (line == "69 1 down 0x16") ask_.connect(address(3));
    };
    co_await links_->close_all(clock_.now() + 5s);
    EXPECT_EQ(links_->slots().free, 3);
    EXPECT_THAT(client_->of(69), ::testing::UnorderedElementsAre("1 down 0x16", "2 down 0x16", "3 down 0x0"));
    ask_.connect(address(3));
    EXPECT_THAT(client_->lines.back(), "81 2/3 3") << "and again afterwards";
  });
}

TEST_F(LinksWorldTest, AClientThatIsDroppedByAnAnswer) {
  play([&]() -> awaitable<void> {
    co_await connect(1);
    for (int i = 0; i < 5; ++i) ask_.read(address(1), handle(plain));
    client_->on_send = [&](const std::string&) { links_->set_client(nullptr); };
    world_->drop_link(device_address(1), CloseReason::peer);
    co_await wait(1s);
    EXPECT_THAT(client_->lines, SizeIs(1)) << "nothing is sent to who is gone";
    EXPECT_EQ(links_->slots().free, 3);
  });
}

TEST_F(LinksWorldTest, OthersOfTheSameRadioTakeSlotsToo) {
  play([&]() -> awaitable<void> {
    LinkOptions options;
    options.label = "somebody else";
    auto foreign = co_await radios_[0]->connect(device_address(4), options);
    sighting_at(clock_.now());
    EXPECT_THAT(client_->take(), ElementsAre("81 2/3 4"));
    sighting_at(clock_.now() + 10ms);
    foreign.reset();
    sighting_at(clock_.now() + 20ms);
    EXPECT_THAT(client_->take(), IsEmpty()) << "once a second";
    sighting_at(clock_.now() + 1s);
    EXPECT_THAT(client_->take(), ElementsAre("81 3/3"));
  });
}

}  // namespace
}  // namespace moor::testing
