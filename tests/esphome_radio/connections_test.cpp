// Links through a proxy of a script: made, refused, given up, let go.

#include "connections_stage.hpp"

namespace moor::esphome_radio {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(ProxyConnections, ConnectsWithTheAddressType) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    EXPECT_TRUE(outcome.link);
    const auto request = on.port.asked.at(0).as<esphome::DeviceRequest>();
    EXPECT_EQ(request.address, sensor.bits());
    EXPECT_EQ(request.request_type, DeviceRequestType::connect_without_cache);
    EXPECT_TRUE(request.has_address_type);
    EXPECT_EQ(request.address_type, 1U);
    EXPECT_TRUE(on.connections->is_connected(sensor));
    EXPECT_EQ(outcome.link->mtu(), 185);
    EXPECT_EQ(on.connections->slots().holders.size(), 1U);
    outcome.link.reset();
    EXPECT_THAT(on.requests(), ElementsAre(DeviceRequestType::connect_without_cache, DeviceRequestType::disconnect));
    on.disconnected(sensor, 0x16);
    on.free_all();
    EXPECT_EQ(on.connections->slots().free, 3);
    EXPECT_FALSE(on.connections->is_connected(sensor));
  });
}

TEST(ProxyConnections, DisconnectsAndWaitsForTheProxy) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    LinkWork work(on.context.get_executor(), outcome.link->disconnect(on.in(10s)));
    co_await on.soon();
    EXPECT_FALSE(work.has_ended());
    on.disconnected(sensor, 0x16);
    co_await work.join();
    EXPECT_EQ(outcome.link->closed()->reason, CloseReason::local);
    on.free_all();
  });
}

TEST(ProxyConnections, WithoutTheFeaturesItIsRefusedAtOnce) {
  for (const uint32_t features : {0x61U, 0x03U}) {
    Stage stage;
    stage.port.known.features = features;
    stage.play([](Stage& on) -> awaitable<void> {
      LinkOptions options;
      try {
        (void)co_await on.connections->connect(sensor, options);
        ADD_FAILURE() << "it was not refused";
      } catch (const RadioNotAvailable& error) {
        EXPECT_EQ(error.reason(), Unavailable::cannot_connect);
        EXPECT_FALSE(error.advice().empty());
      }
      EXPECT_THAT(on.port.asked, IsEmpty());
    });
  }
}

TEST(ProxyConnections, WithoutASlotItSaysWhoHasThem) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.slots(0, 1, {other.bits()});
    co_await on.clock.wait_for(90s);
    Outcome outcome;
    co_await on.begin(sensor, outcome).join();
    EXPECT_EQ(outcome.ended, TimePoint{} + 92s);
    EXPECT_EQ(outcome.cause->reason, ConnectReason::out_of_slots);
    EXPECT_THAT(outcome.what, HasSubstr("esphome://hall (1 of 1 used: A4:CF:00:00:00:01 for 1 min 32 s)"));
    EXPECT_THAT(on.port.asked, IsEmpty());
  });
}

TEST(ProxyConnections, ASlotThatBecomesFreeIsTakenInTheOrderOfAsking) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.slots(0, 1, {7});
    Outcome first;
    Outcome second;
    LinkWork one = on.begin(sensor, first);
    co_await on.soon();
    LinkWork two = on.begin(other, second);
    co_await on.clock.wait_for(1s);
    on.slots(1, 1, {});
    EXPECT_EQ(on.requests().size(), 1U);
    EXPECT_EQ(on.port.asked.at(0).as<esphome::DeviceRequest>().address, sensor.bits());
    on.connected(sensor);
    co_await one.join();
    co_await two.join();
    EXPECT_EQ(second.cause->reason, ConnectReason::out_of_slots);
    first.link.reset();
    on.disconnected(sensor);
  });
}

TEST(ProxyConnections, AtTheDeadlineTheSlotIsGivenBackFirst) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.free_all();
    Outcome outcome;
    LinkOptions options;
    options.timeout = 5s;
    LinkWork work = on.begin(sensor, outcome, options);
    co_await on.soon();
    on.slots(2, 3, {sensor.bits()});
    co_await on.clock.wait_for(6s);
    EXPECT_THAT(on.requests(), ElementsAre(DeviceRequestType::connect_without_cache, DeviceRequestType::disconnect));
    EXPECT_FALSE(work.has_ended());
    EXPECT_EQ(on.connections->slots().free, 2);
    on.disconnected(sensor, 0x16);
    on.free_all();
    co_await work.join();
    EXPECT_EQ(outcome.cause->reason, ConnectReason::timed_out);
  });
}

TEST(ProxyConnections, ASilentProxyHoldsADeadlineForTwentySecondsAndACancellationForTwo) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.free_all();
    Outcome late;
    LinkOptions options;
    options.timeout = 5s;
    co_await on.begin(sensor, late, options).join();
    EXPECT_EQ(late.ended, TimePoint{} + 25s);
    const TimePoint began = on.clock.now();
    Outcome cancelled;
    LinkWork work = on.begin(other, cancelled);
    co_await on.clock.wait_for(1s);
    work.cancel();
    co_await join_cancelled(work);
    EXPECT_EQ(on.clock.now() - began, 3s);
    EXPECT_EQ(on.connections->slots().free, 2) << "it drains";
    // A cancellation while the slot of a late one drains.
    Outcome both;
    LinkWork third = on.begin(sensor, both, options);
    co_await on.clock.wait_for(8s);
    third.cancel();
    const TimePoint then = on.clock.now();
    co_await join_cancelled(third);
    EXPECT_EQ(on.clock.now() - then, 2s);
  });
  EXPECT_EQ(stage.connections->slots().free, 3);
}

