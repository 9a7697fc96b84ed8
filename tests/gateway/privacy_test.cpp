#include "gateway/privacy.hpp"

#include "moor/error.hpp"
#include "temporary_folder.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <sys/stat.h>
#include <set>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::MatchesRegex;

constexpr TimePoint noon{1'700'049'600s};  // 2023-11-15 12:00 UTC
const Address public_address(0xA4CF12345678, false);
const Address phone(0x5A1122334455, true);

TEST(IdentityHasher, KeepsNoAddressByDefault) {
  IdentityHasher identities;
  EXPECT_THAT(identities.identify(public_address, noon).text, MatchesRegex("p-[0-9a-f]+"));
  EXPECT_THAT(identities.identify(phone, noon).text, MatchesRegex("r-[0-9a-f]+"));
  EXPECT_EQ(identities.identify(public_address, noon).address, std::nullopt);
  EXPECT_EQ(identities.identify(phone, noon).address, std::nullopt);
  EXPECT_EQ(identities.identify(phone, noon).text.size(), 2 + 16);
}

TEST(IdentityHasher, KnowsARandomAddressUntilMidnightAndNotAfter) {
  IdentityHasher identities;
  const Identity today = identities.identify(phone, noon);
  EXPECT_EQ(identities.identify(phone, noon + 12h - 1ns), today);
  const Identity tomorrow = identities.identify(phone, noon + 12h);
  EXPECT_NE(tomorrow.text, today.text);
  EXPECT_NE(identities.identify(phone, noon).text, today.text);  // the key of today is gone for good
}

TEST(IdentityHasher, KnowsAPublicAddressAcrossPeriods) {
  IdentityHasher identities;
  EXPECT_EQ(identities.identify(public_address, noon), identities.identify(public_address, noon + 1000h));
}

TEST(IdentityHasher, RotatesAsOftenAsAsked) {
  IdentityHasher identities({.rotate_every = 1h});
  const Identity first = identities.identify(phone, noon);
  EXPECT_EQ(identities.identify(phone, noon + 59min), first);
  EXPECT_NE(identities.identify(phone, noon + 60min), first);
}

TEST(IdentityHasher, KeepsTheAddressesThatTheConfigurationNames) {
  IdentityHasher identities({.store_addresses = AddressStorage::public_only});
  EXPECT_EQ(identities.identify(public_address, noon).text, "A4:CF:12:34:56:78");
  EXPECT_EQ(identities.identify(public_address, noon).address, public_address);
  EXPECT_EQ(identities.identify(phone, noon).address, std::nullopt);

  IdentityHasher all({.store_addresses = AddressStorage::all});
  EXPECT_EQ(all.identify(phone, noon).address, phone);

  IdentityHasher known({.known = {Address(phone.bits(), false)}});
  EXPECT_EQ(known.identify(phone, noon).text, phone.to_string());
  EXPECT_EQ(known.identify(phone, noon).address, phone);
  EXPECT_EQ(known.identify(public_address, noon).address, std::nullopt);
}

TEST(IdentityHasher, TwoProcessesDoNotAgree) {
  IdentityHasher one;
  IdentityHasher two;
  EXPECT_NE(one.identify(phone, noon), two.identify(phone, noon));
  EXPECT_NE(one.identify(public_address, noon), two.identify(public_address, noon));
}

TEST(IdentityHasher, AKeyFileKeepsPublicAddressesOverARestartAndRandomOnesUntilTheirPeriodEnds) {
  const TemporaryFolder folder;
  const PrivacyOptions options{.key_file = folder / "identity.key"};
  IdentityHasher before(options);
  const Identity public_before = before.identify(public_address, noon);
  struct stat status{};
  ASSERT_EQ(::stat(options.key_file.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0777, 0600);
  EXPECT_EQ(status.st_size, 32) << "no rotating key before a random address was heard";
  const Identity phone_before = before.identify(phone, noon);
  EXPECT_EQ(before.problem(), "");

  IdentityHasher after(options);
  EXPECT_EQ(after.identify(public_address, noon), public_before);
  EXPECT_EQ(after.identify(phone, noon + 1h), phone_before);
  IdentityHasher tomorrow(options);
  EXPECT_NE(tomorrow.identify(phone, noon + 12h), phone_before);
  IdentityHasher back(options);
  EXPECT_NE(back.identify(phone, noon + 12h), phone_before);
  EXPECT_EQ(back.identify(public_address, noon), public_before);
}

TEST(IdentityHasher, AKeyWhosePeriodIsOverGoesFromTheFileWithoutAnybodyBeingHeard) {
  const TemporaryFolder folder;
  const PrivacyOptions options{.key_file = folder / "identity.key"};
  IdentityHasher identities(options);
  (void)identities.identify(phone, noon);
  const std::string during = read_file(options.key_file);
  identities.advance(noon + 1h);
  EXPECT_EQ(read_file(options.key_file), during);
  identities.advance(noon + 12h);
  EXPECT_EQ(read_file(options.key_file).substr(0, 32), during.substr(0, 32));
  EXPECT_EQ(read_file(options.key_file).find(during.substr(40, 32)), std::string::npos);
}

TEST(IdentityHasher, ATornRotatingKeyIsLeftOut) {
  const TemporaryFolder folder;
  const PrivacyOptions options{.key_file = folder / "identity.key"};
  IdentityHasher before(options);
  const Identity public_before = before.identify(public_address, noon);
  const Identity phone_before = before.identify(phone, noon);
  std::string bytes = read_file(options.key_file);
  bytes[50] = static_cast<char>(bytes[50] ^ 1);
  write_file(options.key_file, bytes);
  IdentityHasher after(options);
  EXPECT_EQ(after.identify(public_address, noon), public_before);
  EXPECT_NE(after.identify(phone, noon), phone_before);
}

TEST(IdentityHasher, WhatWasHeardBeforeTheKeyRotatedDoesNotBringTheOldKeyBack) {
  IdentityHasher identities;
  const Identity today = identities.identify(phone, noon);
  EXPECT_EQ(identities.identify(phone, noon - 24h), today);
  EXPECT_EQ(identities.identify(phone, noon), today);
}

TEST(IdentityHasher, AnotherOneGoesOnWithItsKeys) {
  IdentityHasher before;
  const Identity known = before.identify(phone, noon);
  IdentityHasher after;
  after.take_keys(std::move(before));
  EXPECT_EQ(after.identify(phone, noon), known);
}

TEST(IdentityHasher, RefusesAKeyFileThatIsDamagedOpenToAllOrImpossible) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "identity.key";
  const auto refusal = [&](const std::filesystem::path& file) -> std::string {
    try {
      (void)IdentityHasher({.key_file = file});
      return "accepted";
    } catch (const ConfigError& error) {
      EXPECT_NE(error.advice(), "");
      return error.what();
    }
  };
  for (size_t size : {0U, 31U, 33U, 103U, 105U, 4096U}) {
    write_file(path, std::string(size, 'k'));
    ::chmod(path.c_str(), 0600);
    EXPECT_THAT(refusal(path), HasSubstr("not a key of 32 bytes")) << size;
    EXPECT_EQ(read_file(path).size(), size);
  }
  write_file(path, std::string(32, 'k'));
  ::chmod(path.c_str(), 0644);
  EXPECT_THAT(refusal(path), HasSubstr("other users can read it"));
  EXPECT_THAT(refusal(folder / "missing" / "identity.key"), HasSubstr("cannot be made"));
}

TEST(IdentityHasher, DifferentAddressesHaveDifferentIdentities) {
  EXPECT_TRUE(rc::check([] {
    IdentityHasher identities;
    std::set<Address> addresses;
    std::set<std::string> texts;
    for (const auto& [bits, random] : *rc::gen::arbitrary<std::vector<std::pair<uint64_t, bool>>>()) {
      const Address address(bits, random);
      const Identity identity = identities.identify(address, noon);
      RC_ASSERT(identity == identities.identify(address, noon + 1h));
      RC_ASSERT(identity.text.find(address.to_string()) == std::string::npos);
      addresses.insert(address);
      texts.insert(identity.text);
    }
    RC_ASSERT(texts.size() == addresses.size());
  }));
}

}  // namespace
}  // namespace moor
