#include "hub/hub_story.hpp"

#include <boost/system/system_error.hpp>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::HubStory;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
namespace asio = boost::asio;

class HubTest : public HubStory {};

TEST_F(HubTest, TellsWhatTheOwnerHears) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 3, -60);
    attic_.hears(of_sensor(-62));
    co_await wait(1s);
    hall_.hears(of_sensor(-61, "04ff010002"));
  });
  EXPECT_THAT(log_.lines, ElementsAre("news at -60", "news at -61"));
  EXPECT_EQ(log_.advertisements, 4);
  EXPECT_EQ(hub_.owner(address()), 10);
  ASSERT_NE(hub_.find(address()), nullptr);
  EXPECT_EQ(hub_.find(address())->rssi.count(), 4U);
  EXPECT_EQ(hub_.find(Address(address().bits(), true)), hub_.find(address())) << "people do not know the kind";
  EXPECT_THROW(std::rethrow_exception(hub_error_), boost::system::system_error) << "cancelled";
}

TEST_F(HubTest, TellsOfAnotherOwnerAndOfADeviceThatIsGone) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 20, -80);
    EXPECT_EQ(hub_.advertising_interval(address()), 1s);
    co_await hears(attic_, 3, -50);
    EXPECT_EQ(hub_.owner(address()), 11);
    co_await wait(5s);
    EXPECT_EQ(log_.lines.back(), "from 10 to 11");
    co_await wait(1001ms);
    EXPECT_EQ(log_.lines.back(), "A4:CF:12:34:56:78 gone");
  });
}

TEST_F(HubTest, ScansAgainWhereARadioFails) {
  hall_.fails_to_scan = 3;
  play([this]() -> awaitable<void> {
    co_await wait(10s);
    EXPECT_TRUE(hall_.is_scanning());
    EXPECT_THAT(hall_.scans_at, ElementsAre(start_, start_ + 1s, start_ + 3s, start_ + 7s));
    EXPECT_THAT(log_.radios, Contains("10 unavailable"));
    EXPECT_THAT(log_.radios, Contains("10 scanning"));
    co_await hears(hall_, 60, -50);
    hall_.breaks();
    co_await wait(2s);
    EXPECT_EQ(hall_.scans_at.size(), 5U) << "it had worked: again after a second";
  });
}

TEST_F(HubTest, FailsWhereNoRadioEverWorked) {
  for (auto* radio : {&hall_, &attic_, &ear_}) radio->fails_to_scan = 100;
  play([this]() -> awaitable<void> { co_await wait(10s); });
  EXPECT_THROW(std::rethrow_exception(hub_error_), RadioNotAvailable);
  EXPECT_EQ(ended_at_, start_);
}

TEST_F(HubTest, EndsWhenAllRadiosHave) {
  for (auto* radio : {&hall_, &attic_, &ear_}) radio->ends_well = true;
  play([this]() -> awaitable<void> {
    co_await wait(1s);
    for (auto* radio : {&hall_, &attic_, &ear_}) radio->breaks();
    co_await wait(10s);
  });
  EXPECT_FALSE(hub_error_);
  EXPECT_EQ(ended_at_, start_ + 1s);
}

TEST_F(HubTest, BringsBackARadioThatHasFallenSilent) {
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-60));
    for (int i = 0; i < 16; ++i) co_await hears(attic_, 10, -60);
    EXPECT_THAT(hall_.recovered_at, ElementsAre(std::pair(start_ + 90s, false), std::pair(start_ + 120s, true)));
    EXPECT_TRUE(attic_.recovered_at.empty());
    EXPECT_THAT(log_.radios, Contains("10 silent"));
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall")) << "a silent radio is the last resort";
    hall_.hears(of_sensor(-40));
    EXPECT_EQ(log_.radios.back(), "10 scanning");
    EXPECT_THAT(path_names(), ElementsAre("hall", "attic"));
  });
}

TEST_F(HubTest, SaysThatARadioCannotBeBroughtBack) {
  play([this]() -> awaitable<void> {
    co_await wait(40min);
    EXPECT_EQ(hall_.recovered_at.size(), 5U);
    EXPECT_THAT(log_.problem, HasSubstr("could not be brought back by 5 resets"));
  });
}

TEST_F(HubTest, DoesNotResetARadioThatHoldsALink) {
  hall_.its_slots = {.limit = 3, .free = 2, .holders = {{address(), "", start_}}};
  play([this]() -> awaitable<void> { co_await wait(10min); });
  EXPECT_TRUE(hall_.recovered_at.empty()) << "the link shows that it works, and a reset would end it";
  EXPECT_FALSE(attic_.recovered_at.empty());
}

TEST_F(HubTest, WaitsUntilADeviceIsHeard) {
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-60));
    asio::co_spawn(context_, hears(attic_, 3, -60), asio::detached);
    const TimePoint before = clock_.now();
    EXPECT_TRUE(co_await hub_.wait_heard(Address(address().bits(), true), before + 10s));
    EXPECT_EQ(clock_.now() - before, 1s) << "the next advertisement, on whatever radio";
    EXPECT_FALSE(co_await hub_.wait_heard(Address(0x111111111111, false), before + 10s));
    EXPECT_EQ(clock_.now() - before, 10s);
  });
}

TEST_F(HubTest, TellsThoseWhoWaitForAChange) {
  const auto waits_for_change = [this]() -> awaitable<Duration> {
    const TimePoint before = clock_.now();
    co_await hub_.changed(address());
    co_return clock_.now() - before;
  };
  play([&]() -> awaitable<void> {
    asio::co_spawn(context_, hears(hall_, 1, -60), asio::detached);
    EXPECT_EQ(co_await waits_for_change(), 1s) << "it is heard for the first time";
    asio::co_spawn(context_, hears(hall_, 5, -60), asio::detached);
    EXPECT_EQ(co_await waits_for_change(), 89s) << "other radios have heard nothing for so long";
    auto later = [this]() -> awaitable<void> {
      co_await wait(2s);
      attic_.tells_of_a_change();
    };
    asio::co_spawn(context_, later(), asio::detached);
    EXPECT_EQ(co_await waits_for_change(), 0s) << "the other of the two";
    EXPECT_LE(co_await waits_for_change(), 2s) << "the system of a radio knows of a link";
  });
}

TEST_F(HubTest, WaitingForAChangeCanBeCancelled) {
  play([this]() -> awaitable<void> {
    asio::cancellation_signal cancel;
    bool ended = false;
    asio::co_spawn(context_, hub_.changed(address()), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error) {
                     ended = true;
                     EXPECT_TRUE(error);
                   }));
    co_await wait(1s);
    EXPECT_FALSE(ended);
    cancel.emit(asio::cancellation_type::all);
    co_await wait(1s);
    EXPECT_TRUE(ended);
  });
}

}  // namespace
}  // namespace moor
