#include "gateway/temporary_folder.hpp"
#include "moor/service_cache.hpp"
#include "support/killed_child.hpp"

#include <gtest/gtest.h>
#include <random>

namespace moor {
namespace {

TEST(ServiceCacheCrash, AKillInTheMiddleOfAWriteLeavesTheOldOrTheNewTableWhole) {
  const TemporaryFolder folder;
  const Address device(0xA4CF12345678, false);
  std::mt19937 random(20260401);
  std::uniform_int_distribution<int> moment(1, 8);
  std::uniform_int_distribution<int> delay(0, 1'000'000);  // turns of an empty loop: some milliseconds, a few files
  size_t newer = 0;
  size_t leftovers = 0;
  for (int round = 0; round < 60; ++round) {
    testing::KilledChild child(MOOR_SERVICE_CACHE_CHILD, {folder.path().string()});
    long last = -1;
    for (int left = moment(random); left > 0; --left) {
      const auto number = child.acknowledged();
      ASSERT_TRUE(number) << "the child ended by itself in round " << round;
      last = *number;
    }
    for (std::atomic<int> spin = delay(random); spin > 0;) --spin;
    child.kill();
    while (const auto number = child.acknowledged()) last = *number;
    for (const auto& entry : std::filesystem::directory_iterator(folder.path()))
      leftovers += entry.path().extension() == ".tmp" ? 1 : 0;

    ServiceCache cache({.folder = folder.path()});
    const auto found = cache.find(device);
    ASSERT_TRUE(found) << "after round " << round;
    EXPECT_EQ(cache.counters().bad_files, 0U);
    const auto number = static_cast<long>(*found->begin()->uuid.assigned_number()) - 0x10000;
    EXPECT_EQ(found->begin()->characteristics.size(), number % 2 == 0 ? 1U : 500U);
    ASSERT_TRUE(number == last || number == last + 1) << number << " after " << last;
    newer += number > last ? 1 : 0;
  }
  std::printf("of 60 kills, %zu left a half written file beside the whole one, %zu came between a file and its acknowledgement\n",
              leftovers, newer);
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder.path()), {}), 1);
}

}  // namespace
}  // namespace moor
