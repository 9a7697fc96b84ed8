// Thermometers with ATC1441's and pvvx's firmware, Xiaomi's scales and plant sensor, and Qingping.

#include "crypto/aes_modes.hpp"
#include "moor/decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

const Address thermometer = *Address::parse("A4:C1:38:8D:18:B2");

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

Decoded decoded(uint16_t service, Bytes data, const DecodeContext& context = {}) {
  const auto payload = AdvertisementBuilder().service_data(Uuid(service), data).bytes();
  Decoded result;
  decode(AdvertisementData(payload), context, result);
  return result;
}

std::optional<double> value_of(const Decoded& decoded, Quantity quantity) {
  for (const Reading& reading : decoded.readings())
    if (reading.quantity == quantity) return reading.value;
  return std::nullopt;
}

void expect_near(const Decoded& decoded, Quantity quantity, double expected) {
  const auto value = value_of(decoded, quantity);
  ASSERT_TRUE(value) << name_of(quantity);
  EXPECT_NEAR(*value, expected, 1e-9) << name_of(quantity);
}

void expect_refused_at_other_sizes(uint16_t service, Bytes data, const DecodeContext& context = {}) {
  for (size_t size = 0; size < data.size(); ++size) {
    const std::vector<uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_TRUE(decoded(service, cut, context).empty()) << size;
  }
  std::vector<uint8_t> longer(data.begin(), data.end());
  longer.push_back(0);
  EXPECT_TRUE(decoded(service, longer, context).empty());
}

const std::vector<uint8_t> atc1441 = bytes("a4c1388d18b2 ff9c 2d 5d 0bbe 07");
const std::vector<uint8_t> pvvx = bytes("b2188d38c1a4 9cff 9411 be0b 5d 07 05");

TEST(Atc1441, IsReadWhereItsAddressIsTheSenders) {
  const Decoded result = decoded(0x181A, atc1441, {.address = thermometer});
  EXPECT_EQ(result.format(), "ATC1441");
  expect_near(result, Quantity::temperature, -10.0);
  expect_near(result, Quantity::humidity, 45);
  expect_near(result, Quantity::battery, 93);
  expect_near(result, Quantity::voltage, 3.006);
  expect_near(result, Quantity::packet_id, 7);
  EXPECT_TRUE(decoded(0x181A, atc1441, {.address = *Address::parse("A4:C1:38:8D:18:B3")}).empty());
  expect_refused_at_other_sizes(0x181A, atc1441, {.address = thermometer});
}

TEST(Pvvx, IsReadWhereItsAddressIsTheSenders) {
  const Decoded result = decoded(0x181A, pvvx, {.address = thermometer});
  EXPECT_EQ(result.format(), "pvvx");
  expect_near(result, Quantity::temperature, -1.0);
  expect_near(result, Quantity::humidity, 45.0);
  expect_near(result, Quantity::battery, 93);
  expect_near(result, Quantity::voltage, 3.006);
  expect_near(result, Quantity::packet_id, 7);
  expect_refused_at_other_sizes(0x181A, pvvx, {.address = thermometer});
}

TEST(EnvironmentalSensing, OfOthersIsNoThermometerOfTheseFirmwares) {
  const DecodeContext unknown_sender;
  EXPECT_FALSE(decoded(0x181A, pvvx, unknown_sender).empty()) << "its address is of the maker of these devices";
  EXPECT_TRUE(decoded(0x181A, bytes("b2188d38c1a5 9cff 9411 be0b 5d 07 05"), unknown_sender).empty());
  EXPECT_TRUE(decoded(0x181A, bytes("a4c1388d18b2 ff9c 65 5d 0bbe 07"), unknown_sender).empty()) << "101 % of humidity";
  EXPECT_TRUE(decoded(0x181A, bytes("b2188d38c1a4 9cff 1227 be0b 5d 07 05"), unknown_sender).empty()) << "100.02 %";
}

