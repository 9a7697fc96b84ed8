#include "esphome/frames.hpp"

#include <gtest/gtest.h>

namespace moor::esphome {
namespace {

// Holds so much, and is emptied.
void pass(FrameOutput& output, size_t size) {
  (void)output.add(size);
  output.sent(size);
}

TEST(FrameOutput, KeepsNoMoreThanBatchesNeedWhileItIsAtRest) {
  FrameOutput output;
  for (int i = 0; i < 100; ++i) pass(output, 900);
  EXPECT_GE(output.capacity(), 900U);
  EXPECT_LE(output.capacity(), kept_at_rest);
}

TEST(FrameOutput, KeepsWhatABurstNeedsUntilItIsOver) {
  FrameOutput output;
  pass(output, 16'000);
  for (int i = 0; i < burst_over_after - 1; ++i) pass(output, 900);
  EXPECT_GE(output.capacity(), 16'000U);
  pass(output, 16'000);
  for (int i = 0; i < burst_over_after - 1; ++i) pass(output, 900);
  EXPECT_GE(output.capacity(), 16'000U) << "the next burst came before the first was over";
  pass(output, 900);
  EXPECT_LE(output.capacity(), kept_at_rest);
}

TEST(FrameOutput, GivesBackAtOnceWhatIsMoreThanABurst) {
  FrameOutput output;
  pass(output, kept_in_bursts + 1);
  EXPECT_EQ(output.capacity(), 0U);
}

}  // namespace
}  // namespace moor::esphome