TEST(ProxyConnections, ALinkThatComesAfterItWasGivenUpIsReleased) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.free_all();
    Outcome outcome;
    LinkWork work = on.begin(sensor, outcome);
    co_await on.soon();
    on.slots(2, 3, {sensor.bits()});
    work.cancel();
    co_await on.clock.wait_for(30s);
    EXPECT_TRUE(work.has_ended());
    const size_t before = on.requests().size();
    on.connected(sensor);
    EXPECT_EQ(on.requests().size(), before + 1);
    EXPECT_EQ(on.requests().back(), DeviceRequestType::disconnect);
    EXPECT_EQ(on.connections->counts().late_released, 1U);
    on.disconnected(sensor, 0x16);
    on.free_all();
    EXPECT_EQ(on.connections->slots().free, 3);
  });
}

TEST(ProxyConnections, AnErrorComesWithItsReason) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.free_all();
    Outcome outcome;
    LinkWork work = on.begin(sensor, outcome);
    co_await on.soon();
    on.disconnected(Address());  // concerns nobody
    co_await on.soon();
    EXPECT_FALSE(work.has_ended());
    on.disconnected(sensor, 0x3E);
    co_await work.join();
    EXPECT_EQ(outcome.cause->reason, ConnectReason::not_established);
    EXPECT_THAT(outcome.cause->text, HasSubstr("ESP_GATT_CONN_FAIL_ESTABLISH"));
    EXPECT_EQ(on.connections->slots().free, 3);
  });
}

TEST(ProxyConnections, RefusedWithoutAReasonThoughASlotSeemedFree) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.slots(1, 1, {});
    Outcome outcome;
    LinkWork work = on.begin(sensor, outcome);
    co_await on.soon();
    on.slots(0, 1, {other.bits()});
    on.disconnected(sensor);
    co_await work.join();
    EXPECT_EQ(outcome.cause->reason, ConnectReason::out_of_slots);
    EXPECT_THAT(outcome.what, HasSubstr("A4:CF:00:00:00:01"));
  });
}

TEST(ProxyConnections, ADeviceThatHasALinkIsNotConnectedTwice) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    Outcome second;
    co_await on.begin(sensor, second).join();
    EXPECT_EQ(second.cause->reason, ConnectReason::unknown);
    EXPECT_THAT(second.cause->text, HasSubstr("ESP_GATT_ALREADY_OPEN"));
    EXPECT_FALSE(outcome.link->closed());
    outcome.link.reset();
    on.disconnected(sensor);
    on.free_all();
  });
}

TEST(ProxyConnections, ALostSessionEndsAll) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    Outcome waiting;
    LinkWork work = on.begin(other, waiting);
    co_await on.soon();
    on.port.up = false;
    on.connections->on_session_lost("the proxy is gone");
    co_await work.join();
    EXPECT_EQ(waiting.cause->reason, ConnectReason::system_gone);
    EXPECT_EQ(outcome.link->closed()->reason, CloseReason::radio_lost);
    EXPECT_THAT(on.connections->slots().holders, IsEmpty());
    Outcome without;
    co_await on.begin(sensor, without).join();
    EXPECT_EQ(without.cause->reason, ConnectReason::system_gone);
  });
}

TEST(ProxyConnections, TheRadioMayEndBeforeItsLinks) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    Outcome waiting;
    LinkWork work = on.begin(other, waiting);
    co_await on.soon();
    on.connections.reset();
    co_await work.join();
    EXPECT_EQ(waiting.cause->reason, ConnectReason::system_gone);
    EXPECT_EQ(outcome.link->closed()->reason, CloseReason::radio_lost);
  });
}

TEST(ProxyConnections, TheDeviceEndsTheLink) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    on.disconnected(sensor, 0x13);
    EXPECT_EQ(outcome.link->closed()->reason, CloseReason::peer);
    EXPECT_EQ(on.connections->slots().free, 2) << "until the proxy says otherwise";
    on.free_all();
    EXPECT_EQ(on.connections->slots().free, 3);
    outcome.link.reset();
    EXPECT_EQ(on.requests().size(), 1U);
  });
}

TEST(ProxyConnections, ALinkThatTheProxyDoesNotCountAnyMoreIsClosed) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    on.free_all();
    EXPECT_FALSE(outcome.link->closed());
    on.free_all();
    EXPECT_EQ(outcome.link->closed()->reason, CloseReason::other_host);
    co_return;
  });
}

TEST(ProxyConnections, OneThatHangsDelaysNoOther) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.free_all();
    Outcome hanging;
    LinkWork hangs = on.begin(sensor, hanging);
    co_await on.clock.wait_for(1s);
    Outcome outcome;
    LinkWork work = on.begin(other, outcome);
    co_await on.soon();
    on.connected(other);
    co_await work.join();
    EXPECT_TRUE(outcome.link);
    EXPECT_FALSE(hangs.has_ended());
    hangs.cancel();
    outcome.link.reset();
    co_await on.soon();
    on.disconnected(sensor);
    on.disconnected(other);
    co_await join_cancelled(hangs);
  });
}

}  // namespace
}  // namespace moor::esphome_radio
