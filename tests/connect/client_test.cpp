#include "moor/client.hpp"

#include "moor/service_cache.hpp"
#include "play.hpp"
#include "support/fake_link.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeDevice;
using moor::testing::FakeLink;
using moor::testing::make_table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace asio = boost::asio;

const Uuid temperature(0x2A6E);
const Uuid humidity(0x2A6F);
const Uuid battery(0x2A19);
const Uuid alarm_level(0x2A06);

class ClientTest : public moor::testing::VirtualTime {
protected:
  ClientTest() {
    device_.table =
        make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}, {0x2A6F, {Property::read, Property::indicate}}}},
                    {0x180F, {{0x2A19, {Property::read}}}},
                    {0x1802, {{0x2A06, {Property::write_without_response}}}}});
    device_.values[handle_of(temperature)] = {0x29, 0x09};
  }
  uint16_t handle_of(const Uuid& uuid) const { return device_.table.get_characteristic(uuid).handle; }
  Client connect(ClientOptions options = {}, GattServices services = {}) {
    return Client(context_.get_executor(), clock_, std::make_unique<FakeLink>(context_.get_executor(), device_),
                  std::move(services), std::move(options), &cache_);
  }
  Client connect_knowing() { return connect({}, device_.table); }

  FakeDevice device_{clock_};
  ServiceCache cache_;
};

std::string text_of(const Notification& notification) {
  return std::string(notification.value.begin(), notification.value.end());
}
std::vector<uint8_t> bytes_of(std::string_view text) {
  return {text.begin(), text.end()};
}

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

TEST_F(ClientTest, StreamsValuesInTheirOrderAndEndsWithTheLink) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    Notifications values = co_await client.subscribe(temperature);
    for (const char* each : {"a", "b", "c"}) device_.notify(handle_of(temperature), bytes_of(each));
    std::string heard;
    for (int i = 0; i < 2; ++i) heard += text_of(*co_await values.next());
    device_.close(CloseReason::supervision_timeout);
    while (const auto value = co_await values.next()) heard += text_of(*value);
    EXPECT_EQ(heard, "abc");
    EXPECT_EQ(values.received(), 3U);
    EXPECT_THAT(device_.log, ElementsAre("notify 3"));
  });
}

TEST_F(ClientTest, AFullQueueDropsTheOldestAndSaysHowMany) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    const SubscribeOptions options{.kind = SubscribeKind::indication, .capacity = 2};
    Notifications values = co_await client.subscribe(humidity, options);
    for (const char* each : {"a", "b", "c", "d", "e"}) device_.notify(handle_of(humidity), bytes_of(each));
    const auto first = co_await values.next();
    EXPECT_EQ(text_of(*first), "d");
    EXPECT_EQ(first->dropped, 3U);
    EXPECT_EQ((co_await values.next())->dropped, 0U);
    EXPECT_EQ(values.dropped(), 3U);
    EXPECT_THAT(device_.log, ElementsAre("indicate 6"));
  });
}

TEST_F(ClientTest, ACallbackRunsOffTheRadiosPath) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    std::string heard;
    co_await client.subscribe(temperature, [&](const Notification& value) { heard += text_of(value); });
    device_.notify(handle_of(temperature), bytes_of("a"));
    device_.notify(handle_of(temperature), bytes_of("b"));
    EXPECT_EQ(heard, "");
    co_await clock_.wait_for(1ms);
    EXPECT_EQ(heard, "ab");
    co_await client.unsubscribe(temperature);
    device_.notify(handle_of(temperature), bytes_of("c"));
    co_await clock_.wait_for(1ms);
    EXPECT_EQ(heard, "ab");
    EXPECT_THAT(device_.log, ElementsAre("notify 3", "unsubscribe 3"));
  });
}

