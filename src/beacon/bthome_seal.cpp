#include "beacon/bthome_seal.hpp"

#include "beacon/replay.hpp"
#include "crypto/aes_modes.hpp"

#include <algorithm>
#include <stdexcept>

namespace moor::bthome {
namespace {

// The nonce: 13 bytes in version 2, 12 in version 1 where the mark has no byte of information.
//
//   0         6       8      9
//   ┌─────────┬───────┬──────┬─────────┐
//   │ address │ UUID  │ info │ counter │     address: as it is written, most significant byte first
//   └─────────┴───────┴──────┴─────────┘     UUID, counter: little-endian
class Nonce {
public:
  Nonce(const Sealed& sealed, Bytes counter) noexcept {
    sealed.address.to_le(bytes_.data());
    std::reverse(bytes_.begin(), bytes_.begin() + 6);
    append(sealed.mark);
    append(counter);
  }
  [[nodiscard]] Bytes bytes() const noexcept { return {bytes_.data(), size_}; }

private:
  void append(Bytes part) noexcept {
    std::ranges::copy(part, bytes_.begin() + static_cast<std::ptrdiff_t>(size_));
    size_ += part.size();
  }
  std::array<uint8_t, 13> bytes_{};
  size_t size_ = 6;
};

}  // namespace

Key* find_key(const DecodeContext& context, const Address& given) noexcept {
  if (context.keys == nullptr) return nullptr;
  Key* key = context.keys->find(KeyKind::bthome, given);
  return key != nullptr ? key : context.keys->find(KeyKind::bthome, context.address);
}

std::optional<Bytes> open(const Sealed& sealed, Key* key, TimePoint time, std::span<uint8_t, max_size> room,
                          Decoded& into) noexcept {
  const auto fail = [&](DecodeProblem why) {
    into.set_problem(why);
    return std::nullopt;
  };
  if (key == nullptr) return fail(DecodeProblem::key_missing);
  const Bytes tag = sealed.body.last(tag_size);
  const Bytes counter_bytes = sealed.body.last(tag_size + counter_size).first(counter_size);
  const Bytes cipher = sealed.body.first(sealed.body.size() - tag_size - counter_size);
  const uint32_t counter = load_le32(counter_bytes.data());
  if (is_replay(key->state, counter)) return fail(DecodeProblem::replayed);
  const Nonce nonce(sealed, counter_bytes);
  const auto plain = std::span<uint8_t>(room).first(cipher.size());
  if (!crypto::ccm_decrypt({.key = key->bytes, .nonce = nonce.bytes(), .associated = sealed.associated}, cipher, tag, plain)) {
    ++key->state.failures;
    return fail(DecodeProblem::key_wrong);
  }
  key->state = {.counter = counter, .time = time, .failures = 0};
  return plain;
}

std::vector<uint8_t> seal(const Sealed& sealed, Bytes key, uint32_t counter, Bytes objects) {
  std::vector<uint8_t> body(objects.size() + counter_size + tag_size);
  const auto all = std::span(body);
  const auto counter_bytes = all.subspan(objects.size(), counter_size);
  for (size_t i = 0; i < counter_size; ++i) counter_bytes[i] = static_cast<uint8_t>(counter >> (8 * i));
  const Nonce nonce(sealed, counter_bytes);
  if (!crypto::ccm_encrypt({.key = key, .nonce = nonce.bytes(), .associated = sealed.associated}, objects,
                           all.first(objects.size()), all.last(tag_size)))
    throw std::runtime_error("libcrypto cannot encrypt with AES-128-CCM");
  return body;
}

}  // namespace moor::bthome
