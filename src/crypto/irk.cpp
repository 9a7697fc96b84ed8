#include "moor/irk.hpp"

#include "crypto/aes.hpp"

namespace moor {

namespace {

// ah(k, r) = AES-128(k, padding || r) mod 2^24
uint32_t ah(const Irk& key, uint32_t prand) {
  std::array<uint8_t, 16> block{};
  block[13] = static_cast<uint8_t>(prand >> 16);
  block[14] = static_cast<uint8_t>(prand >> 8);
  block[15] = static_cast<uint8_t>(prand);
  const auto cipher = crypto::aes128_encrypt_block(key, block);
  return static_cast<uint32_t>(cipher[13] << 16 | cipher[14] << 8 | cipher[15]);
}

}  // namespace

bool resolves(const Address& address, const Irk& irk) {
  if (address.kind() != AddressKind::resolvable) return false;
  return ah(irk, static_cast<uint32_t>(address.bits() >> 24)) == (address.bits() & 0xFFFFFF);
}

Address make_resolvable(const Irk& irk, uint32_t prand) {
  prand = (prand & 0x3FFFFF) | 0x400000;
  return Address(static_cast<uint64_t>(prand) << 24 | ah(irk, prand), true);
}

}  // namespace moor
