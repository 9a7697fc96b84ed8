#include "beacon/mibeacon_products.hpp"
#include "crypto/aes_modes.hpp"
#include "moor/decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

const Address thermometer = *Address::parse("58:2D:34:3B:2E:BF");
constexpr std::string_view temperature_and_battery = "5020aa01a3 bf2e3b342d58 0d10 04 b400 9502 0a10 01 3b";

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

Decoded decoded(Bytes data, const DecodeContext& context) {
  const auto payload = AdvertisementBuilder().service_data(Uuid(0xFE95), data).bytes();
  Decoded result;
  decode(AdvertisementData(payload), context, result);
  return result;
}
Decoded decoded(std::string_view hex, const Address& from = {}) {
  return decoded(bytes(hex), {.address = from});
}

std::optional<double> value_of(const Decoded& decoded, Quantity quantity, uint8_t index = 0) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == quantity && reading.index == index) return reading.value;
  return std::nullopt;
}
InputEvent event_of(const Decoded& decoded, Quantity quantity, uint8_t index = 0) {
  return static_cast<InputEvent>(value_of(decoded, quantity, index).value_or(0));
}

// A frame of a product with one object, and no address in it.
Decoded object_of(uint16_t product, std::string_view object) {
  std::vector<uint8_t> data = {0x40, 0x50, static_cast<uint8_t>(product), static_cast<uint8_t>(product >> 8), 0x01};
  const auto content = bytes(object);
  data.insert(data.end(), content.begin(), content.end());
  return decoded(data, {});
}

TEST(MiBeacon, GivesAllObjectsOfAFrameAndTheModel) {
  const Decoded result = decoded(temperature_and_battery, thermometer);
  EXPECT_EQ(result.format(), "MiBeacon");
  EXPECT_EQ(result.attribute("model"), "LYWSDCGQ");
  ASSERT_EQ(result.readings().size(), 3U);
  EXPECT_NEAR(*value_of(result, Quantity::temperature), 18.0, 1e-9);
  EXPECT_NEAR(*value_of(result, Quantity::humidity), 66.1, 1e-9);
  EXPECT_EQ(value_of(result, Quantity::battery), 59);
}

TEST(MiBeacon, IsThatOfItsSenderOrNone) {
  EXPECT_TRUE(decoded(temperature_and_battery, *Address::parse("58:2D:34:3B:2E:BE")).empty());
  EXPECT_FALSE(decoded(temperature_and_battery).empty()) << "the sender is not known: nothing speaks against it";
}

TEST(MiBeacon, OfAnUnknownProductIsReadIfItProvesItsAddress) {
  const Decoded result = decoded("5050ffff01 bf2e3b342d58 0410 02 c400", thermometer);
  EXPECT_EQ(result.format(), "MiBeacon");
  EXPECT_EQ(result.attribute("model"), "");
  EXPECT_NEAR(*value_of(result, Quantity::temperature), 19.6, 1e-9);
  EXPECT_TRUE(decoded("4050ffff01 0410 02 c400", thermometer).empty());
}

TEST(MiBeacon, IsNotOfAMeshNorOfAnotherVersion) {
  EXPECT_FALSE(decoded("4050aa0101 0410 02 c400").empty());
  for (std::string_view control : {"c050", "4010", "4000", "4060", "40f0"})
    EXPECT_TRUE(decoded(std::string(control) + "aa0101 0410 02 c400").empty()) << control;
}

TEST(MiBeacon, PassesOverWiFiAddressAndInputsOfItsCapability) {
  for (std::string_view capability : {"08", "20 0100", "18 bbaa", "38 bbaa 0100"}) {
    const Decoded result = decoded("6050aa0101" + std::string(capability) + "0410 02 c400");
    EXPECT_EQ(value_of(result, Quantity::temperature).has_value(), true) << capability;
  }
}

