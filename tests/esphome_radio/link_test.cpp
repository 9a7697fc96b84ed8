// Reading and writing through a proxy, and every way in which that ends.

#include "link_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Value = std::vector<uint8_t>;

TEST(EsphomeLink, KnowsWhatItIs) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    EXPECT_EQ(on.link->info().device, sensor);
    EXPECT_EQ(on.link->info().name, "Thermometer");
    EXPECT_EQ(on.link->info().radio_name, "esphome://hall");
    EXPECT_EQ(on.link->info().path, "hall");
    EXPECT_FALSE(on.link->info().closed_by_clear_cache);
    EXPECT_EQ(on.link->mtu(), 247);
    EXPECT_FALSE(on.link->closed());
    co_return;
  });
}

TEST(EsphomeLink, ReadsAValue) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork reading = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 1U);
    const auto request = on.port.asked.back().as<esphome::ReadRequest>();
    EXPECT_EQ(request.address, sensor.bits());
    EXPECT_EQ(request.handle, value_handle);
    EXPECT_FALSE(on.tell_value(value_handle + 1, {9}));
    EXPECT_FALSE(on.tell_written(value_handle));
    EXPECT_TRUE(on.tell_value(value_handle, {0x12, 0x34}));
    co_await reading.join();
    EXPECT_THAT(*value, ElementsAre(0x12, 0x34));
    EXPECT_FALSE(on.tell_value(value_handle, {0x12, 0x34}));
  });
}

TEST(EsphomeLink, AnEmptyValueIsOne) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork reading = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    EXPECT_TRUE(on.tell_value(value_handle, {}));
    co_await reading.join();
    EXPECT_THAT(*value, IsEmpty());
  });
}

TEST(EsphomeLink, WritesWithResponse) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const Value value(400, 7);  // longer than a packet: in parts, which is the firmware's affair
    LinkWork writing = on.beside(on.link->write(plain_handle, value, WriteKind::with_response, on.in(5s)));
    co_await on.soon();
    const auto request = on.port.asked.back().as<esphome::WriteRequest>();
    EXPECT_EQ(request.handle, plain_handle);
    EXPECT_TRUE(request.response);
    EXPECT_EQ(request.data.size(), 400U);
    EXPECT_FALSE(writing.has_ended());
    EXPECT_TRUE(on.tell_written(plain_handle));
    co_await writing.join();
  });
}

TEST(EsphomeLink, ReadsAndWritesDescriptors) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork reading = on.beside(keep(on.link->read_descriptor(configuration_descriptor, on.in(5s)), value));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.back().as<esphome::ReadDescriptorRequest>().handle, configuration_descriptor);
    EXPECT_TRUE(on.tell_value(configuration_descriptor, {1, 0}));
    co_await reading.join();
    EXPECT_THAT(*value, ElementsAre(1, 0));
    LinkWork writing = on.beside(on.link->write_descriptor(configuration_descriptor, Value{2, 0}, on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(on.port.asked.back().as<esphome::WriteDescriptorRequest>().data, ElementsAre(2, 0));
    EXPECT_TRUE(on.tell_written(configuration_descriptor));
    co_await writing.join();
  });
}

awaitable<std::optional<GattError>> refused_read(LinkStage& on, int32_t error) {
  std::optional<std::optional<GattError>> thrown;
  LinkWork reading = on.beside(keep(thrown_by<GattError>(on.link->read(value_handle, on.in(5s))), thrown));
  co_await on.soon();
  EXPECT_TRUE(on.tell_error(value_handle, error));
  co_await reading.join();
  co_return *thrown;
}

TEST(EsphomeLink, EveryAttErrorComesThrough) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    for (int32_t code = 1; code <= 0xFF; ++code) {
      const auto thrown = co_await refused_read(on, code);
      EXPECT_TRUE(thrown) << code;
      if (!thrown) continue;
      EXPECT_EQ(thrown->code(), code);
      EXPECT_EQ(thrown->context().cause, gatt_error_name(code));
      EXPECT_EQ(thrown->context().device, sensor);
      EXPECT_EQ(thrown->context().radio, "esphome://hall");
    }
    const auto gone = co_await refused_read(on, 133);
    EXPECT_THAT(gone->what(), HasSubstr("ESP_GATT_ERROR (0x85)"));
    EXPECT_THAT(gone->advice(), HasSubstr("connect again"));
    // What is no code of ATT is a refusal all the same.
    for (const int32_t odd : {0, 256, -2}) EXPECT_EQ((co_await refused_read(on, odd))->code(), 0x0E);
  });
}

