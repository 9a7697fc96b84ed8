#include "connect/virtual_time.hpp"
#include "moor/connect.hpp"
#include "moor/service_cache.hpp"
#include "support/scripted_radio.hpp"

#include <boost/system/system_error.hpp>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::fails;
using moor::testing::Outcome;
using moor::testing::ScriptedRadio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace asio = boost::asio;

constexpr Address sensor(0xA4CF12345678, false);

// RadioPaths that counts what it is told of.
class CountingPaths final : public PathSource {
public:
  CountingPaths(Clock& clock, std::vector<Radio*> radios, bool try_unknown) : inner_(clock, std::move(radios), try_unknown) {}
  [[nodiscard]] Clock& clock() noexcept override { return inner_.clock(); }
  [[nodiscard]] std::vector<Path> paths_to(const Address& device) override { return inner_.paths_to(device); }
  [[nodiscard]] std::string explain(const Address& device) override { return inner_.explain(device); }
  void attempt_began(const Path&) override { ++began; }
  void attempt_ended(const Path&, bool connected) override { ++(connected ? succeeded : failed); }
  [[nodiscard]] awaitable<void> changed(Address device) override { co_await inner_.changed(device); }
  [[nodiscard]] std::vector<Radio*> radios() override { return inner_.radios(); }

  int began = 0;
  int succeeded = 0;
  int failed = 0;

private:
  RadioPaths inner_;
};

class EstablishTest : public moor::testing::VirtualTime {
protected:
  EstablishTest() {
    hall_.known = KnownDevice{.address = sensor, .path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78", .rssi_dbm = int8_t{-60}};
    attic_.known = KnownDevice{.address = sensor, .rssi_dbm = int8_t{-80}};
    options_.client.label = "thermometer";
    options_.on_failed_attempt = [this](const FailedAttempt& attempt) { failures_.push_back(attempt); };
  }
  // @returns whether it connected; what it throws comes out.
  bool establish(PathSource& paths) {
    bool connected = false;
    play([&]() -> awaitable<void> {
      const Target target{.address = sensor, .name = "T1"};
      const Client client = co_await establish_connection(paths, target, options_);
      connected = client.is_connected();
    });
    return connected;
  }
  bool establish() {
    if (!paths_) paths_.emplace(clock_, radios_, true);
    return establish(*paths_);
  }
  std::vector<Duration> starts(const ScriptedRadio& radio) const {
    std::vector<Duration> times;
    for (const auto& call : radio.calls) times.push_back(call.at - start_);
    return times;
  }
  template <typename Change>
  void at(Duration after, Change change) {
    beside([](Clock& clock, Duration d, Change what) -> awaitable<void> {
      co_await clock.wait_for(d);
      what();
    }(clock_, after, change));
  }

  ScriptedRadio hall_{clock_, 1, "hall"};
  ScriptedRadio attic_{clock_, 2, "attic"};
  std::vector<Radio*> radios_{&hall_};
  std::optional<CountingPaths> paths_;
  ConnectOptions options_;
  std::vector<FailedAttempt> failures_;
};

TEST_F(EstablishTest, ConnectsOverTheBestRadio) {
  radios_ = {&attic_, &hall_};
  EXPECT_TRUE(establish());
  EXPECT_THAT(hall_.calls, SizeIs(1));
  EXPECT_THAT(attic_.calls, IsEmpty());
  EXPECT_EQ(hall_.calls[0].options.label, "thermometer");
  EXPECT_EQ(hall_.calls[0].options.timeout, 10s) << "half, while another radio is there";
  EXPECT_EQ(paths_->succeeded, 1);
  EXPECT_EQ(hall_.links_closed, 1) << "the client has ended";
}

TEST_F(EstablishTest, TriesAnotherRadioAtOnce) {
  radios_ = {&hall_, &attic_};
  hall_.outcomes = {fails(ConnectReason::timed_out, 10s)};
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(attic_), ElementsAre(10s));
}

TEST_F(EstablishTest, GivesTheOnlyRadioAllOfTheTime) {
  radios_ = {&hall_};
  EXPECT_TRUE(establish());
  EXPECT_EQ(hall_.calls[0].options.timeout, 20s);
}

