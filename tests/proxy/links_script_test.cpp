// Links over a radio of a script: what hangs, what does not close, order and bounds.

#include "proxy/desk_radio.hpp"
#include "proxy/links_fixture.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moor::testing {
namespace {

using namespace std::chrono_literals;
using esphome::DeviceRequestType;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

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

}  // namespace
}  // namespace moor::testing
