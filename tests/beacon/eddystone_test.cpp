#include "moor/eddystone.hpp"

#include "moor/beacon.hpp"

#include <gtest/gtest.h>
#include <cmath>

namespace moor {
namespace {

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

constexpr std::string_view uid = "00 e7 00010203040506070809 0a0b0c0d0e0f 0000";
constexpr std::string_view tlm = "20 00 0b18 1380 00001467 00002ac4";

TEST(EddystoneUid, SaysWhoseBeaconAndWhich) {
  const auto frame = decode_eddystone_uid(bytes(uid));
  ASSERT_TRUE(frame);
  EXPECT_EQ(to_hex(frame->namespace_id), "00010203040506070809");
  EXPECT_EQ(to_hex(frame->instance_id), "0a0b0c0d0e0f");
  EXPECT_EQ(frame->power_0m_dbm, -25);
  EXPECT_EQ(power_at_1m_dbm(*frame), -66);
}

TEST(EddystoneUid, MayLackItsReservedBytesButNothingElse) {
  const auto data = bytes(uid);
  for (size_t size = 0; size <= data.size(); ++size)
    EXPECT_EQ(decode_eddystone_uid(Bytes(data).first(size)).has_value(), size >= 18) << size;
}

TEST(EddystoneUid, IsNoFrameWithALowHalfNorOneOfFindHub) {
  for (uint8_t type : std::array<uint8_t, 6>{0x01, 0x0F, 0x10, 0x20, 0x40, 0x41}) {
    auto data = bytes(uid);
    data[0] = type;
    EXPECT_EQ(decode_eddystone_uid(data), std::nullopt) << int{type};
  }
}

std::optional<std::string> url_of(std::string_view hex) {
  const auto frame = decode_eddystone_url(bytes(hex));
  if (!frame) return std::nullopt;
  return std::string(frame->text());
}

TEST(EddystoneUrl, ExpandsEverySchemeAndEveryCode) {
  EXPECT_EQ(url_of("10f800 61"), "http://www.a");
  EXPECT_EQ(url_of("10f801 61"), "https://www.a");
  EXPECT_EQ(url_of("10f802 61"), "http://a");
  EXPECT_EQ(url_of("10f803 61"), "https://a");
  EXPECT_EQ(url_of("10f802 00010203040506"), "http://.com/.org/.edu/.net/.info/.biz/.gov/");
  EXPECT_EQ(url_of("10f802 0708090a0b0c0d"), "http://.com.org.edu.net.info.biz.gov");
  EXPECT_EQ(url_of("10f803 6d7973746f7265 00 6f66666572"), "https://mystore.com/offer");
}

TEST(EddystoneUrl, RefusesReservedCodesAndSchemes) {
  for (int code = 0; code < 256; ++code) {
    const bool reserved = (code >= 14 && code <= 32) || code >= 127;
    EXPECT_EQ(decode_eddystone_url(std::array<uint8_t, 4>{0x10, 0, 2, static_cast<uint8_t>(code)}).has_value(), !reserved)
        << code;
    EXPECT_EQ(decode_eddystone_url(std::array<uint8_t, 4>{0x10, 0, static_cast<uint8_t>(code), 'a'}).has_value(), code < 4)
        << code;
  }
}

TEST(EddystoneUrl, HasOneToSeventeenBytesOfText) {
  std::vector<uint8_t> data = {0x10, 0xF8, 0x01};
  EXPECT_EQ(decode_eddystone_url({}), std::nullopt);
  EXPECT_EQ(decode_eddystone_url(data), std::nullopt);
  data.resize(20, 0x04);
  ASSERT_TRUE(decode_eddystone_url(data));
  EXPECT_EQ(decode_eddystone_url(data)->text().size(), EddystoneUrl::max_text_size);
  data.push_back(0x04);
  EXPECT_EQ(decode_eddystone_url(data), std::nullopt);
}

std::string written(std::string_view url) {
  const auto frame = EddystoneUrl::parse(url, -8);
  if (!frame) return to_string(frame.error());
  AdvertisementBuilder builder;
  encode(*frame, builder);
  return to_hex(*AdvertisementData(builder.bytes()).service_data(Uuid(eddystone_service)));
}

TEST(EddystoneUrl, IsWrittenAsShortAsItCanBe) {
  EXPECT_EQ(written("https://mystore.com/offer"), "10f8036d7973746f7265006f66666572");
  EXPECT_EQ(written("http://www.a.info"), "10f800610b");
  EXPECT_EQ(written("https://www.a.com/b.org"),
            "10f8016100"
            "6208");
  EXPECT_EQ(written("http://a.co"), "10f802612e636f");
}

TEST(EddystoneUrl, ThatIsOnlyASchemeWithWwwStillHasAText) {
  EXPECT_EQ(written("https://www."), "10f8037777772e");
}

TEST(EddystoneUrl, ThatCannotBeSentIsRefusedWithTheReason) {
  const auto error = [](std::string_view url) { return EddystoneUrl::parse(url, 0).error(); };
  EXPECT_EQ(error(""), EddystoneUrlError::no_scheme);
  EXPECT_EQ(error("ftp://a"), EddystoneUrlError::no_scheme);
  EXPECT_EQ(error("HTTP://a"), EddystoneUrlError::no_scheme);
  EXPECT_EQ(error("https://"), EddystoneUrlError::empty);
  EXPECT_EQ(error("https://a b"), EddystoneUrlError::character);
  EXPECT_EQ(error("https://k\xC3\xBC"
                  "che.de"),
            EddystoneUrlError::character);
  EXPECT_EQ(error("https://a\x7F"), EddystoneUrlError::character);
  EXPECT_EQ(error("https://eighteen-letters-x"), EddystoneUrlError::too_long);
  EXPECT_EQ(error("https://" + std::string(100'000, 'a')), EddystoneUrlError::too_long);
}

TEST(EddystoneTlm, SaysHowTheBeaconIs) {
  const auto frame = decode_eddystone_tlm(bytes(tlm));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->battery_mv, 2840);
  EXPECT_EQ(frame->temperature_c, 19.5);
  EXPECT_EQ(frame->advertisements, 5223U);
  EXPECT_EQ(std::chrono::duration_cast<std::chrono::milliseconds>(frame->uptime), std::chrono::milliseconds(1'094'800));
  EXPECT_EQ(power_at_1m_dbm(*frame), std::nullopt);
}

TEST(EddystoneTlm, TemperatureIsSignedAndMayBeMissingLikeTheBattery) {
  EXPECT_EQ(decode_eddystone_tlm(bytes("2000 0000 fe80 00000000 00000000"))->temperature_c, -1.5);
  const auto frame = decode_eddystone_tlm(bytes("2000 0000 8000 00000000 00000000"));
  ASSERT_TRUE(frame);
  EXPECT_EQ(frame->battery_mv, std::nullopt);
  EXPECT_EQ(frame->temperature_c, std::nullopt);
}

TEST(EddystoneTlm, OfAnotherVersionOrCutShortIsNotRead) {
  const auto data = bytes(tlm);
  for (size_t size = 0; size < data.size(); ++size)
    EXPECT_EQ(decode_eddystone_tlm(Bytes(data).first(size)), std::nullopt) << size;
  EXPECT_EQ(decode_eddystone_tlm(bytes("2001 414141414141414141414141 dead beff")), std::nullopt) << "encrypted";
  EXPECT_EQ(decode_eddystone_tlm(bytes("2002 0b18 1380 00001467 00002ac4")), std::nullopt);
}

TEST(EddystoneTlm, ATemperatureThatDoesNotFitIsWrittenAsTheNearest) {
  const auto sent = [](double celsius) {
    AdvertisementBuilder builder;
    encode(EddystoneTlm{.temperature_c = celsius}, builder);
    return decode_eddystone_tlm(*AdvertisementData(builder.bytes()).service_data(Uuid(eddystone_service)))->temperature_c;
  };
  EXPECT_EQ(sent(1000), 32767 / 256.0);
  EXPECT_EQ(sent(-1000), -32767 / 256.0);
  EXPECT_EQ(sent(21.501), 5504 / 256.0);
  EXPECT_EQ(sent(std::nan("")), std::nullopt);
}

TEST(Eddystone, IsWrittenWithTheServiceListBeforeIt) {
  EXPECT_EQ(to_hex(encode_advertisement(*decode_eddystone_uid(bytes(uid)))),
            "0201060303aafe1716aafe00e7000102030405060708090a0b0c0d0e0f0000");
  EXPECT_EQ(to_hex(encode_advertisement(*decode_eddystone_tlm(bytes(tlm)))),
            "0201060303aafe1116aafe20000b1813800000146700002ac4");
}

}  // namespace
}  // namespace moor
