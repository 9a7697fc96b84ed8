#pragma once
// What each radio heard of each device in each minute. A minute that is over is kept until it is asked for, so that ten thousand devices' rows do
// not come all at its turn but spread over the next.
//
// A machine without I/O. 200 bytes a device; nothing is allocated once its slot has been used.

#include "moor/sighting.hpp"
#include "moor/slab.hpp"
#include "moor/store_rows.hpp"

namespace moor {

class Minutes {
public:
  static constexpr size_t max_radios =
      8;  ///< of one device in one minute, as the hub keeps; what others hear is counted in `unplaced`

  /// One radio's share of a minute.
  struct Part {
    int64_t minute = 0;  ///< since 1970 on the clock of the sightings
    RadioId radio = 0;
    RssiSummary rssi;
  };

  /// Counts a sighting. @param emit  void(const Part&), for what must go because the next minute is over already.
  template <typename Emit>
  void on_heard(DeviceSlot slot, const Sighting& sighting, Emit&& emit) {
    const int64_t minute = minute_of(sighting.time);
    records_.reach(slot);
    Record& record = records_[slot];
    if (minute != record.current.minute) {
      give(record.before, emit);
      record.before = record.current;
      record.current = Minute{.minute = minute};
    }
    add(record.current, sighting);
  }
  /// Gives out the minutes of a device that were over at `now`.
  template <typename Emit>
  void take(DeviceSlot slot, TimePoint now, Emit&& emit) {
    if (slot >= records_.capacity()) return;
    Record& record = records_[slot];
    give(record.before, emit);
    if (record.current.minute < minute_of(now)) give(record.current, emit);
  }
  /// The slot's device is no more.
  template <typename Emit>
  void forget(DeviceSlot slot, Emit&& emit) {
    if (slot >= records_.capacity()) return;
    give(records_[slot].before, emit);
    give(records_[slot].current, emit);
  }
  [[nodiscard]] uint64_t unplaced() const noexcept { return unplaced_; }

private:
  struct Cell {
    RadioId radio = 0;
    uint16_t samples = 0;
    int8_t min_dbm = 0;
    int8_t max_dbm = 0;
    int32_t sum_dbm = 0;
  };
  struct Minute {
    int64_t minute = 0;
    uint8_t used = 0;
    std::array<Cell, max_radios> cells{};
  };
  struct Record {
    Minute before;
    Minute current;
  };

  [[nodiscard]] static int64_t minute_of(TimePoint t) noexcept {
    return std::chrono::floor<std::chrono::minutes>(t.time_since_epoch()).count();
  }
  void add(Minute& minute, const Sighting& sighting) noexcept;
  template <typename Emit>
  static void give(Minute& minute, Emit& emit) {
    for (uint8_t i = 0; i < minute.used; ++i) {
      const Cell& cell = minute.cells[i];
      emit(Part{.minute = minute.minute,
                .radio = cell.radio,
                .rssi = {.samples = cell.samples,
                         .min_dbm = cell.min_dbm,
                         .max_dbm = cell.max_dbm,
                         .mean_dbm = static_cast<double>(cell.sum_dbm) / cell.samples}});
    }
    minute.used = 0;
  }

  Slab<Record> records_;
  uint64_t unplaced_ = 0;
};

}  // namespace moor
