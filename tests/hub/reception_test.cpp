#include "hub/reception.hpp"

#include "radio/fake_radio.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;
using moor::testing::heard;
using ::testing::ElementsAre;

constexpr uint64_t sensor = 0xC00000000001;

class Story {
public:
  explicit Story(const Rules& rules) : reception(rules) {
    reception.begin(start);
    for (SourceIndex source = 0; source < 3; ++source) reception.set_source(source, true, true);
  }
  std::optional<Reception::Outcome> hears(SourceIndex source, Duration after, std::string_view payload, int8_t rssi = -60) {
    Sighting sighting = heard(sensor, rssi, payload);
    sighting.time = start + after;
    return reception.on_sighting(source, sighting);
  }
  TimePoint start = TimePoint(1h);
  Reception reception;
};

TEST(Reception, TellsNewsFromRepeats) {
  for (const Rules& rules : {standard_rules, compat_rules}) {
    Story story(rules);
    EXPECT_TRUE(story.hears(0, 0s, "04ff010001")->changed);
    EXPECT_FALSE(story.hears(0, 1s, "04ff010001")->changed);
    const auto foreign = story.hears(1, 2s, "04ff010002");
    EXPECT_FALSE(foreign->owned || foreign->changed) << "it is not the owner's";
    EXPECT_TRUE(foreign->new_path);
    EXPECT_TRUE(story.hears(0, 3s, "04ff010002")->changed);
    EXPECT_EQ(story.reception.devices()[0].sightings, 3U);
  }
}

TEST(Reception, OnlyCompatDropsNoiseOfAppleDevices) {
  Story compat(compat_rules);
  EXPECT_FALSE(compat.hears(0, 0s, "05ff4c000c0e").has_value());
  EXPECT_EQ(compat.reception.dropped(), 1U);
  Story standard(standard_rules);
  EXPECT_TRUE(standard.hears(0, 0s, "05ff4c000c0e").has_value()) << "phones count as visitors";
}

TEST(Reception, ADeviceThatIsGoneMayComeBack) {
  Story story(standard_rules);
  for (int t = 0; t < 16; ++t) (void)story.hears(0, std::chrono::seconds(t), "04ff010001");
  EXPECT_EQ(story.reception.interval(0), 1s);
  std::vector<DeviceSlot> gone;
  const auto advance = [&](Duration after) {
    story.reception.advance(story.start + after, [&](DeviceSlot slot) { gone.push_back(slot); });
  };
  advance(20s);
  EXPECT_TRUE(gone.empty());
  EXPECT_LE(story.reception.next_deadline(), story.start + 21s);
  advance(21s);
  EXPECT_THAT(gone, ElementsAre(0));
  EXPECT_FALSE(story.reception.is_present(0));
  EXPECT_TRUE(story.hears(0, 30s, "04ff010001")->new_path);
  EXPECT_TRUE(story.reception.is_present(0));
  advance(2h);
  EXPECT_EQ(gone.size(), 2U);
  EXPECT_EQ(story.reception.devices().size(), 0U) << "forgotten after an hour";
}

TEST(Reception, CompatForgetsAllAboutADeviceThatIsGone) {
  Story story(compat_rules);
  (void)story.hears(0, 0s, "0409616263");
  EXPECT_EQ(story.reception.name(0), "abc");
  story.reception.advance(story.start + 30min, [](DeviceSlot) {});
  EXPECT_EQ(story.reception.ownership().owner(0), no_source);
  EXPECT_TRUE(story.hears(1, 31min, "03096162")->owned);
  EXPECT_EQ(story.reception.name(0), "ab");
}

TEST(Reception, AllocatesNothingOnceItIsWarm) {
  for (const Rules& rules : {standard_rules, compat_rules}) {
    Story story(rules);
    const auto round = [&](int from) {
      for (int t = from; t < from + 100; ++t)
        for (SourceIndex source = 0; source < 3; ++source) {
          (void)story.hears(source, std::chrono::seconds(t), "04ff010001", -60);
          story.reception.advance(story.start + std::chrono::seconds(t), [](DeviceSlot) {});
        }
    };
    Sighting sighting = heard(sensor, -60, "04ff010001");
    round(0);
    const size_t before = allocations();
    for (int t = 100; t < 200; ++t)
      for (SourceIndex source = 0; source < 3; ++source) {
        sighting.time = story.start + std::chrono::seconds(t);
        (void)story.reception.on_sighting(source, sighting);
        story.reception.advance(sighting.time, [](DeviceSlot) {});
      }
    EXPECT_EQ(allocations() - before, 0U);
  }
}

}  // namespace
}  // namespace moor::hub
