#include "gateway/intake.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <algorithm>
#include <numeric>
#include <random>

namespace moor {
namespace {

struct Heard {
  Sighting sighting;
  bool owned = true;
  bool changed = false;
};

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// Each delivery takes `cost` of a time that nothing else moves.
class IntakeTest : public ::testing::Test {
protected:
  Intake make(IntakeOptions options) {
    return Intake(
        options,
        [this](const Sighting& sighting, bool owned) {
          got_.push_back({sighting, owned});
          now_ += cost_;
        },
        [this] { return now_; });
  }
  Heard heard(uint64_t device, bool owned = true, bool changed = false) {
    Heard made{.sighting = {}, .owned = owned, .changed = changed};
    made.sighting.address = Address(device, false);
    made.sighting.time = now_;
    made.sighting.tx_power_dbm = static_cast<int8_t>(number_++ % 100);
    return made;
  }
  static bool put(Intake& intake, const Heard& heard) { return intake.put(heard.sighting, heard.owned, heard.changed); }
  // So that what follows has to wait.
  void use_up(Intake& intake) {
    const Duration cost = std::exchange(cost_, 1s);
    for (int i = 0; i < 31; ++i) (void)put(intake, heard(1));
    cost_ = cost;
    got_.clear();
  }
  static void run(Intake& intake) {
    while (intake.turn()) {
    }
  }
  std::vector<uint64_t> devices() const {
    std::vector<uint64_t> all;
    for (const Heard& each : got_) all.push_back(each.sighting.address.bits());
    return all;
  }

