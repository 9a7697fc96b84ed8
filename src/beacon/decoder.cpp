#include "moor/decoder.hpp"

#include <algorithm>

namespace moor {

void Decoded::clear() noexcept {
  frame_count_ = 0;
  reading_count_ = 0;
  claimed_readings_ = 0;
  dropped_ = 0;
  format_ = {};
}

void Decoded::add(const BeaconFrame& frame) noexcept {
  if (frame_count_ == max_frames) {
    ++dropped_;
    return;
  }
  frames_[frame_count_++] = frame;
}

void Decoded::add(Quantity quantity, double value) noexcept {
  add(Reading{.value = value, .quantity = quantity});
}

void Decoded::add_unavailable(Quantity quantity) noexcept {
  add(Reading{.quantity = quantity, .valid = false});
}

void Decoded::add(Reading reading) noexcept {
  if (reading_count_ == max_readings) {
    ++dropped_;
    return;
  }
  const auto same = [&](const Reading& other) { return other.quantity == reading.quantity; };
  reading.index = static_cast<uint8_t>(std::ranges::count_if(readings(), same));
  readings_[reading_count_++] = reading;
}

void Decoded::claim(std::string_view format) noexcept {
  const bool brought_the_first_readings = claimed_readings_ == 0 && reading_count_ > 0;
  if (format_.empty() || brought_the_first_readings) format_ = format;
  claimed_readings_ = reading_count_;
}

}  // namespace moor
