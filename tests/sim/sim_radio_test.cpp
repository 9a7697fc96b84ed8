#include "sim/sim_fixture.hpp"

namespace moor::sim {
namespace {

using namespace moor::testing;
using Kind = RadioFault::Kind;

class SimRadioTest : public SimTest {
protected:
  // A device that is heard about every 100 ms, and a fault of the radio.
  WorldSpec with(RadioFault fault) {
    WorldSpec spec = plain_world({device_at(1, 1)});
    spec.devices[0].advertising->interval = 90ms;
    spec.radios[0].faults.push_back(fault);
    return spec;
  }
  RadioHealth::State state_after(Duration duration) {
    RadioHealth health;
    Listener listener;
    listener.clock = &clock_;
    boost::asio::co_spawn(context_, scan_until(clock_, *radios_[0], listener, duration + 1s), [](std::exception_ptr) {});
    play([&]() -> awaitable<> {
      co_await clock_.wait_for(duration);
      health = radios_[0]->health();
    });
    return health.state;
  }
};

TEST_F(SimRadioTest, SaysWhatItIs) {
  WorldSpec spec = plain_world({});
  spec.name = "flat";
  spec.radios.push_back({.name = "porch", .kind = RadioKind::proxy});
  make(spec);
  EXPECT_EQ(radios_[1]->info().name, "sim:flat/porch");
  EXPECT_EQ(radios_[1]->info().kind, "sim");
  EXPECT_EQ(radios_[1]->info().id, 1);
  EXPECT_TRUE(radios_[1]->info().can_connect);
  EXPECT_EQ(radios_[1]->info().detail, "porch, a proxy in the world 'flat'");
  EXPECT_THROW((void)world_->make_radio("hall", 2), UsageError) << "made once";
  EXPECT_THROW((void)world_->make_radio("cellar", 2), UsageError);
  World single(clock_, plain_world({}));
  EXPECT_EQ(single.make_radio("hall", 0)->info().name, "sim:world");
  EXPECT_EQ(World(clock_, plain_world({})).make_radio("hall", 0, "sim:x.toml")->info().name, "sim:x.toml");
}

TEST_F(SimRadioTest, ARadioOutlivesItsWorld) {
  make(plain_world({device_at(1, 1)}));
  world_.reset();
  EXPECT_GT(listen(10s).heard.size(), 7U);
}

TEST_F(SimRadioTest, OneScanAtATime) {
  make(plain_world({device_at(1, 1)}));
  Listener listener;
  boost::asio::co_spawn(context_, scan_until(clock_, *radios_[0], listener, 5s), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  EXPECT_THROW(play([&] { return scan_until(clock_, *radios_[0], listener, 1s); }), UsageError);
}

TEST_F(SimRadioTest, ADeadRadioEndsItsScanAndRefusesTheNextUntilItIsBack) {
  make(with({.kind = Kind::dead, .at = 10s, .lasts = 20s}));
  Listener listener;
  listener.clock = &clock_;
  const auto scan = [&] { return scan_until(clock_, *radios_[0], listener, 1h); };
  try {
    play(scan);
    ADD_FAILURE() << "it is dead";
  } catch (const RadioNotAvailable& error) {
    EXPECT_EQ(error.reason(), Unavailable::no_radio);
    EXPECT_FALSE(error.advice().empty());
  }
  EXPECT_EQ(elapsed(), 10s) << "in the moment it dies";
  EXPECT_GT(listener.heard.size(), 85U) << "what was heard before has been delivered";
  EXPECT_EQ(radios_[0]->health().state, RadioHealth::State::unavailable);
  EXPECT_THROW(play(scan), RadioNotAvailable);
  EXPECT_THROW(play([&] { return radios_[0]->recover(true, clock_.now() + 5s); }), RadioNotAvailable);
  EXPECT_EQ(elapsed(), 13s);
  play([&] { return clock_.wait_for(17s); });
  EXPECT_EQ(radios_[0]->health().state, RadioHealth::State::idle);
  EXPECT_GT(listen(10s).heard.size(), 85U);
}

TEST_F(SimRadioTest, ASilentRadioSaysThatItScansAndHearsNothing) {
  make(with({.kind = Kind::silent, .at = 10s}));
  EXPECT_EQ(state_after(60s), RadioHealth::State::scanning) << "nobody knows yet";
  EXPECT_EQ(state_after(100s), RadioHealth::State::silent);
  EXPECT_LT(*radios_[0]->health().last_heard, start_ + 10s);
}

TEST_F(SimRadioTest, RecoveryMendsWhatItCan) {
  struct Case {
    Kind kind;
    bool hard;
    bool hears;
  };
  for (const auto& [kind, hard, hears] :
       {Case{Kind::silent, false, false}, {Kind::silent, true, true}, {Kind::stuck, false, true}, {Kind::stuck, true, true}}) {
    make(with({.kind = kind}));
    EXPECT_TRUE(listen(10s).heard.empty());
    play([&] { return radios_[0]->recover(hard, clock_.now() + 10s); });
    EXPECT_EQ(!listen(10s).heard.empty(), hears) << static_cast<int>(kind) << hard;
  }
}

TEST_F(SimRadioTest, FaultsComeAgain) {
  make(with({.kind = Kind::silent, .at = 10s, .lasts = 10s, .every = 30s}));
  const Listener listener = listen(200s);
  for (const Sighting& s : listener.heard) {
    const Duration t = s.time - start_;
    EXPECT_TRUE(t < 10s + 10ms || (t - 10s) % 40s >= 10s) << to_seconds(t);
  }
  EXPECT_NEAR(static_cast<double>(listener.heard.size()), 150 / 0.095, 20) << "150 of 200 s";
}

TEST_F(SimRadioTest, RandomFaultsHaveTheirMeanAndAreRepeatable) {
  make(with({.kind = Kind::silent, .lasts = 20s, .every = 60s, .random = true}));
  const size_t first = listen(2h).heard.size();
  EXPECT_NEAR(static_cast<double>(first), 7200 / 0.095 * 0.75, 4000);
}

TEST_F(SimRadioTest, AFaultMayBeAddedWhileItScans) {
  make(with({.kind = Kind::hang, .at = 1000h}));
  Listener listener;
  boost::asio::co_spawn(
      context_,
      [&]() -> awaitable<> {
        co_await clock_.wait_for(3s);
        const RadioFault dead{.kind = Kind::dead, .at = clock_.now() - start_};
        world_->add_fault("hall", dead);
      },
      [](std::exception_ptr e) { EXPECT_FALSE(e); });
  EXPECT_THROW(play([&] { return scan_until(clock_, *radios_[0], listener, 1h); }), RadioNotAvailable);
  EXPECT_EQ(elapsed(), 3s);
}

TEST_F(SimRadioTest, WhatASinkThrowsEndsItsScanOnly) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.radios.push_back({.name = "other", .position = {}});
  make(spec);
  Listener broken;
  broken.then = [](const Sighting&) { throw std::runtime_error("full"); };
  Listener other;
  boost::asio::co_spawn(context_, scan_until(clock_, *radios_[1], other, 10s), [](std::exception_ptr e) { EXPECT_FALSE(e); });
  EXPECT_THROW(play([&] { return scan_until(clock_, *radios_[0], broken, 10s); }), std::runtime_error);
  EXPECT_GT(other.heard.size(), 7U);
}

TEST_F(SimRadioTest, ThePlacesAndMeansOfAWorldCanBeAsked) {
  make(plain_world({device_at(1, 10)}));
  EXPECT_EQ(world_->position(device_address(1), start_ + 1h), (Position{10, 0, 0}));
  EXPECT_DOUBLE_EQ(world_->mean_rssi_dbm("hall", device_address(1), start_), -84);
  EXPECT_THROW((void)world_->position(device_address(2), start_), UsageError);
  EXPECT_THROW((void)world_->mean_rssi_dbm("cellar", device_address(1), start_), UsageError);
}

}  // namespace
}  // namespace moor::sim
