// Pairing over a scripted bluetoothd, which asks the agent as the real one does.

#include "link_stage.hpp"
#include "radio/bluez/agent_desk.hpp"

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using namespace moor::testing;
using Capability = PairingAgent::Capability;

class Person final : public PairingAgent {
public:
  explicit Person(Capability can) : can_(can) {}
  Capability capability() const noexcept override { return can_; }
  awaitable<std::optional<uint32_t>> enter_passkey(Address) override {
    ++asked;
    co_return passkey;
  }
  void display_passkey(const Address&, uint32_t shown, unsigned) override { displayed = shown; }
  awaitable<bool> confirm(Address, uint32_t shown) override {
    ++asked;
    displayed = shown;
    co_return agrees;
  }
  awaitable<bool> allow(Address) override {
    ++asked;
    co_return agrees;
  }
  std::optional<uint32_t> passkey{};
  std::optional<uint32_t> displayed{};
  bool agrees = true;
  int asked = 0;

private:
  Capability can_;
};

awaitable<std::optional<PairingProblem>> problem_of(Stage& on, Link& link, PairingAgent& agent) {
  const auto error = co_await failure_of<PairingFailed>(link.pair(agent, on.in(60s)));
  if (!error) co_return std::nullopt;
  co_return error->problem();
}

using Kind = BluezPairing::Kind;

TEST(BluezPairing, EachMethod) {
  struct Row {
    Kind kind;
    Capability capability;
    std::optional<uint32_t> entered;
    bool agrees;
    std::optional<PairingProblem> problem;
  };
  const std::vector<Row> rows = {
      {Kind::just_works, Capability::none, std::nullopt, true, std::nullopt},
      {Kind::just_works, Capability::none, std::nullopt, false, PairingProblem::rejected},
      {Kind::passkey_entry, Capability::keyboard, 123456, true, std::nullopt},
      {Kind::passkey_entry, Capability::keyboard, std::nullopt, true, PairingProblem::rejected},
      {Kind::passkey_display, Capability::display, std::nullopt, true, std::nullopt},
      {Kind::confirmation, Capability::display_yes_no, std::nullopt, true, std::nullopt},
      {Kind::confirmation, Capability::keyboard_display, std::nullopt, false, PairingProblem::rejected},
      {Kind::unavailable, Capability::none, std::nullopt, true, PairingProblem::refused},
  };
  for (const Row& row : rows) {
    Stage stage;
    stage.play([&row](Stage& on) -> awaitable<void> {
      const Sensor sensor = add_sensor(on);
      BluezPairing pairing;
      pairing.kind = row.kind;
      pairing.passkey = 123456;
      sensor.device.known().pairs(pairing);
      const auto link = co_await connected(on, sensor.address);
      Person person(row.capability);
      person.passkey = row.entered;
      person.agrees = row.agrees;
      const auto problem = co_await problem_of(on, *link, person);
      EXPECT_EQ(problem, row.problem) << static_cast<int>(row.kind);
      EXPECT_EQ(sensor.device.is_paired(), !row.problem.has_value());
      EXPECT_FALSE(on.bluez->has_agent());
      if (row.kind == Kind::passkey_display || row.kind == Kind::confirmation) {
        EXPECT_EQ(person.displayed, 123456U);
      }
      if (!row.problem) {
        EXPECT_TRUE(on.system->tree().find_device(0, sensor.address)->trusted);
        co_await link->pair(person, on.in(5s));
        EXPECT_EQ(on.bluez->count("Pair"), 1U);  // it was paired already
      }
    });
  }
}

TEST(BluezPairing, WhatBluetoothdAnswersIsTyped) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    const auto link = co_await connected(on, sensor.address);
    sensor.device.on("Pair", fails("AuthenticationRejected", "Authentication Rejected"));
    Person person(Capability::keyboard);
    EXPECT_EQ(co_await problem_of(on, *link, person), PairingProblem::rejected);
    sensor.device.on("Pair", fails("AuthenticationTimeout", "Authentication Timeout"));
    EXPECT_EQ(co_await problem_of(on, *link, person), PairingProblem::timed_out);
    sensor.device.on("Pair", fails("InProgress", "In Progress"));
    EXPECT_EQ(co_await problem_of(on, *link, person), PairingProblem::busy);
    sensor.device.on("Pair", fails("AlreadyExists", "Already Exists"));
    EXPECT_EQ(co_await problem_of(on, *link, person), std::nullopt);
  });
}