TEST_F(EstablishTest, GivesSecondAttemptsAllOfTheTime) {
  radios_ = {&hall_, &attic_};
  hall_.outcomes = {fails(ConnectReason::aborted_by_local), {}};
  attic_.outcomes = {fails(ConnectReason::timed_out, 10s)};
  EXPECT_TRUE(establish());
  ASSERT_THAT(hall_.calls, SizeIs(2));
  EXPECT_EQ(hall_.calls[0].options.timeout, 10s);
  EXPECT_EQ(hall_.calls[1].options.timeout, 20s);
}

TEST_F(EstablishTest, ComesBackToTheFirstRadioWhenItsWaitIsOver) {
  radios_ = {&hall_, &attic_};
  hall_.outcomes = {fails(ConnectReason::stack_error), {}};
  attic_.outcomes = {fails(ConnectReason::timed_out, 3s)};
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(attic_), ElementsAre(0s));
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 3s));
}

TEST_F(EstablishTest, SkipsARadioThatIsOff) {
  radios_ = {&hall_, &attic_};
  hall_.health_now.state = RadioHealth::State::unavailable;
  EXPECT_TRUE(establish());
  EXPECT_THAT(hall_.calls, IsEmpty());
}

TEST_F(EstablishTest, WaitsForASlotAndNotLongerThanFourSeconds) {
  hall_.slots_now = {.limit = 3, .free = 0};
  hall_.outcomes = {fails(ConnectReason::out_of_slots), fails(ConnectReason::out_of_slots), {}};
  at(5500ms, [this] {
    hall_.slots_now.free = 1;
    hall_.notify();
  });
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 4s, 5500ms));
}

TEST_F(EstablishTest, ASlotThatBecomesFreeUntoldIsSeenSoon) {
  hall_.slots_now = {.limit = 3, .free = 0};
  hall_.outcomes = {fails(ConnectReason::out_of_slots), {}};
  at(1100ms, [this] { hall_.slots_now.free = 1; });
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 1250ms));
}

TEST_F(EstablishTest, WaitsUntilTheDeviceIsHeardAgain) {
  hall_.outcomes = {fails(ConnectReason::device_not_found), {}};
  hall_.on_outcome = [this](const Outcome& outcome) {
    if (outcome.cause) hall_.known.reset();
  };
  at(1230ms, [this] {
    hall_.known = KnownDevice{.address = sensor};
    hall_.notify();
  });
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 1230ms));
}

TEST_F(EstablishTest, WaitsForTheOldLinkToBeGone) {
  hall_.outcomes = {fails(ConnectReason::aborted_by_local), {}};
  hall_.on_outcome = [this](const Outcome&) { hall_.known->connected = true; };
  at(1700ms, [this] {
    hall_.known->connected = false;
    hall_.notify();
  });
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 1700ms));
}

TEST_F(EstablishTest, ARadioThatDoesNotKeepItsTimeOutIsLeftSoon) {
  hall_.outcomes = {{.hangs = true}, {}};
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 25250ms));
  EXPECT_EQ(hall_.running, 0);
}

TEST_F(EstablishTest, CompatEndsAnAttemptThatHangsAfterAMinute) {
  options_.profile = RetryProfile::compat;
  hall_.outcomes = {{.hangs = true}, {}};
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 60250ms));
  EXPECT_EQ(hall_.running, 0);
  ASSERT_THAT(failures_, SizeIs(1));
  EXPECT_EQ(failures_[0].cause.reason, ConnectReason::timed_out);
  EXPECT_EQ(failures_[0].failed - failures_[0].began, 60s);
}

