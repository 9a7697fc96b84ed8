#pragma once
// When a device is gone: nobody has heard it for as long as its advertising interval allows. Each comes due exactly then; in the compat
// profile on the next beat of five minutes, and never while a radio still lists it.

#include "hub/rules.hpp"
#include "moor/deadline_wheel.hpp"

namespace moor::hub {

class Availability {
public:
  explicit Availability(const Rules& rules) : rules_(rules), wheel_(std::chrono::seconds(1)) {}

  struct Silence {
    TimePoint last_heard;  ///< by any radio
    TimePoint last_owned;  ///< by the radio that owns it
    Duration interval{};   ///< zero where it is not known
  };
  /// The moment at which the device is gone if it stays silent. @param begin  when the hub began, from which beats are counted.
  [[nodiscard]] static TimePoint gone_at(const Rules& rules, const Silence& silence, TimePoint begin) noexcept;

  void begin(TimePoint now) noexcept { begin_ = now; }
  /// The device is there, or may be gone sooner than it was thought. Not to be called for each advertisement.
  void watch(DeviceSlot slot, TimePoint now, const Silence& silence) {
    wheel_.schedule(slot, now, gone_at(rules_, silence, begin_));
  }
  void forget(DeviceSlot slot) noexcept { wheel_.cancel(slot); }

  /// Calls `gone(DeviceSlot)` for each device that is gone by now, in the order of their going.
  /// @param silence_of  Silence(DeviceSlot).
  template <typename SilenceOf, typename Gone>
  void advance(TimePoint now, SilenceOf&& silence_of, Gone&& gone) {
    const auto deadline = [&](DeviceSlot slot) { return std::optional(gone_at(rules_, silence_of(slot), begin_)); };
    while (const auto due = wheel_.next_due(now, deadline)) gone(due->slot);
  }
  [[nodiscard]] TimePoint next_deadline() const noexcept { return wheel_.next_deadline(); }

private:
  const Rules& rules_;
  DeadlineWheel wheel_;
  TimePoint begin_;
};

}  // namespace moor::hub
