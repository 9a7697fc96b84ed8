#include "moor/address_resolver.hpp"

#include "crypto/aes.hpp"
#include "crypto/hmac.hpp"

namespace moor {
namespace {

// A static random address (the two top bits set) that only the key's holder can tell from another.
Address identity_of(const Irk& irk) {
  constexpr crypto::Block label = {'m', 'o', 'o', 'r', ' ', 'i', 'd', 'e', 'n', 't', 'i', 't', 'y'};
  const auto cipher = crypto::aes128_encrypt_block(irk, label);
  return Address(load_be64(cipher.data()) | uint64_t{0b11} << 46, true);
}

}  // namespace

AddressResolver::~AddressResolver() {
  for (Owner& owner : owners_) crypto::wipe(owner.irk);
}

void AddressResolver::add(std::string name, const Irk& irk, std::optional<Address> identity) {
  const Address lasting = identity ? *identity : identity_of(irk);
  owners_.push_back({.name = name.empty() ? lasting.to_string() : std::move(name), .irk = irk, .identity = lasting});
  remembered_.clear();
}

const AddressResolver::Owner* AddressResolver::resolve(const Address& address) {
  if (address.kind() != AddressKind::resolvable) return nullptr;
  const auto known = remembered_.find(address);
  uint32_t place = known == remembered_.end() ? nobody : known->second;
  if (known == remembered_.end()) {
    for (uint32_t i = 0; i < owners_.size() && place == nobody; ++i)
      if (resolves(address, owners_[i].irk)) place = i;
    if (remembered_.size() >= max_remembered) remembered_.clear();
    remembered_.emplace(address, place);
  }
  return place == nobody ? nullptr : &owners_[place];
}

}  // namespace moor
