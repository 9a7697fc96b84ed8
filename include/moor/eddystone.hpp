#pragma once
// Eddystone, Google's format: several frames that one beacon sends in turn, as service data of 0xFEAA; numbers are big-endian.
// The high half of the first byte is the frame's type, the low half is 0; 40 and 41 in its place are Google's Find Hub, which
// shares the UUID. Source: the specification in github.com/google/eddystone. What EID and eTLM mean takes a key: eddystone_keys.hpp.
//
//   UID   ┌────┬────┬────────────────┬───────────────┬──────┐     tx: int8, dBm at 0 m: 41 dB above what is heard at 1 m
//         │ 00 │ tx │ namespace [10] │ instance [6]  │ 00 00│     the two reserved bytes are missing in some beacons
//         └────┴────┴────────────────┴───────────────┴──────┘
//   URL   ┌────┬────┬────────┬──────────────────┐                scheme: "http://www.", "https://www.", "http://", "https://"
//         │ 10 │ tx │ scheme │ text [1 to 17]   │                text: ASCII, and codes 0 to 13 for ".com/" and the like
//         └────┴────┴────────┴──────────────────┘
//   TLM   ┌────┬────┬─────────┬─────────────┬─────────┬──────────┐   version 00; battery in mV, 0 for none; temperature signed 8.8
//         │ 20 │ 00 │ battery │ temperature │ adverts │ uptime   │  fixed point in °C, 8000 for none; adverts and uptime 32 bits,
//         └────┴────┴─────────┴─────────────┴─────────┴──────────┘  since power-on, uptime in 0.1 s
//   eTLM  ┌────┬────┬────────────────┬──────────┬─────────┐        version 01; the fields of TLM, encrypted
//         │ 20 │ 01 │ encrypted [12] │ salt [2] │ mic [2] │
//         └────┴────┴────────────────┴──────────┴─────────┘
//   EID   ┌────┬────┬───────────────┐
//         │ 30 │ tx │ ephemeral [8] │
//         └────┴────┴───────────────┘

#include "moor/advertisement.hpp"
#include "moor/bytes.hpp"

#include <array>
#include <boost/system/result.hpp>
#include <chrono>
#include <optional>
#include <ratio>
#include <string_view>

namespace moor {

inline constexpr uint16_t eddystone_service = 0xFEAA;
/// What a signal loses between the antenna (0 m) and 1 m, by Eddystone's definition of its power field.
inline constexpr int eddystone_loss_at_1m_db = 41;

/// Who the beacon is.
struct EddystoneUid {
  std::array<uint8_t, 10> namespace_id{};  ///< whose beacon
  std::array<uint8_t, 6> instance_id{};    ///< which of them
  int8_t power_0m_dbm = 0;                 ///< as sent

  friend bool operator==(const EddystoneUid&, const EddystoneUid&) = default;
};

/// Why a text is no URL that Eddystone can carry.
enum class EddystoneUrlError : uint8_t {
  no_scheme,  ///< it does not begin with "http://" or "https://", in lower case
  empty,      ///< nothing follows the scheme
  character,  ///< there is one outside of printable ASCII, or a blank
  too_long,   ///< over 17 bytes once it is compressed
};
/// One sentence about the error, without a full stop.
[[nodiscard]] const char* to_string(EddystoneUrlError error) noexcept;

/// A web address. It always holds one that can be encoded: it comes from `parse` or from a frame.
class EddystoneUrl {
public:
  static constexpr size_t max_encoded_size = 17;                      ///< bytes that follow the scheme
  static constexpr size_t max_text_size = 12 + max_encoded_size * 6;  ///< "https://www." and 17 times ".info/"

  [[nodiscard]] static boost::system::result<EddystoneUrl, EddystoneUrlError> parse(std::string_view text,
                                                                                    int8_t power_0m_dbm) noexcept;

  /// The address in full. Whoever stands near can send one: it is untrusted, and only sure to be printable ASCII without blanks.
  [[nodiscard]] std::string_view text() const noexcept { return {text_.data(), size_}; }
  [[nodiscard]] int8_t power_0m_dbm() const noexcept { return power_0m_dbm_; }

