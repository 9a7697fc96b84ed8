#include "moor/address_resolver.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

constexpr Irk phone = {0xEC, 0x02, 0x34, 0xA3, 0x57, 0xC8, 0xAD, 0x05, 0x34, 0x10, 0x10, 0xA6, 0x0A, 0x39, 0x7D, 0x9B};
constexpr Irk watch = {1, 2, 3};

TEST(AddressResolver, FindsTheOwnerOfEveryAddress) {
  AddressResolver resolver;
  resolver.add("phone", phone);
  resolver.add("watch", watch, Address::parse("C0:00:00:00:00:01", true));
  for (uint32_t prand = 0; prand < 1000; ++prand) {
    for (int again = 0; again < 2; ++again) {
      ASSERT_NE(resolver.resolve(make_resolvable(phone, prand)), nullptr);
      EXPECT_EQ(resolver.resolve(make_resolvable(phone, prand))->name, "phone");
      EXPECT_EQ(resolver.resolve(make_resolvable(watch, prand))->identity, Address::parse("C0:00:00:00:00:01", true));
    }
  }
}

TEST(AddressResolver, KnowsNoStranger) {
  AddressResolver resolver;
  EXPECT_EQ(resolver.resolve(make_resolvable(phone, 1)), nullptr);
  resolver.add("watch", watch);
  EXPECT_EQ(resolver.resolve(make_resolvable(phone, 1)), nullptr);
  EXPECT_EQ(resolver.resolve(make_resolvable(phone, 1)), nullptr) << "from memory too";
  EXPECT_EQ(resolver.resolve(*Address::parse("C0:00:00:00:00:01", true)), nullptr);
  resolver.add("phone", phone);
  EXPECT_NE(resolver.resolve(make_resolvable(phone, 1)), nullptr)
      << "a key that comes later is tried on addresses that were strangers'";
}

TEST(AddressResolver, MakesALastingIdentityOfAKey) {
  AddressResolver resolver;
  resolver.add("phone", phone);
  const Address identity = resolver.owners()[0].identity;
  EXPECT_EQ(identity.kind(), AddressKind::random_static);
  AddressResolver again;
  again.add("renamed", phone);
  again.add("watch", watch);
  EXPECT_EQ(again.owners()[0].identity, identity);
  EXPECT_NE(again.owners()[1].identity, identity);
}

TEST(AddressResolver, RemembersABoundedNumberOfAddresses) {
  AddressResolver resolver;
  resolver.add("phone", phone);
  const Address first = make_resolvable(phone, 1);
  for (uint64_t bits = 0; bits < AddressResolver::max_remembered + 10; ++bits)
    EXPECT_EQ(resolver.resolve(Address(bits | uint64_t{1} << 46, true)) != nullptr,
              resolves(Address(bits | uint64_t{1} << 46, true), phone));
  EXPECT_EQ(resolver.resolve(first)->name, "phone");
}

}  // namespace
}  // namespace moor
