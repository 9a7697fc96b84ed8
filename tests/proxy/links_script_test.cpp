// Links over a radio of a script: what hangs, what does not close, order and bounds, and random orders of everything.

#include "core/within.hpp"
#include "proxy/links_fixture.hpp"
#include "support/fake_link.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <random>
#include <set>

namespace moor::testing {
namespace {

using namespace std::chrono_literals;
using esphome::DeviceRequestType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

uint64_t address(uint64_t number) {
  return 0xC00000000000 | number;
}

// Its devices are made when they are first connected to. It knows who really has a link, or is being connected to.
class DeskRadio final : public Radio {
public:
  struct Script {
    Duration after = 100ms;
    Duration lets_go = 0ms;  ///< how long it goes on when it is cancelled
    std::optional<ConnectReason> fails{};
  };

  explicit DeskRadio(VirtualClock& clock) : clock_(clock) {}
  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink&) override { co_return; }
  [[nodiscard]] Slots slots() const override { return slots_now; }
  [[nodiscard]] LinkAbilities abilities() const override { return can; }

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    const uint64_t bits = device.bits();
    asked.push_back(options);
    EXPECT_TRUE(attempts.insert(bits).second) << "two attempts at one device";
    struct End {
      std::multiset<uint64_t>& all;
      uint64_t bits;
      ~End() { all.erase(all.find(bits)); }
    } end{held_, bits};
    held_.insert(bits);
    struct Attempt {
      std::set<uint64_t>& all;
      uint64_t bits;
      ~Attempt() { all.erase(bits); }
    } attempt{attempts, bits};
    const Script script = scripts[bits];
    std::exception_ptr cancelled;
    try {
      co_await clock_.wait_for(script.after);
    } catch (...) {
      cancelled = std::current_exception();
    }
    if (cancelled) {
      co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
      co_await clock_.wait_for(script.lets_go);
      std::rethrow_exception(cancelled);
    }
    if (script.fails) throw_connect_error("scripted", {}, {.reason = *script.fails});
    co_return std::make_unique<FakeLink>(co_await boost::asio::this_coro::executor, at(bits));
  }

  FakeDevice& at(uint64_t bits) {
    auto& device = devices_[bits];
    if (device) return *device;
    device = std::make_unique<FakeDevice>(clock_);
    device->address = Address(bits, true);
    device->table = make_table({{0x180F, {{0x2A19, {Property::read, Property::notify}}, {0x2A1A, {Property::read}}}}});
    return *device;
  }
  /// Attempts and links that there are.
  [[nodiscard]] std::set<uint64_t> busy() const {
    std::set<uint64_t> all(held_.begin(), held_.end());
    for (const auto& [bits, device] : devices_)
      if (device->links > 0) all.insert(bits);
    return all;
  }

  std::map<uint64_t, Script> scripts;
  std::set<uint64_t> attempts;
  std::vector<LinkOptions> asked;
  Slots slots_now{};
  LinkAbilities can{};

private:
  VirtualClock& clock_;
  RadioInfo info_{.id = 0, .name = "desk", .kind = "fake", .detail = {}, .can_connect = true};
  std::map<uint64_t, std::unique_ptr<FakeDevice>> devices_;
  std::multiset<uint64_t> held_;
};

class LinksScriptTest : public ::testing::Test {
protected:
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    links_ = std::make_unique<proxy::Links>(clock_, context_.get_executor(), radio_, options_);
    client_ = std::make_shared<RecordingClient>();
    links_->set_client(client_);
    client_->lines.clear();
    testing::play(clock_, context_, run(coroutine));
    links_.reset();
  }
  template <typename Coroutine>
  awaitable<void> run(Coroutine& coroutine) {
    co_await coroutine();
    co_await links_->close_all(clock_.now() + 1min);
    links_.reset();
  }
  awaitable<void> wait(Duration duration) { return clock_.wait_for(duration); }
  awaitable<void> connect(uint64_t number = 1) {
    ask_.connect(address(number));
    co_await wait(3s);
    EXPECT_EQ(client_->lines.back(), fmt::format("69 {} up 247", number));
    client_->lines.clear();
  }
  FakeDevice& device(uint64_t number = 1) { return radio_.at(address(number)); }

  VirtualClock clock_{TimePoint(1h)};
  boost::asio::io_context context_;
  DeskRadio radio_{clock_};
  proxy::Options options_;
  std::unique_ptr<proxy::Links> links_;
  std::shared_ptr<RecordingClient> client_;
  Asking ask_{links_};
};

