// Stores one device's table for as long as it lives, in turn a small and a large one, and says on stdout which are on the disk. Its parent
// kills it.

#include "moor/service_cache.hpp"
#include "support/fake_link.hpp"

#include <cstdio>

int main(int argc, char** argv) {
  using moor::testing::make_table;
  if (argc != 2) return 2;
  const moor::Address device(0xA4CF12345678, false);
  moor::ServiceCache cache({.folder = argv[1]});
  for (uint32_t number = 0;; ++number) {
    std::vector<moor::testing::FakeCharacteristic> many(number % 2 == 0 ? 1 : 500, {0x2A6E, {moor::Property::read}});
    cache.store(device, make_table({{0x10000 + number, many}}));
    cache.flush();
    std::printf("%u\n", number);
    std::fflush(stdout);
  }
}
