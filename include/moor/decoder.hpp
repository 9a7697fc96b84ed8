#pragma once
// From an advertisement to its meaning: beacon frames, readings, and the name of the format. Every AD structure is decoded on its
// own, so an iBeacon beside another message of Apple, or two Eddystone frames in one extended advertisement, are all found.
//
// Which decoder may claim a structure is looked up by what the structure is (company, service, name), in one step however many
// formats there are. Where two could claim the same, the more specific wins:
//  - for one structure they are asked in the order of the registry, where the one that looks at more stands first (a hydrometer
//    that speaks through an iBeacon with a known UUID stands before iBeacon), and the first that claims it ends the matter;
//  - among structures, the format's name is that of the first that brought readings, else of the first that was claimed: who
//    measures something is more specific than who only says its name.

#include "moor/advertisement.hpp"
#include "moor/beacon.hpp"
#include "moor/reading.hpp"

#include <array>
#include <span>

namespace moor {

/// What was found in one advertisement. Made once and used again for each: it has room for all it can hold and never allocates.
class Decoded {
public:
  static constexpr size_t max_frames = 4;
  static constexpr size_t max_readings = 32;

  [[nodiscard]] std::span<const BeaconFrame> frames() const noexcept { return {frames_.data(), frame_count_}; }
  [[nodiscard]] std::span<const Reading> readings() const noexcept { return {readings_.data(), reading_count_}; }
  /// The format's name, such as "iBeacon" or "Eddystone-URL"; empty where nothing was recognised.
  [[nodiscard]] std::string_view format() const noexcept { return format_; }
  /// Frames and readings that there was no room for.
  [[nodiscard]] size_t dropped() const noexcept { return dropped_; }
  [[nodiscard]] bool empty() const noexcept { return format_.empty(); }

  void clear() noexcept;
  // For decoders.
  void add(const BeaconFrame& frame) noexcept;
  /// Numbers the reading among those of its quantity.
  void add(Quantity quantity, double value) noexcept;
  /// A reading that the device marks as not available.
  void add_unavailable(Quantity quantity) noexcept;
  /// Names what has been found since the last call, by the rule above.
  void claim(std::string_view format) noexcept;

private:
  void add(Reading reading) noexcept;

  std::array<BeaconFrame, max_frames> frames_;
  std::array<Reading, max_readings> readings_;
  uint8_t frame_count_ = 0;
  uint8_t reading_count_ = 0;
  uint8_t claimed_readings_ = 0;  // readings that a format has been named for
  size_t dropped_ = 0;
  std::string_view format_;
};

/// Decodes all of it; what `into` held before is gone. Allocates nothing, never fails: what is not understood is passed over.
void decode(const AdvertisementData& advertisement, Decoded& into) noexcept;

}  // namespace moor
