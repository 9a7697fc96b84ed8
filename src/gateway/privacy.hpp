#pragma once
// Who a device is, for everything that is kept. An address is a name for life (public, random static) or for minutes (private),
// and in both cases that of somebody's phone or car. By default none is kept: the store sees HMAC-SHA-256 of it.
//
//   store_addresses   public address        random address
//   never             p-<hash>, lasting     r-<hash>, rotating
//   public_only       as it is              r-<hash>, rotating
//   all               as it is              as it is
//
// A lasting hash lets a sensor keep its history; a rotating one makes a device of today and of tomorrow two. Keys are written only
// where the configuration names a file for them: the lasting one, and the rotating one until its period ends, so that a visit outlives a
// restart. Without the file keys last as long as the process. Whoever has a key and an id finds the address by trying all 2^48.

#include "crypto/hmac.hpp"
#include "moor/address.hpp"
#include "moor/time.hpp"

#include <filesystem>
#include <string>
#include <vector>

namespace moor {

enum class AddressStorage : uint8_t { never, public_only, all };

struct PrivacyOptions {
  AddressStorage store_addresses = AddressStorage::never;
  Duration rotate_every = std::chrono::hours(24);  ///< counted from 1970, so that 24 h rotates at midnight UTC
  std::vector<Address> known;      ///< own devices, public or random, that are kept as they are; whether random is not compared
  std::filesystem::path key_file;  ///< keeps the keys over restarts; empty for none
  friend bool operator==(const PrivacyOptions&, const PrivacyOptions&) = default;
};

/// How a device is named in what is kept, and its address if that may be kept too.
struct Identity {
  std::string text;  ///< "A4:CF:12:34:56:78", "p-0123456789abcdef" or "r-0123456789abcdef"
  std::optional<Address> address;
  friend bool operator==(const Identity&, const Identity&) = default;
};

class IdentityHasher {
public:
  /// @throws ConfigError if the key file can be neither read nor made, is damaged, or can be read by other users.
  explicit IdentityHasher(PrivacyOptions options = {});

  /// The same address has the same identity until the key rotates; ask again whenever something new begins. What has begun, such
  /// as a visit, ends under the identity that it began with.
  [[nodiscard]] Identity identify(const Address& address, TimePoint now);
  /// The key of a period that is over goes, from the file too.
  void advance(TimePoint now);
  /// Goes on with the keys of another, which is of no use then; not where a file says which they are.
  void take_keys(IdentityHasher&& other) noexcept;
  /// Why the rotating key could not be written, with the file's name; empty where all is well.
  [[nodiscard]] const std::string& problem() const noexcept { return problem_; }
  [[nodiscard]] const PrivacyOptions& options() const noexcept { return options_; }

private:
  [[nodiscard]] bool keeps(const Address& address) const noexcept;
  [[nodiscard]] int64_t period_of(TimePoint t) const noexcept;
  void rotate(int64_t period);

  PrivacyOptions options_;
  crypto::SecretKey lasting_;
  crypto::SecretKey rotating_;
  int64_t period_;  // since 1970, in which rotating_ was made
  std::string problem_;
};

}  // namespace moor
