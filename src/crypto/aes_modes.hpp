#pragma once
// AES-128 in the modes in which sensors encrypt what they advertise: CCM (BTHome, MiBeacon, Bluetooth itself), CTR (Victron),
// EAX (Eddystone's encrypted telemetry) and the CMAC that EAX and key derivations are made of. Advertisements are short and many,
// so nothing here allocates after a thread's first call, and nothing throws: false or nothing means that the tag does not fit,
// that a size cannot be, or that libcrypto refuses.

#include "crypto/aes.hpp"
#include "moor/bytes.hpp"

namespace moor::crypto {

/// What sender and receiver of a sealed message share. Views: they need to live for the call only.
struct Seal {
  Bytes key;           ///< 16 bytes
  Bytes nonce;         ///< never used twice with one key; 7 to 13 bytes for CCM, any number for EAX
  Bytes associated{};  ///< authenticated with the message, but not part of it
};

// For all four: `cipher` and `plain` have the same size and may be the same memory; nothing else is written. A message
// that does not verify leaves `plain` as it was, or zeros.

/// CCM (RFC 3610, NIST SP 800-38C). @param tag  4, 6, 8, 10, 12, 14 or 16 bytes. The message is at most 65,535 bytes.
[[nodiscard]] bool ccm_encrypt(const Seal& seal, Bytes plain, std::span<uint8_t> cipher, std::span<uint8_t> tag) noexcept;
/// @returns false, and no plain text, unless the tag is that of the message.
[[nodiscard]] bool ccm_decrypt(const Seal& seal, Bytes cipher, Bytes tag, std::span<uint8_t> plain) noexcept;

/// EAX (Bellare, Rogaway, Wagner: "The EAX mode of operation", 2004). @param tag  1 to 16 bytes, as many as are wanted of it.
[[nodiscard]] bool eax_encrypt(const Seal& seal, Bytes plain, std::span<uint8_t> cipher, std::span<uint8_t> tag) noexcept;
/// @returns false, and no plain text, unless the tag is that of the message.
[[nodiscard]] bool eax_decrypt(const Seal& seal, Bytes cipher, Bytes tag, std::span<uint8_t> plain) noexcept;

/// Which end of the counter block counts. NIST's is big-endian; Victron's begins at the first byte.
enum class CounterOrder : uint8_t { big_endian, little_endian };

/// CTR (NIST SP 800-38A, 6.5), which encrypts and decrypts alike and authenticates nothing.
/// @param counter  the first counter block, all 16 bytes of which count. That of CCM's text, for whoever has to read it without a
///                 tag, is the byte 14 - nonce.size(), the nonce and a counter of 1.
/// @param output   as long as `input`; may be the same memory.
[[nodiscard]] bool ctr_crypt(Bytes key, Block counter, Bytes input, std::span<uint8_t> output,
                             CounterOrder order = CounterOrder::big_endian) noexcept;

/// CMAC (RFC 4493, NIST SP 800-38B) of any number of bytes.
[[nodiscard]] std::optional<Block> cmac(Bytes key, Bytes message) noexcept;

/// Whether two tags are the same, in a time that does not tell where they differ.
[[nodiscard]] bool same_tag(Bytes a, Bytes b) noexcept;

}  // namespace moor::crypto