// Firmware of mid-2025 sent the errors of all operations under type 83 (ESPHome PR 9561).
TEST(EsphomeLink, AnErrorInAWriteResponseIsAnError) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const esphome::WriteResponse wrong{.address = sensor.bits(), .handle = value_handle, .error = 5};
    std::optional<std::optional<GattError>> thrown;
    LinkWork reading = on.beside(keep(thrown_by<GattError>(on.link->read(value_handle, on.in(5s))), thrown));
    co_await on.soon();
    EXPECT_TRUE(on.tell(wrong));
    co_await reading.join();
    EXPECT_EQ((*thrown)->code(), 5);
    thrown.reset();
    LinkWork writing = on.beside(
        keep(thrown_by<GattError>(on.link->write(value_handle, Value(1, 1), WriteKind::with_response, on.in(5s))), thrown));
    co_await on.soon();
    EXPECT_TRUE(on.tell(wrong));
    co_await writing.join();
    EXPECT_EQ((*thrown)->code(), 5);
  });
}

TEST(EsphomeLink, HandleZeroIsNotSent) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const auto thrown = co_await thrown_by<GattError>(on.link->read(0, on.in(5s)));
    EXPECT_EQ(thrown->code(), 1);
    EXPECT_THAT(on.port.asked, IsEmpty());
  });
}

TEST(EsphomeLink, TimesOutAtTheDeadlineAndReleasesTheLateAnswer) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const TimePoint deadline = on.in(5s);
    const auto thrown = co_await thrown_by<TimedOut>(on.link->read(value_handle, deadline));
    EXPECT_TRUE(thrown);
    EXPECT_EQ(on.clock.now(), deadline);
    // The next one is not sent before the late answer is there, which is nobody's.
    std::optional<Value> value;
    LinkWork again = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.clock.wait_for(1s);
    EXPECT_EQ(on.port.asked.size(), 1U);
    EXPECT_FALSE(on.tell_value(value_handle, {1}));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 2U);
    EXPECT_TRUE(on.tell_value(value_handle, {2}));
    co_await again.join();
    EXPECT_THAT(*value, ElementsAre(2));
  });
}

TEST(EsphomeLink, ALateAnswerIsWaitedForTwoSecondsAtMost) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->read(value_handle, on.in(1s))));
    std::optional<Value> value;
    LinkWork again = on.beside(keep(on.link->read(value_handle, on.in(10s)), value));
    co_await on.clock.wait_for(1999ms);
    EXPECT_EQ(on.port.asked.size(), 1U);
    co_await on.clock.wait_for(2ms);
    EXPECT_EQ(on.port.asked.size(), 2U);
    EXPECT_TRUE(on.tell_value(value_handle, {2}));
    co_await again.join();
    EXPECT_THAT(*value, ElementsAre(2));
  });
}

TEST(EsphomeLink, OtherHandlesDoNotWaitForALateAnswer) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->read(value_handle, on.in(1s))));
    std::optional<Value> value;
    LinkWork other = on.beside(keep(on.link->read(plain_handle, on.in(5s)), value));
    co_await on.soon();
    EXPECT_TRUE(on.tell_value(plain_handle, {3}));
    co_await other.join();
  });
}

TEST(EsphomeLink, TheDeadlineCountsTheWaitForTheTurn) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork first = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    const TimePoint deadline = on.in(1s);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->read(value_handle, deadline)));
    EXPECT_EQ(on.clock.now(), deadline);
    EXPECT_EQ(on.port.asked.size(), 1U);
    EXPECT_TRUE(on.tell_value(value_handle, {1}));
    co_await first.join();
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->read(value_handle, on.clock.now())));
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLink, OneOperationOfAHandleAtATimeManyOfSeveral) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::vector<std::optional<Value>> values(3);
    LinkWork first = on.beside(keep(on.link->read(value_handle, on.in(5s)), values[0]));
    LinkWork second = on.beside(keep(on.link->read(value_handle, on.in(5s)), values[1]));
    LinkWork other = on.beside(keep(on.link->read(plain_handle, on.in(5s)), values[2]));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 2U);
    EXPECT_TRUE(on.tell_value(value_handle, {1}));
    co_await on.soon();
    EXPECT_EQ(on.port.asked.size(), 3U);
    EXPECT_TRUE(on.tell_value(plain_handle, {3}));
    EXPECT_TRUE(on.tell_value(value_handle, {2}));
    co_await first.join();
    co_await second.join();
    co_await other.join();
    EXPECT_THAT(values, ElementsAre(Value{1}, Value{2}, Value{3}));
  });
}