TEST_F(LinksScriptTest, AsksTheRadioForWhatTheClientAskedFor) {
  play([&]() -> awaitable<void> {
    co_await connect(1);
    ask_.connect_with_cache(address(2));
    co_await wait(200ms);
    EXPECT_THAT(client_->of(69), ElementsAre("2 up 247")) << "before its services";
    EXPECT_EQ(radio_.asked.size(), 2U);
    EXPECT_FALSE(radio_.asked[0].use_services_cache);
    EXPECT_TRUE(radio_.asked[1].use_services_cache);
    EXPECT_EQ(radio_.asked[0].timeout, 20s);
    EXPECT_EQ(device(2).count("discover"), 0U);
  });
}

TEST_F(LinksScriptTest, ALinkThatDoesNotCloseGivesItsSlotBackAfterTenSeconds) {
  play([&]() -> awaitable<void> {
    co_await connect();
    device().closing = 1min;
    ask_.read(address(1), 3);
    ask_.disconnect(address(1));
    co_await wait(9900ms);
    EXPECT_EQ(client_->of(69), std::vector<std::string>());
    co_await wait(200ms);
    EXPECT_EQ(client_->take(), (std::vector<std::string>{"74 1/3 ", "69 1 down 0x16", "81 3/3"}));
    EXPECT_EQ(links_->counts().stuck, 1U);
    co_await wait(1min);
    EXPECT_THAT(client_->take(), IsEmpty()) << "told once";
    ask_.connect(address(1));
    co_await wait(3s);
    EXPECT_EQ(client_->lines.back(), "69 1 up 247");
  });
}

TEST_F(LinksScriptTest, AnAttemptThatIsNotLetGoOfGivesItsSlotBackToo) {
  play([&]() -> awaitable<void> {
    radio_.scripts[address(1)] = {.after = 1h, .lets_go = 20s};
    ask_.connect(address(1));
    co_await wait(39s);
    EXPECT_THAT(client_->take(), ElementsAre("81 2/3 1"));
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ElementsAre("69 1 down 0x16", "81 3/3")) << "30 s to connect, 10 s to end";
    co_await wait(20s);
    EXPECT_THAT(client_->take(), IsEmpty());
  });
}

TEST_F(LinksScriptTest, OneHandleInOrderOthersSideBySide) {
  play([&]() -> awaitable<void> {
    co_await connect();
    device().latency = 1s;
    for (int i = 0; i < 3; ++i) ask_.write(address(1), 3, {static_cast<uint8_t>(i)});
    ask_.read(address(1), 3);
    ask_.read(address(1), 6);
    co_await wait(1100ms);
    EXPECT_THAT(client_->take(), ElementsAre("83 1/3", "74 1/6 "));
    co_await wait(3s);
    EXPECT_THAT(client_->take(), ElementsAre("83 1/3", "83 1/3", "74 1/3 02"));
  });
}

TEST_F(LinksScriptTest, ARequestWithoutAnAnswerEndsAfterThirtySecondsAndTheNextGoesOn) {
  play([&]() -> awaitable<void> {
    co_await connect();
    device().silent[3] = 1;
    ask_.read(address(1), 3);
    co_await wait(10s);
    ask_.read(address(1), 3);
    ask_.read(address(1), 6);
    co_await wait(19s);
    EXPECT_THAT(client_->take(), ElementsAre("74 1/6 "));
    co_await wait(2s);
    EXPECT_THAT(client_->take(), ElementsAre("82 1/3 133", "74 1/3 "));
  });
}

TEST_F(LinksScriptTest, RequestsBeyondTheBoundAreAnsweredBusy) {
  play([&]() -> awaitable<void> {
    co_await connect();
    device().latency = 10ms;
    for (int i = 0; i < 70; ++i) ask_.read(address(1), 3);
    EXPECT_THAT(client_->take(), SizeIs(6));
    co_await wait(5s);
    EXPECT_THAT(client_->of(74), SizeIs(64));
    client_->lines.clear();
    ask_.read(address(1), 3);
    co_await wait(1s);
    EXPECT_THAT(client_->take(), ElementsAre("74 1/3 "));
  });
}

TEST_F(LinksScriptTest, AServiceThatCannotBeReadIsSilence) {
  play([&]() -> awaitable<void> {
    ask_.connect_with_cache(address(1));
    co_await wait(1s);
    client_->lines.clear();
    device().discovery = 1h;
    ask_.services(address(1));
    co_await wait(2min);
    EXPECT_THAT(client_->take(), IsEmpty()) << "never 72";
  });
}

