#include "moor/irk.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

// Core 5.4, Vol 3, Part H, D.7: ah random address hash function.
constexpr Irk spec_irk = {0xEC, 0x02, 0x34, 0xA3, 0x57, 0xC8, 0xAD, 0x05, 0x34, 0x10, 0x10, 0xA6, 0x0A, 0x39, 0x7D, 0x9B};

TEST(Irk, ResolvesTheSpecificationsSample) {
  EXPECT_TRUE(resolves(*Address::parse("70:81:94:0D:FB:AA", true), spec_irk));
  EXPECT_EQ(make_resolvable(spec_irk, 0x708194), Address::parse("70:81:94:0D:FB:AA", true));
}

TEST(Irk, DoesNotResolveWhatItDidNotMake) {
  EXPECT_FALSE(resolves(*Address::parse("70:81:94:0D:FB:AB", true), spec_irk));
  EXPECT_FALSE(resolves(*Address::parse("70:81:94:0D:FB:AA", false), spec_irk)) << "a public address is nobody's alias";
  EXPECT_FALSE(resolves(*Address::parse("F0:81:94:0D:FB:AA", true), spec_irk));
  EXPECT_FALSE(resolves(*Address::parse("70:81:94:0D:FB:AA", true), Irk{}));
}

TEST(Irk, MakesResolvableAddressesOfAnyRandomBits) {
  for (uint32_t prand : {0U, 1U, 0x3FFFFFU, 0xFFFFFFFFU}) {
    const Address address = make_resolvable(spec_irk, prand);
    EXPECT_EQ(address.kind(), AddressKind::resolvable);
    EXPECT_TRUE(resolves(address, spec_irk));
  }
}

}  // namespace
}  // namespace moor
