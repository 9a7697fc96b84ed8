#include "moor/slab_index.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <map>

namespace moor {
namespace {

struct Thing {
  uint64_t key = 0;
  int other = 0;
};

TEST(SlabIndex, FindsAPlaceByItsKeyUntilItIsErased) {
  Slab<Thing> things;
  SlabIndex<&Thing::key> index(things);
  things.reach(2000);
  things[1999].key = 7;
  EXPECT_EQ(index.find(7), std::nullopt);
  index.insert(1999);
  EXPECT_EQ(index.find(7), 1999U);
  EXPECT_EQ(index.find(1999), std::nullopt) << "a key is not a place";
  index.erase(1999);
  EXPECT_EQ(index.find(7), std::nullopt);
  EXPECT_EQ(index.size(), 0U);
}

RC_GTEST_PROP(SlabIndex, KnowsWhatAMapKnows, ()) {
  Slab<Thing> things;
  SlabIndex<&Thing::key> index(things);
  std::map<uint64_t, uint32_t> map;
  std::vector<uint32_t> free;
  for (const uint64_t key : *rc::gen::container<std::vector<uint64_t>>(rc::gen::inRange<uint64_t>(0, 200))) {
    if (const auto known = map.find(key); known != map.end()) {
      RC_ASSERT(index.find(key) == known->second);
      index.erase(known->second);
      free.push_back(known->second);
      map.erase(known);
    } else {
      RC_ASSERT(!index.find(key).has_value());
      const auto place = free.empty() ? static_cast<uint32_t>(map.size()) : free.back();
      if (!free.empty()) free.pop_back();
      things.reach(place);
      things[place].key = key;
      index.insert(place);
      map.emplace(key, place);
    }
    RC_ASSERT(index.size() == map.size());
  }
}

}  // namespace
}  // namespace moor
