#pragma once
// Who is who in what the gateway keeps and shows: the visitor's number that visits and traffic count by, and the text behind it.

#include "gateway/privacy.hpp"
#include "moor/visits.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace moor {

class Identities {
public:
  /// @throws ConfigError as IdentityHasher does.
  explicit Identities(PrivacyOptions options) : hasher_(std::move(options)) {}

  /// The device's identity now; it changes when the key rotates.
  [[nodiscard]] Identity identify(const Address& address, TimePoint now) { return hasher_.identify(address, now); }

  /// A visitor begins: the identity that the device has now is the visitor's to the end.
  [[nodiscard]] VisitorId begin(const Address& address, TimePoint now);
  /// The identity of a visitor that has begun and not ended; empty for another.
  [[nodiscard]] std::string text_of(VisitorId visitor) const;
  void end(VisitorId visitor) { texts_.erase(visitor); }

private:
  IdentityHasher hasher_;
  boost::unordered_flat_map<VisitorId, std::string> texts_;
};

}  // namespace moor
