#pragma once
// The key functions of Bluetooth pairing (Core 5.4, Vol 3, Part H, 2.2). All values stand most significant byte first, as the specification
// writes them; the air has them the other way round.

#include "crypto/aes.hpp"
#include "moor/address.hpp"

namespace moor::crypto {

using Coordinate = std::array<uint8_t, 32>;      ///< of a point of P-256, or the key that two such give
using PairingFeatures = std::array<uint8_t, 7>;  ///< a whole Pairing Request or Response, its code last
using IoFeatures = std::array<uint8_t, 3>;       ///< AuthReq, OOB flag, IO capability

/// Who pairs: initiator and responder.
struct PairingAddresses {
  Address initiator;
  Address responder;
};

// All throw std::runtime_error if libcrypto refuses.

/// Legacy: the confirm value.
[[nodiscard]] Block c1(const Block& k, const Block& r, const PairingFeatures& request, const PairingFeatures& response,
                       const PairingAddresses& who);
/// Legacy: the short term key. @param r1  the responder's random number. @param r2  the initiator's.
[[nodiscard]] Block s1(const Block& k, const Block& r1, const Block& r2);

/// Secure connections: the confirm value. @param z  0, or 0x80 with a bit of the passkey.
[[nodiscard]] Block f4(const Coordinate& u, const Coordinate& v, const Block& x, uint8_t z);
struct F5Keys {
  Block mac_key;
  Block long_term_key;
};
[[nodiscard]] F5Keys f5(const Coordinate& w, const Block& n1, const Block& n2, const Address& a1, const Address& a2);
/// The check value.
[[nodiscard]] Block f6(const Block& w, const Block& n1, const Block& n2, const Block& r, const IoFeatures& io, const Address& a1,
                       const Address& a2);
/// What both show, modulo 2^32: the last six decimal digits are shown.
[[nodiscard]] uint32_t g2(const Coordinate& u, const Coordinate& v, const Block& x, const Block& y);

}  // namespace moor::crypto
