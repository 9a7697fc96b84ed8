// Services through a proxy: whole or not at all.

#include "link_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

awaitable<std::optional<ConnectError>> incomplete(LinkStage& on, std::function<void()> tell) {
  std::optional<std::optional<ConnectError>> thrown;
  LinkWork asking = on.beside(keep(thrown_by<ConnectError>(on.link->services(on.in(30s))), thrown));
  co_await on.soon();
  tell();
  co_await asking.join();
  co_return *thrown;
}

TEST(EsphomeLinkServices, AreCollectedUntilTheirEnd) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<GattServices> services;
    LinkWork asking = on.beside(keep(on.link->services(on.in(30s)), services));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.back().type, esphome::MessageType::get_services);
    EXPECT_EQ(on.port.asked.back().as<esphome::AddressRequest>().address, sensor.bits());
    EXPECT_TRUE(on.tell_services({generic_attribute()}));
    EXPECT_TRUE(on.tell_services({generic_attribute(), environment()}));
    co_await on.soon();
    EXPECT_FALSE(asking.has_ended());
    EXPECT_TRUE(on.tell_services_done());
    co_await asking.join();
    EXPECT_EQ(services->size(), 2U);
    EXPECT_NE(services->find_characteristic_by_value_handle(value_handle), nullptr);
    // Firmware streams them once for a connection, so the second time they are known.
    EXPECT_EQ(co_await on.link->services(on.in(30s)), *services);
    EXPECT_EQ(on.port.asked.size(), 1U);
    // Remembered, with the MTU, for a connection from the cache.
    const RememberedDevice* const remembered = on.memory.find(sensor);
    EXPECT_NE(remembered, nullptr);
    EXPECT_EQ(remembered->services, *services);
    EXPECT_EQ(remembered->mtu, 247);
    on.state->on_mtu(400);
    EXPECT_EQ(on.memory.find(sensor)->mtu, 400);
  });
}

TEST(EsphomeLinkServices, TwoWhoAskGetOneStream) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<GattServices> first;
    std::optional<GattServices> second;
    LinkWork asking = on.beside(keep(on.link->services(on.in(30s)), first));
    LinkWork too = on.beside(keep(on.link->services(on.in(30s)), second));
    co_await on.soon();
    EXPECT_TRUE(on.tell_services({environment()}));
    EXPECT_TRUE(on.tell_services_done());
    co_await asking.join();
    co_await too.join();
    EXPECT_EQ(*first, *second);
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLinkServices, AnEmptyListIsIncomplete) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const auto thrown = co_await incomplete(on, [&on] { on.tell_services_done(); });
    EXPECT_TRUE(thrown);
    EXPECT_EQ(thrown->cause().reason, ConnectReason::services_incomplete);
    EXPECT_THAT(thrown->what(), HasSubstr("incomplete"));
    EXPECT_EQ(on.memory.find(sensor), nullptr);
  });
}

TEST(EsphomeLinkServices, MalformedTablesAreIncompleteWithWords) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const auto thrown = co_await incomplete(on, [&on] {
      esphome::ServiceEntry nameless = generic_attribute();
      nameless.short_uuid = 0;
      on.tell_services({environment()});
      on.tell_services({nameless});
      on.tell_services_done();
    });
    EXPECT_TRUE(thrown);
    EXPECT_EQ(thrown->cause().reason, ConnectReason::services_incomplete);
    EXPECT_THAT(thrown->what(), HasSubstr("no UUID"));
    EXPECT_EQ(on.memory.find(sensor), nullptr);
  });
}

TEST(EsphomeLinkServices, AnErrorInTheMiddleDiscardsWhatHasCome) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const auto thrown = co_await incomplete(on, [&on] {
      on.tell_services({environment()});
      on.tell_error(0, 0x81);
    });
    EXPECT_EQ(thrown->cause().reason, ConnectReason::services_incomplete);
    EXPECT_THAT(thrown->cause().text, HasSubstr("ESP_GATT_INTERNAL_ERROR"));
    EXPECT_EQ(on.memory.find(sensor), nullptr);
  });
}

