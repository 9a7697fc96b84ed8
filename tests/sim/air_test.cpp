#include "sim/sim_fixture.hpp"

#include <cmath>
#include <map>

namespace moor::sim {
namespace {

using namespace moor::testing;

// FNV-1a over all that a program can see of what was heard.
uint64_t hash_of(const Listener& listener) {
  uint64_t hash = 0xCBF29CE484222325U;
  const auto add = [&](uint64_t value) {
    for (int i = 0; i < 8; ++i) hash = (hash ^ (value >> (8 * i) & 0xFF)) * 0x100000001B3U;
  };
  for (const Sighting& s : listener.heard) {
    add(s.address.bits());
    add(static_cast<uint64_t>(s.time.time_since_epoch().count()));
    add(static_cast<uint8_t>(s.rssi_dbm));
    add(s.channel);
    add(static_cast<uint64_t>(s.properties));
    for (const uint8_t byte : s.payload()) add(byte);
  }
  return hash;
}

WorldSpec crowd(size_t devices, Duration interval) {
  WorldSpec spec;
  spec.radios = {{.name = "hall"}, {.name = "yard", .position = {8, 8, 0}, .scan_window = 30ms}};
  for (size_t i = 0; i < devices; ++i) {
    DeviceEntry device = device_at(i, 0);
    device.movement = RandomWaypoint{.min = {-10, -10, 0}, .max = {10, 10, 0}};
    device.carried = i % 2 == 0;
    device.advertising->interval = interval;
    device.advertising->payload = {2, 1, 6, 3, 0xFF, static_cast<uint8_t>(i), 0};
    if (i % 3 == 0) device.advertising->scan_response = {2, 0x0A, 4};
    spec.devices.push_back(device);
  }
  return spec;
}

class AirTest : public SimTest {};

TEST_F(AirTest, TenMinutesGiveTheSameEachTime) {
  std::map<std::string, uint64_t> hashes;
  for (const std::string run : {"first", "second", "with another radio", "other seed"}) {
    VirtualClock clock(start_);
    boost::asio::io_context context;
    WorldSpec spec = crowd(40, 250ms);
    if (run == "other seed") spec.seed = 2;
    World world(clock, spec);
    const auto hall = world.make_radio("hall", 0);
    const auto yard = world.make_radio("yard", 1);
    Listener listener;
    Listener other;
    boost::asio::co_spawn(context, scan_until(clock, *hall, listener, 10min), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    if (run == "with another radio")
      boost::asio::co_spawn(context, scan_until(clock, *yard, other, 4min), [](std::exception_ptr e) { EXPECT_FALSE(e); });
    clock.run(context);
    hashes[run] = hash_of(listener);
    EXPECT_GT(listener.heard.size(), 50'000U);
  }
  EXPECT_EQ(hashes["first"], hashes["second"]);
  EXPECT_EQ(hashes["first"], hashes["with another radio"]) << "it does not matter who else listens";
  EXPECT_NE(hashes["first"], hashes["other seed"]);
}

TEST_F(AirTest, IntervalsHaveTheirJitter) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.radios[0].scan_interval = spec.radios[0].scan_window = 10'000h;  // one channel, no gap
  make(spec);
  const Listener listener = listen(5000s);
  ASSERT_GT(listener.heard.size(), 4900U);
  int quarters[4] = {};
  for (size_t i = 0; i + 1 < listener.heard.size(); ++i) {
    const Duration gap = listener.heard[i + 1].time - listener.heard[i].time;
    ASSERT_GE(gap, 1000ms);
    ASSERT_LT(gap, 1010ms);
    ++quarters[(gap - 1000ms) / 2500us];
  }
  for (const int count : quarters) EXPECT_NEAR(count, 1240, 130) << "evenly, 0 to 10 ms";
}

TEST_F(AirTest, ARadioHearsOneOfThreeChannelsInTurn) {
  make(plain_world({device_at(1, 1)}));
  const Listener listener = listen(3000s);
  std::map<int, int> channels;
  for (const Sighting& s : listener.heard) ++channels[s.channel];
  EXPECT_EQ(channels.size(), 3U);
  for (const auto& [channel, count] : channels) EXPECT_NEAR(count, 990, 90) << channel;
  EXPECT_EQ(world_->truth(device_address(1)).advertisements, 2985U);
}

TEST_F(AirTest, AWindowOf30In100MillisecondsHears30Percent) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.radios[0].scan_window = 30ms;
  make(spec);
  const Listener listener = listen(10'000s);
  EXPECT_NEAR(static_cast<double>(listener.heard.size()) / 9950, 0.3, 0.02);
}

TEST_F(AirTest, BelowTheSensitivityNothingIsHeardAndTheEdgeIsSoft) {
  // At -95 dBm, the edge from -96 to -93 lets a third through.
  const auto share_at = [this](double rssi_dbm) {
    WorldSpec spec = plain_world({device_at(1, 1)});
    spec.devices[0].rssi_at_1m_dbm = rssi_dbm;
    spec.radios[0].scan_interval = spec.radios[0].scan_window = 1000h;
    make(spec);
    return static_cast<double>(listen(2000s).heard.size()) / 1990;
  };
  EXPECT_EQ(share_at(-96.5), 0);
  EXPECT_NEAR(share_at(-95), 1.0 / 3, 0.05);
  EXPECT_NEAR(share_at(-93), 1, 0.01);
}

TEST_F(AirTest, ADeviceThatWalksAwayIsHeardLessAndThenNoMore) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.devices[0].movement = std::vector<Waypoint>{{0s, {1, 0, 0}}, {1000s, {101, 0, 0}}};
  make(spec);
  const Listener listener = listen(1000s);
  for (const Sighting& s : listener.heard) {
    const double distance = 1 + to_seconds(s.time - start_) / 10;
    EXPECT_NEAR(s.rssi_dbm, -59 - 25 * std::log10(distance), 0.6);
  }
  // -96 dBm is 30.2 m away.
  EXPECT_NEAR(to_seconds(listener.heard.back().time - start_), 290, 20);
}

// Pure ALOHA: a packet survives where none begins within its length before or after: exp(-2 G), with G packets a packet's length.
TEST_F(AirTest, CollisionsGrowWithDensityAsAlohaSays) {
  double last = 0;
  for (const size_t devices : {20U, 200U, 600U}) {
    WorldSpec spec = plain_world({});
    spec.radios[0].scan_interval = spec.radios[0].scan_window = 1000h;
    for (size_t i = 0; i < devices; ++i) {
      spec.devices.push_back(device_at(i, 2));
      spec.devices.back().advertising->interval = 100ms;
      spec.devices.back().advertising->payload.assign(31, 0);
    }
    spec.devices[0].advertising->payload.assign(31, 1);
    make(spec);
    const Listener listener = listen(60s);
    uint64_t sent = 0;
    for (size_t i = 0; i < devices; ++i) sent += world_->truth(device_address(i)).advertisements;
    const double lost = 1 - static_cast<double>(listener.heard.size()) / static_cast<double>(sent);
    const double others = static_cast<double>(devices - 1) * 376e-6 / 0.105;
    EXPECT_NEAR(lost, 1 - std::exp(-2 * others), 0.02) << devices;
    EXPECT_GT(lost, last);
    last = lost;
  }
  EXPECT_GT(last, 0.9);
}

TEST_F(AirTest, OfTwoPacketsTheOneThatIsMuchStrongerSurvives) {
  // Both on the air nearly all the time of each other: 600 weak ones drown each other, not the strong one.
  WorldSpec spec = plain_world({device_at(0, 1), device_at(1, 3)});
  spec.radios[0].scan_interval = spec.radios[0].scan_window = 1000h;
  for (size_t i = 2; i < 600; ++i) {
    spec.devices.push_back(device_at(i, 3));
    spec.devices.back().advertising->interval = 100ms;
    spec.devices.back().advertising->payload.assign(31, 0);
  }
  make(spec);
  const Listener listener = listen(200s);
  EXPECT_EQ(listener.count(device_address(0)), world_->truth(device_address(0)).advertisements) << "12 dB above the others";
  EXPECT_LT(listener.count(device_address(1)), 60U) << "of 199";
  spec.channel.collisions = false;
  make(spec);
  const Listener undisturbed = listen(20s);
  EXPECT_EQ(undisturbed.count(device_address(1)), world_->truth(device_address(1)).advertisements);
}

TEST_F(AirTest, PropertiesSayWhatTheDeviceOffers) {
  struct Case {
    bool connectable;
    bool response;
    bool extended;
    AdvertisingProperties expected;
  };
  using P = AdvertisingProperties;
  const Case cases[] = {
      {true, false, false, P::legacy | P::connectable | P::scannable},
      {true, true, false, P::legacy | P::connectable | P::scannable},
      {false, true, false, P::legacy | P::scannable},
      {false, false, false, P::legacy},
      {true, false, true, P::connectable},
      {false, false, true, P::none},
  };
  for (const Case& c : cases) {
    WorldSpec spec = plain_world({device_at(1, 1)});
    Advertising& advertising = *spec.devices[0].advertising;
    advertising.connectable = c.connectable;
    advertising.extended = c.extended;
    advertising.payload.assign(c.extended ? 200 : 20, 0x55);
    if (c.response) advertising.scan_response = {2, 0x0A, 4};
    make(spec);
    size_t count = 0;
    Listener listener;
    listener.then = [&](const Sighting& s) {
      EXPECT_EQ(s.properties, c.expected);
      EXPECT_EQ(std::vector<uint8_t>(s.payload().begin(), s.payload().end()), advertising.payload);
      EXPECT_EQ(s.rssi_dbm, -59);
      EXPECT_EQ(s.sid, c.extended ? 0 : 0xFF);
      ++count;
    };
    play([&] { return scan_for(*radios_[0], 100s, {.active = false}, listener); });
    EXPECT_GT(count, 90U);
    EXPECT_EQ(radios_[0]->statistics().reports, count);
  }
}

TEST_F(AirTest, ScanResponsesComeOnlyToWhoAsks) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.devices[0].advertising->payload = {2, 1, 6};
  spec.devices[0].advertising->scan_response = {2, 0x0A, 4};
  make(spec);
  const auto responses = [](const Listener& listener) {
    return std::count_if(listener.heard.begin(), listener.heard.end(), [](const Sighting& s) { return s.is_scan_response(); });
  };
  const Listener passive = listen(100s, {.active = false});
  EXPECT_EQ(responses(passive), 0);
  const Listener active = listen(100s, {.active = true});
  EXPECT_EQ(static_cast<size_t>(responses(active)) * 2, active.heard.size()) << "in good conditions, one for each";
  for (size_t i = 0; i < active.heard.size(); i += 2) {
    const Duration after = active.heard[i + 1].time - active.heard[i].time;
    EXPECT_EQ(after, 8us * 19 + 150us + 176us + 150us) << "packet, T_IFS, SCAN_REQ, T_IFS";
  }
  spec.devices[0].rssi_at_1m_dbm = -94.5;  // half of each way gets through
  spec.channel.fading_db = 0;
  make(spec);
  const Listener weak = listen(3000s);
  const double answered =
      static_cast<double>(responses(weak)) / static_cast<double>(weak.heard.size() - static_cast<size_t>(responses(weak)));
  EXPECT_NEAR(answered, 0.25, 0.05) << "request and response each have a chance of their own";
}

TEST_F(AirTest, PayloadsTakeTurns) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.devices[0].advertising->payload = {2, 1, 6};
  spec.devices[0].advertising->more_payloads = {{2, 1, 4}};
  make(spec);
  const Listener listener = listen(100s);
  std::map<uint8_t, int> seen;
  for (const Sighting& s : listener.heard) ++seen[s.payload()[2]];
  EXPECT_NEAR(seen[6], seen[4], 10);
}

