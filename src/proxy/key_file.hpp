#pragma once
// What a proxy keeps from one start to the next: the key that its clients must have, in base64 as people enter it, and the address that they know it by. Small files
// that appear whole or not at all.

#include "crypto/hmac.hpp"
#include "moor/address.hpp"

#include <filesystem>

namespace moor::proxy {

struct KeptKey {
  crypto::SecretKey key;
  bool made = false;  ///< just now
};

/// The key in the file; made where there is none, for its owner alone (mode 0600). @throws ConfigError if it can be neither read nor made, is no key, or
/// can be read by other users; with what mends it.
[[nodiscard]] KeptKey keep_key(const std::filesystem::path& path);

/// The address in the file; where there is none, `first` is kept there, or else one that nobody has: locally administered, random.
/// @throws ConfigError if it can be neither read nor made, or is no address.
[[nodiscard]] Address keep_mac(const std::filesystem::path& path, std::optional<Address> first);
/// The address in the file; nothing where there is no file. @throws as keep_mac.
[[nodiscard]] std::optional<Address> find_mac(const std::filesystem::path& path);

}  // namespace moor::proxy
