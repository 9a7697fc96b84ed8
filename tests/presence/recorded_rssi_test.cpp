// Real measurements: two data sets of receivers that heard a moving tag (data/rssi/MANIFEST.md). Each receiver's view of a track
// is a device here, so what is tested is that the tracker takes real air, not which room the tag was in.
#include "presence/event_follower.hpp"
#include "support/csv_rows.hpp"
#include "vectors/test_data.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

struct Reception {
  std::string device;  // track and receiver
  TimePoint time;
  double rssi_dbm;
};

/// Rows of track,t,gateway,rssi.
std::vector<Reception> read_receptions(const std::filesystem::path& path) {
  std::vector<Reception> receptions;
  for (const auto& cells : testing::read_csv_rows(path, 4))
    receptions.push_back({cells[0] + '/' + cells[2], TimePoint(from_seconds(std::stod(cells[1]))), std::stod(cells[3])});
  return receptions;
}

class RecordedRssi : public ::testing::TestWithParam<const char*> {
protected:
  void SetUp() override {
    const auto path = test_data() / "rssi" / (std::string(GetParam()) + "_obs.csv.gz");
    if (!std::filesystem::exists(path)) GTEST_SKIP() << "no recorded RSSI at " << path;
    receptions_ = read_receptions(path);
  }

  std::vector<Reception> receptions_;
};

TEST_P(RecordedRssi, GivesEventsThatAddUp) {
  ASSERT_FALSE(receptions_.empty());
  const PresenceOptions options{.zones = {.hysteresis_db = 3}};
  PresenceTracker tracker(options);
  EventFollower follower(options);
  std::map<std::string, DeviceSlot> slots;
  for (const Reception& reception : receptions_) {
    const DeviceSlot slot = slots.try_emplace(reception.device, static_cast<DeviceSlot>(slots.size())).first->second;
    tracker.on_sample(slot, reception.time, reception.rssi_dbm, {}, std::ref(follower));
  }
  EXPECT_EQ(tracker.present(), slots.size()) << "no receiver is silent for longer than 2.7 s";
  tracker.advance(TimePoint::max(), std::ref(follower));
  EXPECT_EQ(follower.complaint(), "");

  const PresenceStatistics& all = tracker.statistics();
  const auto is_impossible = [](const Reception& reception) { return !is_plausible_rssi(reception.rssi_dbm); };
  EXPECT_EQ(all.implausible, static_cast<uint64_t>(std::count_if(receptions_.begin(), receptions_.end(), is_impossible)));
  EXPECT_EQ(all.samples + all.implausible, receptions_.size());
  EXPECT_EQ(all.out_of_order, 0U);
  EXPECT_EQ(all.entered, slots.size());
  EXPECT_EQ(all.lost, slots.size());
}

INSTANTIATE_TEST_SUITE_P(Data, RecordedRssi, ::testing::Values("tetam", "flat"));

}  // namespace
}  // namespace moor