  friend bool operator==(const EddystoneUrl& a, const EddystoneUrl& b) noexcept {
    return a.power_0m_dbm_ == b.power_0m_dbm_ && a.text() == b.text();
  }

private:
  friend std::optional<EddystoneUrl> decode_eddystone_url(Bytes data) noexcept;
  EddystoneUrl() = default;
  void append(std::string_view part) noexcept;

  std::array<char, max_text_size> text_{};  // the first size_ of them
  uint8_t size_ = 0;
  int8_t power_0m_dbm_ = 0;
};

/// How the beacon is. It does not say who it is: it belongs to the identity that the same address sends between its telemetry.
struct EddystoneTlm {
  using Uptime = std::chrono::duration<uint32_t, std::deci>;

  std::optional<uint16_t> battery_mv;   ///< none for a beacon without one
  std::optional<double> temperature_c;  ///< in steps of 1/256
  uint32_t advertisements = 0;          ///< sent since power-on
  Uptime uptime{0};                     ///< since power-on

  friend bool operator==(const EddystoneTlm&, const EddystoneTlm&) = default;
};

/// Who the beacon is, to those who have its key; for all others a number that changes with time.
struct EddystoneEid {
  static constexpr size_t max_owner_size = 64;

  std::array<uint8_t, 8> eid{};                    ///< "ephemeral identifier"
  int8_t power_0m_dbm = 0;                         ///< as sent
  uint8_t owner_size = 0;                          ///< how many of the next there are
  std::array<char, max_owner_size> owner_bytes{};  ///< not sent; see `owner`

  /// The name of the key that made it; empty if there is none that is known.
  [[nodiscard]] std::string_view owner() const noexcept { return {owner_bytes.data(), owner_size}; }
  /// A longer name is cut.
  void set_owner(std::string_view name) noexcept;

  friend bool operator==(const EddystoneEid& a, const EddystoneEid& b) noexcept {
    return a.eid == b.eid && a.power_0m_dbm == b.power_0m_dbm && a.owner() == b.owner();
  }
};

/// Telemetry that only who has the beacon's key can read.
struct EddystoneEtlm {
  std::array<uint8_t, 12> encrypted{};
  uint16_t salt = 0;
  uint16_t mic = 0;  ///< "message integrity check"

  friend bool operator==(const EddystoneEtlm&, const EddystoneEtlm&) = default;
};

/// @param data  Service data of 0xFEAA, without the UUID.
/// @returns nothing if it is another frame, too short, or breaks a rule above. Bytes behind all but a URL are passed over;
/// telemetry of a version other than 0 and 1 is none that is known here.
[[nodiscard]] std::optional<EddystoneUid> decode_eddystone_uid(Bytes data) noexcept;
[[nodiscard]] std::optional<EddystoneUrl> decode_eddystone_url(Bytes data) noexcept;
[[nodiscard]] std::optional<EddystoneTlm> decode_eddystone_tlm(Bytes data) noexcept;
[[nodiscard]] std::optional<EddystoneEtlm> decode_eddystone_etlm(Bytes data) noexcept;
[[nodiscard]] std::optional<EddystoneEid> decode_eddystone_eid(Bytes data) noexcept;

/// Adds the list with 0xFEAA, which Eddystone wants, and the service data: 28 bytes of payload for a UID, 22 for TLM, 26 for
/// eTLM, 18 for an EID. Of telemetry, 0 mV and no battery are the same on the air, and a temperature outside of ±127.99 °C becomes the
/// nearest that fits.
void encode(const EddystoneUid& frame, AdvertisementBuilder& builder);
void encode(const EddystoneUrl& frame, AdvertisementBuilder& builder);
void encode(const EddystoneTlm& frame, AdvertisementBuilder& builder);
void encode(const EddystoneEtlm& frame, AdvertisementBuilder& builder);
void encode(const EddystoneEid& frame, AdvertisementBuilder& builder);

}  // namespace moor
