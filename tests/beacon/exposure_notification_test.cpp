#include "moor/exposure_notification.hpp"

#include "moor/decoder.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor {
namespace {

constexpr std::string_view frame = "0d3b4f65584c582160571dd19010d41c 2660ee34";

Decoded decoded(Bytes payload) {
  Decoded result;
  decode(AdvertisementData(payload), result);
  return result;
}

TEST(ExposureNotification, IsAnIdentifierAndMetadataThatOnlyItsPhoneCanRead) {
  const auto data = *from_hex(frame);
  const auto found = decode_exposure_notification(data);
  ASSERT_TRUE(found);
  EXPECT_EQ(to_hex(found->identifier), "0d3b4f65584c582160571dd19010d41c");
  EXPECT_EQ(to_hex(found->metadata), "2660ee34");
}

TEST(ExposureNotification, HasNoOtherSize) {
  auto data = *from_hex(frame);
  for (size_t size = 0; size < data.size(); ++size)
    EXPECT_EQ(decode_exposure_notification(Bytes(data).first(size)), std::nullopt) << size;
  data.push_back(0);
  EXPECT_EQ(decode_exposure_notification(data), std::nullopt);
}

TEST(ExposureNotification, IsNamedAndDescribedButIsNoBeacon) {
  const Decoded result = decoded(*from_hex("02011a 03036ffd 17166ffd" + std::string(frame)));
  EXPECT_EQ(result.format(), "Exposure Notification");
  EXPECT_EQ(result.attribute("identifier"), "0d3b4f65584c582160571dd19010d41c");
  EXPECT_EQ(result.attribute("metadata"), "2660ee34");
  EXPECT_TRUE(result.frames().empty());
  EXPECT_TRUE(result.readings().empty());
}

TEST(ExposureNotification, IsNotRecognisedByItsServiceAlone) {
  EXPECT_TRUE(decoded(*from_hex("03036ffd")).empty());
  EXPECT_TRUE(decoded(*from_hex("171670fd" + std::string(frame))).empty());
}

RC_GTEST_PROP(ExposureNotification, ThatWasEncodedDecodesToItself,
              (const std::array<uint8_t, 16>& identifier, const std::array<uint8_t, 4>& metadata)) {
  const ExposureNotification sent{.identifier = identifier, .metadata = metadata};
  AdvertisementBuilder builder;
  encode(sent, builder.flags(0x1A));
  RC_ASSERT(builder.bytes().size() == 31U);
  const auto data = AdvertisementData(builder.bytes()).service_data(Uuid(exposure_notification_service));
  RC_ASSERT(decode_exposure_notification(*data) == sent);
}

}  // namespace
}  // namespace moor