std::vector<uint8_t> sealed(Bytes key, uint8_t number, Bytes plain) {
  std::vector<uint8_t> nonce(6);
  thermometer.to_le(nonce.data());
  for (const size_t byte : {plain.size() + 8, size_t{0x16}, size_t{0x1A}, size_t{0x18}, size_t{number}})
    nonce.push_back(static_cast<uint8_t>(byte));
  std::vector<uint8_t> data(1 + plain.size() + 4);
  data[0] = number;
  const auto body = std::span(data).subspan(1);
  EXPECT_TRUE(crypto::ccm_encrypt({key, nonce, bytes("11")}, plain, body.first(plain.size()), body.last(4)));
  return data;
}

TEST(EncryptedPvvx, IsReadWithTheBindKeyOfEitherKind) {
  const auto key = bytes("000102030405060708090a0b0c0d0e0f");
  for (const KeyKind kind : {KeyKind::bthome, KeyKind::mibeacon}) {
    KeyRing keys;
    keys.add(kind, thermometer, key);
    const DecodeContext context{.address = thermometer, .keys = &keys};
    const Decoded custom = decoded(0x181A, sealed(key, 9, bytes("9cff 9411 5d 05")), context);
    EXPECT_EQ(custom.format(), "pvvx");
    expect_near(custom, Quantity::temperature, -1.0);
    expect_near(custom, Quantity::humidity, 45.0);
    expect_near(custom, Quantity::battery, 93);
    expect_near(custom, Quantity::packet_id, 9);
    const Decoded small = decoded(0x181A, sealed(key, 9, bytes("7d 5b dd")), context);
    EXPECT_EQ(small.format(), "ATC1441");
    expect_near(small, Quantity::temperature, 22.5);
    expect_near(small, Quantity::humidity, 45.5);
    expect_near(small, Quantity::battery, 93);
  }
}

TEST(EncryptedPvvx, IsNobodysWithoutAKeyAndHasAProblemWithAnother) {
  const auto key = bytes("000102030405060708090a0b0c0d0e0f");
  const auto data = sealed(key, 9, bytes("9cff 9411 5d 05"));
  EXPECT_TRUE(decoded(0x181A, data, {.address = thermometer}).empty());
  KeyRing keys;
  keys.add(KeyKind::bthome, thermometer, bytes("000102030405060708090a0b0c0d0e00"));
  const Decoded closed = decoded(0x181A, data, {.address = thermometer, .keys = &keys});
  EXPECT_EQ(closed.problem(), DecodeProblem::key_wrong);
  EXPECT_EQ(closed.format(), "pvvx");
  EXPECT_TRUE(closed.readings().empty());
}

TEST(XiaomiScale, SaysWhenTheWeightIsStableAndWhenItIsOver) {
  const Decoded stable = decoded(0x181D, bytes("22 9e43 e507 04 0b 10 13 01"));
  EXPECT_EQ(stable.format(), "Xiaomi scale");
  expect_near(stable, Quantity::weight, 86.55);
  expect_near(stable, Quantity::weight_stable, 1);
  expect_near(stable, Quantity::weight_removed, 0);
  const Decoded over = decoded(0x181D, bytes("a2 9e43 e507 04 0b 10 13 01"));
  expect_near(over, Quantity::weight_stable, 0);
  expect_near(over, Quantity::weight_removed, 1);
  expect_refused_at_other_sizes(0x181D, bytes("22 9e43 e507 04 0b 10 13 01"));
}

TEST(XiaomiScale, ConvertsPoundsAndJin) {
  expect_near(decoded(0x181D, bytes("23 1027 e507 04 0b 10 13 01")), Quantity::weight, 45.359237);
  expect_near(decoded(0x181D, bytes("32 1027 e507 04 0b 10 13 01")), Quantity::weight, 50);
  expect_near(decoded(0x181B, bytes("03 26 b207 05 04 0f 02 01 ac01 1027")), Quantity::weight, 45.359237);
  expect_near(decoded(0x181B, bytes("02 66 b207 05 04 0f 02 01 ac01 1027")), Quantity::weight, 50);
}

TEST(XiaomiScale, MeasuresTheImpedanceOfWhoStandsStill) {
  const auto data = bytes("02 26 b207 05 04 0f 02 01 ac01 8642");
  const Decoded stable = decoded(0x181B, data);
  expect_near(stable, Quantity::weight, 85.15);
  expect_near(stable, Quantity::impedance, 428);
  EXPECT_EQ(value_of(decoded(0x181B, bytes("02 06 b207 05 04 0f 02 01 ac01 8642")), Quantity::impedance), std::nullopt);
  expect_refused_at_other_sizes(0x181B, data);
}