TEST(EsphomeLinkServices, ADisconnectInTheMiddleDiscardsWhatHasCome) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<GattServices> services;
    LinkWork asking = on.beside(keep(on.link->services(on.in(30s)), services));
    co_await on.soon();
    on.tell_services({environment()});
    on.state->close(CloseReason::peer, "gone");
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(asking.join()));
    EXPECT_EQ(on.memory.find(sensor), nullptr);
  });
}

// Half of a stream that was given up must not become a whole table of the next one.
TEST(EsphomeLinkServices, ATimeOutInTheMiddleDiscardsWhatHasComeAndWhatComesLate) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    LinkWork asking = on.beside([](LinkStage& in) -> awaitable<void> { (void)co_await in.link->services(in.in(5s)); }(on));
    co_await on.soon();
    EXPECT_TRUE(on.tell_services({generic_attribute()}));
    EXPECT_TRUE(co_await thrown_by<TimedOut>(asking.join()));
    std::optional<GattServices> services;
    LinkWork again = on.beside(keep(on.link->services(on.in(30s)), services));
    co_await on.clock.wait_for(10s);
    EXPECT_EQ(on.port.asked.size(), 1U);
    EXPECT_FALSE(on.tell_services({environment()}));
    EXPECT_FALSE(on.tell_services_done());
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 2U);
    EXPECT_TRUE(on.tell_services({generic_attribute(), environment()}));
    EXPECT_TRUE(on.tell_services_done());
    co_await again.join();
    EXPECT_EQ(services->size(), 2U);
  });
}

TEST(EsphomeLinkServices, AStreamThatNeverBeganIsAskedForAgain) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->services(on.in(5s))));
    std::optional<GattServices> services;
    LinkWork again = on.beside(keep(on.link->services(on.in(5s)), services));
    co_await on.clock.wait_for(2s);
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 2U);
    EXPECT_TRUE(on.tell_services({environment()}));
    EXPECT_TRUE(on.tell_services_done());
    co_await again.join();
  });
}

TEST(EsphomeLinkServices, OfALinkFromTheCacheAreRemembered) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    const GattServices known = on.memory.find(sensor)->services;
    on.open(23, true);
    EXPECT_EQ(on.link->mtu(), 247);  // 23 is what it says before the MTU is agreed
    EXPECT_EQ(co_await on.link->services(on.in(30s)), known);
    EXPECT_TRUE(on.port.asked.empty());
    on.state->on_mtu(300);
    EXPECT_EQ(on.link->mtu(), 300);
    EXPECT_EQ(on.memory.find(sensor)->mtu, 300);
    // One that was made without the cache asks.
    on.open(100);
    EXPECT_EQ(on.link->mtu(), 100);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->services(on.in(1s))));
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLinkServices, OfACacheThatHasForgottenAreAskedFor) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.open(23, true);
    EXPECT_EQ(on.link->mtu(), 23);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->services(on.in(1s))));
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLinkServices, ClearingTheCacheForgetsThemHereToo) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    co_await know_services(on);
    std::optional<bool> cleared;
    LinkWork clearing = on.beside(keep(on.link->clear_cache(on.in(5s)), cleared));
    co_await on.soon();
    const auto request = on.port.asked.back().as<esphome::DeviceRequest>();
    EXPECT_EQ(request.request_type, esphome::DeviceRequestType::clear_cache);
    EXPECT_TRUE(request.has_address_type);
    EXPECT_EQ(request.address_type, 1U);
    EXPECT_TRUE(on.tell(esphome::ClearCache{.address = sensor.bits(), .success = true}));
    co_await clearing.join();
    EXPECT_TRUE(*cleared);
    EXPECT_EQ(on.memory.find(sensor), nullptr);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->services(on.in(1s))));
    EXPECT_EQ(on.port.asked.back().type, esphome::MessageType::get_services);
  });
}

TEST(EsphomeLinkServices, AProxyThatCannotClearIsNotAsked) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.port.known.features = static_cast<uint32_t>(esphome::Feature::active_connections);
    EXPECT_FALSE(co_await on.link->clear_cache(on.in(5s)));
    co_await know_services(on);
    EXPECT_TRUE(co_await on.link->clear_cache(on.in(5s)));
    EXPECT_TRUE(on.port.asked.empty());
    EXPECT_EQ(on.memory.find(sensor), nullptr);
  });
}

}  // namespace
}  // namespace moor::esphome_radio
