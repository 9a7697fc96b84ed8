#include "moor/connection_parameters.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;

TEST(ConnectionParameters, HaveUnitsThatCannotBeMixedUp) {
  EXPECT_EQ(ConnectionInterval{800}.duration(), 1s);
  EXPECT_EQ(SupervisionTimeout{600}.duration(), 6s);
  EXPECT_EQ(ConnectionInterval::from(1s), ConnectionInterval{800});
  EXPECT_EQ(ConnectionInterval::from(8ms), ConnectionInterval{6}) << "the nearest one";
  EXPECT_EQ(SupervisionTimeout::from(6s), SupervisionTimeout{600});
  EXPECT_THROW((void)ConnectionInterval::from(5ms), UsageError);
  EXPECT_THROW((void)ConnectionInterval::from(5s), UsageError);
  EXPECT_THROW((void)SupervisionTimeout::from(33s), UsageError);
}

TEST(ConnectionParameters, AreCheckedAgainstTheSpecification) {
  EXPECT_NO_THROW(ConnectionParameters().check());
  EXPECT_NO_THROW(fast_parameters.check());
  EXPECT_NO_THROW(slow_parameters.check());
  const auto refused = [](ConnectionParameters parameters) { EXPECT_THROW(parameters.check(), UsageError); };
  refused({{5}, {800}, 0, {600}});
  refused({{800}, {3201}, 0, {3200}});
  refused({{24}, {12}, 0, {600}});
  refused({{24}, {24}, 500, {3200}});
  refused({{24}, {24}, 0, {9}});
  refused({{800}, {800}, 2, {600}});  // (1 + 2) * 1 s * 2 is not below 6 s
}

}  // namespace
}  // namespace moor
