// How long a beacon's battery lasts at 1 Hz and at 10 Hz. It needs no radio.

#include "moor/power.hpp"

#include <cstdio>

int main() {
  using namespace std::chrono_literals;
  for (const moor::Duration interval : {moor::Duration(1s), moor::Duration(100ms)}) {
    moor::PowerProfile beacon;
    beacon.event_current_ma = 8;
    beacon.event_duration = 3ms;
    beacon.interval = interval;
    beacon.capacity_mah = 1000;
    const moor::BatteryLife life = moor::battery_life(beacon);
    std::printf("%4.0f ms: %.3f mAh/day, %.0f days, %.2f years\n", moor::to_seconds(interval) * 1000, life.mah_per_day, life.days,
                life.years);
  }
}
