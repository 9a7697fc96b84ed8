#pragma once
// Deadlines of very many devices that nearly always move before they come: "lost after 30 s of silence", put off by every
// advertisement. Moving one later costs nothing here. Each slot lies in one bucket of a wheel; when time enters the bucket, the
// owner is asked for the slot's true deadline, and the slot comes due, moves on, or is dropped. So a device that advertises ten
// times a second is touched about once per turn of the wheel.
//
// What comes due comes exactly on time and in the order of the deadlines: the slots of the bucket that time is in form a heap. A
// jump of time, such as a recording's gap of years, enters all buckets at once and asks for each slot once.

#include "moor/slab.hpp"
#include "moor/time.hpp"

#include <array>
#include <cstdint>
#include <optional>
#include <vector>

namespace moor {

class DeadlineWheel {
public:
  struct Due {
    DeviceSlot slot;
    TimePoint deadline;
  };

  static constexpr size_t bucket_count = 512;

  /// @param resolution  the width of a bucket, above 0; 1/256 of the usual distance of a deadline is a good choice.
  explicit DeadlineWheel(Duration resolution);

  /// Makes `slot` come due at `deadline` or, where it was scheduled already, at the earlier of the two, after which its owner is
  /// asked again. There is no need to call it when a deadline moves later. O(1); for a slot whose bucket time is in already, up
  /// to O(slots in that bucket). No allocation once warm.
  /// @param now  anchors the wheel the first time; not used afterwards.
  void schedule(DeviceSlot slot, TimePoint now, TimePoint deadline);
  /// Forgets a slot; nothing happens if it is not scheduled.
  void cancel(DeviceSlot slot) noexcept;

  /// The next slot whose deadline has come, in the order of deadlines; it is scheduled no more. Call until there is none.
  /// @param deadline_of  what the owner says: std::optional<TimePoint>(DeviceSlot), empty to drop the slot. It must not change
  /// the wheel.
  template <typename DeadlineOf>
  [[nodiscard]] std::optional<Due> next_due(TimePoint now, DeadlineOf&& deadline_of) {
    do {
      while (!due_.empty() && due_.front().deadline <= now) {
        const Due due = take_soonest();
        const std::optional<TimePoint> truth = deadline_of(due.slot);
        if (truth && *truth <= due.deadline) return Due{due.slot, *truth};
        if (truth) insert(due.slot, *truth);
      }
    } while (enter_buckets(now, deadline_of));
    return std::nullopt;
  }

  /// No slot comes due before this moment; TimePoint::max() if none is scheduled. A bucket's beginning stands for its slots.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  [[nodiscard]] size_t size() const noexcept { return size_; }  ///< slots scheduled

private:
  static constexpr uint32_t none = 0xFFFF'FFFF;
  static constexpr uint32_t in_due = 0xFFFF'FFFE;
  struct Link {
    uint32_t next = none;
    uint32_t previous = none;
    uint32_t place = none;  // bucket, `in_due` or `none`
  };

  template <typename DeadlineOf>
  bool enter_buckets(TimePoint now, DeadlineOf& deadline_of) {
    if (!take_buckets(now)) return false;
    for (const DeviceSlot slot : entered_)
      if (const std::optional<TimePoint> truth = deadline_of(slot)) insert(slot, *truth, Heap::later);
    make_due_heap();
    return true;
  }

  enum class Heap : uint8_t { now, later };
  [[nodiscard]] int64_t tick_of(TimePoint t) const noexcept;
  [[nodiscard]] std::optional<int64_t> next_occupied_tick() const noexcept;
  bool take_buckets(TimePoint now);
  void insert(DeviceSlot slot, TimePoint deadline, Heap heap = Heap::now);
  void unlink(DeviceSlot slot) noexcept;
  Due take_soonest() noexcept;
  void make_due_heap();

  Duration resolution_;
  bool anchored_ = false;
  int64_t tick_ =
      0;  // the bucket that time is in; its slots are in due_. Other buckets are those of the bucket_count - 1 ticks after it
  size_t size_ = 0;
  std::array<uint32_t, bucket_count> heads_;
  std::array<uint64_t, bucket_count / 64> occupied_{};
  Slab<Link> links_;
  std::vector<Due> due_;             // a heap, soonest first
  std::vector<DeviceSlot> entered_;  // taken out of buckets, to be asked for
};

}  // namespace moor