TEST(EsphomeLink, ACanceledReadLeavesTheHandleToTheNext) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork first = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    LinkWork second = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    LinkWork third = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    second.cancel();  // while it waits for its turn
    first.cancel();   // while it waits for its answer
    EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(first.join()));
    EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(second.join()));
    EXPECT_FALSE(on.tell_value(value_handle, {1}));
    co_await on.soon();
    EXPECT_TRUE(on.tell_value(value_handle, {3}));
    co_await third.join();
    EXPECT_THAT(*value, ElementsAre(3));
    // And while it waits for what an earlier one left behind.
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->read(value_handle, on.in(1s))));
    LinkWork held = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    held.cancel();
    EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(held.join()));
  });
}

TEST(EsphomeLink, AWriteWithoutResponseCompletesWhenItIsSent) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    const TimePoint begun = on.clock.now();
    for (uint8_t i = 0; i < 3; ++i) co_await on.link->write(plain_handle, Value(1, i), WriteKind::without_response, on.in(5s));
    EXPECT_EQ(on.clock.now(), begun);
    EXPECT_EQ(on.port.asked.size(), 3U);
    EXPECT_FALSE(on.port.asked.back().as<esphome::WriteRequest>().response);
    // An ESP32 answers them too; those answers are not taken for that of a write with response.
    LinkWork writing = on.beside(on.link->write(plain_handle, Value(1, 9), WriteKind::with_response, on.in(5s)));
    co_await on.soon();
    for (int i = 0; i < 3; ++i) {
      EXPECT_EQ(on.port.asked.size(), 3U);
      EXPECT_FALSE(on.tell_written(plain_handle));
      co_await on.soon();
    }
    EXPECT_EQ(on.port.asked.size(), 4U);
    EXPECT_TRUE(on.tell_written(plain_handle));
    co_await writing.join();
  });
}

TEST(EsphomeLink, AProxyThatDoesNotAnswerWritesWithoutResponseCostsTwoSecondsOnce) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    for (const Duration waits : {Duration(2s), Duration(0s)}) {
      co_await on.link->write(plain_handle, Value(1, 1), WriteKind::without_response, on.in(5s));
      const size_t before = on.port.asked.size();
      LinkWork writing = on.beside(on.link->write(plain_handle, Value(1, 9), WriteKind::with_response, on.in(5s)));
      co_await on.clock.wait_for(waits);
      co_await on.soon();
      EXPECT_EQ(on.port.asked.size(), before + 1);
      EXPECT_TRUE(on.tell_written(plain_handle));
      co_await writing.join();
    }
  });
}

