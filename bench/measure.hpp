#pragma once
// How long something takes, in the thread's processor time, round after round: the median counts. And what it takes from the heap.

#include "bench/allocations.hpp"

#include <algorithm>
#include <ctime>
#include <vector>

namespace moor::bench {

inline double processor_seconds() noexcept {
  timespec now{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

struct Measure {
  const char* name;
  std::vector<double> seconds;  // of each round
  uint64_t allocated = 0;

  template <typename Work>
  void take(Work&& work) {
    const uint64_t before = allocations().count;
    const double begin = processor_seconds();
    work();
    const double end = processor_seconds();
    allocated += allocations().count - before;
    seconds.push_back(end - begin);
  }
  [[nodiscard]] double median() const {
    std::vector<double> sorted = seconds;
    const auto middle = sorted.begin() + static_cast<std::ptrdiff_t>(sorted.size() / 2);
    std::nth_element(sorted.begin(), middle, sorted.end());
    return *middle;
  }
};

}  // namespace moor::bench
