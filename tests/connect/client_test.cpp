#include "client_fixture.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::alarm_level;
using moor::testing::bytes_of;
using moor::testing::FakeLink;
using moor::testing::humidity;
using moor::testing::make_table;
using moor::testing::temperature;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace asio = boost::asio;

class ClientTest : public moor::testing::ClientFixture {};

TEST_F(ClientTest, DiscoversWithTheFirstOperationWhatItWasNotGiven) {
  play([&]() -> awaitable<> {
    Client client = connect();
    EXPECT_TRUE(client.services().empty());
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(0x29, 0x09));
    EXPECT_EQ(client.services(), device_.table);
    EXPECT_EQ(cache_.find(device_.address), device_.table);
    (void)co_await client.read(temperature);
    EXPECT_THAT(device_.log, ElementsAre("discover", "read 3", "read 3"));
  });
}

TEST_F(ClientTest, SaysWhoItIs) {
  Client client = connect_knowing();
  EXPECT_EQ(client.address(), device_.address);
  EXPECT_EQ(client.name(), "Thermometer");
  EXPECT_EQ(client.label(), "Thermometer");
  EXPECT_EQ(client.description(), "A4:CF:12:34:56:78 - Thermometer -> /org/bluez/hci0");
  EXPECT_EQ(client.mtu(), 247);
  EXPECT_EQ(client.max_write_without_response(), 244);
  EXPECT_TRUE(client.is_connected());
}

TEST_F(ClientTest, WritesAsTheCharacteristicWants) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    co_await client.write(alarm_level, bytes_of("\x01"));
    co_await client.write(temperature, bytes_of("\x02"));
    co_await client.write(alarm_level, bytes_of("\x03"), WriteKind::with_response);
    EXPECT_THAT(device_.log, ElementsAre("command 13", "write 3", "write 13"));
  });
}

TEST_F(ClientTest, ErrorsSayWhatFailedOnWhichDeviceAndWhatToDo) {
  device_.refusals[handle_of(temperature)] = 0x05;
  play([&]() -> awaitable<> {
    Client client = connect({.label = "cellar"}, device_.table);
    try {
      (void)co_await client.read(temperature);
      ADD_FAILURE() << "not refused";
    } catch (const GattError& e) {
      EXPECT_EQ(e.code(), 0x05);
      EXPECT_THAT(e.what(), HasSubstr("cannot read 2a6e of cellar: Insufficient Authentication (0x05)"));
      EXPECT_EQ(e.context().device, device_.address);
      EXPECT_EQ(e.context().radio, "fake:hci0");
      EXPECT_EQ(e.advice(), att_error_advice(0x05));
    }
    EXPECT_TRUE(client.is_connected());
  });
}

TEST_F(ClientTest, AnOperationWithoutAnAnswerTimesOut) {
  device_.silent[handle_of(temperature)] = 1;
  play([&]() -> awaitable<> {
    Client client = connect({.operation_timeout = 5s}, device_.table);
    const TimePoint began = clock_.now();
    EXPECT_THROW((void)co_await client.read(temperature), TimedOut);
    EXPECT_EQ(clock_.now() - began, 5s);
  });
}

TEST_F(ClientTest, WhatIsMissingInAnOldTableIsLookedForOnceMore) {
  const GattServices old_table = make_table({{0x180F, {{0x2A19, {Property::read}}}}});
  cache_.store(device_.address, old_table);
  device_.system_table = old_table;
  play([&]() -> awaitable<> {
    Client client = connect({}, old_table);
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(0x29, 0x09));
    EXPECT_EQ(cache_.find(device_.address), device_.table);
    EXPECT_THAT(device_.log, ElementsAre("clear", "discover", "read 3"));
    EXPECT_THROW((void)co_await client.read(Uuid(0x2AFF)), AttributeNotFound);
    EXPECT_EQ(device_.count("discover"), 1U) << "a second time would find nothing else";
  });
}

TEST_F(ClientTest, AnInvalidHandleMakesTheNextOperationDiscover) {
  const uint16_t moved = handle_of(temperature);
  cache_.store(device_.address, device_.table);
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    device_.refusals[moved] = 0x01;
    EXPECT_THROW((void)co_await client.read(temperature), GattError);
    EXPECT_FALSE(cache_.find(device_.address));
    device_.table = make_table({{0x181A, {{0x2A6E, {Property::read}}}}}, 40);
    device_.values[handle_of(temperature)] = {7};
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(7));
  });
}

