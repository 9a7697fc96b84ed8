#include "client_fixture.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::battery;
using moor::testing::bytes_of;
using moor::testing::humidity;
using moor::testing::make_table;
using moor::testing::temperature;
using moor::testing::text_of;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

class ClientSubscriptions : public moor::testing::ClientFixture {};

TEST_F(ClientSubscriptions, StreamsValuesInTheirOrderAndEndsWithTheLink) {
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

TEST_F(ClientSubscriptions, AFullQueueDropsTheOldestAndSaysHowMany) {
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

TEST_F(ClientSubscriptions, ACallbackRunsOffTheRadiosPath) {
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

TEST_F(ClientSubscriptions, WhatACallbackThrowsEndsItsSubscriptionAndIsThrownByUnsubscribe) {
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

TEST_F(ClientSubscriptions, ACallbackMayUnsubscribeOrDestroyItsClient) {
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

TEST_F(ClientSubscriptions, ASecondSubscriptionTakesThePlaceOfTheFirst) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    Notifications first = co_await client.subscribe(temperature);
    Notifications second = co_await client.subscribe(CharacteristicName(Uuid(0x181A), temperature));
    device_.notify(handle_of(temperature), bytes_of("x"));
    EXPECT_FALSE(co_await first.next());
    EXPECT_EQ(text_of(*co_await second.next()), "x");
  });
}

TEST_F(ClientSubscriptions, WhatNeitherNotifiesNorIndicatesIsNotAskedTo) {
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

TEST_F(ClientSubscriptions, ASubscriptionWithoutRoomIsRefused) {
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    const SubscribeOptions options{.kind = std::nullopt, .capacity = 0};
    EXPECT_THROW((void)co_await client.subscribe(temperature, options), UsageError);
  });
}

TEST_F(ClientSubscriptions, ARefusedSubscriptionLeavesNothing) {
  device_.refusals[handle_of(temperature)] = 0x05;
  play([&]() -> awaitable<> {
    Client client = connect_knowing();
    EXPECT_THROW((void)co_await client.subscribe(temperature), GattError);
    co_await client.unsubscribe(temperature);
    EXPECT_THAT(device_.log, ElementsAre("notify 3"));
  });
}

TEST_F(ClientSubscriptions, SubscriptionsFollowTheirCharacteristicsWhenTheTableChanges) {
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

}  // namespace
}  // namespace moor
