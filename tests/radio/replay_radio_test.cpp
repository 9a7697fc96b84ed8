#include "radio/replay/replay_radio.hpp"

#include "radio/capture_files.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/io_context.hpp>
#include <functional>

namespace moor {
namespace {

using namespace moor::testing;
using namespace std::chrono_literals;
using namespace boost::asio::experimental::awaitable_operators;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
namespace asio = boost::asio;

constexpr TimePoint start = TimePoint(1'700'000'000s);

class Listener final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    ASSERT_FALSE(batch.empty());
    batches.push_back(batch.size());
    for (const Sighting& sighting : batch) {
      radios.push_back(sighting.radio);
      after.push_back(sighting.time - start);
    }
    if (then) then();
  }

  std::vector<size_t> batches;
  std::vector<RadioId> radios;
  std::vector<Duration> after;  // times since the start
  std::function<void()> then;
};

class ReplayTest : public ::testing::Test {
protected:
  // Records a report at each of these times after the start, and opens the recording.
  std::unique_ptr<Radio> replay(const std::vector<Duration>& times, RadioSpec spec = {}) {
    FileBytes file = btsnoop_header(1001);
    for (const Duration time : times) file = file + btsnoop_record(us(start + time), 3, event(1, -60));
    return replay_file(file, std::move(spec));
  }
  std::unique_ptr<Radio> replay_file(const FileBytes& bytes, RadioSpec spec = {}) {
    file_.emplace("replayed.btsnoop", bytes);
    spec.kind = RadioSpec::Kind::replay;
    spec.target = file_->path().string();
    return open_replay(spec, 7, clock_);
  }

