#include "crypto/p256.hpp"

#include <openssl/bn.h>
#include <openssl/ec.h>
#include <openssl/obj_mac.h>
#include <memory>
#include <stdexcept>

namespace moor::crypto {

namespace {

template <auto Free>
struct Freed {
  template <typename Object>
  void operator()(Object* object) const noexcept {
    Free(object);
  }
};
using Group = std::unique_ptr<EC_GROUP, Freed<EC_GROUP_free>>;
using Point = std::unique_ptr<EC_POINT, Freed<EC_POINT_clear_free>>;
using Number = std::unique_ptr<BIGNUM, Freed<BN_clear_free>>;

[[noreturn]] void refuse() {
  throw std::runtime_error("libcrypto cannot calculate on the curve P-256");
}

Number number_of(Bytes bytes) {
  Number number(BN_bin2bn(bytes.data(), static_cast<int>(bytes.size()), nullptr));
  if (!number) refuse();
  return number;
}

Group make_group() {
  Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  if (!group) refuse();
  return group;
}

Point make_point(const Group& group) {
  Point point(EC_POINT_new(group.get()));
  if (!point) refuse();
  return point;
}

P256Point coordinates(const Group& group, const Point& point) {
  const Number x(BN_new()), y(BN_new());
  P256Point found;
  constexpr int size = 32;
  if (!x || !y || EC_POINT_get_affine_coordinates(group.get(), point.get(), x.get(), y.get(), nullptr) != 1 ||
      BN_bn2binpad(x.get(), found.x.data(), size) != size || BN_bn2binpad(y.get(), found.y.data(), size) != size)
    refuse();
  return found;
}

}  // namespace

P256KeyPair P256KeyPair::generate() {
  for (;;)
    if (auto pair = from_private(SecretKey::random())) return std::move(*pair);
}

std::optional<P256KeyPair> P256KeyPair::from_private(SecretKey key) {
  const Group group = make_group();
  const Number number = number_of(key.bytes());
  if (BN_is_zero(number.get()) || BN_cmp(number.get(), EC_GROUP_get0_order(group.get())) >= 0) return std::nullopt;
  const Point point = make_point(group);
  if (EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, nullptr) != 1) refuse();
  return P256KeyPair(std::move(key), coordinates(group, point));
}

std::optional<SecretKey> P256KeyPair::agree(const P256Point& other) const {
  const Group group = make_group();
  const Point theirs = make_point(group), shared = make_point(group);
  const Number x = number_of(other.x), y = number_of(other.y), number = number_of(private_.bytes());
  // Fails for coordinates that are not on the curve; the point at infinity has none.
  if (EC_POINT_set_affine_coordinates(group.get(), theirs.get(), x.get(), y.get(), nullptr) != 1 ||
      EC_POINT_is_on_curve(group.get(), theirs.get(), nullptr) != 1)
    return std::nullopt;
  if (EC_POINT_mul(group.get(), shared.get(), nullptr, theirs.get(), number.get(), nullptr) != 1) refuse();
  P256Point secret = coordinates(group, shared);
  SecretKey key(secret.x);
  wipe(secret.x);
  wipe(secret.y);
  return key;
}

}  // namespace moor::crypto
