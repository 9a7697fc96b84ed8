// Writes the recording that `moor gateway --demo` plays: five minutes of a small shop with beacons, thermometers and customers, made with moor's own
// encoders. It is the same each time, and holds no real device.

#include "customer.hpp"
#include "fixtures.hpp"
#include "moor/capture.hpp"

#include <cstdio>
#include <exception>

namespace {

using namespace std::chrono_literals;

constexpr uint64_t seed = 20;
constexpr auto opening = std::chrono::sys_days(std::chrono::year(2026) / 3 / 2) + 9h;
constexpr moor::Duration length = 5min;
constexpr int customers = 20;
constexpr moor::Duration between_customers = 11s;

uint64_t write_demo(const char* path) {
  const moor::TimePoint begin{opening.time_since_epoch()};
  const moor::TimePoint end = begin + length;
  demo_shop::Dice dice(seed);
  demo_shop::Air air(seed + 1);
  demo_shop::play_fixtures(begin, end, dice, air);
  for (int i = 0; i < customers; ++i) {
    const auto late = moor::from_seconds(dice.between(0, 8));
    demo_shop::Customer(begin + i * between_customers + late, dice).play(end, dice, air);
  }
  moor::BtsnoopWriter writer(path);
  writer.write(air.in_order());
  writer.flush();
  return writer.written();
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::fprintf(stderr, "usage: %s FILE\n", argv[0]);
    return 2;
  }
  try {
    std::printf("%s: %llu advertisements\n", argv[1], static_cast<unsigned long long>(write_demo(argv[1])));
  } catch (const std::exception& error) {
    std::fprintf(stderr, "%s\n", error.what());
    return 1;
  }
  return 0;
}
