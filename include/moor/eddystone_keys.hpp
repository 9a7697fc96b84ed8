#pragma once
// Eddystone beacons that only their owner recognises. An ephemeral identifier (EID) is made of the beacon's identity key (EIK) and of its
// clock, and changes every 2^K seconds; encrypted telemetry (eTLM) is sealed with the same key and clock. Source: eid-computation.md and
// tlm-encrypted.md in github.com/google/eddystone.
//
//   temporary key = AES(EIK,           00 × 11 │ FF │ 00 00 │ time, upper 16 bits)
//   EID           = AES(temporary key, 00 × 11 │ K  │ time with its K low bits cleared [4]), first 8 bytes
//   eTLM nonce    =                                   time with its K low bits cleared [4] │ salt [2]      time: seconds, 32 bits

#include "moor/address.hpp"
#include "moor/eddystone.hpp"
#include "moor/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

namespace moor {

/// Most significant byte first, as configuration tools print it.
using EddystoneKey = std::array<uint8_t, 16>;

/// At which point of a beacon's life something was sent.
struct EddystoneMoment {
  uint32_t beacon_time = 0;       ///< seconds, as the beacon counts them
  uint8_t rotation_exponent = 0;  ///< K, 0 to 15

  friend bool operator==(const EddystoneMoment&, const EddystoneMoment&) = default;
};

/// What a beacon sends at that time. @throws std::runtime_error if libcrypto has no AES.
[[nodiscard]] std::array<uint8_t, 8> make_eid(const EddystoneKey& key, const EddystoneMoment& moment);
/// @param salt  random, so that telemetry that has not changed looks different each time.
[[nodiscard]] EddystoneEtlm encrypt(const EddystoneTlm& telemetry, const EddystoneKey& key, const EddystoneMoment& moment,
                                    uint16_t salt);
/// @returns nothing if it is not of that key and time; one of 65536 forgeries passes, so try few times.
[[nodiscard]] std::optional<EddystoneTlm> decrypt(const EddystoneEtlm& frame, const EddystoneKey& key,
                                                  const EddystoneMoment& moment) noexcept;

/// How a beacon counts time; it is told when it is set up, or read from it.
struct EddystoneClock {
  std::optional<uint8_t> rotation_exponent;  ///< none: all of them are looked for, which costs 16 times the room
  TimePoint zero{};                          ///< when its counter stood at 0; the default is for one that counts since 1970
};

struct EidResolverOptions {
  uint32_t tolerance = 2;    ///< how many rotations a beacon's clock may be early or late
  size_t max_eids = 65'536;  ///< for all keys together; a key takes 1 + 2 × tolerance, 16 times that without an exponent
};

struct ResolvedEid {
  std::string_view name;  ///< of the key; valid as long as the resolver
  EddystoneMoment sent;   ///< the beginning of that rotation
};

/// Whose beacon sends an EID: those that all keys make around now are kept in a map, which follows the time that it is asked about. It
/// remembers which address each beacon had last, since encrypted telemetry belongs to the EID of the same address.
class EidResolver {
public:
  explicit EidResolver(const EidResolverOptions& options = {}) noexcept : options_(options) {}
  EidResolver(const EidResolver&) = delete;
  EidResolver& operator=(const EidResolver&) = delete;
  ~EidResolver();

  /// @throws UsageError if the exponent is over 15, or there would be more than `max_eids`.
  void add(std::string name, const EddystoneKey& key, const EddystoneClock& clock = {});
  [[nodiscard]] bool empty() const noexcept { return beacons_.empty(); }

  /// @param address  who sent it.
  [[nodiscard]] std::optional<ResolvedEid> resolve(const std::array<uint8_t, 8>& eid, const Address& address,
                                                   TimePoint time) noexcept;
  /// Whether that address sent the newest EID of one of the beacons.
  [[nodiscard]] bool knows(const Address& address) const noexcept { return find(address) != nullptr; }
  /// @returns nothing if the address is not known, or its EID is too old for the time to be known, or the frame is damaged.
  [[nodiscard]] std::optional<EddystoneTlm> decrypt(const EddystoneEtlm& frame, const Address& address,
                                                    TimePoint time) const noexcept;

private:
  static constexpr int64_t no_rotation = -1;

  struct Beacon {
    std::string name;
    EddystoneKey key{};
    TimePoint zero;
    std::optional<Address> address;  // heard from last; the rest is of that moment
    uint8_t exponent = 0;
    int64_t rotation = 0;  // of the beacon
    int64_t expected = 0;  // by our clock
  };
  // A beacon's EIDs of one exponent: a row of `width()` places, rotation r in place r modulo the width.
  struct Row {
    uint32_t beacon = 0;
    uint8_t exponent = 0;
  };
  struct Place {
    int64_t rotation = no_rotation;
    uint64_t eid = 0;
  };

  [[nodiscard]] size_t width() const noexcept { return 1 + 2 * size_t{options_.tolerance}; }
  [[nodiscard]] const Beacon* find(const Address& address) const noexcept;
  void grow();
  void refresh(TimePoint time) noexcept;
  void refresh_row(size_t number, TimePoint time) noexcept;

  EidResolverOptions options_;
  std::vector<Beacon> beacons_;
  std::vector<Row> rows_;
  std::vector<Place> places_;
  boost::unordered_flat_map<uint64_t, size_t> by_eid_;  // index of its place
  TimePoint valid_from_ = TimePoint::max();             // the map is right from here,
  TimePoint valid_until_ = TimePoint::min();            // and before this moment
};

}  // namespace moor
