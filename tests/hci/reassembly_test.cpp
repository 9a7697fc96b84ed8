#include "hci/reassembly.hpp"

#include <gtest/gtest.h>
#include <numeric>

namespace moor::hci {
namespace {

using namespace std::chrono_literals;

constexpr TimePoint start = TimePoint(1000s);

class ReassemblyTest : public testing::Test {
protected:
  // What the n-th advertiser's report becomes.
  Reassembly::Result hear(uint64_t advertiser, DataStatus status, size_t size, TimePoint time = start, uint8_t sid = 1,
                          uint16_t source = 0) {
    data_.resize(size);
    std::iota(data_.begin(), data_.end(), next_byte_);
    next_byte_ = static_cast<uint8_t>(next_byte_ + size);
    return reassembly_.add({.address = Address(advertiser, true), .status = status, .sid = sid, .data = data_}, time, source);
  }

  Reassembly reassembly_;
  std::vector<uint8_t> data_;
  uint8_t next_byte_ = 0;
};

constexpr auto more = DataStatus::more_to_come;
constexpr auto complete = DataStatus::complete;
constexpr auto truncated = DataStatus::truncated;

TEST_F(ReassemblyTest, PassesOnWhatIsWhole) {
  const auto [data, status] = hear(1, complete, 100);
  EXPECT_EQ(data.data(), data_.data()) << "not copied";
  EXPECT_EQ(data.size(), 100U);
  EXPECT_EQ(status, complete);
}

TEST_F(ReassemblyTest, EachFragmentHasItsPieceAndTheLastTheWhole) {
  EXPECT_EQ(hear(1, more, 229).data.size(), 229U);
  EXPECT_EQ(hear(1, more, 229).data.size(), 229U);
  const auto [data, status] = hear(1, complete, 42);
  ASSERT_EQ(data.size(), 500U);
  for (size_t i = 0; i < data.size(); ++i) ASSERT_EQ(data[i], static_cast<uint8_t>(i));
  EXPECT_EQ(status, complete);
  EXPECT_EQ(reassembly_.dropped(), 0U);
  EXPECT_EQ(hear(1, complete, 10).data.size(), 10U) << "the next one begins anew";
}

TEST_F(ReassemblyTest, KeepsAdvertisersSetsAndSourcesApart) {
  hear(1, more, 200);
  hear(2, more, 100);
  hear(1, more, 50, start, 2);
  hear(1, more, 25, start, 1, 7);
  EXPECT_EQ(hear(1, complete, 1).data.size(), 201U);
  EXPECT_EQ(hear(2, complete, 1).data.size(), 101U);
  EXPECT_EQ(hear(1, complete, 1, start, 2).data.size(), 51U);
  EXPECT_EQ(hear(1, complete, 1, start, 1, 7).data.size(), 26U);
}

TEST_F(ReassemblyTest, ATruncatedEndGivesWhatCame) {
  hear(1, more, 200);
  const auto [data, status] = hear(1, truncated, 10);
  EXPECT_EQ(data.size(), 210U);
  EXPECT_EQ(status, truncated);
}

TEST_F(ReassemblyTest, MoreThanAnAdvertisementCanHoldIsTruncated) {
  for (int i = 0; i < 10; ++i) hear(1, more, 229);
  const auto [data, status] = hear(1, complete, 229);
  EXPECT_EQ(data.size(), extended_payload_size);
  EXPECT_EQ(status, truncated);
}

TEST_F(ReassemblyTest, AFragmentDoesNotWaitForever) {
  hear(1, more, 200);
  EXPECT_EQ(hear(1, complete, 10, start + Reassembly::max_age + 1ns).data.size(), 10U);
  EXPECT_EQ(reassembly_.dropped(), 1U);
}

TEST_F(ReassemblyTest, AClockThatJumpsBackDoesNotKeepAFragment) {
  hear(1, more, 200);
  EXPECT_EQ(hear(1, complete, 10, start - 1h).data.size(), 10U);
}

TEST_F(ReassemblyTest, TheOldestGivesWayWhenThereAreTooMany) {
  for (uint64_t advertiser = 0; advertiser <= Reassembly::max_pending; ++advertiser)
    hear(advertiser, more, 10, start + std::chrono::milliseconds(advertiser));
  EXPECT_EQ(reassembly_.dropped(), 1U);
  EXPECT_EQ(hear(0, complete, 1).data.size(), 1U) << "the first was given up";
  EXPECT_EQ(hear(1, complete, 1).data.size(), 11U);
}

TEST_F(ReassemblyTest, WhatIsPendingAtTheEndIsCounted) {
  hear(1, more, 10);
  hear(1, more, 10);
  hear(2, more, 10);
  reassembly_.clear();
  EXPECT_EQ(reassembly_.dropped(), 3U);
  EXPECT_EQ(hear(1, complete, 5).data.size(), 5U);
}

TEST_F(ReassemblyTest, TellsHowMuchIsPending) {
  const AdvertisingReport report{.address = Address(1, true), .sid = 1};
  EXPECT_EQ(reassembly_.pending_bytes(report, start), 0U);
  hear(1, more, 10);
  hear(1, more, 20);
  EXPECT_EQ(reassembly_.pending_bytes(report, start), 30U);
  EXPECT_EQ(reassembly_.pending_bytes(report, start, 3), 0U);
  EXPECT_EQ(reassembly_.pending_bytes(report, start + 1min), 0U);
}

}  // namespace
}  // namespace moor::hci
