// Pairing with devices of a world: what the person at the central can do, does and refuses to do.

#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

// A person of the given abilities who types, and says yes or no, as the test wants.
class Person final : public PairingAgent {
public:
  explicit Person(Capability capability, std::optional<uint32_t> types = std::nullopt) : types(types), capability_(capability) {}
  [[nodiscard]] Capability capability() const noexcept override { return capability_; }
  [[nodiscard]] awaitable<std::optional<uint32_t>> enter_passkey(Address) override {
    ++asked;
    if (clock != nullptr) co_await clock->wait_for(thinks);
    co_return types;
  }
  void display_passkey(const Address&, uint32_t passkey, unsigned entered) override {
    shown = passkey;
    typed = entered;
  }
  [[nodiscard]] awaitable<bool> confirm(Address, uint32_t passkey) override {
    shown = passkey;
    co_return agrees;
  }
  [[nodiscard]] awaitable<bool> allow(Address) override {
    ++allowed;
    co_return agrees;
  }

  std::optional<uint32_t> types;
  bool agrees = true;
  Clock* clock = nullptr;
  Duration thinks{};
  int asked = 0, allowed = 0;
  std::optional<uint32_t> shown{};
  unsigned typed = 0;

private:
  Capability capability_;
};

using Capability = PairingAgent::Capability;

class PairingTest : public LinkTest {
protected:
  void make_device(PairingMethod method, uint32_t passkey = 123456) {
    sim::DeviceEntry device = gatt_device();
    device.pairing = method;
    device.passkey = passkey;
    make(proxy_world({device}));
  }
  /// What pairing ends with; nothing where it succeeds. The secret is then, and only then, readable.
  awaitable<std::optional<PairingProblem>> pair(Person& person, Duration patience = 1min) {
    std::optional<PairingProblem> problem;
    co_await connect_and_discover();
    try {
      co_await link_->pair(person, in(patience));
    } catch (const PairingFailed& failed) {
      problem = failed.problem();
    }
    if (!link_->closed()) {
      EXPECT_EQ(co_await read_code(secret), problem ? 0x05 : 0);
    }
    const auto known = radios_[0]->find_device(device_address(1));
    EXPECT_EQ(known && known->bonded, !problem);
    co_return problem;
  }
};

TEST_F(PairingTest, FollowsWhatBothCanDo) {
  struct Row {
    PairingMethod device;
    Capability agent;
    std::optional<PairingProblem> problem;
  };
  using enum PairingMethod;
  const Row rows[] = {
      {just_works, Capability::none, std::nullopt},
      {just_works, Capability::keyboard_display, std::nullopt},
      {passkey_entry, Capability::keyboard, std::nullopt},
      {passkey_entry, Capability::keyboard_display, std::nullopt},
      {passkey_entry, Capability::none, PairingProblem::refused},
      {passkey_entry, Capability::display_yes_no, PairingProblem::refused},
      {passkey_display, Capability::display, std::nullopt},
      {passkey_display, Capability::display_yes_no, std::nullopt},
      {passkey_display, Capability::keyboard_display, std::nullopt},
      {passkey_display, Capability::keyboard, std::nullopt},
      {passkey_display, Capability::none, PairingProblem::refused},
      {numeric_comparison, Capability::display_yes_no, std::nullopt},
      {numeric_comparison, Capability::keyboard_display, std::nullopt},
      {numeric_comparison, Capability::keyboard, std::nullopt},
      {numeric_comparison, Capability::display, PairingProblem::refused},
      {numeric_comparison, Capability::none, PairingProblem::refused},
  };
  for (const Row& row : rows) {
    make_device(row.device);
    Person person(row.agent, 123456);
    play([&]() -> awaitable<void> {
      EXPECT_EQ(co_await pair(person), row.problem) << to_string(row.device) << ", agent " << static_cast<int>(row.agent);
      EXPECT_EQ(person.allowed, row.device == just_works ? 1 : 0) << "just works is never a way round another method";
    });
  }
}