TEST(EsphomeLink, AValueTooLongToWriteWithoutResponseIsNotSent) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.open(100);
    co_await on.link->write(plain_handle, Value(97, 1), WriteKind::without_response, on.in(5s));
    const auto thrown =
        co_await thrown_by<GattError>(on.link->write(plain_handle, Value(98, 1), WriteKind::without_response, on.in(5s)));
    EXPECT_EQ(thrown->code(), 0x0D);
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLink, EverythingEndsWhenItCloses) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    std::optional<GattServices> services;
    std::optional<bool> cleared;
    Link& link = *on.link;
    EXPECT_TRUE(co_await thrown_by<TimedOut>(link.read(plain_handle, on.in(1s))));
    std::vector<LinkWork> works;
    works.push_back(on.beside(keep(link.read(value_handle, on.in(5s)), value)));
    works.push_back(on.beside(keep(link.read(value_handle, on.in(5s)), value)));  // waits for its turn
    works.push_back(on.beside(keep(link.read(plain_handle, on.in(5s)), value)));  // waits for a late answer
    works.push_back(on.beside(link.write(0x20, Value(1, 1), WriteKind::with_response, on.in(5s))));
    works.push_back(on.beside(keep(link.services(on.in(5s)), services)));
    works.push_back(on.beside(keep(link.clear_cache(on.in(5s)), cleared)));
    works.push_back(on.beside(link.unpair(on.in(5s))));
    std::optional<Closed> closed;
    LinkWork waiting = on.beside(keep(link.wait_closed(), closed));
    co_await on.soon();
    const TimePoint at = on.clock.now();
    on.state->close(CloseReason::supervision_timeout, "ESP_GATT_CONN_TIMEOUT (0x08)");
    for (LinkWork& each : works) {
      const auto thrown = co_await thrown_by<LinkClosed>(each.join());
      EXPECT_TRUE(thrown);
      if (!thrown) continue;
      EXPECT_EQ(thrown->closed().reason, CloseReason::supervision_timeout);
      EXPECT_THAT(thrown->what(), HasSubstr("supervision timeout"));
      EXPECT_EQ(thrown->context().cause, "ESP_GATT_CONN_TIMEOUT (0x08)");
    }
    co_await waiting.join();
    EXPECT_EQ(closed->at, at);
    EXPECT_EQ(on.clock.now(), at);
    EXPECT_TRUE(on.state->is_closed());
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(link.read(value_handle, on.in(5s))));
    EXPECT_EQ((co_await link.wait_closed()).reason, CloseReason::supervision_timeout);
    on.state->close(CloseReason::peer, "again");
    EXPECT_EQ(link.closed()->reason, CloseReason::supervision_timeout);
    EXPECT_FALSE(on.tell_value(value_handle, {1}));
    EXPECT_EQ(on.owner.released, 0);
  });
}

TEST(EsphomeLink, NotConnectedEndsEverythingWhateverItsHandle) {
  for (const uint16_t handle : {uint16_t{0}, value_handle, uint16_t{0x99}}) {
    LinkStage stage;
    stage.play([handle](LinkStage& on) -> awaitable<void> {
      std::optional<Value> value;
      const uint16_t of = handle;
      LinkWork reading = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
      LinkWork other = on.beside(keep(on.link->read(plain_handle, on.in(5s)), value));
      co_await on.soon();
      EXPECT_TRUE(on.tell_error(of, -1));
      EXPECT_TRUE(co_await thrown_by<LinkClosed>(reading.join()));
      EXPECT_TRUE(co_await thrown_by<LinkClosed>(other.join()));
      EXPECT_THAT(on.link->closed()->text, HasSubstr("ESP_GATT_NOT_CONNECTED"));
      // So that the slot does not stay behind.
      EXPECT_EQ(on.owner.released, 1);
    });
  }
}

TEST(EsphomeLink, WithoutASessionItCloses) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.port.up = false;
    const auto thrown = co_await thrown_by<LinkClosed>(on.link->read(value_handle, on.in(5s)));
    EXPECT_EQ(thrown->closed().reason, CloseReason::radio_lost);
  });
}

TEST(EsphomeLink, OperationsOutliveTheLink) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork reading = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    on.link.reset();
    on.state.reset();
    EXPECT_EQ(on.owner.released, 1);
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(reading.join()));
  });
}

TEST(EsphomeLink, AnswersThatCannotBeMeantAreIgnored) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<Value> value;
    LinkWork reading = on.beside(keep(on.link->read(value_handle, on.in(5s)), value));
    co_await on.soon();
    const std::vector<uint8_t> broken = {0x1A, 0x05, 0x01};
    EXPECT_FALSE(on.tell(esphome::MessageType::read_response, broken));
    EXPECT_FALSE(on.tell(esphome::ReadResponse{.address = sensor.bits(), .handle = 0x10000 + value_handle, .data = {}}));
    EXPECT_FALSE(on.tell(esphome::GattError{.address = sensor.bits(), .handle = 0x10000 + value_handle, .error = 5}));
    EXPECT_FALSE(on.tell(esphome::MessageType::ping_request, {}));
    EXPECT_TRUE(on.tell_value(value_handle, {1}));
    co_await reading.join();
  });
}

TEST(EsphomeLink, TheMtuOnlyGrows) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.open(23);
    on.state->on_mtu(185);
    EXPECT_EQ(on.link->mtu(), 185);
    on.state->on_mtu(23);
    EXPECT_EQ(on.link->mtu(), 185);
    on.state->on_mtu(1000);
    EXPECT_EQ(on.link->mtu(), 517);
    on.open(0);
    EXPECT_EQ(on.link->mtu(), 23);
    co_return;
  });
}

}  // namespace
}  // namespace moor::esphome_radio
