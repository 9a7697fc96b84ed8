#include "crypto/pairing_functions.hpp"

#include "crypto/p256.hpp"

#include <gtest/gtest.h>
#include <algorithm>

namespace moor::crypto {
namespace {

template <size_t Size>
std::array<uint8_t, Size> value(std::string_view hex) {
  const std::vector<uint8_t> bytes = *from_hex(hex);
  std::array<uint8_t, Size> made{};
  EXPECT_EQ(bytes.size(), Size) << hex;
  std::copy_n(bytes.begin(), std::min(Size, bytes.size()), made.begin());
  return made;
}
Block block(std::string_view hex) {
  return value<16>(hex);
}
Coordinate coordinate(std::string_view hex) {
  return value<32>(hex);
}
SecretKey secret(std::string_view hex) {
  return SecretKey(coordinate(hex));
}

// Core 5.4, Vol 3, Part H: 2.2.3 and 2.2.4 have the examples of c1 and s1, appendix D those of f4 to g2; Vol 2, Part G, 7.1.2 those of P-256.
TEST(PairingFunctions, C1) {
  const PairingAddresses who = {Address(0xA1A2A3A4A5A6, true), Address(0xB1B2B3B4B5B6, false)};
  EXPECT_EQ(
      to_hex(c1({}, block("5783d52156ad6f0e6388274ec6702ee0"), value<7>("07071000000101"), value<7>("05000800000302"), who)),
      "1e1e3fef878988ead2a74dc5bef13b86");
}

TEST(PairingFunctions, S1) {
  EXPECT_EQ(to_hex(s1({}, block("000f0e0d0c0b0a091122334455667788"), block("010203040506070899aabbccddeeff00"))),
            "9a1fe1f0e8b0f49b5b4216ae796da062");
}

constexpr const char* u = "20b003d2f297be2c5e2c83a7e9f9a5b9eff49111acf4fddbcc0301480e359de6";
constexpr const char* v = "55188b3d32f6bb9a900afcfbeed4e72a59cb9ac2f19d7cfb6b4fdd49f47fc5fd";
constexpr const char* w = "ec0234a357c8ad05341010a60a397d9b99796b13b4f866f1868d34f373bfa698";
constexpr const char* n1 = "d5cb8454d177733effffb2ec712baeab";
constexpr const char* n2 = "a6e8e7cc25a75f6e216583f7ff3dc4cf";
constexpr Address a1(0x56123737BFCE, false);
constexpr Address a2(0xA713702DCFC1, false);

TEST(PairingFunctions, F4) {
  EXPECT_EQ(to_hex(f4(coordinate(u), coordinate(v), block(n1), 0)), "f2c916f107a9bd1cf1eda1bea974872d");
}

TEST(PairingFunctions, F5) {
  const F5Keys keys = f5(coordinate(w), block(n1), block(n2), a1, a2);
  EXPECT_EQ(to_hex(keys.mac_key), "2965f176a1084a02fd3f6a20ce636e20");
  EXPECT_EQ(to_hex(keys.long_term_key), "6986791169d7cd23980522b594750a38");
}

TEST(PairingFunctions, F6) {
  EXPECT_EQ(to_hex(f6(block("2965f176a1084a02fd3f6a20ce636e20"), block(n1), block(n2), block("12a3343bb453bb5408da42d20c2d0fc8"),
                      value<3>("010102"), a1, a2)),
            "e3c473989cd0e8c5d26c0b09da958f61");
}

TEST(PairingFunctions, G2) {
  EXPECT_EQ(g2(coordinate(u), coordinate(v), block(n1), block(n2)), 0x2f9ed5baU);
}

TEST(P256, AgreesOnTheSecretOfTheSpecification) {
  const auto a = P256KeyPair::from_private(secret("3f49f6d4a3c55f3874c9b3e3d2103f504aff607beb40b7995899b8a6cd3c1abd"));
  const auto b = P256KeyPair::from_private(secret(v));
  ASSERT_TRUE(a && b);
  EXPECT_EQ(to_hex(a->public_key().x), u);
  EXPECT_EQ(to_hex(a->public_key().y), "dc809c49652aeb6d63329abf5a52155c766345c28fed3024741c8ed01589d28b");
  EXPECT_EQ(to_hex(b->public_key().x), "1ea1f0f01faf1d9609592284f19e4c0047b58afd8615a69f559077b22faaa190");
  EXPECT_EQ(to_hex(a->agree(b->public_key())->bytes()), w);
  EXPECT_EQ(to_hex(b->agree(a->public_key())->bytes()), w);
}

TEST(P256, RefusesWhatIsNotOnTheCurve) {
  const P256KeyPair pair = P256KeyPair::generate();
  EXPECT_FALSE(pair.agree({}));
  P256Point other = P256KeyPair::generate().public_key();
  EXPECT_TRUE(pair.agree(other));
  other.y[31] ^= 1;
  EXPECT_FALSE(pair.agree(other));
  other.y = {};  // the attack leaves out y
  EXPECT_FALSE(pair.agree(other));
  other.x.fill(0xFF);
  EXPECT_FALSE(pair.agree(other)) << "more than the field has";
}

TEST(P256, RefusesNumbersThatAreNoKeys) {
  EXPECT_FALSE(P256KeyPair::from_private(secret(std::string(64, '0'))));
  EXPECT_FALSE(P256KeyPair::from_private(secret("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551")))
      << "the order";
  EXPECT_TRUE(P256KeyPair::from_private(secret("ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632550")));
  EXPECT_NE(P256KeyPair::generate().public_key(), P256KeyPair::generate().public_key());
}

}  // namespace
}  // namespace moor::crypto
