#include "gateway/sensor_schedule.hpp"

#include "moor/error.hpp"

#include <gmock/gmock.h>
#include <algorithm>
#include <optional>
#include <set>

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using End = SensorSchedule::End;
using Phase = SensorSchedule::Phase;

class SensorScheduleTest : public ::testing::Test {
protected:
  SensorId add(Duration every = 60s, bool stays = false, bool subscribes = false) {
    return schedule_.add({.every = every, .stays = stays, .subscribes = subscribes}, now_);
  }
  /// What is begun, as "sensor@radio" with "+" where the link is to stay, and "-sensor" for one to be given up.
  std::vector<std::string> plan() {
    std::vector<SensorRadio> radios;
    for (const auto& [id, radio] : radios_) radios.push_back(radio);
    last_ = schedule_.plan(now_, radios, [this](SensorId id) {
      const auto found = reach_.find(id);
      return found == reach_.end() ? std::vector<SensorReach>{{.radio = 0, .rssi_dbm = -60}} : found->second;
    });
    std::vector<std::string> lines;
    for (const auto& start : last_.starts) {
      lines.push_back(std::to_string(start.sensor) + "@" + std::to_string(start.radio) + (start.hold ? "+" : ""));
      --radios_.at(start.radio).free;
      over_[start.sensor] = start.radio;
    }
    for (const SensorId leaver : last_.leaves) lines.push_back("-" + std::to_string(leaver));
    return lines;
  }
  void connects(SensorId sensor, Duration took = 1s) {
    now_ += took;
    schedule_.on_connected(sensor, now_);
  }
  void ends(SensorId sensor, End how = End::served) {
    ++radios_.at(over_.at(sensor)).free;
    schedule_.on_ended(sensor, now_, how);
  }
  void visits(SensorId sensor) {
    connects(sensor);
    schedule_.on_served(sensor, now_);
    ends(sensor);
  }
  Phase phase(SensorId sensor) const { return schedule_.phase(sensor); }
  std::optional<Duration> next() const {
    return last_.next == TimePoint::max() ? std::nullopt : std::optional(last_.next - now_);
  }

  TimePoint now_ = TimePoint(1h);
  SensorSchedule schedule_;
  std::map<RadioId, SensorRadio> radios_ = {{0, {.id = 0, .limit = 3, .free = 3}}};
  std::map<SensorId, std::vector<SensorReach>> reach_;
  std::map<SensorId, RadioId> over_;
  SensorSchedule::Plan last_;
};

TEST_F(SensorScheduleTest, ARadioMakesOneLinkAtATimeAndRestsBetweenTwo) {
  const SensorId a = add();
  const SensorId b = add();
  EXPECT_THAT(plan(), ElementsAre("0@0"));
  EXPECT_EQ(phase(a), Phase::connecting);
  EXPECT_EQ(phase(b), Phase::queued);
  connects(a, 4s);
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(next(), 2s) << "half of what the attempt took";
  now_ += 2s;
  EXPECT_THAT(plan(), ElementsAre("1@0"));
  ends(b, End::failed);
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(next(), 5s);
  EXPECT_EQ(phase(b), Phase::failed);
}

TEST_F(SensorScheduleTest, ABusyRadioRestsLonger) {
  radios_.at(0).sightings_per_s = 1000;
  const SensorId a = add();
  (void)add();
  (void)plan();
  connects(a, 1s);
  (void)plan();
  EXPECT_EQ(next(), 4s);
}

TEST_F(SensorScheduleTest, OneSlotStaysFreeForOthers) {
  for (int i = 0; i < 3; ++i) (void)add(60s, true, true);
  EXPECT_THAT(plan(), ElementsAre("0@0+"));
  connects(0);
  now_ += 1s;
  EXPECT_THAT(plan(), ElementsAre("1@0+"));
  connects(1);
  now_ += 1s;
  EXPECT_THAT(plan(), IsEmpty()) << "the third slot is the explorer's";
}

TEST_F(SensorScheduleTest, ASmallRadioIsUsedWhole) {
  radios_.at(0).limit = radios_.at(0).free = 1;
  (void)add();
  EXPECT_THAT(plan(), ElementsAre("0@0"));
}

TEST_F(SensorScheduleTest, ARadioThatDoesNotSayHasFiveSlots) {
  radios_.at(0) = {.id = 0};
  for (int i = 0; i < 6; ++i) (void)add(60s, true, true);
  for (SensorId i = 0; i < 4; ++i) {
    EXPECT_EQ(plan().size(), 1U);
    connects(i);
    now_ += 1s;
  }
  EXPECT_THAT(plan(), IsEmpty());
}

