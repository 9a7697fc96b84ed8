#include "mdns/record_cache.hpp"

#include "mdns/records.hpp"

#include <gmock/gmock.h>

namespace moor::mdns {
namespace {

using namespace std::chrono_literals;

class RecordCacheTest : public ::testing::Test {
protected:
  TimePoint at(Duration d) const { return TimePoint{} + d; }
  size_t count(const std::string& name, RecordType type) const {
    const auto* const found = cache_.find(name, type);
    return found == nullptr ? 0 : found->size();
  }
  RecordCache cache_;
};

TEST_F(RecordCacheTest, KeepsARecordForItsTime) {
  EXPECT_TRUE(cache_.add(v4_of("kitchen.local"), at(0s)));
  EXPECT_FALSE(cache_.add(v4_of("KITCHEN.local"), at(60s))) << "the same, heard again";
  EXPECT_EQ(cache_.next_expiry(), at(180s));
  EXPECT_FALSE(cache_.expire(at(179s)));
  EXPECT_TRUE(cache_.expire(at(180s)));
  EXPECT_EQ(count("kitchen.local", RecordType::a), 0u);
  EXPECT_EQ(cache_.next_expiry(), TimePoint::max());
}

TEST_F(RecordCacheTest, LetsGoodbyesAndFlushesTakeASecond) {
  (void)cache_.add(pointer_to("kitchen"), at(0s));
  (void)cache_.add(pointer_to("kitchen", 0), at(10s));
  EXPECT_EQ(cache_.next_expiry(), at(11s));
  (void)cache_.expire(at(11s));
  EXPECT_EQ(count(type_name, RecordType::ptr), 0u);

  (void)cache_.add(v4_of("kitchen.local", {192, 168, 1, 20}), at(20s));
  (void)cache_.add(v4_of("kitchen.local", {192, 168, 1, 21}), at(20s + 500ms));
  EXPECT_EQ(count("kitchen.local", RecordType::a), 2u) << "of one announcement";
  (void)cache_.add(v4_of("kitchen.local", {192, 168, 1, 22}), at(30s));
  (void)cache_.expire(at(31s));
  ASSERT_EQ(count("kitchen.local", RecordType::a), 1u);
  EXPECT_EQ(std::get<Ipv4>(cache_.find("kitchen.local", RecordType::a)->front().record.data)[3], 22);
}

TEST_F(RecordCacheTest, AsksAgainFourTimesBeforeTheEnd) {
  const auto all = [](const Record&) { return true; };
  Record record = v4_of("kitchen.local", {1, 2, 3, 4}, 100);
  (void)cache_.add(record, at(0s));
  std::vector<Duration> asked;
  for (Duration t = 0s; t < 100s; t += 1s) cache_.refresh(at(t), all, [&](const Record&) { asked.push_back(t); });
  EXPECT_THAT(asked, ::testing::ElementsAre(80s, 85s, 90s, 95s));
  EXPECT_EQ(cache_.next_refresh(all), TimePoint::max());
  EXPECT_EQ(cache_.next_refresh([](const Record&) { return false; }), TimePoint::max());
}

TEST_F(RecordCacheTest, IsBounded) {
  for (size_t i = 0; i < RecordCache::capacity + 10; ++i) (void)cache_.add(v4_of("host" + std::to_string(i) + ".local"), at(0s));
  EXPECT_EQ(cache_.dropped(), 10u);
  (void)cache_.expire(at(200s));
  EXPECT_TRUE(cache_.add(v4_of("late.local"), at(200s)));
}

}  // namespace
}  // namespace moor::mdns
