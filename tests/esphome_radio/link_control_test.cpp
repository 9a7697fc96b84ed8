// Pairing, parameters and the end of a link through a proxy.

#include "link_stage.hpp"

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::DeviceRequestType;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

struct Person final : PairingAgent {
  explicit Person(bool its_answer) : answer(its_answer) {}
  Capability capability() const noexcept override { return Capability::keyboard_display; }
  awaitable<bool> allow(Address) override {
    ++asked;
    co_return answer;
  }
  bool answer;
  int asked = 0;
};
struct Sleeper final : PairingAgent {
  explicit Sleeper(Clock& its_clock) : clock(its_clock) {}
  awaitable<bool> allow(Address) override {
    co_await clock.wait_for(1h);
    co_return true;
  }
  Clock& clock;
};

void without(LinkStage& on, esphome::Feature feature) {
  on.port.known.features &= ~static_cast<uint32_t>(feature);
}

TEST(EsphomeLinkControl, PairsAfterThePersonAllowsIt) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    Person person(true);
    LinkWork pairing = on.beside(on.link->pair(person, on.in(30s)));
    co_await on.soon();
    EXPECT_EQ(person.asked, 1);
    const auto request = on.port.asked.back().as<esphome::DeviceRequest>();
    EXPECT_EQ(request.request_type, DeviceRequestType::pair);
    EXPECT_TRUE(request.has_address_type);
    EXPECT_EQ(request.address_type, 1U);
    EXPECT_TRUE(on.tell(esphome::Pairing{.address = sensor.bits(), .paired = true}));
    co_await pairing.join();
    Person refusing(false);
    const auto thrown = co_await thrown_by<PairingFailed>(on.link->pair(refusing, on.in(30s)));
    EXPECT_EQ(thrown->problem(), PairingProblem::rejected);
    EXPECT_EQ(on.port.asked.size(), 1U);
  });
}

TEST(EsphomeLinkControl, PairingThatFailsSaysWhy) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    JustWorks agent;
    for (const auto& [error, problem] :
         {std::pair{82, PairingProblem::refused}, {99, PairingProblem::timed_out}, {0, PairingProblem::unknown}}) {
      LinkWork pairing = on.beside(on.link->pair(agent, on.in(30s)));
      co_await on.soon();
      EXPECT_TRUE(on.tell(esphome::Pairing{.address = sensor.bits(), .paired = false, .error = error}));
      const auto thrown = co_await thrown_by<PairingFailed>(pairing.join());
      EXPECT_TRUE(thrown);
      EXPECT_EQ(thrown->problem(), problem);
      EXPECT_EQ(thrown->context().cause, pairing_error_name(error));
    }
  });
}

TEST(EsphomeLinkControl, APersonWhoDoesNotAnswerIsWaitedForToTheDeadlineOrTheEndOfTheLink) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    Sleeper sleeper(on.clock);
    const TimePoint deadline = on.in(30s);
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->pair(sleeper, deadline)));
    EXPECT_EQ(on.clock.now(), deadline);
    LinkWork pairing = on.beside(on.link->pair(sleeper, on.in(30s)));
    co_await on.soon();
    const TimePoint at = on.clock.now();
    on.state->close(CloseReason::peer, "gone");
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(pairing.join()));
    EXPECT_EQ(on.clock.now(), at);
    EXPECT_THAT(on.port.asked, IsEmpty());
  });
}

TEST(EsphomeLinkControl, PairingTimesOutAndIsCanceled) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    JustWorks agent;
    EXPECT_TRUE(co_await thrown_by<TimedOut>(on.link->pair(agent, on.in(30s))));
    LinkWork pairing = on.beside(on.link->pair(agent, on.in(30s)));
    co_await on.soon();
    pairing.cancel();
    EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(pairing.join()));
  });
}

// Old firmware answers an unpairing with the message of pairing.
TEST(EsphomeLinkControl, UnpairsByEitherAnswer) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    for (const bool old : {false, true}) {
      LinkWork unpairing = on.beside(on.link->unpair(on.in(5s)));
      co_await on.soon();
      EXPECT_EQ(on.port.asked.back().as<esphome::DeviceRequest>().request_type, DeviceRequestType::unpair);
      if (old)
        EXPECT_TRUE(on.tell(esphome::Pairing{.address = sensor.bits(), .paired = false}));
      else
        EXPECT_TRUE(on.tell(esphome::Unpairing{.address = sensor.bits(), .success = true}));
      co_await unpairing.join();
    }
    for (const bool old : {false, true}) {
      LinkWork unpairing = on.beside(on.link->unpair(on.in(5s)));
      co_await on.soon();
      if (old)
        EXPECT_TRUE(on.tell(esphome::Pairing{.address = sensor.bits(), .error = 0x103}));
      else
        EXPECT_TRUE(on.tell(esphome::Unpairing{.address = sensor.bits(), .error = 0x103}));
      EXPECT_THAT((co_await thrown_by<RadioNotAvailable>(unpairing.join()))->context().cause, HasSubstr("0x103"));
    }
  });
}

