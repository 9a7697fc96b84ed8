#include "hub/explanation.hpp"

#include <gtest/gtest.h>

namespace moor::hub {
namespace {

using namespace std::chrono_literals;

const Address sensor(0xA4CF12345678, false);
constexpr TimePoint now = TimePoint(24h);

RadioView radio(std::string name, std::optional<Duration> heard_before = std::nullopt, int rssi_dbm = no_rssi_value) {
  RadioView view;
  view.name = std::move(name);
  view.can_connect = true;
  if (heard_before) view.last_heard = now - *heard_before;
  view.rssi_dbm = rssi_dbm;
  return view;
}

TEST(Explanation, SaysWhoHeardTheDeviceLastAndWhoHoldsTheSlots) {
  std::vector<RadioView> radios = {radio("hall", 200s, -88), radio("attic", 1h, -70)};
  radios[0].slots.limit = 3;
  radios[0].slots.holders.push_back({Address(0x70B3D5000001, false), "", now - 2h});
  radios[0].slots.holders.push_back({Address(0x70B3D5000002, false), "lock", now - 41s});
  EXPECT_EQ(explain(sensor, radios, now),
            "no radio hears A4:CF:12:34:56:78: last heard by hall 3 min 20 s ago at -88 dBm; hall has 0 of 3 slots free: "
            "70:B3:D5:00:00:01 since 2 h, 70:B3:D5:00:00:02 (lock) since 41 s");
}

TEST(Explanation, SaysWhichRadiosReachIt) {
  std::vector<RadioView> radios = {radio("hall", 2s, -60), radio("attic")};
  radios[0].reaches = radios[1].reaches = true;
  EXPECT_EQ(explain(sensor, radios, now), "A4:CF:12:34:56:78 was heard by hall 2 s ago at -60 dBm, attic (known to its system)");
}

TEST(Explanation, SaysWhatAilsTheRadios) {
  std::vector<RadioView> radios = {radio("hall"), radio("file", 1s, -50)};
  radios[1].can_connect = false;
  radios[0].health.state = RadioHealth::State::unavailable;
  radios[0].health.problem = "powered off";
  EXPECT_EQ(
      explain(sensor, radios, now),
      "no radio that can connect hears A4:CF:12:34:56:78: last heard by file 1 s ago at -50 dBm, which cannot connect; hall is "
      "unavailable: powered off");
  const std::vector<RadioView> one = {radio("hall")};
  EXPECT_EQ(explain(sensor, one, now), "no radio hears A4:CF:12:34:56:78: it has not been heard at all");
  EXPECT_EQ(explain(sensor, {}, now), "there is no radio");
}

}  // namespace
}  // namespace moor::hub