TEST_F(SensorScheduleTest, WhoWaitedLongestGoesFirst) {
  radios_.at(0).limit = radios_.at(0).free = 1;
  for (int i = 0; i < 3; ++i) (void)add(10s);
  std::vector<std::string> order;
  for (int i = 0; i < 6; ++i) {
    const auto lines = plan();
    ASSERT_EQ(lines.size(), 1U);
    order.push_back(lines[0]);
    visits(over_.empty() ? 0 : static_cast<SensorId>(lines[0][0] - '0'));
    now_ += 4s;
  }
  EXPECT_THAT(order, ElementsAre("0@0", "1@0", "2@0", "0@0", "1@0", "2@0"));
}

TEST_F(SensorScheduleTest, VisitsKeepTheirGridHoweverLongTheyTake) {
  const SensorId a = add(60s);
  (void)plan();
  visits(a);  // 1 s late
  (void)plan();
  EXPECT_EQ(next(), 59s);
  now_ += 200s;  // nobody looked for a while
  (void)plan();
  visits(a);
  (void)plan();
  EXPECT_EQ(next(), 60s - 22s) << "the grid is that of the beginning";
}

TEST_F(SensorScheduleTest, FailuresPauseLongerAndASuccessForgivesThem) {
  const SensorId a = add(60s);
  std::vector<Duration> pauses;
  for (int i = 0; i < 9; ++i) {
    ASSERT_EQ(plan().size(), 1U);
    ends(a, End::failed);
    (void)plan();
    pauses.push_back(*next());
    now_ = last_.next;
  }
  EXPECT_THAT(pauses, ElementsAre(5s, 10s, 20s, 40s, 80s, 160s, 320s, 600s, 600s));
  (void)plan();
  visits(a);
  EXPECT_EQ(schedule_.failures(a), 0);
}

TEST_F(SensorScheduleTest, OneThatFailsDoesNotKeepOthersWaiting) {
  radios_.at(0).limit = radios_.at(0).free = 1;
  const SensorId bad = add(60s);
  const SensorId good = add(60s);
  (void)plan();
  now_ += 20s;
  ends(bad, End::failed);
  now_ += 10s;
  EXPECT_THAT(plan(), ElementsAre("1@0")) << "though the other waits again already";
  visits(good);
}

TEST_F(SensorScheduleTest, ALinkWithoutSubscriptionsYieldsOnceItHasItsValues) {
  radios_.at(0).limit = radios_.at(0).free = 1;
  const SensorId stays = add(60s, true);
  (void)plan();
  connects(stays);
  const SensorId other = add(60s);
  EXPECT_THAT(plan(), IsEmpty()) << "it has no values yet";
  schedule_.on_served(stays, now_);
  EXPECT_THAT(plan(), ElementsAre("-0"));
  EXPECT_EQ(phase(stays), Phase::leaving);
  EXPECT_THAT(plan(), IsEmpty()) << "told once";
  ends(stays);
  now_ += 1s;
  EXPECT_THAT(plan(), ElementsAre("1@0"));
  visits(other);
  now_ += 57s;
  EXPECT_THAT(plan(), ElementsAre("0@0+")) << "at its time";
}

TEST_F(SensorScheduleTest, SubscribersTakeTurnsOfAMinute) {
  radios_.at(0).limit = radios_.at(0).free = 1;
  const SensorId a = add(60s, true, true);
  const SensorId b = add(60s, true, true);
  EXPECT_THAT(plan(), ElementsAre("0@0+"));
  connects(a);
  now_ += 59s;
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(next(), 1s);
  now_ += 1s;
  EXPECT_THAT(plan(), ElementsAre("-0"));
  ends(a);
  EXPECT_THAT(plan(), ElementsAre("1@0+"));
  connects(b);
  now_ += 60s;
  EXPECT_THAT(plan(), ElementsAre("-1"));
  ends(b);
  EXPECT_THAT(plan(), ElementsAre("0@0+"));
}

TEST_F(SensorScheduleTest, NobodyYieldsToWhomTheSlotDoesNotHelp) {
  radios_[1] = {.id = 1, .limit = 1, .free = 0};
  const SensorId holder = add(60s, true);
  (void)plan();
  connects(holder);
  schedule_.on_served(holder, now_);
  now_ += 5s;
  const SensorId elsewhere = add(60s);
  reach_[elsewhere] = {{.radio = 1, .rssi_dbm = -50}};
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(next(), 5s) << "others may give their slot back";
}