  TimePoint now_ = TimePoint(1h);
  Duration cost_ = 0s;
  int number_ = 0;
  std::vector<Heard> got_;
};

TEST_F(IntakeTest, PassesEverythingAtOnceWhileThereIsTime) {
  Intake intake = make({});
  for (uint64_t i = 0; i < 1000; ++i) {
    EXPECT_EQ(put(intake, heard(i)), i == 0) << "one turn is asked for";
    EXPECT_EQ(got_.size(), i + 1);
  }
  EXPECT_FALSE(intake.turn());
  EXPECT_TRUE(put(intake, heard(1)));
  EXPECT_EQ(intake.statistics().at_once, 1001U);
  EXPECT_EQ(intake.statistics().most_waiting, 0U);
}

TEST_F(IntakeTest, WhatIsBeyondTheSliceWaitsItsTurnInOrder) {
  cost_ = 100us;
  Intake intake = make({.slice = 5ms});
  std::vector<uint64_t> all;
  for (uint64_t i = 0; i < 200; ++i) {
    all.push_back(i);
    (void)put(intake, heard(i));
  }
  EXPECT_EQ(got_.size(), 63U) << "50 fit; it looks at the time after each 32";
  EXPECT_TRUE(intake.turn());
  EXPECT_EQ(got_.size(), 126U);
  (void)put(intake, heard(200));
  all.push_back(200);
  run(intake);
  EXPECT_EQ(devices(), all);
  EXPECT_EQ(intake.statistics().most_waiting, 137U);
  EXPECT_EQ(intake.statistics().longest_wait, 3 * 63 * 100us);
  EXPECT_EQ(intake.statistics().all_shed(), 0U);
}

TEST_F(IntakeTest, ShedsTheLeastUsefulFirst) {
  Intake intake = make({.capacity = 6});
  use_up(intake);
  (void)put(intake, heard(10, true, true));    // news
  (void)put(intake, heard(11, false, false));  // another radio's
  (void)put(intake, heard(12));                // a repeat
  (void)put(intake, heard(12));                // and again within the second
  (void)put(intake, heard(13, false, false));
  (void)put(intake, heard(14));
  const auto shed = [&] { return intake.statistics().shed; };
  EXPECT_THAT(shed(), ElementsAre(0, 0, 0, 0));
  (void)put(intake, heard(20, true, true));
  (void)put(intake, heard(21, true, true));
  EXPECT_THAT(shed(), ElementsAre(2, 0, 0, 0)) << "11 and 13 went first";
  (void)put(intake, heard(22, true, true));
  EXPECT_THAT(shed(), ElementsAre(2, 1, 0, 0)) << "then the second 12";
  (void)put(intake, heard(15, false, false));
  EXPECT_THAT(shed(), ElementsAre(3, 1, 0, 0)) << "what is worth less than all that waits is not taken";
  (void)put(intake, heard(23, true, true));
  (void)put(intake, heard(24, true, true));
  EXPECT_THAT(shed(), ElementsAre(3, 1, 2, 0)) << "then the repeats";
  (void)put(intake, heard(25, true, true));
  EXPECT_THAT(shed(), ElementsAre(3, 1, 2, 1)) << "then the oldest";
  run(intake);
  EXPECT_THAT(devices(), ElementsAre(20, 21, 22, 23, 24, 25));
}

TEST_F(IntakeTest, ARepeatAfterASecondIsWorthMore) {
  Intake intake = make({.capacity = 2});
  use_up(intake);
  (void)put(intake, heard(1));
  now_ += 2s;
  (void)put(intake, heard(1));
  (void)put(intake, heard(2));
  EXPECT_THAT(intake.statistics().shed, ElementsAre(0, 0, 1, 0));
}

TEST_F(IntakeTest, KeepsOrderBoundsAndCountsUnderTenfoldOverload) {
  constexpr size_t capacity = 500;
  cost_ = 10us;
  Intake intake = make({.capacity = capacity, .slice = 1ms});
  std::mt19937 random(7);
  uint64_t total = 0;
  for (int round = 0; round < 300; ++round) {
    for (int i = 0; i < 1270; ++i, ++total) {  // ten times what a slice processes
      const uint64_t kind = random() % 100;
      Heard next = heard(random() % 5000, kind >= 60, kind >= 98);
      next.sighting.time = TimePoint(Duration(static_cast<int64_t>(total)));
      (void)put(intake, next);
      ASSERT_LE(intake.statistics().waiting, capacity);
    }
    (void)intake.turn();
  }
  run(intake);
  EXPECT_TRUE(std::ranges::is_sorted(got_, {}, [](const Heard& each) { return each.sighting.time; }));
  const IntakeStatistics statistics = intake.statistics();
  EXPECT_EQ(statistics.taken, total);
  EXPECT_EQ(statistics.taken, got_.size() + statistics.all_shed()) << "all that is not delivered is counted";
  EXPECT_EQ(statistics.most_waiting, capacity);
  EXPECT_EQ(statistics.shed[static_cast<size_t>(Worth::news)], 0U) << "2 % are news: they all get through";
  EXPECT_GT(statistics.shed[static_cast<size_t>(Worth::other_radio)], total * 35 / 100);
}

TEST_F(IntakeTest, KeepsLongPayloadsThatWait) {
  PayloadRing radio(2000);
  Intake intake = make({});
  use_up(intake);
  const std::vector<uint8_t> payload(200, 0x5A);
  for (uint64_t i = 0; i < 100; ++i) {
    Heard next = heard(i);
    next.sighting.set_payload(payload, radio);
    (void)put(intake, next);
  }
  run(intake);
  ASSERT_EQ(got_.size(), 100U);
  for (const Heard& each : got_) {
    EXPECT_FALSE(each.sighting.payload_lost());
    EXPECT_TRUE(std::ranges::equal(each.sighting.payload(), payload));
  }
}

TEST_F(IntakeTest, SaysSoWhileItSheds) {
  Intake intake = make({.capacity = 1});
  use_up(intake);
  (void)put(intake, heard(1, true, true));
  EXPECT_THAT(intake.problem(now_), IsEmpty());
  (void)put(intake, heard(2, true, true));
  EXPECT_THAT(intake.problem(now_), HasSubstr("1 sightings were shed"));
  EXPECT_THAT(intake.problem(now_ + 61s), IsEmpty());
}

TEST_F(IntakeTest, NothingThatWaitsIsLostAtTheEnd) {
  Intake intake = make({});
  use_up(intake);
  for (uint64_t i = 0; i < 100; ++i) (void)put(intake, heard(i));
  intake.drain();
  EXPECT_EQ(got_.size(), 100U);
  EXPECT_EQ(intake.statistics().waiting, 0U);
  EXPECT_THROW(make({.capacity = 0}), UsageError);
}

}  // namespace
}  // namespace moor