TEST_F(EstablishTest, TheErrorTellsAll) {
  hall_.slots_now = {
      .limit = 1, .free = 0, .holders = {{.device = Address(0x70B3D5000001, false), .label = "scale", .since = start_}}};
  hall_.outcomes = {fails(ConnectReason::out_of_slots)};
  try {
    establish();
    FAIL() << "it connected";
  } catch (const OutOfConnectionSlots& error) {
    EXPECT_THAT(error.what(), HasSubstr("thermometer"));
    EXPECT_THAT(error.what(), HasSubstr("A4:CF:12:34:56:78"));
    EXPECT_THAT(error.what(), HasSubstr("out of connection slots; tried 9 times in 32 s"));
    EXPECT_THAT(error.what(), HasSubstr("hall has 1 of 1 slots in use: 70:B3:D5:00:00:01 (scale, for 32 s)"));
    EXPECT_THAT(error.advice(), HasSubstr("Disconnect"));
    EXPECT_EQ(error.context().attempts, 9);
    EXPECT_EQ(error.context().radio, "hall");
    EXPECT_THAT(error.attempts(), SizeIs(9));
    EXPECT_EQ(error.cause().reason, ConnectReason::out_of_slots);
  }
  EXPECT_EQ(paths_->began, 9);
  EXPECT_EQ(paths_->failed, 9);
}

struct ErrorRow {
  ConnectReason reason;
  bool (*is_it)(const Error&);
};
template <typename E>
bool is(const Error& error) {
  return dynamic_cast<const E*>(&error) != nullptr;
}

TEST_F(EstablishTest, TheErrorsTypeFollowsTheLastCause) {
  constexpr ErrorRow rows[] = {
      {ConnectReason::timed_out, is<DeviceNotFound>},          {ConnectReason::device_not_found, is<DeviceNotFound>},
      {ConnectReason::out_of_slots, is<OutOfConnectionSlots>}, {ConnectReason::not_established, is<ConnectionAborted>},
      {ConnectReason::att_error, is<ConnectionFailed>},        {ConnectReason::radio_unavailable, is<RadioNotAvailable>},
  };
  for (const ErrorRow& row : rows) {
    hall_.outcomes = {fails(row.reason)};
    try {
      establish();
      ADD_FAILURE() << "it connected";
    } catch (const Error& error) {
      EXPECT_TRUE(row.is_it(error)) << error.what();
    }
  }
}

TEST_F(EstablishTest, NobodyHearsTheDevice) {
  hall_.known.reset();
  CountingPaths paths(clock_, {&hall_}, false);
  at(9s, [this] {
    hall_.known = KnownDevice{.address = sensor};
    hall_.notify();
  });
  EXPECT_TRUE(establish(paths));
  EXPECT_THAT(starts(hall_), ElementsAre(9s));
  EXPECT_THAT(failures_, SizeIs(3));
  EXPECT_EQ(failures_[0].radio, "");
  EXPECT_THAT(failures_[0].cause.text, HasSubstr("hall does not know the device"));
}

TEST_F(EstablishTest, ADiscoveryThatFailsIsAFailedAttempt) {
  hall_.outcomes = {{.discovery = ConnectCause{.reason = ConnectReason::services_incomplete}}, {}};
  EXPECT_TRUE(establish());
  EXPECT_THAT(starts(hall_), ElementsAre(0s, 100ms));
  EXPECT_EQ(hall_.clear_calls, 1);
  EXPECT_EQ(hall_.close_calls, 1);
  EXPECT_EQ(hall_.links_made, 2);
  EXPECT_EQ(hall_.links_closed, 2);
}

TEST_F(EstablishTest, IncompleteServicesAreForgottenInTheCacheToo) {
  ServiceCache cache;
  cache.store(sensor, GattServices({GattService{.uuid = Uuid(0x180F)}}));
  options_.cache = &cache;
  hall_.outcomes = {fails(ConnectReason::services_incomplete), {}};
  EXPECT_TRUE(establish());
  EXPECT_FALSE(cache.find(sensor));
}

TEST_F(EstablishTest, TheRadiosServicesAreUsedOnlyWhereTheyAreWhole) {
  hall_.outcomes = {fails(ConnectReason::unknown), {}};
  hall_.on_outcome = [this](const Outcome&) { hall_.services_known = false; };
  EXPECT_TRUE(establish());
  EXPECT_TRUE(hall_.calls[0].options.use_services_cache);
  EXPECT_FALSE(hall_.calls[1].options.use_services_cache) << "looked at before each attempt";
}

