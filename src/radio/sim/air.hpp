#pragma once
// Advertisements on their way from the devices to the radios that scan. One coroutine on the clock drives them all, and only while a radio
// scans.
//
// In virtual time it looks a few milliseconds ahead, though never past what anybody else waits for, so that a dense world does not cost a
// wake-up for each packet. What was heard is delivered when the clock is there.

#include "radio/sim/receiver.hpp"

#include <boost/asio/cancellation_signal.hpp>

namespace moor::sim {

/// When a device advertises: the interval and 0 to 10 ms between two events (Core 5.4, Vol 6, Part B, 4.4.2.2), from a moment within the
/// first interval on. It goes on while the device sleeps or is connected; then the events are not sent.
class Schedule {
public:
  Schedule(const State& state, size_t device);
  [[nodiscard]] TimePoint next() const noexcept { return next_; }
  [[nodiscard]] uint64_t event() const noexcept { return event_; }  ///< the number of the next one, from 0
  void advance(const Random& random) noexcept;
  void advance_to(TimePoint t, const Random& random) noexcept;  ///< so that the next one is not before `t`

private:
  TimePoint next_;
  uint64_t event_ = 0;
  uint32_t device_;
  Duration interval_;
};

class Air {
public:
  explicit Air(State& state);
  ~Air();

  /// As Radio::scan. @throws RadioNotAvailable, UsageError if the radio scans already.
  [[nodiscard]] awaitable<void> scan(size_t radio, RadioId id, ScanOptions options, SightingSink& sink);
  [[nodiscard]] const Receiver& receiver(size_t radio) const noexcept { return *receivers_[radio]; }
  [[nodiscard]] RadioHealth health(size_t radio) const;
  /// A fault was added or mended: what had been foreseen may come otherwise.
  void look_again();
  /// The moment of the device's first advertising event that is not before `t`, which is now or later; TimePoint::max() for a device
  /// that does not advertise. Whether it is sent, its Peripheral says when that moment has come.
  [[nodiscard]] TimePoint next_advertisement(size_t device, TimePoint t);

private:
  struct Turn {
    TimePoint time;
    uint32_t advertiser;
  };
  struct Advertiser {
    uint32_t device;
    Schedule schedule;
  };
  struct Scan;

  [[nodiscard]] static bool is_later(const Turn& a, const Turn& b) noexcept;
  [[nodiscard]] awaitable<void> drive(std::shared_ptr<State> keep, uint64_t run);
  [[nodiscard]] awaitable<void> wait_for_next();
  [[nodiscard]] TimePoint next_turn() const noexcept;
  [[nodiscard]] TimePoint next_fault(TimePoint t);
  void begin_turns();
  void end_dead_scans();
  TimePoint advance(TimePoint until);
  void send(Advertiser& advertiser, TimePoint t);
  [[nodiscard]] std::optional<TimePoint> settle(TimePoint until);
  void deliver();
  void start_driving();
  void stop_driving();
  void leave(size_t radio);

  State& state_;
  std::vector<Advertiser> advertisers_;
  std::vector<uint32_t> advertiser_of_;  // a device's place in them
  std::vector<Turn> turns_;              // a heap
  std::vector<std::unique_ptr<Receiver>> receivers_;
  std::vector<Scan*> scans_;  // of each radio, null where it does not scan
  std::vector<size_t> scanning_;
  TimePoint woken_{};                     // the driving coroutine, last
  std::optional<TimePoint> heard_until_;  // something was heard, to be delivered then
  boost::asio::any_io_executor executor_;
  std::shared_ptr<boost::asio::cancellation_signal> driving_;
  uint64_t run_ = 0;
};

}  // namespace moor::sim