TEST_F(SensorScheduleTest, AFarRadioIsTakenOnlyWhereTheNearOneIsFull) {
  radios_[1] = {.id = 1, .limit = 3, .free = 3};
  const SensorId first = add();
  (void)plan();
  const SensorId second = add();
  reach_[second] = {{.radio = 0, .rssi_dbm = -50}, {.radio = 1, .rssi_dbm = -80}};
  EXPECT_THAT(plan(), IsEmpty()) << "the near one is only busy";
  reach_[second][1].rssi_dbm = -60;
  EXPECT_THAT(plan(), ElementsAre("1@1"));
  connects(first);
  radios_.at(0).free = 1;
  const SensorId third = add();
  reach_[third] = {{.radio = 0, .rssi_dbm = -50}, {.radio = 1, .rssi_dbm = -80}};
  schedule_.on_connected(second, now_);
  now_ += 1s;
  EXPECT_THAT(plan(), ElementsAre("2@1"));
}

TEST_F(SensorScheduleTest, WhatNobodyHearsWaitsAndGoesFirstWhenItIsHeard) {
  const SensorId asleep = add(60s);
  reach_[asleep] = {};
  EXPECT_THAT(plan(), IsEmpty());
  EXPECT_EQ(phase(asleep), Phase::unheard);
  EXPECT_TRUE(schedule_.is_waiting(asleep));
  now_ += 10min;
  (void)add(60s);
  EXPECT_EQ(next(), std::nullopt);
  reach_.clear();
  EXPECT_THAT(plan(), ElementsAre("0@0"));
}

TEST_F(SensorScheduleTest, ALostLinkIsSoughtAgainSoonAndSoonerThanOneThatFails) {
  const SensorId a = add(3600s, true, true);
  (void)plan();
  connects(a);
  now_ += 10min;
  ends(a, End::lost);
  EXPECT_EQ(schedule_.failures(a), 0);
  (void)plan();
  EXPECT_EQ(next(), 5s);
  now_ += 5s;
  (void)plan();
  connects(a);
  now_ += 3s;
  ends(a, End::lost);
  EXPECT_EQ(schedule_.failures(a), 1) << "it did not last";
}

TEST_F(SensorScheduleTest, RefusesAPeriodOfNothing) {
  EXPECT_THROW((void)add(0s), UsageError);
}

// Twenty sensors and three slots, of which one stays free: visits of 1.5 s and a rest of 1 s each.
TEST_F(SensorScheduleTest, TwentySensorsOnThreeSlotsAreAllServedInEveryMinute) {
  constexpr SensorId count = 20;
  for (SensorId i = 0; i < count; ++i) (void)add(60s, i % 2 == 0);
  const TimePoint begin = now_;
  std::map<SensorId, TimePoint> connected_at;
  std::map<SensorId, TimePoint> served_at;
  std::map<SensorId, std::set<int64_t>> minutes;
  std::set<SensorId> holding;
  while (now_ < begin + 20min) {
    for (const std::string& line : plan()) {
      if (line[0] == '-') {
        const auto leaver = static_cast<SensorId>(std::stoul(line.substr(1)));
        holding.erase(leaver);
        ends(leaver);
        continue;
      }
      connected_at[static_cast<SensorId>(std::stoul(line))] = now_ + 1500ms;
      if (line.back() == '+') holding.insert(static_cast<SensorId>(std::stoul(line)));
    }
    now_ += 100ms;
    for (auto it = connected_at.begin(); it != connected_at.end();) {
      const auto [id, at] = *it;
      if (at > now_) {
        ++it;
        continue;
      }
      it = connected_at.erase(it);
      schedule_.on_connected(id, now_);
      schedule_.on_served(id, served_at[id] = now_);
      minutes[id].insert((now_ - begin) / 60s);
      if (!holding.contains(id)) ends(id);
    }
    for (const SensorId id : holding) {  // a session reads each minute
      if (connected_at.contains(id) || now_ - served_at[id] < 60s) continue;
      schedule_.on_served(id, served_at[id] = now_);
      minutes[id].insert((now_ - begin) / 60s);
    }
    EXPECT_GE(radios_.at(0).free, 1);
  }
  for (SensorId i = 0; i < count; ++i) EXPECT_GE(minutes[i].size(), 20U) << i;
}

}  // namespace
}  // namespace moor
