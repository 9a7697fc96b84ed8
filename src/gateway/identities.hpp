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

  /// An own device that is called by its name in whatever is kept and shown.
  void know(const Address& address, std::string name) { names_[address] = std::move(name); }
  /// The device's identity now; it changes when the key rotates.
  [[nodiscard]] Identity identify(const Address& address, TimePoint now);

  /// A visitor begins, or comes back: the identity that the device has now is the visitor's until it is forgotten.
  [[nodiscard]] VisitorId begin(const Address& address, TimePoint now);
  /// The visitor has gone; what is still to be said of its visits needs its text.
  void gone(VisitorId visitor);
  [[nodiscard]] bool is_present(VisitorId visitor) const;
  /// The identity of a visitor that has begun and is not forgotten; empty for another.
  [[nodiscard]] std::string text_of(VisitorId visitor) const;
  void forget(VisitorId visitor) { visitors_.erase(visitor); }

private:
  IdentityHasher hasher_;
  struct Visitor {
    std::string text;
    bool present = true;
  };
  boost::unordered_flat_map<VisitorId, Visitor> visitors_;
  boost::unordered_flat_map<Address, std::string, std::hash<Address>> names_;
};

}  // namespace moor
