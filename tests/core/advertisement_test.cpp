#include "moor/advertisement.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using testing::ElementsAre;

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

std::vector<std::pair<int, std::string>> structures(std::string_view hex) {
  const auto payload = bytes(hex);
  std::vector<std::pair<int, std::string>> found;
  for (const AdStructure& structure : AdvertisementData(payload))
    found.emplace_back(static_cast<int>(structure.type), to_hex(structure.data));
  return found;
}

TEST(AdvertisementData, KeepsEveryStructureInOrderDuplicatesToo) {
  EXPECT_THAT(structures("020106 03ff4c00 03ff4c00 0201ff"),
              ElementsAre(std::pair(0x01, "06"), std::pair(0xFF, "4c00"), std::pair(0xFF, "4c00"), std::pair(0x01, "ff")));
}

TEST(AdvertisementData, AStructureThatRunsPastTheEndIsDroppedAndAllBeforeItKept) {
  const auto payload = bytes("020106 05ff4c00");
  EXPECT_THAT(structures("020106 05ff4c00"), ElementsAre(std::pair(0x01, "06")));
  EXPECT_EQ(AdvertisementData(payload).error(), (ParseError{3, "AD structure runs past the end of the payload"}));
  EXPECT_THAT(structures("020106 05"), ElementsAre(std::pair(0x01, "06")));
}

TEST(AdvertisementData, AZeroLengthIsPassedOver) {
  EXPECT_THAT(structures("00"), ElementsAre());
  EXPECT_THAT(structures("020106 0000 020a04 00"), ElementsAre(std::pair(0x01, "06"), std::pair(0x0A, "04")));
  EXPECT_EQ(AdvertisementData(bytes("020106 0000")).error(), std::nullopt);
}

TEST(AdvertisementData, ATypeAloneIsLegalAndEmpty) {
  EXPECT_THAT(structures("01ff 0109 0116"), ElementsAre(std::pair(0xFF, ""), std::pair(0x09, ""), std::pair(0x16, "")));
  const auto payload = bytes("01ff 0116 0120 0121 02ff4c 021601");
  for (const AdStructure& structure : AdvertisementData(payload)) {
    EXPECT_EQ(as_manufacturer_data(structure), std::nullopt);
    EXPECT_EQ(as_service_data(structure), std::nullopt);
  }
}

TEST(AdvertisementData, ReadsWhatADeviceSaysOfItself) {
  const auto payload = bytes("020106 05030f180a18 020af4 07160f18 64010203 08094d6f6f722d3432 05ff99040501 03194003");
  const AdvertisementData data(payload);
  EXPECT_EQ(data.flags(), 6);
  EXPECT_EQ(data.tx_power_dbm(), -12);
  EXPECT_EQ(data.local_name(), "Moor-42");
  EXPECT_EQ(data.appearance(), 0x0340);
  EXPECT_THAT(data.service_uuids(), ElementsAre(Uuid(0x180F), Uuid(0x180A)));
  EXPECT_TRUE(data.has_service(Uuid(0x180A)));
  EXPECT_EQ(to_hex(*data.service_data(Uuid(0x180F))), "64010203");
  EXPECT_EQ(to_hex(*data.manufacturer_data(0x0499)), "0501");
  EXPECT_EQ(data.manufacturer_data(0x004C), std::nullopt);
}

TEST(AdvertisementData, TheCompleteNameWinsOverTheShortened) {
  EXPECT_EQ(AdvertisementData(bytes("03084d6f 0509 4d6f6f72")).local_name(), "Moor");
  EXPECT_EQ(AdvertisementData(bytes("03084d6f")).local_name(), "Mo");
}

TEST(AdvertisementData, AListsRestThatIsNoWholeUuidIsIgnored) {
  EXPECT_THAT(AdvertisementData(bytes("04030f180a")).service_uuids(), ElementsAre(Uuid(0x180F)));
}

struct NameCase {
  std::string_view hex;
  std::string_view printed;
  friend void PrintTo(const NameCase& name, std::ostream* out) { *out << name.hex; }
};
class PrintableName : public testing::TestWithParam<NameCase> {};

TEST_P(PrintableName, IsValidUtf8WithoutControls) {
  EXPECT_EQ(printable_name(bytes(GetParam().hex)), GetParam().printed);
}

INSTANTIATE_TEST_SUITE_P(Names, PrintableName,
                         testing::Values(NameCase{"4d6f6f72", "Moor"}, NameCase{"4bc3bc636865", "Küche"},
                                         NameCase{"f09f9484", "🔄"}, NameCase{"41ff42", "A�B"}, NameCase{"c0af", "��"},
                                         NameCase{"eda080", "���"}, NameCase{"e282", "��"}, NameCase{"f5808080", "����"},
                                         NameCase{"1b5b324a", "�[2J"}, NameCase{"c29b32", "�2"}, NameCase{"410042", "A"},
                                         NameCase{"", ""}));

TEST(AdvertisementBuilder, WritesWhatTheViewReads) {
  AdvertisementBuilder builder;
  const Uuid vendor = *Uuid::parse("cba20d00-224d-11e6-9fb8-0002a5d5c51b");
  builder.flags(6).complete_name("Moor").tx_power(-4).service_uuids(std::vector{Uuid(0x180F), vendor, Uuid(0x12345678)});
  builder.manufacturer_data(0x004C, bytes("0215")).service_data(Uuid(0xFEAA), bytes("2000")).service_data(vendor, bytes("01"));
  const AdvertisementData data(builder.bytes());
  EXPECT_EQ(data.error(), std::nullopt);
  EXPECT_EQ(data.local_name(), "Moor");
  EXPECT_EQ(data.tx_power_dbm(), -4);
  EXPECT_THAT(data.service_uuids(), ElementsAre(Uuid(0x180F), Uuid(0x12345678), vendor));
  EXPECT_EQ(to_hex(*data.manufacturer_data(0x004C)), "0215");
  EXPECT_EQ(to_hex(*data.service_data(vendor)), "01");
  EXPECT_THROW(builder.add(AdType::manufacturer_data, std::vector<uint8_t>(255)), std::length_error);
}

TEST(ByteReader, AReadPastTheEndGivesZeroAndIsRemembered) {
  const auto input = bytes("0102030405");
  ByteReader reader(input);
  EXPECT_EQ(reader.be16(), 0x0102);
  EXPECT_EQ(reader.le16(), 0x0403);
  EXPECT_EQ(reader.be32(), 0U);
  EXPECT_FALSE(reader.ok());
  EXPECT_EQ(reader.offset(), 4U);
  EXPECT_EQ(reader.u8(), 0) << "after a failure nothing is read, even where bytes are left";
}

TEST(Hex, RefusesHalfBytesAndOtherCharacters) {
  EXPECT_EQ(from_hex("4C:00 02-15"), (std::vector<uint8_t>{0x4C, 0x00, 0x02, 0x15}));
  EXPECT_EQ(from_hex("4c0"), std::nullopt);
  EXPECT_EQ(from_hex("4c 0 0"), std::nullopt);
  EXPECT_EQ(from_hex("zz"), std::nullopt);
  EXPECT_EQ(from_hex(""), std::vector<uint8_t>{});
}

}  // namespace
}  // namespace moor
