#include "crypto/hmac.hpp"

#include <gtest/gtest.h>

namespace moor::crypto {
namespace {

std::vector<uint8_t> text(std::string_view text) {
  return {text.begin(), text.end()};
}

// RFC 4231, test cases 1, 2, 3, 4, 6 and 7 (5 is of truncation).
TEST(HmacSha256, GivesThePublishedDigests) {
  struct Case {
    std::vector<uint8_t> key;
    std::vector<uint8_t> data;
    const char* digest;
  };
  const Case cases[] = {
      {std::vector<uint8_t>(20, 0x0b), text("Hi There"), "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7"},
      {text("Jefe"), text("what do ya want for nothing?"), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843"},
      {std::vector<uint8_t>(20, 0xaa), std::vector<uint8_t>(50, 0xdd),
       "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe"},
      {*from_hex("0102030405060708090a0b0c0d0e0f10111213141516171819"), std::vector<uint8_t>(50, 0xcd),
       "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b"},
      {std::vector<uint8_t>(131, 0xaa), text("Test Using Larger Than Block-Size Key - Hash Key First"),
       "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54"},
      {std::vector<uint8_t>(131, 0xaa),
       text("This is a test using a larger than block-size key and a larger than block-size data. The key needs to be hashed "
            "before "
            "being used by the HMAC algorithm."),
       "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2"},
  };
  for (const Case& each : cases) EXPECT_EQ(to_hex(hmac_sha256(each.key, each.data)), each.digest);
}

TEST(HmacSha256, TakesAnEmptyKeyAndEmptyData) {
  EXPECT_EQ(to_hex(hmac_sha256({}, {})), "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}

TEST(SecretKey, IsNewEachTimeAndMovedRatherThanCopied) {
  SecretKey one = SecretKey::random();
  const SecretKey two = SecretKey::random();
  EXPECT_NE(to_hex(one.bytes()), to_hex(two.bytes()));
  const std::string was = to_hex(one.bytes());
  const SecretKey moved = std::move(one);
  EXPECT_EQ(to_hex(moved.bytes()), was);
  EXPECT_EQ(to_hex(one.bytes()), std::string(64, '0'));
}

}  // namespace
}  // namespace moor::crypto
