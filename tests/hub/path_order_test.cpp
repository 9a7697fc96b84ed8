#include "hub/path_order.hpp"

#include <gmock/gmock.h>

namespace moor::hub {
namespace {

using ::testing::ElementsAre;

std::vector<int> order(const Rules& rules, std::vector<Candidate> candidates) {
  for (size_t i = 0; i < candidates.size(); ++i) candidates[i].source = static_cast<SourceIndex>(i);
  order_paths(rules, candidates);
  std::vector<int> sources;
  for (const Candidate& each : candidates) sources.push_back(each.source);
  return sources;
}

struct Case {
  const char* what;
  std::vector<Candidate> candidates;
  std::vector<int> standard;
  std::vector<int> compat;
};

TEST(PathOrder, OfBothProfiles) {
  const std::vector<Case> cases = {
      {"the better one", {{.rssi_dbm = -70}, {.rssi_dbm = -60}}, {1, 0}, {1, 0}},
      {"equal ones stay in their order", {{.rssi_dbm = -60}, {.rssi_dbm = -60}}, {0, 1}, {0, 1}},
      {"busy with another device", {{.rssi_dbm = -55, .connecting = 1}, {.rssi_dbm = -60}}, {1, 0}, {1, 0}},
      // In compat every penalty grows with the difference, so what decides is only how many there are.
      {"one failure against 4 dB", {{.rssi_dbm = -56, .failures = 1}, {.rssi_dbm = -60}}, {1, 0}, {0, 1}},
      {"two failures against 30 dB", {{.rssi_dbm = -50, .failures = 2}, {.rssi_dbm = -80}}, {0, 1}, {1, 0}},
      {"full, and the other weak", {{.rssi_dbm = -50, .slots = 3, .free = 0}, {.rssi_dbm = -95}}, {1, 0}, {1, 0}},
      {"full, and the other has failed much",
       {{.rssi_dbm = -50, .slots = 3, .free = 0}, {.rssi_dbm = -95, .failures = 64}},
       {1, 0},
       {0, 1}},
      {"counted late", {{.rssi_dbm = -50, .slots = 3, .free = -1}, {.rssi_dbm = -95}}, {1, 0}, {0, 1}},
      {"the last slot against 4 dB", {{.rssi_dbm = -56, .slots = 3, .free = 1}, {.rssi_dbm = -60}}, {1, 0}, {0, 1}},
      {"a radio that fails with everybody", {{.rssi_dbm = -55, .radio_failures = 5}, {.rssi_dbm = -65}}, {1, 0}, {0, 1}},
      {"a link that is there", {{.rssi_dbm = -50}, {.rssi_dbm = {}, .connected = true}}, {1, 0}, {1, 0}},
      {"no RSSI", {{.rssi_dbm = {}}, {.rssi_dbm = -99}, {.rssi_dbm = 0}}, {1, 0, 2}, {1, 0, 2}},
  };
  for (const Case& each : cases) {
    EXPECT_EQ(order(standard_rules, each.candidates), each.standard) << "standard: " << each.what;
    EXPECT_EQ(order(compat_rules, each.candidates), each.compat) << "compat: " << each.what;
  }
}

TEST(PathOrder, OfNone) {
  EXPECT_TRUE(order(standard_rules, {}).empty());
  EXPECT_THAT(order(compat_rules, {{.rssi_dbm = -80, .failures = 5}}), ElementsAre(0));
}

}  // namespace
}  // namespace moor::hub