  template <typename Work>  // an awaitable, or a lambda that gives one and must live as long
  void spawn(Work work) {
    asio::co_spawn(context_, std::move(work), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }
  void run_scan(Radio& radio) {
    spawn(radio.scan(ScanOptions(), heard_));
    clock_.run(context_);
  }
  awaitable<void> scan_until(Radio& radio, TimePoint end) {
    const ScanOptions options;
    co_await (radio.scan(options, heard_) || clock_.wait_until(end));
  }

  static uint64_t us(TimePoint time) {
    return static_cast<uint64_t>(std::chrono::duration_cast<std::chrono::microseconds>(time.time_since_epoch()).count());
  }

  VirtualClock clock_;
  asio::io_context context_;
  std::optional<TemporaryFile> file_;
  Listener heard_;
};

TEST_F(ReplayTest, VirtualTimeBeginsWithTheFirstReportAndFollows) {
  const auto radio = replay({0s, 500ms, 90min});
  EXPECT_EQ(clock_.now(), start);
  run_scan(*radio);
  EXPECT_THAT(heard_.after, ElementsAre(0s, 500ms, 90min));
  EXPECT_THAT(heard_.radios, Each(7));
  EXPECT_EQ(clock_.now(), start + 90min);
}

TEST_F(ReplayTest, SaysWhatItIsAndWhatItHasDelivered) {
  const auto radio = replay({0s, 1s});
  EXPECT_EQ(radio->info().id, 7);
  EXPECT_EQ(radio->info().kind, "replay");
  EXPECT_THAT(radio->info().name, HasSubstr("replayed.btsnoop"));
  EXPECT_EQ(radio->info().detail, "btsnoop (H1)");
  EXPECT_FALSE(radio->info().can_connect);
  EXPECT_EQ(radio->statistics().reports, 0U);
  run_scan(*radio);
  EXPECT_EQ(radio->statistics().reports, 2U);
}

TEST_F(ReplayTest, TimeThatGoesBackIsHeld) {
  const auto radio = replay({0s, 10s, 4s, 9s, 11s});
  run_scan(*radio);
  EXPECT_THAT(heard_.after, ElementsAre(0s, 10s, 10s, 10s, 11s));
}

TEST_F(ReplayTest, NoReportComesAfterALaterTimerOrBeforeAnEarlierOne) {
  std::vector<Duration> times;
  for (int i = 0; i < 3000; ++i) times.push_back(i * 1ms);
  const auto radio = replay(times);
  int ticks = 0;
  spawn([&]() -> awaitable<void> {
    for (Duration tick = 37ms + 500us; tick < 3s; tick += 37ms) {
      co_await clock_.wait_until(start + tick);
      EXPECT_EQ(heard_.after.size(), static_cast<size_t>(tick / 1ms) + 1);
      ++ticks;
    }
  });
  run_scan(*radio);
  EXPECT_EQ(heard_.after.size(), times.size());
  EXPECT_EQ(ticks, 81);
}

TEST_F(ReplayTest, ATimerMadeByTheReceiverIsHeededFromTheNextBatchOn) {
  std::vector<Duration> times;
  for (int i = 0; i < 900; ++i) times.push_back(i * 1ms);
  const auto radio = replay(times);
  size_t heard_at_timer = 0;
  heard_.then = [&] {
    heard_.then = nullptr;
    spawn([&]() -> awaitable<void> {
      co_await clock_.wait_until(start + 300ms + 500us);
      heard_at_timer = heard_.after.size();
    });
  };
  run_scan(*radio);
  EXPECT_EQ(heard_at_timer, 301U);
  EXPECT_EQ(heard_.batches.front(), Capture::max_batch);
}

TEST_F(ReplayTest, OthersGetTheirTurnAmongManyReportsOfOneMoment) {
  const auto radio = replay(std::vector<Duration>(5000));
  std::vector<size_t> turns;
  spawn([&]() -> awaitable<void> {
    while (heard_.after.size() < 5000) {
      co_await clock_.wait_until(start);
      turns.push_back(heard_.after.size());
    }
  });
  run_scan(*radio);
  EXPECT_GE(turns.size(), 5U);
  EXPECT_EQ(heard_.after.size(), 5000U);
}

TEST_F(ReplayTest, AtASpeedTheFirstReportIsNow) {
  clock_.begin_at(start - 1h);
  const auto radio = replay({0s, 10s, 8s, 60s}, {.speed = 4});
  std::vector<TimePoint> delivered_at;
  heard_.then = [&] { delivered_at.resize(heard_.after.size(), clock_.now()); };
  run_scan(*radio);
  EXPECT_THAT(heard_.after, ElementsAre(-1h, -1h + 2500ms, -1h + 2500ms, -1h + 15s));
  EXPECT_THAT(delivered_at, ElementsAre(start - 1h, start - 1h + 2500ms, start - 1h + 2500ms, start - 1h + 15s));
}

TEST_F(ReplayTest, ALoopGoesOnAfterTheLastReport) {
  const auto radio = replay({0s, 10s, 4s}, {.loop = true});
  spawn(scan_until(*radio, start + 25s));
  clock_.run(context_);
  EXPECT_THAT(heard_.after, ElementsAre(0s, 10s, 10s, 10s + 1ms, 20s + 1ms, 20s + 1ms, 20s + 2ms));
}

TEST_F(ReplayTest, ALoopOfOneReportDoesNotStandStill) {
  const auto radio = replay({0s}, {.loop = true});
  spawn(scan_until(*radio, start + 1s));
  clock_.run(context_);
  EXPECT_EQ(heard_.after.size(), 1001U);
  EXPECT_EQ(heard_.after.back(), 1s);
}

TEST_F(ReplayTest, AScanThatWasCancelledGoesOnWhereItStopped) {
  const auto radio = replay({0s, 1500ms, 3s, 4500ms});
  spawn([&]() -> awaitable<void> {
    co_await scan_until(*radio, start + 2s);
    EXPECT_EQ(heard_.after.size(), 2U);
    const ScanOptions options;
    co_await radio->scan(options, heard_);
  });
  clock_.run(context_);
  EXPECT_THAT(heard_.after, ElementsAre(0s, 1500ms, 3s, 4500ms));
}

TEST_F(ReplayTest, AScanAfterTheEndEndsAtOnce) {
  const auto radio = replay({0s});
  run_scan(*radio);
  run_scan(*radio);
  EXPECT_EQ(heard_.after.size(), 1U);
}

TEST_F(ReplayTest, ACaptureWithoutAReportIsEmptyAndAnErrorInALoop) {
  EXPECT_NO_THROW(run_scan(*replay({}, {})));
  EXPECT_THROW(run_scan(*replay({}, {.loop = true})), CaptureError) << "it would go round without end";
  EXPECT_THAT(heard_.after, IsEmpty());
}

TEST_F(ReplayTest, ADamagedCaptureIsDeliveredAndThenAnErrorInALoopToo) {
  const auto file = btsnoop_header(1001) + btsnoop_record(us(start), 3, event(1, -60)) + FileBytes(5);
  for (const bool loop : {false, true}) {
    heard_.after.clear();
    const auto radio = replay_file(file, {.loop = loop});
    try {
      run_scan(*radio);
      ADD_FAILURE() << loop;
    } catch (const CaptureError& error) {
      EXPECT_EQ(error.offset(), file.size() - 5);
    }
    EXPECT_EQ(heard_.after.size(), 1U);
  }
}

TEST_F(ReplayTest, TimesBeyondAllReasonDoNotOverflow) {
  const auto absurd =
      btsnoop_header(1001) + btsnoop_record(0, 3, event(1, -60)) + btsnoop_record(uint64_t{1} << 62, 3, event(1, -60));
  for (const double speed : {0.0, 1e-9}) {
    clock_.begin_at(TimePoint{});
    const auto radio = replay_file(absurd, {.speed = speed, .loop = true});
    heard_.after.clear();
    heard_.then = [&] {
      if (heard_.after.size() > 5000) throw std::runtime_error("heard enough");
    };
    EXPECT_THROW(run_scan(*radio), std::runtime_error);
    EXPECT_TRUE(std::is_sorted(heard_.after.begin(), heard_.after.end()));
  }
}

}  // namespace
}  // namespace moor
