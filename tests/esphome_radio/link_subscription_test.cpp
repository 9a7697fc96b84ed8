// Subscriptions through a proxy: told to it (78), then to the device (77 to its configuration descriptor), and undone where either fails.

#include "link_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Value = std::vector<uint8_t>;
using Values = std::vector<Value>;

Link::ValueCallback into(Values& values) {
  return [&values](Bytes value, TimePoint) { values.emplace_back(value.begin(), value.end()); };
}

// "78 on", "77 0100": what was asked, shortly.
std::vector<std::string> words(const LinkStage& on) {
  std::vector<std::string> all;
  for (const Asked& each : on.port.asked) {
    if (each.type == MessageType::notify_request) {
      const auto request = each.as<esphome::NotifyRequest>();
      all.push_back(std::to_string(request.handle) + (request.enable ? " on" : " off"));
    } else if (each.type == MessageType::write_descriptor_request) {
      const auto request = each.as<esphome::WriteDescriptorRequest>();
      all.push_back(std::to_string(request.handle) + " " + to_hex(request.data));
    } else {
      all.push_back("type " + std::to_string(static_cast<int>(each.type)));
    }
  }
  return all;
}

awaitable<void> subscribed(LinkStage& on, Values& values, SubscribeKind kind = SubscribeKind::notification) {
  LinkWork work = on.beside(on.link->subscribe(value_handle, kind, into(values), on.in(5s)));
  co_await on.soon();
  on.tell_notify(value_handle);
  co_await on.soon();
  on.tell_written(configuration_descriptor);
  co_await work.join();
}

TEST(EsphomeLinkSubscriptions, TheProxyIsToldAndThenTheDevice) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, into(values), on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("18 on"));
    EXPECT_TRUE(on.tell_notify(value_handle));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("18 on", "19 0100"));
    EXPECT_FALSE(work.has_ended());
    EXPECT_TRUE(on.tell_notified(value_handle, {1}));  // before the answer
    EXPECT_TRUE(on.tell_written(configuration_descriptor));
    co_await work.join();
    EXPECT_TRUE(on.tell_notified(value_handle, {2}));
    EXPECT_FALSE(on.tell_notified(plain_handle, {3}));
    EXPECT_THAT(values, ElementsAre(Value{1}, Value{2}));
  });
}

TEST(EsphomeLinkSubscriptions, IndicationsAreAnotherConfiguration) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    co_await subscribed(on, values, SubscribeKind::indication);
    EXPECT_THAT(words(on), ElementsAre("18 on", "19 0200"));
  });
}

TEST(EsphomeLinkSubscriptions, ServicesAreAskedForWhereTheyAreNotKnown) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    Values values;
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, into(values), on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("type 70"));
    on.tell_services({environment()});
    on.tell_services_done();
    co_await on.soon();
    on.tell_notify(value_handle);
    co_await on.soon();
    on.tell_written(configuration_descriptor);
    co_await work.join();
  });
}

TEST(EsphomeLinkSubscriptions, WhatHasNoConfigurationCannotBeSubscribedTo) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    for (const auto& [handle, code] : {std::pair<uint16_t, uint8_t>{plain_handle, 0x0A}, {0x99, 0x01}}) {
      const auto thrown =
          co_await thrown_by<GattError>(on.link->subscribe(handle, SubscribeKind::notification, nullptr, on.in(5s)));
      EXPECT_TRUE(thrown);
      EXPECT_EQ(thrown->code(), code);
    }
    EXPECT_THAT(words(on), IsEmpty());
  });
}

TEST(EsphomeLinkSubscriptions, WhatTheProxyRefusesIsUndone) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, into(values), on.in(5s)));
    co_await on.soon();
    EXPECT_TRUE(on.tell_error(value_handle, 0x87));
    EXPECT_EQ((co_await thrown_by<GattError>(work.join()))->code(), 0x87);
    EXPECT_THAT(words(on), ElementsAre("18 on", "18 off"));
    EXPECT_FALSE(on.tell_notified(value_handle, {1}));
    EXPECT_THAT(values, IsEmpty());
  });
}