TEST_F(LinksScriptTest, ServicesThatCannotBeToldWholeAreSilence) {
  play([&]() -> awaitable<void> {
    std::vector<FakeCharacteristic> many(1025, {0x2A00, {Property::read}});
    device().table = make_table({{0x1800, {{0x2A00, {Property::read}}}}, {0xFFF0, many}});
    co_await connect();
    ask_.services(address(1));
    co_await wait(2min);
    EXPECT_THAT(client_->take(), IsEmpty());
  });
}

TEST_F(LinksScriptTest, ServicesAreAskedForAgainWhenTheyHaveChanged) {
  play([&]() -> awaitable<void> {
    co_await connect();
    ask_.services(address(1));
    co_await wait(10ms);
    EXPECT_EQ(device().count("discover"), 1U);
    device().system_table.reset();
    device().services_changed();
    ask_.services(address(1));
    ask_.services(address(1));
    co_await wait(5s);
    EXPECT_EQ(device().count("discover"), 2U) << "once for both";
    EXPECT_THAT(client_->of(72), SizeIs(3));
  });
}

TEST_F(LinksScriptTest, OldClientsAreToldLongUuids) {
  play([&]() -> awaitable<void> {
    co_await connect();
    const auto old = std::make_shared<RecordingClient>(11);
    links_->set_client(old);
    co_await wait(1s);
    ask_.connect(address(1));
    co_await wait(3s);
    ask_.services(address(1));
    co_await wait(1s);
    EXPECT_EQ(old->services.at(0).short_uuid, 0U);
    EXPECT_EQ(old->services.at(0).uuid.count, 2);
  });
}

TEST_F(LinksScriptTest, ARadioThatCannotSaysSo) {
  radio_.can = {.pairing = false, .cache_clearing = false, .parameters = false};
  play([&]() -> awaitable<void> {
    co_await connect();
    EXPECT_EQ(links_->features(), 0b110U);
    ask_.device(address(1), DeviceRequestType::pair);
    ask_.device(address(1), DeviceRequestType::unpair);
    ask_.device(address(1), DeviceRequestType::clear_cache);
    ask_.message(esphome::SetConnectionParameters{address(1), 24, 40, 0, 420});
    EXPECT_THAT(client_->take(), ElementsAre("85 1 no 6", "86 1 no 6", "88 1 no 6", "146 1 6"));
  });
}

TEST_F(LinksScriptTest, TheRadiosOwnLimitHolds) {
  radio_.slots_now = {.limit = 2, .free = 1, .holders = {{Address(address(9), true), {}, {}}}};
  play([&]() -> awaitable<void> {
    ask_.connect(address(1));
    EXPECT_THAT(client_->take(), ElementsAre("81 0/2 1 9"));
    ask_.connect(address(2));
    EXPECT_THAT(client_->take(), ElementsAre("69 2 down 0x0"));
    co_await wait(3s);
  });
}

TEST_F(LinksScriptTest, DestroyedWithLinksAndAttemptsUnderWay) {
  play([&]() -> awaitable<void> {
    co_await connect(1);
    radio_.scripts[address(2)] = {.after = 1h};
    ask_.connect(address(2));
    ask_.write_descriptor(address(1), 4, {1, 0});
    ask_.read(address(1), 3);
    co_await wait(10ms);
    client_->lines.clear();
    links_.reset();
    EXPECT_EQ(device(1).links, 0) << "at once";
    co_await wait(1ms);
    EXPECT_THAT(radio_.busy(), IsEmpty());
    EXPECT_THAT(client_->take(), IsEmpty());
    links_ = std::make_unique<proxy::Links>(clock_, context_.get_executor(), radio_, options_);
  });
}

// Random orders of whatever clients, devices and the radio may do. What the last 81 said is what there is; every request has had one answer.
class RandomOrders {
public:
  RandomOrders(uint64_t seed, VirtualClock& clock, DeskRadio& radio, std::unique_ptr<proxy::Links>& links)
      : random_(seed), clock_(clock), radio_(radio), links_(links), ask_(links) {}