TEST(BluezPairing, WithoutAnswerItIsCancelledAtTheDeadline) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    const auto link = co_await connected(on, sensor.address);
    sensor.device.on("Pair", never());
    JustWorks agent;
    EXPECT_TRUE(co_await failure_of<TimedOut>(link->pair(agent, on.in(10s))));
    co_await on.clock.wait_for(1s);
    EXPECT_EQ(on.bluez->count("CancelPairing"), 1U);
    EXPECT_FALSE(on.bluez->has_agent());
  });
}

// bluetoothd 5.66 loses the answer of Pair where it is still looking for services when pairing ends.
TEST(BluezPairing, WhereTheAnswerIsLostThePropertyCounts) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    const auto link = co_await connected(on, sensor.address);
    sensor.device.on("Pair", never());
    const auto pair_soon = [](Stage& with, const Sensor& pairing) -> awaitable<void> {
      co_await with.clock.wait_for(300ms);
      pairing.device.set("Paired", true);
    };
    JustWorks agent;
    const TimePoint began = on.clock.now();
    Beside pairing(on.context.get_executor(), pair_soon(on, sensor));
    co_await link->pair(agent, on.in(60s));
    co_await pairing.join();
    EXPECT_LT(on.clock.now() - began, 1s);
    EXPECT_EQ(on.bluez->count("CancelPairing"), 0U);
    EXPECT_FALSE(on.bluez->has_agent());
  });
}

TEST(BluezPairing, WhileConnectingAndForgottenAfterwards) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    LinkContext context = context_of(on);
    LinkOptions options;
    options.pair = true;
    const auto link = co_await connect(std::move(context), sensor.address, std::move(options));
    EXPECT_TRUE(sensor.device.is_paired());
    co_await link->unpair(on.in(5s));
    EXPECT_FALSE(sensor.device.is_paired());
    EXPECT_TRUE(link->closed());
    EXPECT_EQ(link->closed()->reason, CloseReason::local);
  });
}

TEST(BluezPairing, WhatFailsWhileConnectingLeavesNoLink) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    BluezPairing pairing;
    pairing.kind = Kind::unavailable;
    sensor.device.known().pairs(pairing);
    LinkContext context = context_of(on);
    LinkOptions options;
    options.pair = true;
    EXPECT_TRUE(co_await failure_of<PairingFailed>(connect(std::move(context), sensor.address, std::move(options))));
    EXPECT_FALSE(sensor.device.is_connected());
  });
}

// bluetoothd takes one agent, with one capability, from each of its clients.
TEST(BluezPairing, PairingsOfSeveralDevicesShareTheAgent) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor first = add_sensor(on);
    const Sensor second = add_sensor(on, "A4:CF:12:34:56:79");
    BluezPairing entry;
    entry.kind = Kind::passkey_entry;
    entry.passkey = 111111;
    first.device.known().pairs(entry);
    entry.passkey = 222222;
    second.device.known().pairs(entry);
    const Sensor third = add_sensor(on, "A4:CF:12:34:56:7A");
    third.device.known();
    const auto a = co_await connected(on, first.address);
    const auto b = co_await connected(on, second.address);
    const auto c = co_await connected(on, third.address);
    Person one(Capability::keyboard);
    one.passkey = 111111;
    Person two(Capability::keyboard);
    two.passkey = 222222;
    JustWorks three;
    Beside pairing_a = on.beside(a->pair(one, on.in(60s)));
    Beside pairing_b = on.beside(b->pair(two, on.in(60s)));
    Beside pairing_c = on.beside(c->pair(three, on.in(60s)));
    co_await pairing_a.join();
    co_await pairing_b.join();
    co_await pairing_c.join();
    EXPECT_TRUE(first.device.is_paired() && second.device.is_paired() && third.device.is_paired());
    EXPECT_EQ(on.bluez->count("RegisterAgent"), 2U);
    EXPECT_FALSE(on.bluez->has_agent());
  });
}

TEST(BluezPairing, NamesOfCapabilities) {
  EXPECT_STREQ(capability_name(Capability::none), "NoInputNoOutput");
  EXPECT_STREQ(capability_name(Capability::display), "DisplayOnly");
  EXPECT_STREQ(capability_name(Capability::display_yes_no), "DisplayYesNo");
  EXPECT_STREQ(capability_name(Capability::keyboard), "KeyboardOnly");
  EXPECT_STREQ(capability_name(Capability::keyboard_display), "KeyboardDisplay");
}

}  // namespace
}  // namespace moor::bluez
