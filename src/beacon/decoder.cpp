#include "moor/decoder.hpp"

#include <algorithm>

namespace moor {

const char* to_string(DecodeProblem problem) noexcept {
  switch (problem) {
    case DecodeProblem::none: return "";
    case DecodeProblem::key_missing: return "no key";
    case DecodeProblem::key_wrong: return "wrong key";
    case DecodeProblem::not_encrypted: return "not encrypted";
    case DecodeProblem::replayed: return "replayed";
  }
  return "unknown";
}

void Decoded::clear() noexcept {
  frame_count_ = 0;
  reading_count_ = 0;
  attribute_count_ = 0;
  claimed_frames_ = 0;
  claimed_readings_ = 0;
  claimed_rank_ = 0;
  problem_ = DecodeProblem::none;
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

void Decoded::add_attribute(std::string_view name, std::string_view text) noexcept {
  if (attribute_count_ == max_attributes) {
    ++dropped_;
    return;
  }
  Attribute& attribute = attributes_[attribute_count_++];
  attribute.name = name;
  attribute.size = static_cast<uint8_t>(std::min(text.size(), Attribute::max_size));
  std::copy_n(text.data(), attribute.size, attribute.bytes.data());
}

std::string_view Decoded::attribute(std::string_view name) const noexcept {
  for (const Attribute& each : attributes())
    if (each.name == name) return each.text();
  return {};
}

void Decoded::claim(std::string_view format) noexcept {
  enum Rank : uint8_t { none, named, identified, measured };
  const Rank rank = reading_count_ > claimed_readings_ ? measured : frame_count_ > claimed_frames_ ? identified : named;
  if (rank > claimed_rank_) {
    format_ = format;
    claimed_rank_ = rank;
  }
  claimed_frames_ = frame_count_;
  claimed_readings_ = reading_count_;
}

}  // namespace moor