TEST_F(ClientTest, WhatACallbackThrowsEndsItsSubscriptionAndIsThrownByUnsubscribe) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    int calls = 0;
    co_await client.subscribe(temperature, [&](const Notification&) {
      ++calls;
      throw std::runtime_error("the disk is full");
    });
    for (int i = 0; i < 3; ++i) device_.notify(handle_of(temperature), bytes_of("x"));
    co_await clock_.wait_for(1s);
    EXPECT_EQ(calls, 1);
    EXPECT_THAT(device_.log, ElementsAre("notify 3", "unsubscribe 3"));
    try {
      co_await client.unsubscribe(temperature);
      ADD_FAILURE() << "nothing thrown";
    } catch (const std::runtime_error& e) {
      EXPECT_STREQ(e.what(), "the disk is full");
    }
    co_await client.unsubscribe(temperature);
    EXPECT_TRUE(client.is_connected());
  });
}

TEST_F(ClientTest, ACallbackMayUnsubscribeOrDestroyItsClient) {
  for (const bool destroy : {false, true}) {
    play([&]() -> awaitable<> {
      auto client = std::make_unique<Client>(connect_knowing());
      int calls = 0;
      co_await client->subscribe(temperature, [&](const Notification&) {
        ++calls;
        if (destroy)
          client.reset();
        else
          beside(client->unsubscribe(temperature));
      });
      for (int i = 0; i < 3; ++i) device_.notify(handle_of(temperature), bytes_of("x"));
      co_await clock_.wait_for(1s);
      EXPECT_EQ(calls, 1);
      EXPECT_EQ(client == nullptr, destroy);
      if (client) co_await client->disconnect();
      EXPECT_EQ(device_.links, 0);
    });
  }
}

TEST_F(ClientTest, ASecondSubscriptionTakesThePlaceOfTheFirst) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    Notifications first = co_await client.subscribe(temperature);
    Notifications second = co_await client.subscribe(CharacteristicName(Uuid(0x181A), temperature));
    device_.notify(handle_of(temperature), bytes_of("x"));
    EXPECT_FALSE(co_await first.next());
    EXPECT_EQ(text_of(*co_await second.next()), "x");
  });
}

TEST_F(ClientTest, WhatNeitherNotifiesNorIndicatesIsNotAskedTo) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    try {
      (void)co_await client.subscribe(battery);
      ADD_FAILURE() << "subscribed";
    } catch (const GattError& e) {
      EXPECT_EQ(e.code(), 0x06);
      EXPECT_THAT(e.advice(), HasSubstr("It has READ"));
    }
    EXPECT_TRUE(device_.log.empty());
  });
}

TEST_F(ClientTest, ASubscriptionWithoutRoomIsRefused) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    const SubscribeOptions options{.kind = std::nullopt, .capacity = 0};
    EXPECT_THROW((void)co_await client.subscribe(temperature, options), UsageError);
  });
}

TEST_F(ClientTest, ARefusedSubscriptionLeavesNothing) {
  device_.refusals[handle_of(temperature)] = 0x05;
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    EXPECT_THROW((void)co_await client.subscribe(temperature), GattError);
    co_await client.unsubscribe(temperature);
    EXPECT_THAT(device_.log, ElementsAre("notify 3"));
  });
}

TEST_F(ClientTest, SubscriptionsFollowTheirCharacteristicsWhenTheTableChanges) {
  cache_.store(device_.address, device_.table);
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    Notifications values = co_await client.subscribe(temperature);
    Notifications wet = co_await client.subscribe(humidity);
    const uint16_t old_handle = handle_of(humidity);
    // The temperature moves to where the humidity was, which is gone.
    device_.table = make_table({{0x181A, {{0x2A6E, {Property::read, Property::notify}}}}}, static_cast<uint16_t>(old_handle - 2));
    EXPECT_EQ(handle_of(temperature), old_handle);
    device_.services_changed();
    EXPECT_FALSE(cache_.find(device_.address));
    co_await clock_.wait_for(5s);
    device_.notify(old_handle, bytes_of("x"));
    EXPECT_EQ(text_of(*co_await values.next()), "x");
    EXPECT_FALSE(co_await wet.next());
    EXPECT_EQ(cache_.find(device_.address), device_.table);
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