TEST(MiBeacon, SaysOnlyItsModelWhereItHasNoObjects) {
  const Decoded result = decoded("1059db780d f4f80238c1a4", *Address::parse("A4:C1:38:02:F8:F4"));
  EXPECT_EQ(result.format(), "MiBeacon");
  EXPECT_EQ(result.attribute("model"), "ESM787");
  EXPECT_TRUE(result.readings().empty());
}

TEST(MiBeacon, IsRefusedWhereAnObjectIsCut) {
  const auto data = bytes(temperature_and_battery);
  for (size_t size = 0; size < data.size(); ++size) {
    const std::vector<uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
    const bool first_is_whole = size >= 18 && size < 21;  // and of the second fewer bytes than an object begins with
    EXPECT_EQ(decoded(cut, {.address = thermometer}).empty(), !first_is_whole) << size;
  }
}

TEST(MiBeacon, PassesOverValuesOfAnotherLengthAndUnknownObjects) {
  for (std::string_view object : {"0410 01 c4", "0410 03 c40000", "0a10 00", "0110 02 0000", "0b00 08 2002000180000000",
                                  "1948 00", "164e 08 0000000000000000", "fefe 01 00", "0048 00"})
    EXPECT_TRUE(object_of(0x01AA, object).readings().empty()) << object;
}

TEST(MiBeacon, MarksAFloatThatIsNoNumber) {
  const Decoded result = object_of(0x4F59, "0148 04 0000c07f");
  ASSERT_EQ(result.readings().size(), 1U);
  EXPECT_FALSE(result.readings()[0].valid);
}

TEST(MiBeacon, TellsButtonsApartByTheirIndex) {
  const Decoded right = object_of(0x1569, "0110 03 010002");
  EXPECT_EQ(event_of(right, Quantity::button, 0), InputEvent::none);
  EXPECT_EQ(event_of(right, Quantity::button, 1), InputEvent::double_press);
  const Decoded third = object_of(0x3A61, "0e56 01 03");
  ASSERT_EQ(third.readings().size(), 4U);
  EXPECT_EQ(event_of(third, Quantity::button, 2), InputEvent::long_press);
  const Decoded remote = object_of(0x0153, "0110 03 030000");
  EXPECT_EQ(event_of(remote, Quantity::button), InputEvent::press);
  EXPECT_EQ(remote.attribute("button"), "plus");
}

TEST(MiBeacon, CountsTheStepsOfAKnob) {
  const Decoded left = object_of(0x03B6, "0110 03 00fe04");
  EXPECT_EQ(event_of(left, Quantity::dimmer), InputEvent::rotate_left);
  EXPECT_EQ(value_of(left, Quantity::count), 2);
  const Decoded pressed = object_of(0x03B6, "0110 03 030004");
  EXPECT_EQ(event_of(pressed, Quantity::dimmer), InputEvent::rotate_right);
  EXPECT_EQ(value_of(pressed, Quantity::count), 3);
  EXPECT_EQ(pressed.attribute("knob"), "pressed");
}

TEST(MiBeacon, SaysWhoOpenedALockAndHow) {
  const Decoded result = object_of(0x069E, "0b00 09 20 02000180 7c442f61");
  EXPECT_EQ(value_of(result, Quantity::lock), 1);
  EXPECT_EQ(result.attribute("action"), "unlock_outside_the_door");
  EXPECT_EQ(result.attribute("method"), "biometrics");
  EXPECT_EQ(result.attribute("key"), "fingerprint 2");
  EXPECT_EQ(object_of(0x069E, "0b00 09 1f 0300dec0 7c442f61").attribute("error"), "lock picking");
  EXPECT_EQ(value_of(object_of(0x069F, "0b00 09 07 00000000 7c442f61"), Quantity::child_lock), 1);
  EXPECT_TRUE(object_of(0x069E, "0b00 09 29 00000000 7c442f61").readings().empty()) << "there is no action 9";
}

