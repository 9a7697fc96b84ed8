#include "moor/keys.hpp"

#include "crypto/hmac.hpp"
#include "moor/error.hpp"

#include <algorithm>

namespace moor {
namespace {

uint64_t place_of(KeyKind kind, const Address& address) noexcept {
  return address.bits() << 8 | static_cast<uint64_t>(kind);
}

Key make_key(KeyKind kind, Bytes bytes, std::string name) {
  const bool fits = bytes.size() == 16 || (kind == KeyKind::mibeacon && bytes.size() == 12);
  if (!fits)
    throw UsageError(
        "the " + std::string(to_string(kind)) + " key of '" + name + "' has " + std::to_string(bytes.size()) + " bytes",
        {.advice = kind == KeyKind::mibeacon ? "it has 16, or 12 for older devices" : "it has 16: 32 hexadecimal digits"});
  return Key{.kind = kind, .name = std::move(name), .bytes = {bytes.begin(), bytes.end()}, .state = {}};
}

void add_irk(AddressResolver& resolver, Key& key, std::optional<Address> identity) {
  Irk irk{};
  std::ranges::copy(key.bytes, irk.begin());
  resolver.add(key.name, irk, identity);
  crypto::wipe(irk);
  crypto::wipe(key.bytes);
}

}  // namespace

std::string_view to_string(KeyKind kind) noexcept {
  switch (kind) {
    case KeyKind::bthome: return "bthome";
    case KeyKind::mibeacon: return "mibeacon";
    case KeyKind::eddystone: return "eddystone";
    case KeyKind::victron: return "victron";
    case KeyKind::irk: return "irk";
  }
  return "unknown";
}

KeyRing::~KeyRing() {
  for (auto& [place, key] : by_device_) crypto::wipe(key.bytes);
  for (Key& key : nameless_) crypto::wipe(key.bytes);
}

void KeyRing::add(KeyKind kind, const Address& address, Bytes key, std::string name) {
  Key made = make_key(kind, key, name.empty() ? address.to_string() : std::move(name));
  if (kind == KeyKind::irk) return add_irk(addresses_, made, address);
  if (!by_device_.try_emplace(place_of(kind, address), std::move(made)).second)
    throw UsageError(address.to_string() + " has a " + std::string(to_string(kind)) + " key already",
                     {.advice = "leave one of them out"});
}

void KeyRing::add(KeyKind kind, Bytes key, std::string name) {
  Key made = make_key(kind, key, std::move(name));
  if (kind == KeyKind::irk) return add_irk(addresses_, made, std::nullopt);
  if (kind == KeyKind::eddystone) {
    EddystoneKey identity{};
    std::ranges::copy(made.bytes, identity.begin());
    eids_.add(made.name, identity);
    crypto::wipe(identity);
  }
  nameless_.push_back(std::move(made));
}

Key* KeyRing::find(KeyKind kind, const Address& address) noexcept {
  const auto found = by_device_.find(place_of(kind, address));
  return found == by_device_.end() ? nullptr : &found->second;
}

}  // namespace moor