  awaitable<void> play(int steps) {
    new_client();
    for (int i = 0; i < steps; ++i) {
      step();
      co_await clock_.wait_for(std::chrono::milliseconds(pick(4) == 0 ? 0 : pick(800)));
      co_await settle();
    }
    co_await links_->close_all(clock_.now() + 1min);
    co_await settle();
    EXPECT_THAT(radio_.busy(), IsEmpty());
    EXPECT_EQ(links_->counts().stuck, 0U);
    if (!client_) co_return;
    EXPECT_EQ(client_->slots.free, client_->slots.limit);
    EXPECT_EQ(asked_, answered()) << "each request has one answer";
  }

private:
  uint64_t pick(uint64_t below) { return std::uniform_int_distribution<uint64_t>(0, below - 1)(random_); }

  awaitable<void> settle() {
    co_await clock_.wait_for(1us);  // what was begun at this moment has run
    if (!client_) co_return;
    const auto busy = radio_.busy();
    const std::set<uint64_t> said(client_->slots.allocated.begin(), client_->slots.allocated.end());
    EXPECT_EQ(said, busy);
    EXPECT_EQ(client_->slots.free, 3 - busy.size());
  }
  void new_client() {
    client_ = std::make_shared<RecordingClient>();
    links_->set_client(client_);
    asked_ = 0;
  }
  size_t answered() const {
    size_t count = 0;
    for (const int type : {74, 82, 83, 84, 85, 146}) count += client_->of(type).size();
    // Requests for services have handle 0 where they are refused, and are not counted.
    return count -
           static_cast<size_t>(std::ranges::count_if(client_->of(82), [](const std::string& each) { return each[2] == '0'; }));
  }

  void step() {
    const uint64_t device = address(1 + pick(5));
    switch (pick(16)) {
      case 0:
      case 1:
      case 2: radio_.scripts[device] = script(); return ask_.connect(device);
      case 3:
      case 4: return ask_.connect_with_cache(device);
      case 5:
      case 6: return ask_.disconnect(device);
      case 7:
        if (radio_.at(device).close) radio_.at(device).close(CloseReason::peer);
        return;
      case 8: return pick(4) == 0 ? change_client() : ask_.services(device);
      case 9:
        radio_.at(device).closing = std::chrono::milliseconds(pick(3000));
        radio_.at(device).latency = std::chrono::milliseconds(pick(500));
        return;
      default: return request(device);
    }
  }
  DeskRadio::Script script() {
    DeskRadio::Script made{.after = std::chrono::milliseconds(pick(3000))};
    if (pick(4) == 0) made.lets_go = std::chrono::milliseconds(pick(2000));
    if (pick(4) == 0) made.fails = static_cast<ConnectReason>(pick(connect_reason_count));
    return made;
  }
  void change_client() {
    if (pick(2) == 0) {
      client_.reset();
      links_->set_client(nullptr);
    } else {
      new_client();
    }
  }
  void request(uint64_t device) {
    if (client_) ++asked_;
    const auto handle = static_cast<uint32_t>(3 + pick(4));
    switch (pick(8)) {
      case 0: return ask_.read(device, handle);
      case 1: return ask_.write(device, handle, {1, 2}, pick(2) == 0);
      case 2: return ask_.read_descriptor(device, handle);
      case 3: return ask_.write_descriptor(device, handle, {static_cast<uint8_t>(pick(3)), 0});
      case 4: return ask_.notify(device, handle, true);
      case 5: return ask_.notify(device, handle, false);
      case 6: return ask_.device(device, DeviceRequestType::pair);
      default: ask_.message(esphome::SetConnectionParameters{device, 24, 40, 0, 420}); return;
    }
  }

  std::mt19937_64 random_;
  VirtualClock& clock_;
  DeskRadio& radio_;
  std::unique_ptr<proxy::Links>& links_;
  Asking ask_;
  std::shared_ptr<RecordingClient> client_;
  size_t asked_ = 0;
};

TEST(LinksModel, WhatIsToldOfSlotsIsTrueInAnyOrder) {
  for (uint64_t seed = 1; seed <= 150; ++seed) {
    SCOPED_TRACE(seed);
    VirtualClock clock(TimePoint(1h));
    boost::asio::io_context context;
    DeskRadio radio(clock);
    radio.can.parameters = true;
    const proxy::Options options;
    auto links = std::make_unique<proxy::Links>(clock, context.get_executor(), radio, options);
    RandomOrders orders(seed, clock, radio, links);
    play(clock, context, orders.play(120));
    links.reset();
    play(clock, context, [](VirtualClock& its_clock) { return its_clock.wait_for(1s); }(clock));
    if (::testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace moor::testing