TEST(MiBeacon, OfAProductMeansWhatThatProductMeans) {
  EXPECT_EQ(value_of(object_of(0x07F6, "0710 03 640000"), Quantity::light), 1);
  EXPECT_EQ(value_of(object_of(0x0098, "0710 03 640000"), Quantity::illuminance), 100);
  EXPECT_EQ(value_of(object_of(0x055B, "0610 02 d301"), Quantity::humidity), 46);
  EXPECT_NEAR(*value_of(object_of(0x0347, "0610 02 d301"), Quantity::humidity), 46.7, 1e-9);
  EXPECT_EQ(object_of(0x6375, "7b48 01 01").attribute("probe"), "top");
}

// What a device of version 5 sends.
struct Sender {
  Address address = *Address::parse("A4:C1:38:56:53:84");
  std::vector<uint8_t> key = bytes("a115210eed7a88e50ad52662e732a9fb");

  [[nodiscard]] std::vector<uint8_t> frame(uint32_t count, Bytes objects) const {
    std::vector<uint8_t> data = {0x48, 0x58, 0xE4, 0x16, static_cast<uint8_t>(count)};
    const std::vector<uint8_t> upper = {static_cast<uint8_t>(count >> 8), static_cast<uint8_t>(count >> 16),
                                        static_cast<uint8_t>(count >> 24)};
    std::vector<uint8_t> nonce(6);
    address.to_le(nonce.data());
    nonce.insert(nonce.end(), data.begin() + 2, data.end());
    nonce.insert(nonce.end(), upper.begin(), upper.end());
    std::vector<uint8_t> cipher(objects.size());
    std::array<uint8_t, 4> tag{};
    EXPECT_TRUE(crypto::ccm_encrypt({key, nonce, bytes("11")}, objects, cipher, tag));
    for (const Bytes part : {Bytes(cipher), Bytes(upper), Bytes(tag)}) data.insert(data.end(), part.begin(), part.end());
    return data;
  }
};

TEST(EncryptedMiBeacon, IsReadWithItsKeyAlone) {
  const Sender sender;
  const auto data = sender.frame(0x1234, bytes("024c 01 3a"));
  EXPECT_EQ(decoded(data, {.address = sender.address}).problem(), DecodeProblem::key_missing);
  KeyRing others;
  others.add(KeyKind::mibeacon, sender.address, bytes("a115210eed7a88e50ad52662e732a9fc"));
  const Decoded closed = decoded(data, {.address = sender.address, .keys = &others});
  EXPECT_EQ(closed.problem(), DecodeProblem::key_wrong);
  EXPECT_EQ(closed.format(), "MiBeacon");
  EXPECT_EQ(others.find(KeyKind::mibeacon, sender.address)->state.failures, 1U);
  KeyRing keys;
  keys.add(KeyKind::mibeacon, sender.address, sender.key);
  const Decoded open = decoded(data, {.address = sender.address, .keys = &keys});
  EXPECT_EQ(open.problem(), DecodeProblem::none);
  EXPECT_EQ(value_of(open, Quantity::humidity), 58);
  EXPECT_EQ(open.attribute("model"), "LYWSD02MMC");
}

TEST(EncryptedMiBeacon, IsReadOnceAndAgainAfterABatteryChange) {
  const Sender sender;
  KeyRing keys;
  keys.add(KeyKind::mibeacon, sender.address, sender.key);
  const auto problem_of = [&](uint32_t count) {
    return decoded(sender.frame(count, bytes("024c 01 3a")), {.address = sender.address, .keys = &keys}).problem();
  };
  EXPECT_EQ(problem_of(1000), DecodeProblem::none);
  EXPECT_EQ(problem_of(1000), DecodeProblem::replayed);
  EXPECT_EQ(problem_of(901), DecodeProblem::replayed);
  EXPECT_EQ(problem_of(1001), DecodeProblem::none);
  EXPECT_EQ(problem_of(3), DecodeProblem::none) << "the device counts from the beginning";
  EXPECT_EQ(problem_of(2), DecodeProblem::replayed);
}

