#include "controller/pairing_host.hpp"

#include <gmock/gmock.h>

namespace moor::testing {
namespace {

using controller::DevicePairing;
using controller::SmpResponder;
using Pdu = PairingHost::Pdu;

constexpr SmpResponder::Parties parties = {Address(0x001122334455, false), Address(0xC0FFEE000001, true)};

struct Outcome {
  int failure = -1;  // none
  PairingMethod method{};
  SmpResponder device;
  PairingHost host;
};
Outcome pair(DevicePairing pairing, PairingHost::Abilities abilities, PairingHost::Change change = {}) {
  Outcome outcome{.device = SmpResponder(parties, pairing), .host = PairingHost(parties, abilities)};
  outcome.host.change = std::move(change);
  try {
    outcome.host.pair(outcome.device);
  } catch (const PairingHost::Failed& failed) {
    outcome.failure = failed.reason;
  }
  outcome.method = outcome.host.method;
  return outcome;
}

constexpr auto io = [](IoCapability each) { return PairingHost::Abilities{.io = each, .passkey = 123456}; };

TEST(SmpResponder, PairsWithEachMethodThatTheHostCanDo) {
  struct Row {
    PairingMethod device;
    IoCapability host;
    bool secure;
    PairingMethod expected;
    int failure;
  };
  using enum PairingMethod;
  using enum IoCapability;
  const Row rows[] = {
      {just_works, none, true, just_works, -1},
      {just_works, none, false, just_works, -1},
      {just_works, keyboard_display, true, just_works, -1},
      {just_works, keyboard_display, false, just_works, -1},
      {passkey_entry, keyboard_only, true, passkey_entry, -1},
      {passkey_entry, keyboard_display, true, passkey_entry, -1},
      {passkey_entry, keyboard_display, false, passkey_entry, -1},
      {passkey_entry, keyboard_only, false, passkey_entry, -1},
      {passkey_entry, display_yes_no, true, just_works, 0x03},
      {passkey_entry, none, false, just_works, 0x03},
      {passkey_display, display_only, true, passkey_display, -1},
      {passkey_display, display_yes_no, false, passkey_display, -1},
      {passkey_display, keyboard_display, true, passkey_display, -1},
      {passkey_display, keyboard_only, true, passkey_entry, -1},
      {passkey_display, none, true, just_works, 0x03},
      {numeric_comparison, display_yes_no, true, numeric_comparison, -1},
      {numeric_comparison, keyboard_display, true, numeric_comparison, -1},
      {numeric_comparison, keyboard_only, true, passkey_entry, -1},
      {numeric_comparison, keyboard_display, false, passkey_entry, -1},
      {numeric_comparison, display_yes_no, false, just_works, 0x03},
      {numeric_comparison, display_only, true, just_works, 0x03},
  };
  for (const Row& row : rows) {
    PairingHost::Abilities abilities = io(row.host);
    abilities.secure = row.secure;
    const Outcome outcome = pair({.method = row.device, .passkey = 123456}, abilities);
    const std::string which = std::string(to_string(row.device)) + ", host " + std::to_string(static_cast<int>(row.host)) +
                              (row.secure ? ", secure connections" : ", legacy");
    EXPECT_EQ(outcome.failure, row.failure) << which;
    if (row.failure >= 0) {
      EXPECT_EQ(outcome.device.failure(), static_cast<uint8_t>(row.failure)) << which;
      EXPECT_FALSE(outcome.device.session_key()) << which;
      EXPECT_FALSE(outcome.device.bond()) << which;
      continue;
    }
    EXPECT_EQ(outcome.method, row.expected) << which;
    ASSERT_TRUE(outcome.device.bond()) << which;
    EXPECT_EQ(outcome.device.bond()->authenticated, row.expected != just_works) << which;
    EXPECT_EQ(outcome.device.bond()->random == 0, row.secure) << which;
    EXPECT_EQ(outcome.device.bond()->long_term_key == outcome.device.session_key(), row.secure) << which;
    EXPECT_FALSE(outcome.device.failure()) << which;
  }
}

TEST(SmpResponder, ShowsWhatTheHostShows) {
  const Outcome outcome = pair({.method = PairingMethod::numeric_comparison}, io(IoCapability::display_yes_no));
  ASSERT_TRUE(outcome.host.compared);
  EXPECT_EQ(outcome.host.shown, outcome.host.compared);
  EXPECT_FALSE(outcome.device.shown()) << "no longer";
  SmpResponder device(parties, {.method = PairingMethod::passkey_entry, .passkey = 42});
  (void)device.receive(*from_hex("01 04 00 0d 10 00 00"));
  EXPECT_EQ(device.shown(), 42U);
}

TEST(SmpResponder, GivesItsKeysInTheOrderOfTheSpecification) {
  PairingHost::Abilities abilities;
  abilities.secure = false;
  Outcome legacy = pair({}, abilities);
  ASSERT_EQ(legacy.host.keys.size(), 4U);
  for (size_t i = 0; i < 4; ++i) EXPECT_EQ(legacy.host.keys[i][0], 0x06 + i);
  const SmpResponder::Bond bond = *legacy.device.bond();
  EXPECT_EQ(to_hex(legacy.host.keys[0]), "06" + to_hex(bond.long_term_key));
  EXPECT_EQ(load_le16(legacy.host.keys[1].data() + 1), bond.diversifier);
  EXPECT_EQ(load_le64(legacy.host.keys[1].data() + 3), bond.random);
  EXPECT_EQ(to_hex(legacy.host.keys[3]), "0901010000eeffc0");
  Outcome secure = pair({}, {});
  ASSERT_EQ(secure.host.keys.size(), 2U);
  EXPECT_EQ(secure.host.keys[0][0], 0x08);
}

TEST(SmpResponder, KeepsNothingForAHostThatDoesNotBond) {
  PairingHost::Abilities abilities;
  abilities.bonds = false;
  abilities.keys = 0;
  const Outcome outcome = pair({}, abilities);
  EXPECT_EQ(outcome.failure, -1);
  EXPECT_TRUE(outcome.host.keys.empty());
  EXPECT_TRUE(outcome.device.session_key());
  EXPECT_FALSE(outcome.device.bond());
  abilities.bonds = true;
  abilities.secure = false;
  EXPECT_FALSE(pair({}, abilities).device.bond()) << "no key of legacy pairing was asked for";
}

TEST(SmpResponder, AWrongPasskeyIsAConfirmValueThatFails) {
  for (const bool secure : {true, false})
    for (const PairingMethod method : {PairingMethod::passkey_entry, PairingMethod::passkey_display}) {
      PairingHost::Abilities abilities = io(IoCapability::keyboard_display);
      abilities.secure = secure;
      abilities.passkey = 123457;
      EXPECT_EQ(pair({.method = method, .passkey = 123456}, abilities).failure, 0x04);
    }
}

TEST(SmpResponder, RefusesWhatItCannot) {
  EXPECT_EQ(pair({.bonds = false}, {}).failure, 0x05);
  struct Row {
    size_t at;  // in the pairing request
    uint8_t value;
    int failure;
  };
  for (const Row& row : {Row{1, 5, 0x0A}, {2, 1, 0x02}, {2, 2, 0x0A}, {4, 6, 0x0A}, {4, 17, 0x0A}, {4, 15, 0x06}})
    EXPECT_EQ(pair({}, {},
                   [&](Pdu& pdu) {
                     if (pdu[0] == 0x01) pdu[row.at] = row.value;
                   })
                  .failure,
              row.failure)
        << row.at;
}

TEST(SmpResponder, SeesWhatSomebodyInTheMiddleChanges) {
  const auto flip = [](uint8_t code, size_t at) {
    return [=](Pdu& pdu) {
      if (pdu[0] == code) pdu[at] ^= 1;
    };
  };
  EXPECT_EQ(pair({}, {}, flip(0x0C, 40)).failure, 0x0A) << "a point that is not on the curve";
  EXPECT_EQ(pair({}, {}, flip(0x0D, 1)).failure, 0x0B);
  const PairingHost::Abilities keyboard = io(IoCapability::keyboard_only);
  const DevicePairing display = {.method = PairingMethod::passkey_entry, .passkey = 123456};
  EXPECT_EQ(pair(display, keyboard, flip(0x03, 5)).failure, 0x04);
  EXPECT_EQ(pair(display, keyboard, flip(0x04, 5)).failure, 0x04);
  EXPECT_EQ(pair(display, keyboard, flip(0x0D, 16)).failure, 0x0B);
  PairingHost::Abilities legacy = keyboard;
  legacy.secure = false;
  EXPECT_EQ(pair(display, legacy, flip(0x04, 5)).failure, 0x04);
}

TEST(SmpResponder, PairsAnewAfterAFailureButNotForEver) {
  SmpResponder device(parties, {.method = PairingMethod::passkey_entry, .passkey = 123456});
  const auto attempt = [&](uint32_t passkey) {
    PairingHost::Abilities abilities = io(IoCapability::keyboard_only);
    abilities.passkey = passkey;
    PairingHost host(parties, abilities);
    try {
      host.pair(device);
    } catch (const PairingHost::Failed& failed) {
      return int{failed.reason};
    }
    return -1;
  };
  EXPECT_EQ(attempt(1), 0x04);
  EXPECT_EQ(attempt(123456), -1);
  EXPECT_EQ(attempt(123456), -1) << "and anew on the link that is paired";
  for (int i = 0; i < 5; ++i) EXPECT_EQ(attempt(1), 0x04);
  EXPECT_EQ(attempt(123456), 0x09);
  EXPECT_TRUE(device.bond()) << "of the pairing before";
}

TEST(SmpResponder, TheHostMayGiveUp) {
  SmpResponder device(parties, {});
  (void)device.receive(*from_hex("01 03 00 09 10 03 03"));
  EXPECT_TRUE(device.receive(*from_hex("05 08")).empty());
  EXPECT_EQ(device.failure(), 0x08);
  EXPECT_EQ(device.receive(*from_hex("01 03 00 09 10 03 03")).size(), 1U) << "and begin again";
  EXPECT_FALSE(device.failure());
}

TEST(SmpResponder, AsksToBePaired) {
  EXPECT_EQ(to_hex(SmpResponder(parties, {}).security_request()), "0b09");
  EXPECT_EQ(to_hex(SmpResponder(parties, {.method = PairingMethod::passkey_entry}).security_request()), "0b0d");
}

TEST(SmpResponder, EncryptionThatNoPairingBroughtGivesNoKeys) {
  SmpResponder device(parties, {});
  EXPECT_TRUE(device.encrypted().empty());
  (void)device.receive(*from_hex("01 03 00 09 10 03 03"));
  EXPECT_TRUE(device.encrypted().empty());
}

// Every PDU of a pairing cut short at each place, made longer, and out of its place: refused, and nothing is read past the end.
TEST(SmpResponder, RefusesHostilePdusAtEachCut) {
  for (const bool secure : {true, false})
    for (const int code : {0x01, 0x03, 0x04, 0x06, 0x07, 0x08, 0x09, 0x0C, 0x0D})
      for (size_t length = 1; length < 66; ++length) {
        PairingHost::Abilities abilities = io(IoCapability::keyboard_only);
        abilities.secure = secure;
        bool met = false;
        const Outcome outcome = pair({.method = PairingMethod::passkey_entry, .passkey = 123456}, abilities, [&](Pdu& pdu) {
          if (pdu[0] != code || pdu.size() == length) return;
          pdu.resize(length);
          met = true;
        });
        EXPECT_EQ(outcome.failure, met ? 0x0A : -1) << code << " of " << length;
      }
  for (unsigned code = 0; code < 256; ++code)
    for (const char* before : {"", "01 03 00 09 10 03 03", "01 03 00 01 10 03 03"}) {
      SmpResponder device(parties, {});
      (void)device.receive(*from_hex(before));
      const std::array<size_t, 15> sizes = {0, 6, 6, 16, 16, 1, 16, 10, 16, 7, 16, 1, 64, 16, 1};
      Pdu pdu(1 + (code < sizes.size() ? sizes[code] : 3), 0);
      pdu[0] = static_cast<uint8_t>(code);
      const auto answers = device.receive(pdu);
      EXPECT_FALSE(device.bond());
      EXPECT_LE(answers.size(), 1U);
    }
  SmpResponder device(parties, {});
  EXPECT_TRUE(device.receive({}).empty());
}

TEST(Association, FollowsTheTableOfTheSpecification) {
  using enum IoCapability;
  using enum PairingMethod;
  EXPECT_EQ(associate(keyboard_display, keyboard_display, true), numeric_comparison);
  EXPECT_EQ(associate(keyboard_display, keyboard_display, false), passkey_display);
  EXPECT_EQ(associate(display_yes_no, keyboard_display, false), passkey_display);
  EXPECT_EQ(associate(display_only, keyboard_display, true), passkey_display);
  EXPECT_EQ(associate(keyboard_only, keyboard_only, true), passkey_entry);
  EXPECT_EQ(associate(none, keyboard_display, true), just_works);
  EXPECT_EQ(associate(keyboard_display, none, true), just_works);
  EXPECT_EQ(associate(display_only, display_yes_no, true), just_works);
}

}  // namespace
}  // namespace moor::testing