TEST_F(PairingTest, AWrongPasskeyIsToldSo) {
  make_device(PairingMethod::passkey_entry);
  Person person(Capability::keyboard, 123457);
  play([&]() -> awaitable<void> {
    EXPECT_EQ(co_await pair(person), PairingProblem::wrong_passkey);
    person.types = 123456;
    co_await link_->pair(person, in(1min));
    EXPECT_EQ(co_await read_code(secret), 0) << "and may be tried again";
    EXPECT_EQ(person.asked, 2);
    co_await link_->pair(person, in(1min));
    EXPECT_EQ(person.asked, 2) << "it is paired";
  });
}

TEST_F(PairingTest, APersonMayRefuse) {
  Person person(Capability::keyboard_display);
  make_device(PairingMethod::passkey_entry);
  play([&]() -> awaitable<void> { EXPECT_EQ(co_await pair(person), PairingProblem::rejected); });
  person.agrees = false;
  make_device(PairingMethod::numeric_comparison);
  play([&]() -> awaitable<void> { EXPECT_EQ(co_await pair(person), PairingProblem::wrong_passkey); });
  make_device(PairingMethod::just_works);
  play([&]() -> awaitable<void> { EXPECT_EQ(co_await pair(person), PairingProblem::rejected); });
}

TEST_F(PairingTest, ShowsWhatIsTypedOnTheDevice) {
  Person person(Capability::display);
  std::optional<uint32_t> first;
  for (int i = 0; i < 2; ++i) {
    make_device(PairingMethod::passkey_display);
    play([&]() -> awaitable<void> {
      const TimePoint before = clock_.now();
      EXPECT_EQ(co_await pair(person), std::nullopt);
      EXPECT_GT(clock_.now() - before, 3s) << "typing takes its time";
    });
    ASSERT_TRUE(person.shown);
    EXPECT_LE(*person.shown, max_passkey);
    EXPECT_EQ(person.typed, 6U);
    if (i == 0) first = person.shown;
  }
  EXPECT_NE(first, std::nullopt);
}

TEST_F(PairingTest, EndsWithTheDevicesPatienceTheDeadlineAndTheLink) {
  Person person(Capability::keyboard, 123456);
  person.clock = &clock_;
  person.thinks = 1h;
  make_device(PairingMethod::passkey_entry);
  play([&]() -> awaitable<void> { EXPECT_EQ(co_await pair(person, 2min), PairingProblem::timed_out); });
  make_device(PairingMethod::passkey_entry);
  play([&]() -> awaitable<void> {
    co_await connect();
    EXPECT_THROW(co_await link_->pair(person, in(10s)), TimedOut);
  });
  make_device(PairingMethod::passkey_entry);
  play([&]() -> awaitable<void> {
    co_await connect();
    Beside pairing;
    start(pairing, link_->pair(person, in(1min)));
    co_await clock_.wait_for(5s);
    world_->drop_link(device_address(1), CloseReason::peer);
    co_await clock_.wait_for(1s);
    EXPECT_TRUE(pairing.done);
    EXPECT_TRUE(threw<LinkClosed>(pairing));
  });
}

TEST_F(PairingTest, MayBeCancelledWhileSomebodyTypes) {
  Person person(Capability::keyboard, 123456);
  person.clock = &clock_;
  person.thinks = 1h;
  make_device(PairingMethod::passkey_entry);
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    Beside pairing;
    start(pairing, link_->pair(person, in(1min)));
    co_await clock_.wait_for(5s);
    pairing.stop.emit(boost::asio::cancellation_type::all);
    co_await clock_.wait_for(1ms);
    EXPECT_TRUE(pairing.done);
    EXPECT_TRUE(pairing.error);
    EXPECT_EQ(co_await read_code(secret), 0x05);
  });
}

TEST_F(PairingTest, DescriptorsRefuseAsTheWorldSays) {
  sim::DeviceEntry device = gatt_device();
  device.services[0].characteristics[0].descriptors[0].errors = {{"read", 0x80}, {"write", 0xFC}};
  make(proxy_world({device}));
  play([&]() -> awaitable<void> {
    co_await connect_and_discover();
    const uint16_t described = services_.get_characteristic(plain).find_descriptor(user_description)->handle;
    EXPECT_EQ(co_await att_code(ignore(link_->read_descriptor(described, in(5s)))), 0x80);
    std::vector<uint8_t> value{1};
    EXPECT_EQ(co_await att_code(link_->write_descriptor(described, value, in(5s))), 0xFC);
  });
}

}  // namespace
}  // namespace moor::testing
