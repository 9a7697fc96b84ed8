#include "radio/sim/channel.hpp"

#include "sim/sim_fixture.hpp"

#include <cmath>
#include <set>

namespace moor::sim {
namespace {

using namespace std::chrono_literals;
using moor::testing::device_at;
using moor::testing::plain_channel;
using moor::testing::plain_world;

class ChannelTest : public ::testing::Test {
protected:
  ChannelModel& make(WorldSpec spec) {
    state_ = std::make_shared<State>(clock_, std::move(spec));
    return state_->channel();
  }
  VirtualClock clock_{TimePoint(1h)};
  TimePoint start_ = clock_.now();
  std::shared_ptr<State> state_;
};

TEST_F(ChannelTest, TakesAwayWhatTheFormulaSays) {
  WorldSpec spec = plain_world({device_at(0, 1), device_at(1, 2), device_at(2, 10), device_at(3, -10), device_at(4, 0)});
  spec.devices[2].rssi_at_1m_dbm = -65;
  ChannelModel& channel = make(spec);
  // rssi = power - 10 * 2.5 * log10(distance); nearer than 0.1 m nothing changes.
  const double expected[] = {-59, -59 - 25 * std::log10(2), -90, -84, -34};
  for (size_t i = 0; i < 5; ++i) {
    EXPECT_NEAR(channel.place_rssi_dbm(0, i, start_), expected[i], 1e-9) << i;
    EXPECT_NEAR(channel.packet_rssi_dbm(0, i, start_ + 5s, 7, 38), expected[i], 1e-9) << i;
  }
}

TEST_F(ChannelTest, HeightCountsAsDistance) {
  WorldSpec spec = plain_world({device_at(0, 3)});
  spec.radios[0].position = {0, 0, 4};
  EXPECT_NEAR(make(spec).place_rssi_dbm(0, 0, start_), -59 - 25 * std::log10(5), 1e-9);
}

TEST_F(ChannelTest, AWallInBetweenTakesItsShare) {
  struct Case {
    Wall wall;
    double loss_db;
  };
  const Case cases[] = {
      {{{5, -1, 0}, {5, 1, 0}, 7.0}, 7},    {{{5, -1, 0}, {5, 1, 0}, {}}, 5},    {{{5, 1, 0}, {5, 9, 0}, 7.0}, 0},
      {{{11, -1, 0}, {11, 1, 0}, 7.0}, 0},  {{{-1, -1, 0}, {-1, 1, 0}, 7.0}, 0}, {{{2, -1, 0}, {8, 1, 0}, 7.0}, 7},
      {{{1, 0.5, 0}, {9, 0.5, 0}, 7.0}, 0},
  };
  for (const auto& [wall, loss_db] : cases) {
    WorldSpec spec = plain_world({device_at(0, 10)});
    spec.walls.push_back(wall);
    EXPECT_NEAR(make(spec).place_rssi_dbm(0, 0, start_), -84 - loss_db, 1e-9)
        << wall.from.x << ',' << wall.from.y << " to " << wall.to.x << ',' << wall.to.y;
  }
  WorldSpec spec = plain_world({device_at(0, 10)});
  spec.walls = {cases[0].wall, cases[1].wall};
  EXPECT_NEAR(make(spec).place_rssi_dbm(0, 0, start_), -96, 1e-9) << "walls add up";
}

// The shadowing of many places at some distance from each other: Gudmundson's model says exp(-d / distance).
TEST_F(ChannelTest, ShadowingForgetsOverDistance) {
  constexpr size_t pairs = 4000;
  constexpr double memory_m = 4;
  const double distances[] = {0.25, 0.5, 1, 1.5, 2, 3, 5};
  for (const double times : distances) {
    WorldSpec spec = plain_world({});
    spec.channel.shadowing_db = 3;
    spec.channel.shadowing_distance_m = memory_m;
    for (size_t i = 0; i < pairs; ++i) {
      // On a spiral, so that the pairs lie anywhere in the lattice and in every direction.
      const double radius = 20 + 0.37 * static_cast<double>(i);
      const double angle = 2.4 * static_cast<double>(i);
      const Position place{radius * std::cos(angle), radius * std::sin(angle), 0};
      const double turn = 1.7 * static_cast<double>(i);
      for (const double d : {0.0, times * memory_m}) {
        DeviceEntry device = device_at(spec.devices.size(), 0);
        device.movement = Position{place.x + d * std::cos(turn), place.y + d * std::sin(turn), 0};
        spec.devices.push_back(device);
      }
    }
    WorldSpec plain = spec;
    plain.channel.shadowing_db = 0;
    State without(clock_, plain);
    ChannelModel& channel = make(std::move(spec));
    const auto shadow = [&](size_t i) {
      return channel.place_rssi_dbm(0, i, start_) - without.channel().place_rssi_dbm(0, i, start_);
    };
    double product = 0;
    double square = 0;
    double sum = 0;
    for (size_t i = 0; i < pairs; ++i) {
      const double a = shadow(2 * i);
      const double b = shadow(2 * i + 1);
      product += a * b;
      square += (a * a + b * b) / 2;
      sum += a;
    }
    EXPECT_NEAR(sum / pairs, 0, 0.25);
    EXPECT_NEAR(std::sqrt(square / pairs), 3, 0.2);
    EXPECT_NEAR(product / square, std::exp(-times), 0.1) << "at " << times << " shadowing distances";
  }
}

TEST_F(ChannelTest, ShadowingBelongsToThePlaceAndTheRadio) {
  WorldSpec spec = plain_world({device_at(0, 7), device_at(1, 7)});
  spec.channel.shadowing_db = 3;
  spec.radios.push_back({.name = "other", .position = {}});
  ChannelModel& channel = make(spec);
  const double first = channel.place_rssi_dbm(0, 0, start_);
  EXPECT_EQ(channel.place_rssi_dbm(0, 1, start_), first) << "two devices at one place";
  EXPECT_EQ(channel.place_rssi_dbm(0, 0, start_ + 24h), first);
  EXPECT_NE(channel.place_rssi_dbm(1, 0, start_), first);
  spec.seed = 2;
  EXPECT_NE(make(spec).place_rssi_dbm(0, 0, start_), first);
}

TEST_F(ChannelTest, FadingStaysWithinItsBoundsAndDiffersByChannel) {
  WorldSpec spec = plain_world({device_at(0, 1)});
  spec.channel.fading_db = 6;
  ChannelModel& channel = make(spec);
  double sum = 0;
  double squares = 0;
  std::set<double> different;
  constexpr int packets = 20'000;
  for (uint64_t packet = 0; packet < packets; ++packet) {
    const double fade = channel.packet_rssi_dbm(0, 0, start_, packet, static_cast<uint8_t>(37 + packet % 3)) + 59;
    EXPECT_LE(std::abs(fade), 6);
    sum += fade;
    squares += fade * fade;
  }
  for (uint8_t c = 37; c <= 39; ++c) different.insert(channel.packet_rssi_dbm(0, 0, start_, 1, c));
  EXPECT_EQ(different.size(), 3U);
  EXPECT_NEAR(sum / packets, 0, 0.1);
  EXPECT_NEAR(std::sqrt(squares / packets), 6 / std::sqrt(6), 0.05) << "a triangle from -6 to 6";
}

TEST_F(ChannelTest, TheAntennaTurnsWithTheWalk) {
  WorldSpec spec = plain_world({device_at(0, 0)});
  spec.channel.orientation_db = 10;
  spec.devices[0].movement = std::vector<Waypoint>{{0s, {-50, 5, 0}}, {100s, {50, 5, 0}}, {200s, {-50, 5, 0}}};  // there and back
  ChannelModel& channel = make(spec);
  const auto gain = [&](Duration t) {
    return channel.mean_rssi_dbm(0, 0, start_ + t) - channel.place_rssi_dbm(0, 0, start_ + t);
  };
  EXPECT_NEAR(gain(30s), -gain(170s), 1e-9) << "the same place, the other way round";
  for (Duration t = 0s; t < 200s; t += 1s) EXPECT_LE(std::abs(gain(t)), 10);
}

TEST_F(ChannelTest, BodiesComeInEpisodesAndTakeTheirShareOfTime) {
  WorldSpec spec = plain_world({device_at(0, 1), device_at(1, 1)});
  spec.channel.body_share = 0.15;
  spec.devices[0].carried = true;
  ChannelModel& channel = make(spec);
  int in_between = 0;
  int changes = 0;
  double last = 0;
  constexpr int moments = 200'000;
  for (int i = 0; i < moments; ++i) {
    const TimePoint t = start_ + 100ms * i;
    const double body = -59 - channel.mean_rssi_dbm(0, 0, t);
    EXPECT_TRUE(body == 0 || (body >= 5 && body <= 15)) << body;
    in_between += body > 0 ? 1 : 0;
    changes += body != last ? 1 : 0;
    last = body;
    EXPECT_EQ(channel.mean_rssi_dbm(0, 1, t), -59) << "it is not carried";
  }
  EXPECT_NEAR(static_cast<double>(in_between) / moments, 0.15, 0.02);
  EXPECT_LT(changes, moments / 100) << "seconds, not packets";
}

TEST_F(ChannelTest, AWalkIsTheSameWhoeverAsks) {
  WorldSpec spec = plain_world({device_at(0, 0)});
  const RandomWaypoint walk{.min = {-5, 2, 1}, .max = {5, 8, 1}, .stay_min = 1s, .stay_max = 20s};
  spec.devices[0].movement = walk;
  ChannelModel& channel = make(spec);
  std::vector<Position> there;
  for (Duration t = 0s; t < 1h; t += 1s) there.push_back(channel.position(0, start_ + t));
  ChannelModel& again = make(spec);
  (void)again.position(0, start_ + 2h);
  for (size_t i = there.size(); i-- > 0;)
    ASSERT_EQ(again.position(0, start_ + 1s * static_cast<int64_t>(i)), there[i]) << "asked backwards, at " << i << " s";
  double moved = 0;
  for (size_t i = 0; i + 1 < there.size(); ++i) {
    const double step = std::hypot(there[i + 1].x - there[i].x, there[i + 1].y - there[i].y);
    EXPECT_LE(step, 1.5 + 1e-9) << "nobody runs";
    EXPECT_TRUE(there[i].x >= -5 && there[i].x <= 5 && there[i].y >= 2 && there[i].y <= 8 && there[i].z == 1);
    moved += step;
  }
  EXPECT_GT(moved, 100);
}

TEST_F(ChannelTest, APathIsWalkedEvenly) {
  WorldSpec spec = plain_world({device_at(0, 0)});
  spec.devices[0].movement = std::vector<Waypoint>{{10s, {0, 0, 0}}, {20s, {10, 0, 0}}, {30s, {10, 20, 0}}};
  ChannelModel& channel = make(spec);
  EXPECT_EQ(channel.position(0, start_), (Position{0, 0, 0}));
  EXPECT_EQ(channel.position(0, start_ + 15s), (Position{5, 0, 0}));
  EXPECT_EQ(channel.position(0, start_ + 25s), (Position{10, 10, 0}));
  EXPECT_EQ(channel.position(0, start_ + 1h), (Position{10, 20, 0}));
}

}  // namespace
}  // namespace moor::sim