TEST_F(ClientTest, DescriptorsAreFoundByUuidAnd2902IsRefused) {
  const uint16_t handle = device_.table.get_characteristic(temperature).descriptors.at(0).handle;
  device_.values[handle] = {1, 0};
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    EXPECT_THAT(co_await client.read_descriptor(temperature, client_characteristic_configuration), ElementsAre(1, 0));
    EXPECT_THROW((void)co_await client.read_descriptor(temperature, Uuid(0x2901)), AttributeNotFound);
    EXPECT_THROW(co_await client.write_descriptor(temperature, client_characteristic_configuration, bytes_of("x")), UsageError);
  });
}

TEST_F(ClientTest, TellsOfALostLinkOnceAndNotOfItsOwnDisconnect) {
  play([&]() -> awaitable<> {
    std::vector<CloseReason> told;
    ClientOptions options;
    options.on_disconnected = [&](const Closed& closed) { told.push_back(closed.reason); };
    Client lost = connect(options, device_.table);
    device_.close(CloseReason::peer);
    co_await clock_.wait_for(1s);
    EXPECT_THAT(told, ElementsAre(CloseReason::peer));
    EXPECT_THROW((void)co_await lost.read(temperature), LinkClosed);
    co_await lost.disconnect();

    Client ours = connect(options, device_.table);
    co_await ours.disconnect();
    EXPECT_EQ((co_await ours.wait_closed()).reason, CloseReason::local);
    {
      const Client dropped = connect(options, device_.table);
    }
    co_await clock_.wait_for(1s);
    EXPECT_EQ(told.size(), 1U);
    EXPECT_EQ(device_.links, 0);
  });
}

TEST_F(ClientTest, MayBeMovedAndDestroyedWhileItsOperationsWait) {
  play([&]() -> awaitable<> {
    auto cache = std::make_unique<ServiceCache>();
    std::optional<Client> client;
    client.emplace(context_.get_executor(), clock_, std::make_unique<FakeLink>(context_.get_executor(), device_), GattServices(),
                   ClientOptions(), cache.get());
    std::vector<std::string> ends;
    const auto note = [&](awaitable<std::vector<uint8_t>> work) -> awaitable<> {
      try {
        ends.push_back(to_hex(co_await std::move(work)));
      } catch (const LinkClosed&) {
        ends.emplace_back("closed");
      }
    };
    beside(note(client->read(temperature)));
    beside(note(client->read(temperature)));
    co_await clock_.wait_for(100ms);
    Client moved = std::move(*client);
    client.reset();
    co_await clock_.wait_for(2s);
    EXPECT_THAT(ends, ElementsAre("2909", "2909"));
    EXPECT_EQ(device_.count("discover"), 1U) << "one discovery for both";

    beside(note(moved.read(temperature)));
    beside([](Client& watched) -> awaitable<> { (void)co_await watched.wait_closed(); }(moved));
    co_await clock_.wait_for(10ms);
    moved = connect({}, device_.table);
    cache.reset();
    co_await clock_.wait_for(1s);
    EXPECT_EQ(ends.back(), "closed");
    EXPECT_EQ(device_.links, 1);
  });
  EXPECT_EQ(device_.links, 0);
}

TEST_F(ClientTest, MayBeLeftOverWhenItsContextIsGone) {
  {
    asio::io_context gone;
    co_spawn(
        gone,
        [&]() -> awaitable<> {
          Client client(gone.get_executor(), clock_, std::make_unique<FakeLink>(gone.get_executor(), device_), device_.table,
                        ClientOptions());
          Notifications values = co_await client.subscribe(temperature);
          co_await client.subscribe(humidity, [](const Notification&) {});
          gone.stop();
          (void)co_await values.next();
        },
        asio::detached);
    clock_.run(gone);
    EXPECT_EQ(device_.links, 1);
  }
  EXPECT_EQ(device_.links, 0);
}

TEST_F(ClientTest, ForgetsItsServicesHereAndBelow) {
  cache_.store(device_.address, device_.table);
  device_.system_table = device_.table;
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    EXPECT_TRUE(co_await client.clear_cache());
    EXPECT_FALSE(co_await client.clear_cache());
    EXPECT_FALSE(cache_.find(device_.address));
  });
}

TEST_F(ClientTest, PassesOnWhatItsLinkCanDo) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    EXPECT_EQ(co_await client.rssi(), -60);
    EXPECT_EQ(co_await client.set_connection_parameters(slow_parameters), ParametersApplied::now);
    EXPECT_THROW((void)client.set_connection_parameters(ConnectionParameters{{800}, {800}, 0, {100}}), UsageError);
    co_await client.pair();
    co_await client.unpair();
    EXPECT_THAT(device_.log, ElementsAre("rssi", "parameters", "pair", "unpair"));
  });
}

}  // namespace
}  // namespace moor
