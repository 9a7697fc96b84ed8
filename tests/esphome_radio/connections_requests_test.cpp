// What is asked of a proxy around links: to end others, to forget, to pair, to remember.

#include "connections_stage.hpp"

namespace moor::esphome_radio {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(ProxyConnections, ClosesALinkOfSomebodyElse) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.slots(2, 3, {other.bits()});
    EXPECT_TRUE(on.connections->is_connected(other));
    co_await on.connections->close_connection(sensor, on.in(5s));
    EXPECT_THAT(on.port.asked, IsEmpty()) << "it has no link";
    LinkWork work(on.context.get_executor(), on.connections->close_connection(other, on.in(5s)));
    co_await on.soon();
    EXPECT_THAT(on.requests(), ElementsAre(DeviceRequestType::disconnect));
    on.disconnected(other, 0x16);
    on.free_all();
    co_await work.join();
    EXPECT_FALSE(on.connections->is_connected(other));
  });
}

TEST(ProxyConnections, ForgetsWithinTheDeadline) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const TimePoint began = on.clock.now();
    EXPECT_FALSE(co_await on.connections->forget(sensor, false, on.in(5s)));
    EXPECT_EQ(on.clock.now() - began, 5s);
    EXPECT_THAT(on.requests(), ElementsAre(DeviceRequestType::clear_cache)) << "the bond is left alone";
  });
}

TEST(ProxyConnections, ForgetsTheBondAlsoWithOldFirmware) {
  for (const bool old : {false, true}) {
    Stage stage;
    stage.play([old](Stage& on) -> awaitable<void> {
      on.port.on_asked = [&on, old](const Asked& asked) {
        const auto type = asked.as<esphome::DeviceRequest>().request_type;
        boost::asio::post(on.context, [&on, old, type] {
          if (type == DeviceRequestType::clear_cache)
            on.tell(esphome::ClearCache{.address = sensor.bits(), .success = false, .error = 1});
          else if (old)
            on.tell(esphome::Pairing{.address = sensor.bits(), .paired = false});
          else
            on.tell(esphome::Unpairing{.address = sensor.bits(), .success = true});
        });
      };
      const bool forgotten = co_await on.connections->forget(sensor, true, on.in(5s));
      EXPECT_TRUE(forgotten);
      EXPECT_THAT(on.requests(), ElementsAre(DeviceRequestType::unpair, DeviceRequestType::clear_cache));
    });
  }
}

TEST(ProxyConnections, TakesTheCacheWhereServicesAndMtuAreRemembered) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Outcome outcome;
    co_await on.make(outcome);
    EXPECT_FALSE(on.connections->has_services(sensor));
    LinkWork work(on.context.get_executor(), [](Stage& with, Link& link) -> awaitable<void> {
      (void)co_await link.services(with.in(5s));
    }(on, *outcome.link));
    co_await on.soon();
    on.tell(
        esphome::Services{.address = sensor.bits(), .services = {{.handle = 1, .characteristics = {}, .short_uuid = 0x180F}}});
    on.tell(esphome::ServicesDone{.address = sensor.bits()});
    co_await work.join();
    EXPECT_TRUE(on.connections->has_services(sensor));
    outcome.link.reset();
    on.disconnected(sensor, 0x16);
    on.free_all();
    Outcome second;
    LinkWork again = on.begin(sensor, second);
    co_await on.soon();
    EXPECT_EQ(on.requests().back(), DeviceRequestType::connect_with_cache);
    on.connected(sensor, 23);
    co_await again.join();
    EXPECT_EQ(second.link->mtu(), 185) << "the proxy does not know better";
    on.connected(sensor, 247);
    EXPECT_EQ(second.link->mtu(), 247);
    second.link.reset();
    on.disconnected(sensor, 0x16);
    LinkOptions fresh;
    fresh.use_services_cache = false;
    Outcome third;
    LinkWork anew = on.begin(sensor, third, fresh);
    co_await on.soon();
    EXPECT_EQ(on.requests().back(), DeviceRequestType::connect_without_cache);
    on.disconnected(sensor, 0x3E);
    co_await anew.join();
    const bool cleared = co_await on.connections->clear_services(sensor, on.in(1s));
    EXPECT_TRUE(cleared);
    EXPECT_FALSE(on.connections->has_services(sensor));
  });
}

TEST(ProxyConnections, AsksForParametersAndLivesWithARefusal) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.port.on_asked = [&on](const Asked& asked) {
      if (asked.type != MessageType::set_connection_parameters) return;
      boost::asio::post(on.context,
                        [&on] { on.tell(esphome::ConnectionParametersSet{.address = sensor.bits(), .error = 0x85}); });
    };
    Outcome outcome;
    LinkOptions options;
    options.parameters = slow_parameters;
    co_await on.make(outcome, options);
    EXPECT_TRUE(outcome.link);
    EXPECT_EQ(on.port.asked.back().as<esphome::SetConnectionParameters>().min_interval, 800U);
    outcome.link.reset();
    on.disconnected(sensor);
  });
}

TEST(ProxyConnections, PairsBeforeTheLinkIsHandedOverOrLetsItGo) {
  for (const bool pairs : {true, false}) {
    Stage stage;
    stage.play([pairs](Stage& on) -> awaitable<void> {
      on.port.on_asked = [&on, pairs](const Asked& asked) {
        if (asked.type != MessageType::device_request) return;
        const auto type = asked.as<esphome::DeviceRequest>().request_type;
        boost::asio::post(on.context, [&on, pairs, type] {
          if (type == DeviceRequestType::pair)
            on.tell(esphome::Pairing{.address = sensor.bits(), .paired = pairs, .error = pairs ? 0 : 0x52});
          if (type == DeviceRequestType::disconnect) on.disconnected(sensor, 0x16);
        });
      };
      Outcome outcome;
      LinkOptions options;
      options.pair = true;
      bool failed = false;
      try {
        co_await on.make(outcome, options);
      } catch (const PairingFailed&) {
        failed = true;
      }
      EXPECT_EQ(failed, !pairs);
      EXPECT_EQ(outcome.link != nullptr, pairs);
      const bool let_go = on.requests().back() == DeviceRequestType::disconnect;
      EXPECT_EQ(let_go, !pairs);
      outcome.link.reset();
      on.free_all();
    });
  }
}

TEST(ProxyConnections, CountsWhatIsMalformedAndWhatNobodyAsked) {
  Stage stage;
  const std::vector<uint8_t> broken{0x08};
  for (const MessageType type : {MessageType::connections_free, MessageType::device_connection, MessageType::read_response})
    EXPECT_TRUE(stage.connections->on_message({.type = type, .payload = broken}));
  EXPECT_EQ(stage.connections->counts().malformed, 3U);
  stage.tell(esphome::ReadResponse{.address = sensor.bits(), .handle = 3, .data = {}});
  EXPECT_EQ(stage.connections->counts().late_answers, 1U);
  EXPECT_FALSE(stage.connections->on_message({.type = MessageType::scanner_state, .payload = {}}));
}

}  // namespace
}  // namespace moor::esphome_radio