TEST(EncryptedMiBeacon, BringsNothingWhereABitIsFlippedOrBytesAreMissing) {
  const Sender sender;
  const auto data = sender.frame(7, bytes("024c 01 3a"));
  for (size_t bit = 0; bit < data.size() * 8; ++bit) {
    KeyRing keys;
    keys.add(KeyKind::mibeacon, sender.address, sender.key);
    auto damaged = data;
    damaged[bit / 8] = static_cast<uint8_t>(damaged[bit / 8] ^ 1 << bit % 8);
    if (damaged[0] != data[0] || damaged[1] != data[1]) continue;  // another kind of frame
    EXPECT_TRUE(decoded(damaged, {.address = sender.address, .keys = &keys}).readings().empty()) << bit;
  }
  for (size_t size = 0; size < data.size(); ++size) {
    KeyRing keys;
    keys.add(KeyKind::mibeacon, sender.address, sender.key);
    const std::vector<uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(decoded(cut, {.address = sender.address, .keys = &keys}).readings().empty()) << size;
  }
}

RC_GTEST_PROP(EncryptedMiBeacon, GivesBackWhatWasEncrypted, (uint32_t count, int16_t tenths, uint64_t address)) {
  Sender sender{.address = Address(address, false)};
  sender.key = *rc::gen::container<std::vector<uint8_t>>(16, rc::gen::arbitrary<uint8_t>());
  const auto raw = static_cast<uint16_t>(tenths);
  const std::vector<uint8_t> object = {0x04, 0x10, 2, static_cast<uint8_t>(raw), static_cast<uint8_t>(raw >> 8)};
  KeyRing keys;
  keys.add(KeyKind::mibeacon, sender.address, sender.key);
  const Decoded result = decoded(sender.frame(count, object), {.address = sender.address, .keys = &keys});
  RC_ASSERT(result.problem() == DecodeProblem::none);
  RC_ASSERT(value_of(result, Quantity::temperature) == tenths * 0.1);
}

TEST(LegacyMiBeacon, IsReadWithAKeyOfTwelveBytes) {
  const Address dimmer = *Address::parse("F8:24:41:C5:98:8B");
  const auto data = bytes("5830b603d28b98c54124f8c3491476757e00000099");
  for (std::string_view key : {"b85307515848 7ca39a5b5ea9", "b85307515848 8d3d3c97 7ca39a5b5ea9"}) {
    KeyRing keys;
    keys.add(KeyKind::mibeacon, dimmer, bytes(key));
    const Decoded result = decoded(data, {.address = dimmer, .keys = &keys});
    EXPECT_EQ(result.problem(), DecodeProblem::none) << key;
    EXPECT_EQ(event_of(result, Quantity::dimmer), InputEvent::press) << key;
  }
  KeyRing keys;
  keys.add(KeyKind::mibeacon, dimmer, bytes("b85307515848 7aa39a5b5ea9"));
  const Decoded closed = decoded(data, {.address = dimmer, .keys = &keys});
  EXPECT_EQ(closed.problem(), DecodeProblem::key_wrong);
  EXPECT_TRUE(closed.readings().empty());
}

RC_GTEST_PROP(MiBeacon, ReadsAnyBytesWithoutFault, (std::vector<uint8_t> data, uint8_t control)) {
  data.resize(std::min<size_t>(data.size(), 60));
  if (data.size() >= 4) {
    data[0] = control;
    data[1] = 0x50;
    data[2] = 0xAA;
    data[3] = 0x01;
  }
  const Decoded result = decoded(data, {});
  RC_ASSERT(result.empty() || result.format() == "MiBeacon");
  RC_ASSERT(!result.empty() || (result.readings().empty() && result.attributes().empty()));
}

TEST(MiProducts, AreFoundByTheirNumber) {
  EXPECT_EQ(find_mi_product(0x0083)->model, "YM-K1501");
  EXPECT_EQ(find_mi_product(0x78DB)->model, "ESM787");
  constexpr uint16_t unknown[] = {0, 0x0082, 0xFFFF};
  for (const uint16_t id : unknown) EXPECT_EQ(find_mi_product(id), nullptr) << id;
}

}  // namespace
}  // namespace moor
