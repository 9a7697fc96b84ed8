// What waits for a slow client: bounded, and control messages are never dropped.

#include "proxy/send_queue.hpp"

#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>

namespace moor::proxy {
namespace {

using esphome::MessageType;

std::vector<uint8_t> filled(size_t size, uint8_t with) {
  return std::vector<uint8_t>(size, with);
}

TEST(SendQueue, ControlLeavesFirstEachInOrder) {
  SendQueue queue(1000, 1000);
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.push_advertisements(filled(10, 1), 2), 0U);
  EXPECT_TRUE(queue.push_control(MessageType::ping_request, {}));
  EXPECT_EQ(queue.push_advertisements(filled(10, 2), 2), 0U);
  EXPECT_TRUE(queue.push_control(MessageType::scanner_state, filled(2, 9)));
  EXPECT_EQ(queue.front().type, MessageType::ping_request);
  queue.pop();
  EXPECT_EQ(queue.front().type, MessageType::scanner_state);
  EXPECT_EQ(queue.front().payload.size(), 2U);
  queue.pop();
  EXPECT_EQ(queue.bytes(), 20U);
  EXPECT_EQ(queue.front().type, MessageType::raw_advertisements);
  EXPECT_EQ(queue.front().payload[0], 1);
  queue.pop();
  EXPECT_EQ(queue.front().payload[0], 2);
  queue.pop();
  EXPECT_TRUE(queue.is_empty());
  EXPECT_EQ(queue.bytes(), 0U);
}

TEST(SendQueue, TheOldestBatchesMakeRoom) {
  SendQueue queue(100, 1000);
  for (uint8_t i = 0; i < 4; ++i) EXPECT_EQ(queue.push_advertisements(filled(25, i), 3), 0U);
  EXPECT_EQ(queue.push_advertisements(filled(26, 4), 5), 6U) << "two batches of three";
  EXPECT_EQ(queue.front().payload[0], 2);
  EXPECT_LE(queue.bytes(), 100U);
  EXPECT_EQ(queue.push_advertisements(filled(101, 9), 7), 7U) << "one that is too big by itself";
  EXPECT_EQ(queue.front().payload[0], 2) << "drops no others";
  EXPECT_EQ(queue.push_advertisements(filled(100, 5), 1), 11U);
  EXPECT_EQ(queue.front().payload[0], 5);
}

TEST(SendQueue, ControlIsBoundedEvenWhereItIsEmpty) {
  SendQueue queue(100, 320);
  int taken = 0;
  while (taken < 100 && queue.push_control(MessageType::ping_response, {})) ++taken;
  EXPECT_EQ(taken, 10);
  EXPECT_EQ(queue.push_advertisements(filled(100, 1), 1), 0U) << "each has a bound of its own";
  queue.pop();
  EXPECT_TRUE(queue.push_control(MessageType::ping_response, {}));
}

TEST(SendQueue, ForgetsAdvertisementsOnly) {
  SendQueue queue(100, 100);
  (void)queue.push_advertisements(filled(10, 1), 4);
  (void)queue.push_advertisements(filled(10, 1), 5);
  EXPECT_TRUE(queue.push_control(MessageType::ping_response, {}));
  EXPECT_EQ(queue.clear_advertisements(), 9U);
  EXPECT_EQ(queue.front().type, MessageType::ping_response);
  queue.pop();
  EXPECT_TRUE(queue.is_empty());
}

TEST(SendQueue, AllocatesNothingWhileItDrops) {
  SendQueue queue(1000, 1000);
  const std::vector<uint8_t> batch = filled(90, 1);
  for (int i = 0; i < 100; ++i) (void)queue.push_advertisements(batch, 1);
  const size_t before = allocations();
  for (int i = 0; i < 100; ++i) (void)queue.push_advertisements(batch, 1);
  EXPECT_EQ(allocations() - before, 0U);
}

}  // namespace
}  // namespace moor::proxy
