// What a device and a sample cost, counted by the allocator itself.
#include "moor/presence.hpp"

#include <gtest/gtest.h>
#include <atomic>
#include <cstdlib>
#include <new>

namespace {

std::atomic<size_t> allocations = 0;
std::atomic<size_t> allocated_bytes = 0;

void* counted_allocation(size_t size) {
  ++allocations;
  allocated_bytes += size;
  if (void* memory = std::malloc(size)) return memory;
  throw std::bad_alloc();
}

}  // namespace

void* operator new(size_t size) {
  return counted_allocation(size);
}
void* operator new[](size_t size) {
  return counted_allocation(size);
}
void operator delete(void* memory) noexcept {
  std::free(memory);
}
void operator delete[](void* memory) noexcept {
  std::free(memory);
}
void operator delete(void* memory, size_t) noexcept {
  std::free(memory);
}
void operator delete[](void* memory, size_t) noexcept {
  std::free(memory);
}

namespace moor {
namespace {

using namespace std::chrono_literals;

class PresenceCost : public testing::TestWithParam<Duration> {
protected:
  /// Each device is heard once a second; each hundredth falls silent for a while and is lost.
  void hear(DeviceSlot devices, int from, int to) {
    for (int second = from; second < to; ++second) {
      const TimePoint now(second * 1s);
      tracker_.advance(now, [this](const PresenceReading&) { ++readings_; });
      for (DeviceSlot slot = 0; slot < devices; ++slot) {
        if (slot % 100 == 7 && second % 120 > 60) continue;
        tracker_.on_sample(slot, now, -60 - static_cast<int>(slot % 20), {}, [this](const PresenceReading&) { ++readings_; });
      }
    }
  }

  PresenceTracker tracker_{{.smoothing = {.reading_interval = GetParam()}}};
  size_t readings_ = 0;
};

TEST_P(PresenceCost, ASampleAllocatesNothingOnceWarm) {
  hear(2000, 0, 240);
  const size_t before = allocations;
  hear(2000, 240, 480);
  EXPECT_EQ(allocations - before, 0U);
  EXPECT_GT(tracker_.statistics().lost, 0U);
  EXPECT_GT(readings_, 100'000U);
}

TEST_P(PresenceCost, AMillionDevicesFitInEightyMegabytes) {
  const size_t before = allocated_bytes;
  hear(1'000'000, 0, 1);
  EXPECT_LE(allocated_bytes - before, 80'000'000U);
  EXPECT_EQ(tracker_.present(), 1'000'000U);
  tracker_.advance(TimePoint(24h), [this](const PresenceReading&) { ++readings_; });  // a gap of a day, windows open or not
  EXPECT_EQ(tracker_.present(), 0U);
}

INSTANTIATE_TEST_SUITE_P(Readings, PresenceCost, testing::Values(Duration(0s), Duration(2s)));

}  // namespace
}  // namespace moor
