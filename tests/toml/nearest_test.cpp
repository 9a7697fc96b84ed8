#include "toml/nearest.hpp"

#include <gtest/gtest.h>
#include <vector>

namespace moor::config {
namespace {

TEST(RemedyForUnknown, SuggestsWhatIsNearElseWhereItBelongsElseAll) {
  const std::vector<std::string_view> words = {"alpha", "tau_s"};
  EXPECT_EQ(remedy_for_unknown("alhpa", words, "it belongs in [x]"), "did you mean 'alpha'?");
  EXPECT_EQ(remedy_for_unknown("beta", words, "it belongs in [x]"), "it belongs in [x]");
  EXPECT_EQ(remedy_for_unknown("beta", words, ""), "there are alpha, tau_s");
}

}  // namespace
}  // namespace moor::config