TEST_F(EstablishTest, AsksForTheNewestAddressBeforeEveryAttempt) {
  constexpr Address newest(0x4BCF12345678, true);
  int asked = 0;
  options_.target_callback = [&] {
    ++asked;
    return Target{.address = asked == 1 ? sensor : newest, .name = "T1"};
  };
  hall_.outcomes = {fails(ConnectReason::unknown), {}};
  hall_.on_outcome = [&](const Outcome&) { hall_.known->address = newest; };
  EXPECT_TRUE(establish());
  EXPECT_EQ(asked, 2);
  EXPECT_EQ(hall_.calls[1].device, newest);
}

TEST_F(EstablishTest, CompatKeepsItsPathAndDoesNotAsk) {
  options_.profile = RetryProfile::compat;
  options_.target_callback = []() -> Target { throw std::logic_error("asked"); };
  radios_ = {&hall_, &attic_};
  attic_.known->path = "/org/bluez/hci1/dev_A4_CF_12_34_56_78";
  attic_.known->connected = true;
  attic_.outcomes = {fails(ConnectReason::unknown), {}};
  EXPECT_TRUE(establish());
  EXPECT_THAT(hall_.calls, IsEmpty());
  EXPECT_THAT(starts(attic_), ElementsAre(0s, 5s)) << "the link was shown as up all the time";
}

TEST_F(EstablishTest, WhatIsNoFailureToConnectGoesOnAtOnce) {
  hall_.outcomes = {{.thrown = std::make_exception_ptr(UsageError("parameters"))}};
  EXPECT_THROW(establish(), UsageError);
  EXPECT_THAT(hall_.calls, SizeIs(1));
  EXPECT_EQ(paths_->failed, 1) << "each attempt that began has ended";
}

TEST_F(EstablishTest, OfManyAttemptsTheLastSixteenAreKept) {
  radios_ = {&hall_, &attic_};
  hall_.outcomes = {fails(ConnectReason::canceled)};
  attic_.outcomes = {fails(ConnectReason::canceled)};
  try {
    establish();
    FAIL() << "it connected";
  } catch (const ConnectionAborted& error) {
    EXPECT_EQ(error.context().attempts, 18);
    EXPECT_THAT(error.attempts(), SizeIs(16));
  }
}

// Cancelled at any moment, it ends at once with nothing left behind.
class CancelTest : public EstablishTest, public ::testing::WithParamInterface<int> {};
INSTANTIATE_TEST_SUITE_P(AtAnyTime, CancelTest, ::testing::Range(0, 40));

TEST_P(CancelTest, LeavesNothingBehind) {
  const Duration when = GetParam() * 250ms;
  radios_ = {&hall_, &attic_};
  hall_.slots_now = {.limit = 1, .free = 0};
  hall_.outcomes = {fails(ConnectReason::out_of_slots, 1s), fails(ConnectReason::timed_out, 2s), {.hangs = true}};
  attic_.outcomes = {fails(ConnectReason::canceled, 1500ms), fails(ConnectReason::device_not_found, 500ms)};
  CountingPaths paths(clock_, radios_, true);
  asio::cancellation_signal stop;
  std::exception_ptr error;
  bool ended = false;
  TimePoint ended_at;
  asio::co_spawn(
      context_,
      [&]() -> awaitable<void> {
        const Target target{.address = sensor};
        const Client client = co_await establish_connection(paths, target, options_);
        (void)client;
      },
      asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) {
        error = e;
        ended = true;
        ended_at = clock_.now();
      }));
  at(when, [&] { stop.emit(asio::cancellation_type::all); });
  clock_.run(context_);
  ASSERT_TRUE(ended);
  EXPECT_EQ(ended_at - start_, when);
  EXPECT_THROW(std::rethrow_exception(error), boost::system::system_error);
  EXPECT_EQ(hall_.running + attic_.running, 0);
  EXPECT_EQ(hall_.links_made - hall_.links_closed, 0);
  EXPECT_EQ(paths.began, paths.succeeded + paths.failed);
}

}  // namespace
}  // namespace moor
