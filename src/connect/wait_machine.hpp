#pragma once
// The wait after a failed attempt: when to look at the device again, and when the wait is over. Without I/O: it is told what is seen.

#include "connect/retry_policy.hpp"

namespace moor {

/// What one radio and its system say of a device now.
struct DeviceView {
  bool keeps_objects = false;   ///< the system keeps an object for the device that can be removed, as BlueZ does
  bool known = false;           ///< the radio's system knows the device
  bool connected = false;       ///< and shows a link to it
  bool known_anywhere = false;  ///< some radio's system knows it
  bool slot_free = true;        ///< or the radio does not say
  bool available = true;
};

/// compat: a link that is shown is waited for, at most 5 s; then at least the backoff has passed. A device that has been removed is looked for
/// every 0.5 s for as long as the backoff, none if that is shorter. A removal meanwhile is not noticed (bleak's waiter is not told).
///
/// standard: the same for a link; the wait ends at once when what it waits for happens: a slot becomes free, the device is heard
/// again, the radio is back. What was so already when the wait began does not end it: the failure said otherwise.
class WaitMachine {
public:
  WaitMachine(RetryProfile profile, WaitFor wait_for, Duration backoff, TimePoint start)
      : profile_(profile), wait_for_(wait_for), backoff_(backoff), start_(start) {}

  /// Call it when the wait begins, whenever something may have changed, and at the time that it returned.
  /// @returns when to look again at the latest, after `now`; nothing when the wait is over.
  [[nodiscard]] std::optional<TimePoint> look(const DeviceView& seen, TimePoint now);
  /// Whether a change of what is seen may end it before the time that was returned.
  [[nodiscard]] bool is_watching() const noexcept { return profile_ == RetryProfile::standard || phase_ == Phase::link_shown; }
  /// Whether it ended because of what was seen, before its time.
  [[nodiscard]] bool ended_early() const noexcept { return ended_early_; }

private:
  enum class Phase : uint8_t { beginning, sleeping, link_shown, looking, over };

  [[nodiscard]] std::optional<TimePoint> look_compat(const DeviceView& seen, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> look_standard(const DeviceView& seen, TimePoint now);
  [[nodiscard]] bool happened(const DeviceView& seen) const noexcept;
  [[nodiscard]] std::optional<TimePoint> sleep(TimePoint until, TimePoint now);
  [[nodiscard]] std::optional<TimePoint> poll(const DeviceView& seen, TimePoint now);

  RetryProfile profile_;
  WaitFor wait_for_;
  Duration backoff_;
  TimePoint start_;
  Phase phase_ = Phase::beginning;
  bool ended_early_ = false;
  bool removed_ = false;     // while the link was shown
  TimePoint next_poll_{};    // of `looking`
  Duration::rep polls_ = 0;  // left
  DeviceView before_{};      // at the look before this one
};

}  // namespace moor
