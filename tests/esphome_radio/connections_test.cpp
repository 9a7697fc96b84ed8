// Links through a proxy of a script: made, refused, given up, let go, and what is asked of the proxy for it.

#include "radio/esphome/connections.hpp"

#include "core/within.hpp"
#include "link_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::DeviceRequestType;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Address other(0xA4CF00000001, false);

struct Stage {
  boost::asio::io_context context{};
  VirtualClock clock{};
  ScriptedPort port{clock};
  std::unique_ptr<Connections> connections = std::make_unique<Connections>(port, context.get_executor());

  void play(std::function<awaitable<void>(Stage&)> story) { testing::play(clock, context, story(*this)); }
  [[nodiscard]] TimePoint in(Duration how_long) const { return clock.now() + how_long; }
  [[nodiscard]] awaitable<void> soon() { return clock.wait_for(1ms); }

  template <typename Message>
  void tell(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    EXPECT_TRUE(connections->on_message({.type = Message::type, .payload = payload}));
  }
  void slots(uint32_t free, uint32_t limit, std::vector<uint64_t> allocated) {
    tell(esphome::ConnectionsFree{.free = free, .limit = limit, .allocated = std::move(allocated)});
  }
  void connected(const Address& device, uint32_t mtu = 185) {
    tell(esphome::DeviceConnection{.address = device.bits(), .connected = true, .mtu = mtu});
  }
  void disconnected(const Address& device, int32_t error = 0) {
    tell(esphome::DeviceConnection{.address = device.bits(), .connected = false, .error = error});
  }
  [[nodiscard]] std::vector<DeviceRequestType> requests() const {
    std::vector<DeviceRequestType> all;
    for (const auto& each : port.asked)
      if (each.type == MessageType::device_request)
        all.push_back(esphome::decode<esphome::DeviceRequest>(each.payload).message.request_type);
    return all;
  }

  // One attempt, and what came of it.
  struct Outcome {
    std::unique_ptr<Link> link{};
    std::optional<ConnectCause> cause{};
    std::string what{};
    TimePoint ended{};
  };
  awaitable<void> connect(Address device, LinkOptions options, Outcome& outcome) {
    try {
      outcome.link = co_await connections->connect(device, options);
    } catch (const ConnectError& error) {
      outcome.cause = error.cause();
      outcome.what = error.what();
    }
    outcome.ended = clock.now();
  }
  LinkWork begin(Address device, Outcome& outcome, const LinkOptions& options) {
    return LinkWork(context.get_executor(), connect(device, options, outcome));
  }
  LinkWork begin(Address device, Outcome& outcome) {
    const LinkOptions options;
    return begin(device, outcome, options);
  }
  // A link that is up, with two more slots.
  awaitable<void> make(Outcome& outcome) {
    const LinkOptions options;
    co_await make(outcome, options);
  }
  awaitable<void> make(Outcome& outcome, const LinkOptions& options) {
    slots(3, 3, {});
    LinkWork work = begin(sensor, outcome, options);
    co_await soon();
    slots(2, 3, {sensor.bits()});
    connected(sensor);
    co_await work.join();
  }
  void free_all() { slots(3, 3, {}); }
};
using Outcome = Stage::Outcome;

// To its end, which must be that of cancelled work.
awaitable<void> join_cancelled(LinkWork& work) {
  try {
    co_await work.join();
    ADD_FAILURE() << "it was not cancelled";
  } catch (const boost::system::system_error&) {
    co_return;
  }
}

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