TEST(EsphomeLinkSubscriptions, WhatTheDeviceRefusesIsUndoneAtTheProxy) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, into(values), on.in(5s)));
    co_await on.soon();
    on.tell_notify(value_handle);
    co_await on.soon();
    EXPECT_TRUE(on.tell_error(configuration_descriptor, 5));
    EXPECT_EQ((co_await thrown_by<GattError>(work.join()))->code(), 5);
    EXPECT_THAT(words(on), ElementsAre("18 on", "19 0100", "18 off"));
    EXPECT_FALSE(on.tell_notified(value_handle, {1}));
  });
}

TEST(EsphomeLinkSubscriptions, WhatTimesOutOrIsCanceledHalfwayIsUndoneAtBoth) {
  for (const bool cancel : {false, true}) {
    LinkStage stage;
    stage.play([cancel](LinkStage& on) -> awaitable<void> {
      const bool cancels = cancel;
      co_await know_services(on);
      Values values;
      LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, into(values), on.in(5s)));
      co_await on.soon();
      on.tell_notify(value_handle);
      co_await on.soon();
      if (cancels) {
        work.cancel();
        EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(work.join()));
      } else {
        EXPECT_TRUE(co_await thrown_by<TimedOut>(work.join()));
      }
      EXPECT_THAT(words(on), ElementsAre("18 on", "19 0100", "19 0000", "18 off"));
      EXPECT_FALSE(on.tell_notified(value_handle, {1}));
      // The answers of all that go to nobody; then the handle is free.
      EXPECT_FALSE(on.tell_written(configuration_descriptor));
      EXPECT_FALSE(on.tell_written(configuration_descriptor));
      EXPECT_FALSE(on.tell_notify(value_handle));
      co_await subscribed(on, values);
      EXPECT_TRUE(on.tell_notified(value_handle, {2}));
      EXPECT_THAT(values, ElementsAre(Value{2}));
    });
  }
}

TEST(EsphomeLinkSubscriptions, ASecondOneTakesThePlaceOfTheFirst) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values first;
    Values second;
    co_await subscribed(on, first);
    on.port.asked.clear();
    co_await on.link->subscribe(value_handle, SubscribeKind::notification, into(second), on.in(5s));
    EXPECT_THAT(words(on), IsEmpty());
    on.tell_notified(value_handle, {1});
    EXPECT_THAT(first, IsEmpty());
    EXPECT_THAT(second, ElementsAre(Value{1}));
  });
}

TEST(EsphomeLinkSubscriptions, AnotherKindIsToldToTheDevice) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values first;
    Values second;
    co_await subscribed(on, first);
    on.port.asked.clear();
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::indication, into(second), on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("19 0200"));
    // Refused: the first is there as before.
    on.tell_error(configuration_descriptor, 3);
    EXPECT_TRUE(co_await thrown_by<GattError>(work.join()));
    EXPECT_THAT(words(on), ElementsAre("19 0200"));
    on.tell_notified(value_handle, {1});
    EXPECT_THAT(first, ElementsAre(Value{1}));
    EXPECT_THAT(second, IsEmpty());
    // Unanswered: the device may have done it, so it is told what it was.
    EXPECT_TRUE(
        co_await thrown_by<TimedOut>(on.link->subscribe(value_handle, SubscribeKind::indication, into(second), on.in(5s))));
    EXPECT_THAT(words(on), ElementsAre("19 0200", "19 0200", "19 0100"));
  });
}

TEST(EsphomeLinkSubscriptions, UnsubscribingTellsBothAndNothingIsCalledAfterIt) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    co_await subscribed(on, values);
    on.port.asked.clear();
    LinkWork work = on.beside(on.link->unsubscribe(value_handle, on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("19 0000"));
    on.tell_notified(value_handle, {1});
    EXPECT_TRUE(on.tell_written(configuration_descriptor));
    co_await on.soon();
    EXPECT_THAT(words(on), ElementsAre("19 0000", "18 off"));
    EXPECT_TRUE(on.tell_notify(value_handle));
    co_await work.join();
    on.tell_notified(value_handle, {2});
    EXPECT_THAT(values, IsEmpty());
    co_await on.link->unsubscribe(value_handle, on.in(5s));
    co_await on.link->unsubscribe(plain_handle, on.in(5s));
    EXPECT_EQ(on.port.asked.size(), 2U);
  });
}