TEST(EsphomeLinkControl, SetsParameters) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    std::optional<ParametersApplied> applied;
    LinkWork setting = on.beside(keep(on.link->set_parameters(slow_parameters, on.in(5s)), applied));
    co_await on.soon();
    const auto request = on.port.asked.back().as<esphome::SetConnectionParameters>();
    EXPECT_EQ(request.address, sensor.bits());
    EXPECT_EQ(request.min_interval, 800U);
    EXPECT_EQ(request.max_interval, 800U);
    EXPECT_EQ(request.latency, 0U);
    EXPECT_EQ(request.timeout, 600U);
    EXPECT_TRUE(on.tell(esphome::ConnectionParametersSet{.address = sensor.bits()}));
    co_await setting.join();
    EXPECT_EQ(*applied, ParametersApplied::now);
    LinkWork refused = on.beside(keep(on.link->set_parameters(slow_parameters, on.in(5s)), applied));
    co_await on.soon();
    EXPECT_TRUE(on.tell(esphome::ConnectionParametersSet{.address = sensor.bits(), .error = 0x87}));
    EXPECT_THAT((co_await thrown_by<RadioNotAvailable>(refused.join()))->context().cause, HasSubstr("ILLEGAL_PARAMETER"));
    ConnectionParameters wrong;
    wrong.latency = 500;
    EXPECT_TRUE(co_await thrown_by<UsageError>(on.link->set_parameters(wrong, on.in(5s))));
  });
}

TEST(EsphomeLinkControl, WhatTheProxyCannotIsSaidWithAdvice) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    without(on, esphome::Feature::pairing);
    without(on, esphome::Feature::connection_parameters);
    JustWorks agent;
    std::vector<std::optional<RadioNotAvailable>> all;
    all.push_back(co_await thrown_by<RadioNotAvailable>(on.link->pair(agent, on.in(5s))));
    all.push_back(co_await thrown_by<RadioNotAvailable>(on.link->unpair(on.in(5s))));
    all.push_back(co_await thrown_by<RadioNotAvailable>(on.link->set_parameters(slow_parameters, on.in(5s))));
    all.push_back(co_await thrown_by<RadioNotAvailable>(on.link->rssi(on.in(5s))));
    for (const auto& each : all) {
      EXPECT_TRUE(each);
      if (!each) continue;
      EXPECT_THAT(each->what(), HasSubstr("esphome://hall cannot"));
      EXPECT_FALSE(each->advice().empty());
    }
    EXPECT_THAT(all.back()->advice(), HasSubstr("advertisements"));
    EXPECT_THAT(on.port.asked, IsEmpty());
  });
}

TEST(EsphomeLinkControl, DisconnectingWaitsForTheProxy) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    LinkWork disconnecting = on.beside(on.link->disconnect(on.in(5s)));
    LinkWork too = on.beside(on.link->disconnect(on.in(5s)));
    co_await on.clock.wait_for(1s);
    EXPECT_EQ(on.owner.released, 1);
    EXPECT_FALSE(disconnecting.has_ended());
    on.state->close(close_reason(0x16), connection_error_name(0x16));
    co_await disconnecting.join();
    co_await too.join();
    // The proxy says that the local host has ended it, which was our wish.
    EXPECT_EQ(on.link->closed()->reason, CloseReason::local);
    co_await on.link->disconnect(on.in(5s));
    on.link.reset();
    EXPECT_EQ(on.owner.released, 1);
  });
}

TEST(EsphomeLinkControl, DisconnectingEndsAtTheDeadlineOrWhenItIsCanceled) {
  for (const bool cancel : {false, true}) {
    LinkStage stage;
    stage.play([cancel](LinkStage& on) -> awaitable<void> {
      const bool cancels = cancel;
      const TimePoint deadline = on.in(5s);
      LinkWork disconnecting = on.beside(on.link->disconnect(deadline));
      co_await on.soon();
      if (cancels) {
        disconnecting.cancel();
        EXPECT_TRUE(co_await thrown_by<boost::system::system_error>(disconnecting.join()));
      } else {
        co_await disconnecting.join();
        EXPECT_EQ(on.clock.now(), deadline);
      }
      EXPECT_EQ(on.link->closed()->reason, CloseReason::local);
      EXPECT_EQ(on.owner.released, 1);
    });
  }
}

TEST(EsphomeLinkControl, TheOwnerMayCloseItAtOnce) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    on.owner.on_release = [&on] { on.state->close(CloseReason::unknown, "at once"); };
    co_await on.link->disconnect(on.in(5s));
    EXPECT_EQ(on.link->closed()->text, "at once");
    on.open();
    on.link.reset();
    EXPECT_TRUE(on.state->is_closed());
    EXPECT_EQ(on.owner.released, 2);
    on.owner.on_release = nullptr;
  });
}

TEST(EsphomeLinkControl, ALostSessionIsSaidAlsoWhileItDisconnects) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    LinkWork disconnecting = on.beside(on.link->disconnect(on.in(5s)));
    co_await on.soon();
    on.state->close(CloseReason::radio_lost, "the proxy is gone");
    co_await disconnecting.join();
    EXPECT_EQ(on.link->closed()->reason, CloseReason::radio_lost);
  });
}

}  // namespace
}  // namespace moor::esphome_radio
