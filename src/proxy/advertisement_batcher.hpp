#pragma once
// Advertisements gathered to messages: one goes when it is full, or when its first advertisement has waited long enough. A machine without I/O.

#include "esphome/advertisements.hpp"
#include "moor/sighting.hpp"

namespace moor::proxy {

class AdvertisementBatcher {
public:
  /// What is sent where the radio has no RSSI: clients that choose among proxies take 127, which HCI has for it, for the best of all signals.
  static constexpr int8_t unknown_rssi_dbm = -127;

  /// @param size      advertisements of a full batch, at least 1. @param interval  the longest that one waits
  AdvertisementBatcher(size_t size, Duration interval) noexcept : size_(size), interval_(interval) {}

  [[nodiscard]] bool is_empty() const noexcept { return batch_.count() == 0; }
  /// The next advertisement is the first of a batch, and waits from now on. @pre is_empty()
  void begin(TimePoint now) noexcept { due_ = now + interval_; }
  /// @returns whether the batch is full.
  [[nodiscard]] bool add(const Sighting& sighting);
  /// When the batch must go; TimePoint::max() where it is empty.
  [[nodiscard]] TimePoint due() const noexcept { return is_empty() ? TimePoint::max() : due_; }
  [[nodiscard]] const esphome::AdvertisementBatch& batch() const noexcept { return batch_; }
  /// It has been sent, or nobody wants it.
  void clear() noexcept { batch_.clear(); }

private:
  size_t size_;
  Duration interval_;
  esphome::AdvertisementBatch batch_;
  TimePoint due_{};
};

}  // namespace moor::proxy