TEST(EsphomeLinkSubscriptions, UnsubscribingTellsTheProxyWhateverTheDeviceSays) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    co_await subscribed(on, values);
    on.port.asked.clear();
    LinkWork refused = on.beside(on.link->unsubscribe(value_handle, on.in(5s)));
    co_await on.soon();
    on.tell_error(configuration_descriptor, 0x0E);
    co_await on.soon();
    on.tell_notify(value_handle);
    EXPECT_EQ((co_await thrown_by<GattError>(refused.join()))->code(), 0x0E);
    EXPECT_THAT(words(on), ElementsAre("19 0000", "18 off"));
    // No answer at all.
    co_await subscribed(on, values);
    on.port.asked.clear();
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->unsubscribe(value_handle, on.in(5s))));
    EXPECT_THAT(words(on), ElementsAre("19 0000", "18 off"));
    on.tell_notified(value_handle, {1});
    EXPECT_THAT(values, IsEmpty());
  });
}

TEST(EsphomeLinkSubscriptions, ACallbackMayEndItsOwn) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    int called = 0;
    std::optional<LinkWork> ending;
    Link::ValueCallback once = [&on, &called, &ending, kept = std::string(100, 'x')](Bytes, TimePoint) {
      ending.emplace(on.context.get_executor(), on.link->unsubscribe(value_handle, on.in(5s)));
      called += kept == std::string(100, 'x') ? 1 : 100;
    };
    LinkWork work = on.beside(on.link->subscribe(value_handle, SubscribeKind::notification, std::move(once), on.in(5s)));
    co_await on.soon();
    on.tell_notify(value_handle);
    co_await on.soon();
    on.tell_written(configuration_descriptor);
    co_await work.join();
    on.tell_notified(value_handle, {1});
    co_await on.soon();
    on.tell_notified(value_handle, {2});
    on.tell_written(configuration_descriptor);
    co_await on.soon();
    on.tell_notify(value_handle);
    co_await ending->join();
    on.tell_notified(value_handle, {3});
    EXPECT_EQ(called, 1);
  });
}

TEST(EsphomeLinkSubscriptions, EndWithTheLink) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    Values values;
    co_await subscribed(on, values);
    LinkWork work = on.beside(on.link->subscribe(3, SubscribeKind::indication, into(values), on.in(5s)));
    co_await on.soon();
    const size_t asked = on.port.asked.size();
    on.state->close(CloseReason::peer, "gone");
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(work.join()));
    EXPECT_FALSE(on.tell_notified(value_handle, {1}));
    EXPECT_THAT(values, IsEmpty());
    EXPECT_EQ(on.port.asked.size(), asked);
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(on.link->unsubscribe(value_handle, on.in(5s))));
  });
}

// A proxy does not tell of a changed table; where the program subscribes to Service Changed, its indication does.
TEST(EsphomeLinkSubscriptions, ServiceChangedForgetsTheTable) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    int changed = 0;
    on.link->on_services_changed([&changed] { ++changed; });
    Values values;
    LinkWork work = on.beside(on.link->subscribe(3, SubscribeKind::indication, into(values), on.in(5s)));
    co_await on.soon();
    on.tell_notify(3);
    co_await on.soon();
    on.tell_written(4);
    co_await work.join();
    co_await subscribed(on, values);
    on.tell_notified(value_handle, {7});
    EXPECT_EQ(changed, 0);
    EXPECT_NE(on.memory.find(sensor), nullptr);
    on.tell_notified(3, {1, 0, 0xFF, 0xFF});
    EXPECT_EQ(changed, 1);
    EXPECT_EQ(values.size(), 2U);
    EXPECT_EQ(on.memory.find(sensor), nullptr);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->services(on.in(1s))));
    EXPECT_EQ(on.port.asked.back().type, MessageType::get_services);
  });
}

}  // namespace
}  // namespace moor::esphome_radio
