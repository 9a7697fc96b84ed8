#pragma once
// The keys that devices behind the radio have of pairing with this host, as the devices would keep them.

#include "radio/controller/smp_responder.hpp"

#include <map>

namespace moor::controller {

/// What a device makes of a host that begins encryption (Core 5.4, Vol 6, Part B, 5.1.3.1).
enum class KeyCheck : uint8_t {
  right,
  missing,  ///< the device has no such key, says so, and the link stays
  wrong,    ///< nothing can be read from then on: the link ends
};

class Bonds {
public:
  static constexpr size_t max_bonds = 256;

  void keep(const Address& device, const SmpResponder::Bond& bond) {
    if (bonds_.size() >= max_bonds && !bonds_.contains(device)) bonds_.erase(bonds_.begin());
    bonds_[device] = bond;
  }
  /// @param session  the key that was agreed while pairing, if this link pairs.
  [[nodiscard]] KeyCheck check(const Address& device, uint64_t random, uint16_t diversifier, const Key128& key,
                               const std::optional<Key128>& session) const {
    if (session && random == 0 && diversifier == 0 && key == *session) return KeyCheck::right;
    const auto found = bonds_.find(device);
    if (found != bonds_.end() && found->second.random == random && found->second.diversifier == diversifier)
      return found->second.long_term_key == key ? KeyCheck::right : KeyCheck::wrong;
    return session ? KeyCheck::wrong : KeyCheck::missing;
  }

private:
  std::map<Address, SmpResponder::Bond> bonds_;
};

}  // namespace moor::controller