TEST(XiaomiScale, IsNoneWithoutATime) {
  for (std::string_view time : {"6207 04 0b 10 13 01", "e507 00 0b 10 13 01", "e507 0d 0b 10 13 01", "e507 04 20 10 13 01",
                                "e507 04 0b 18 13 01", "e507 04 0b 10 3c 01", "e507 04 0b 10 13 3c"}) {
    EXPECT_TRUE(decoded(0x181D, bytes("22 9e43" + std::string(time))).empty()) << time;
    EXPECT_TRUE(decoded(0x181B, bytes("02 26" + std::string(time) + "ac01 8642")).empty()) << time;
  }
}

TEST(Hhccjcy10, IsReadWhereItsValuesArePossible) {
  const auto data = bytes("0e 006e 0134a4 28 005b");
  const Decoded result = decoded(0xFD50, data);
  EXPECT_EQ(result.format(), "HHCCJCY10");
  expect_near(result, Quantity::temperature, 11.0);
  expect_near(result, Quantity::moisture, 14);
  expect_near(result, Quantity::illuminance, 79012);
  expect_near(result, Quantity::battery, 40);
  expect_near(result, Quantity::conductivity, 91);
  for (std::string_view other : {"65 006e 0134a4 28 005b", "0e 0353 0134a4 28 005b", "0e 006e 0134a4 65 005b"})
    EXPECT_TRUE(decoded(0xFD50, bytes(other)).empty()) << other;
  expect_refused_at_other_sizes(0xFD50, data);
}

TEST(Qingping, GivesAllObjectsAndTheModel) {
  const Decoded result = decoded(0xFDCD, bytes("8818 072240342d58 0104 f8ff cd00 0201 61 0702 7327 9901 00"));
  EXPECT_EQ(result.format(), "Qingping");
  EXPECT_EQ(result.attribute("model"), "CGP23W");
  expect_near(result, Quantity::temperature, -0.8);
  expect_near(result, Quantity::humidity, 20.5);
  expect_near(result, Quantity::battery, 97);
  expect_near(result, Quantity::pressure, 1009.9);
  EXPECT_EQ(result.readings().size(), 4U) << "an object that is not known is passed over";
}

TEST(Qingping, ShowsADeviceOnTheMainsAsFull) {
  const Decoded result = decoded(0xFDCD, bytes("8852 072240342d58 0201 ff 0401 02"));
  expect_near(result, Quantity::battery, 100);
  expect_near(result, Quantity::plug, 1);
  expect_near(result, Quantity::door, 1);
  expect_near(result, Quantity::door_left_open, 1);
}

TEST(Qingping, IsRefusedWhereAnObjectIsCutOrTheProductIsNotKnown) {
  const auto data = bytes("0812 cdd560342d58 0201 64 0f01 98 0904 3c010000");
  EXPECT_FALSE(decoded(0xFDCD, data).empty());
  for (size_t size = 0; size < data.size(); ++size) {
    const std::vector<uint8_t> cut(data.begin(), data.begin() + static_cast<std::ptrdiff_t>(size));
    EXPECT_EQ(decoded(0xFDCD, cut).empty(), size != 11 && size != 14) << size;
  }
  EXPECT_TRUE(decoded(0xFDCD, bytes("08ff cdd560342d58 0201 64")).empty());
}

RC_GTEST_PROP(XiaomisFormats, AnyBytesAreReadWithoutFault, (std::vector<uint8_t> data)) {
  data.resize(std::min<size_t>(data.size(), 60));
  constexpr uint16_t services[] = {0x181A, 0x181B, 0x181D, 0xFD50, 0xFDCD, 0xFE95};
  for (const uint16_t service : services) {
    const Decoded result = decoded(service, data);
    RC_ASSERT(!result.empty() || (result.readings().empty() && result.attributes().empty()));
  }
}

}  // namespace
}  // namespace moor
