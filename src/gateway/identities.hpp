#pragma once
// Who is who in what the gateway keeps and shows: the visitor's number that visits and traffic count by, and the text behind it.

#include "gateway/privacy.hpp"
#include "moor/device.hpp"
#include "moor/visits.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace moor {

class Identities {
public:
  /// @throws ConfigError as IdentityHasher does.
  explicit Identities(PrivacyOptions options) : hasher_(std::move(options)) {}

  /// An own device, whether its address is random or not. With a name it is called by it in whatever is kept and shown.
  void know(const Address& address, std::string name);
  [[nodiscard]] bool is_own(const Address& address) const { return own_.contains(address.bits()); }
  /// What the device is called: as its owner does, else as it does itself; empty where neither says.
  [[nodiscard]] std::string name_of(const Device& device) const;
  /// The number of a visitor whose identity has been read back.
  [[nodiscard]] static VisitorId number_of(std::string_view identity) noexcept;
  /// The device's identity now; it changes when the key rotates.
  [[nodiscard]] Identity identify(const Address& address, TimePoint now);

  /// The keys of periods that are over go.
  void advance(TimePoint now) { hasher_.advance(now); }
  [[nodiscard]] IdentityHasher& hasher() noexcept { return hasher_; }
  [[nodiscard]] const IdentityHasher& hasher() const noexcept { return hasher_; }

  /// A visitor begins, or comes back: the identity that the device has now is the visitor's until it is forgotten.
  [[nodiscard]] VisitorId begin(const Address& address, TimePoint now);
  /// A visitor of before a restart, under the identity that it had.
  VisitorId take_back(std::string identity, std::string name);
  /// The visitor is called as the device is.
  void name(VisitorId visitor, const Device& device);
  [[nodiscard]] std::string name_of(VisitorId visitor) const;
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
    std::string name{};
    bool present = true;
  };
  boost::unordered_flat_map<VisitorId, Visitor> visitors_;
  boost::unordered_flat_map<uint64_t, std::string> own_;  // names, by the bits of the address
};

}  // namespace moor
