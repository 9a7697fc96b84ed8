#include "gateway/minutes.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const TimePoint start(1'700'000'040s);  // a whole minute

class MinutesTest : public ::testing::Test {
protected:
  void hear(TimePoint t, RadioId radio, int8_t rssi_dbm) {
    Sighting sighting;
    sighting.time = t;
    sighting.radio = radio;
    sighting.rssi_dbm = rssi_dbm;
    minutes_.on_heard(7, sighting, note_);
  }
  std::vector<std::string> take(TimePoint now) {
    minutes_.take(7, now, note_);
    return std::exchange(parts_, {});
  }

  Minutes minutes_;
  std::vector<std::string> parts_;
  std::function<void(const Minutes::Part&)> note_ = [this](const Minutes::Part& part) {
    parts_.push_back(std::to_string(part.minute - start.time_since_epoch() / 1min) + " radio " + std::to_string(part.radio) +
                     ": " + std::to_string(part.rssi.samples) + " of " + std::to_string(part.rssi.min_dbm) + ".." +
                     std::to_string(part.rssi.max_dbm) + ", mean " + std::to_string(static_cast<int>(part.rssi.mean_dbm)));
  };
};

TEST_F(MinutesTest, AMinuteIsGivenOutOnceItIsOver) {
  hear(start, 0, -60);
  hear(start + 59s, 0, -70);
  hear(start + 59s, 1, -80);
  EXPECT_THAT(take(start + 59s), IsEmpty());
  EXPECT_THAT(take(start + 60s), ElementsAre("0 radio 0: 2 of -70..-60, mean -65", "0 radio 1: 1 of -80..-80, mean -80"));
  EXPECT_THAT(take(start + 60s), IsEmpty());
}

TEST_F(MinutesTest, WhatIsOverWaitsWhileTheNextMinuteIsHeard) {
  hear(start, 0, -60);
  hear(start + 60s, 0, -70);
  EXPECT_THAT(parts_, IsEmpty());
  EXPECT_THAT(take(start + 100s), ElementsAre("0 radio 0: 1 of -60..-60, mean -60"));
}

TEST_F(MinutesTest, WhatNobodyTookGoesBeforeItIsOverwritten) {
  hear(start, 0, -60);
  hear(start + 60s, 0, -61);
  hear(start + 120s, 0, -62);
  EXPECT_THAT(parts_, ElementsAre("0 radio 0: 1 of -60..-60, mean -60"));
}

TEST_F(MinutesTest, ASightingWithoutRssiIsNoSample) {
  hear(start, 0, no_rssi);
  EXPECT_THAT(take(start + 60s), IsEmpty());
}

TEST_F(MinutesTest, RadiosBeyondTheEighthAreCounted) {
  for (RadioId radio = 0; radio < 10; ++radio) hear(start, radio, -60);
  EXPECT_EQ(take(start + 60s).size(), Minutes::max_radios);
  EXPECT_EQ(minutes_.unplaced(), 2U);
}

}  // namespace
}  // namespace moor