TEST_F(AirTest, NothingIsDoneWhileNobodyScansAndTimeGoesOnWithoutTicks) {
  make(plain_world({device_at(1, 1)}));
  EXPECT_EQ(clock_.next_deadline(), TimePoint::max());
  (void)listen(10s);
  EXPECT_EQ(clock_.next_deadline(), TimePoint::max()) << "a scan that has ended leaves nobody waiting";
  const uint64_t sent = world_->truth(device_address(1)).advertisements;
  play([&] { return clock_.wait_for(24h); });
  EXPECT_EQ(world_->truth(device_address(1)).advertisements, sent);
  const Listener later = listen(10s);
  EXPECT_NEAR(static_cast<double>(later.heard.size()), 10, 2) << "and it is there again";
}

TEST_F(AirTest, AMonthOfOneSensorIsHeardInFull) {
  WorldSpec spec = plain_world({device_at(1, 1)});
  spec.devices[0].advertising->interval = 10s;
  make(spec);
  size_t count = 0;
  struct Counter final : SightingSink {
    void on_sightings(std::span<const Sighting> batch) override { *count += batch.size(); }
    size_t* count;
  } counter;
  counter.count = &count;
  play([&] { return scan_for(*radios_[0], 24h * 30, {}, counter); });
  EXPECT_NEAR(static_cast<double>(count), 30.0 * 8640 / 1.0005, 3000);
}

}  // namespace
}  // namespace moor::sim
