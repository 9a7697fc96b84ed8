#pragma once
// From an advertisement to its meaning: beacon frames, readings, and the name of the format. Every AD structure is decoded on its
// own, so an iBeacon beside another message of Apple, or two Eddystone frames in one extended advertisement, are all found.
//
// Which decoder may claim a structure is looked up by what the structure is (company, service, name), in one step however many
// formats there are. Where two could claim the same, the more specific wins:
//  - for one structure they are asked in the order of the registry, where the one that looks at more stands first (a hydrometer
//    that speaks through an iBeacon with a known UUID stands before iBeacon), and the first that claims it ends the matter;
//  - among structures, the format's name is that of the first that brought readings, else of the first with a frame, else of the
//    first that was claimed: who measures something is more specific than who only identifies itself, and that more than a phone
//    that happens to talk beside it.

#include "moor/advertisement.hpp"
#include "moor/beacon.hpp"
#include "moor/keys.hpp"
#include "moor/reading.hpp"

#include <array>
#include <span>

namespace moor {

/// What a decoder may know beyond the bytes.
struct DecodeContext {
  Address address{};        ///< the advertiser's; encrypted formats make their nonce of it
  TimePoint time{};         ///< of the sighting; for identities that rotate and for replay protection
  KeyRing* keys = nullptr;  ///< none: what is encrypted stays so
};

/// Why an encrypted advertisement brought nothing.
enum class DecodeProblem : uint8_t {
  none,
  key_missing,    ///< there is no key for this device
  key_wrong,      ///< the one there is does not fit
  not_encrypted,  ///< there is a key, but it came without encryption: anybody may have sent it
  replayed,       ///< its counter has been seen: a repeat, or somebody's recording
};

/// "no key", "wrong key", "not encrypted" or "replayed"; empty for none.
[[nodiscard]] const char* to_string(DecodeProblem problem) noexcept;

/// Something that a device says of itself in words: its model, a text of its user.
struct Attribute {
  static constexpr size_t max_size = 62;
  std::string_view name;  ///< "model", "kind", "text"; static
  std::array<char, max_size> bytes{};
  uint8_t size = 0;
  /// UTF-8 as it came; untrusted, see `printable_name`.
  [[nodiscard]] std::string_view text() const noexcept { return {bytes.data(), size}; }
};

/// What was found in one advertisement. Made once and used again for each: it has room for all it can hold and never allocates.
class Decoded {
public:
  static constexpr size_t max_frames = 4;
  static constexpr size_t max_readings = 32;
  static constexpr size_t max_attributes = 6;

  [[nodiscard]] std::span<const BeaconFrame> frames() const noexcept { return {frames_.data(), frame_count_}; }
  [[nodiscard]] std::span<const Reading> readings() const noexcept { return {readings_.data(), reading_count_}; }
  [[nodiscard]] std::span<const Attribute> attributes() const noexcept { return {attributes_.data(), attribute_count_}; }
  /// The text of the first attribute of a name; empty if there is none.
  [[nodiscard]] std::string_view attribute(std::string_view name) const noexcept;
  [[nodiscard]] DecodeProblem problem() const noexcept { return problem_; }
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
  void add(Quantity quantity, InputEvent event) noexcept { add(quantity, static_cast<double>(event)); }
  /// @param name  static text. What is longer than an attribute holds is cut.
  void add_attribute(std::string_view name, std::string_view text) noexcept;
  /// Says why nothing could be read; the format is named all the same.
  void set_problem(DecodeProblem problem) noexcept { problem_ = problem; }
  /// Names what has been found since the last call, by the rule above.
  void claim(std::string_view format) noexcept;

private:
  void add(Reading reading) noexcept;

  std::array<BeaconFrame, max_frames> frames_;
  std::array<Reading, max_readings> readings_;
  uint8_t frame_count_ = 0;
  std::array<Attribute, max_attributes> attributes_;
  uint8_t reading_count_ = 0;
  uint8_t attribute_count_ = 0;
  DecodeProblem problem_ = DecodeProblem::none;
  uint8_t claimed_frames_ = 0;  // frames and readings that a format has been named for
  uint8_t claimed_readings_ = 0;
  uint8_t claimed_rank_ = 0;  // what the format's structure brought
  size_t dropped_ = 0;
  std::string_view format_;
};

/// Decodes all of it; what `into` held before is gone. Allocates nothing, never fails: what is not understood is passed over.
void decode(const AdvertisementData& advertisement, Decoded& into) noexcept;
/// The same with what is known of the advertiser; without, nothing encrypted is read.
void decode(const AdvertisementData& advertisement, const DecodeContext& context, Decoded& into) noexcept;

}  // namespace moor
