#include "core/require.hpp"
#include "moor/visits.hpp"
#include "presence/intervals.hpp"
#include "presence/siphash.hpp"

#include <algorithm>
#include <random>

namespace moor {
namespace {

Pseudonyms::Secret random_secret() {
  std::random_device source;
  Pseudonyms::Secret secret;
  std::generate(secret.begin(), secret.end(), [&source] { return static_cast<uint8_t>(source()); });
  return secret;
}

void store_le64(uint8_t* bytes, uint64_t value) noexcept {
  for (int i = 0; i < 8; ++i) bytes[i] = static_cast<uint8_t>(value >> (8 * i));
}

}  // namespace

Pseudonyms::Pseudonyms() : Pseudonyms(random_secret()) {}

Pseudonyms::Pseudonyms(const Secret& secret, Duration rotate_every) : secret_(secret), rotate_every_(rotate_every) {
  require(rotate_every >= std::chrono::minutes(1), "pseudonyms must hold for at least a minute");
}

VisitorId Pseudonyms::of(const Address& address, TimePoint t) const noexcept {
  std::array<uint8_t, 7> identity{};
  address.to_le(identity.data());
  identity[6] = address.is_random() ? 1 : 0;
  return of(Bytes(identity), t);
}

VisitorId Pseudonyms::of(Bytes identity, TimePoint t) const noexcept {
  std::array<uint8_t, 9> half{};  // number of the period, then which half of its key
  store_le64(half.data(), static_cast<uint64_t>(interval_number(t, rotate_every_)));
  Secret key;
  for (; half[8] < 2; ++half[8]) store_le64(key.data() + 8 * half[8], siphash(secret_, half));
  return siphash(key, identity);
}

}  // namespace moor
