#pragma once
// A beacon frame of any family, and who sends it. A beacon is known by what it says of itself, not by its address: that may
// change every few minutes, and two addresses may send the same identity.

#include "moor/altbeacon.hpp"
#include "moor/eddystone.hpp"
#include "moor/ibeacon.hpp"

#include <functional>
#include <variant>

namespace moor {

using BeaconFrame = std::variant<IBeacon, EddystoneUid, EddystoneUrl, EddystoneTlm, AltBeacon, EddystoneEid>;

/// In the order of `BeaconFrame`'s alternatives.
enum class BeaconType : uint8_t { ibeacon, eddystone_uid, eddystone_url, eddystone_tlm, altbeacon, eddystone_eid };
inline constexpr size_t beacon_type_count = std::variant_size_v<BeaconFrame>;

/// "iBeacon", "AltBeacon", "Eddystone-UID", "Eddystone-URL", "Eddystone-TLM" or "Eddystone-EID".
[[nodiscard]] const char* to_string(BeaconType type) noexcept;
[[nodiscard]] constexpr BeaconType type_of(const BeaconFrame& frame) noexcept {
  return static_cast<BeaconType>(frame.index());
}

/// What the beacon claims to be heard at, 1 m away, in dBm; nothing for a frame without a power field. It may be a number that
/// cannot be meant: some beacons were never calibrated, see `is_plausible_power` in path_loss.hpp.
[[nodiscard]] std::optional<int> power_at_1m_dbm(const BeaconFrame& frame) noexcept;

/// A whole payload: flags (general discoverable, no BR/EDR) and the frame. At most 31 bytes, so it fits a legacy advertisement.
[[nodiscard]] std::vector<uint8_t> encode_advertisement(const BeaconFrame& frame);

/// Who a beacon is: its type and the part of its frame that stays the same. Measured power is not part of it.
class BeaconIdentity {
public:
  /// @returns nothing for telemetry, which does not say whose it is.
  [[nodiscard]] static std::optional<BeaconIdentity> of(const BeaconFrame& frame) noexcept;

  [[nodiscard]] BeaconType type() const noexcept { return type_; }
  /// iBeacon: UUID, major, minor; AltBeacon: id; UID: namespace, instance; URL: its text; EID: 1 and its owner's name, or 0 and the EID of
  /// nobody who is known.
  [[nodiscard]] Bytes content() const noexcept { return {content_.data(), size_}; }
  [[nodiscard]] size_t hash() const noexcept { return hash_; }

  friend bool operator==(const BeaconIdentity& a, const BeaconIdentity& b) noexcept;

private:
  explicit BeaconIdentity(BeaconType type) noexcept : type_(type) {}
  void append(Bytes bytes) noexcept;
  void append(std::string_view text) noexcept;
  void seal() noexcept;

  size_t hash_ = 0;
  BeaconType type_;
  uint8_t size_ = 0;
  // The first size_ of them; zero behind, up to a whole number of the eight bytes that the hash takes at once.
  std::array<uint8_t, (EddystoneUrl::max_text_size + 7) / 8 * 8> content_{};
};

}  // namespace moor

template <>
struct std::hash<moor::BeaconIdentity> {
  size_t operator()(const moor::BeaconIdentity& identity) const noexcept { return identity.hash(); }
};
