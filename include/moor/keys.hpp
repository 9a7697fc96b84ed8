#pragma once
// The keys of the user's own devices, by which their encrypted advertisements are read. A key remembers how far its device has counted, so that
// a recording played back by somebody else is not taken for the device.

#include "moor/address_resolver.hpp"
#include "moor/eddystone_keys.hpp"
#include "moor/time.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

namespace moor {

enum class KeyKind : uint8_t {
  bthome,     ///< "bind key", 16 bytes
  mibeacon,   ///< "bind key": 16 bytes, 12 of devices before MiBeacon version 4
  eddystone,  ///< identity key (EIK), 16 bytes; has no address, the device is found by it
  victron,    ///< "advertisement key", 16 bytes
  irk,        ///< identity resolving key, 16 bytes: who is behind a changing address
};
/// "bthome", "mibeacon", "eddystone", "victron" or "irk".
[[nodiscard]] std::string_view to_string(KeyKind kind) noexcept;

/// What a key has seen. For the decoder of its format.
struct KeyState {
  std::optional<uint32_t> counter;  ///< of the newest message that the key has opened
  TimePoint time;                   ///< of that message
  uint32_t failures = 0;            ///< in a row
};

struct Key {
  KeyKind kind{};
  std::string name;  ///< for people, such as "freezer"
  std::vector<uint8_t> bytes;
  KeyState state;
};

/// Keys by kind and device. Their bytes are overwritten when the ring ends.
class KeyRing {
public:
  KeyRing() = default;
  KeyRing(const KeyRing&) = delete;
  KeyRing& operator=(const KeyRing&) = delete;
  ~KeyRing();

  /// For one device; of an IRK, that is its lasting address. @throws UsageError if a key of that kind cannot be so long, or the device has one.
  void add(KeyKind kind, const Address& address, Bytes key, std::string name = {});
  /// For a device that is known by its key alone. @throws UsageError if a key of that kind cannot be so long. One for Eddystone is taken for
  /// that of a beacon which counts time since 1970 and rotates as it likes; to say more of its clock, add it to `eids()` instead.
  void add(KeyKind kind, Bytes key, std::string name);

  /// The key of a device, whether its address is random or not; nullptr if there is none. Valid until a key is added.
  [[nodiscard]] Key* find(KeyKind kind, const Address& address) noexcept;
  /// Calls `visit(Key&)` for each key but IRKs, which count nothing.
  template <typename Visit>
  void for_each(Visit&& visit) {
    for (auto& [place, key] : by_device_) visit(key);
    for (Key& key : nameless_) visit(key);
  }
  /// All keys that name their device themselves, of all kinds.
  [[nodiscard]] std::span<Key> nameless() noexcept { return nameless_; }
  /// Finds Eddystone beacons by their keys.
  [[nodiscard]] EidResolver& eids() noexcept { return eids_; }
  /// Finds devices with changing addresses by their IRKs.
  [[nodiscard]] AddressResolver& addresses() noexcept { return addresses_; }
  [[nodiscard]] bool empty() const noexcept {
    return by_device_.empty() && nameless_.empty() && eids_.empty() && addresses_.empty();
  }

private:
  boost::unordered_flat_map<uint64_t, Key> by_device_;  // by address and kind
  std::vector<Key> nameless_;
  EidResolver eids_;
  AddressResolver addresses_;
};

}  // namespace moor
