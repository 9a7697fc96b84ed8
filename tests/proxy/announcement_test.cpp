// What Home Assistant's discovery asks of an announcement.

#include "proxy/announcement.hpp"

#include "proxy/about.hpp"

#include <gmock/gmock.h>
#include <algorithm>

namespace moor::proxy {
namespace {

Identity hall() {
  return {.name = "hall-proxy", .friendly_name = "Hall", .mac = "A4:CF:12:34:56:78", .bluetooth_mac = "A4:CF:12:34:56:79"};
}

TEST(Announcement, IsAServiceOfItsNameAtItsHost) {
  const mdns::Service service = announcement(hall(), 6053, true);
  EXPECT_EQ(service_type, "_esphomelib._tcp");
  EXPECT_EQ(service.instance, "hall-proxy");
  EXPECT_EQ(service.host, "hall-proxy.local");  // its host's first part is taken for the device's name
  EXPECT_EQ(service.port, 6053);
  EXPECT_TRUE(service.addresses.empty());  // this machine's
}

TEST(Announcement, MacIsThereInLowerCaseWithoutColons) {
  EXPECT_EQ(announcement(hall(), 6053, true).attributes.at("mac"), "a4cf12345678");
}

TEST(Announcement, MacIsTheOneOfDeviceInfo) {
  std::string of_device_info = hall().mac;  // Home Assistant compares them like this
  std::erase(of_device_info, ':');
  std::ranges::transform(of_device_info, of_device_info.begin(), [](char each) { return static_cast<char>(std::tolower(each)); });
  EXPECT_EQ(announcement(hall(), 6053, true).attributes.at("mac"), of_device_info);
}

TEST(Announcement, SaysThatAKeyIsAskedForOnlyWhereItIs) {
  const mdns::Attributes encrypted = announcement(hall(), 6053, true).attributes;
  EXPECT_EQ(encrypted.at("api_encryption"), "Noise_NNpsk0_25519_ChaChaPoly_SHA256");
  EXPECT_FALSE(encrypted.contains("api_encryption_supported"));
  const mdns::Attributes plain = announcement(hall(), 6053, false).attributes;
  EXPECT_FALSE(plain.contains("api_encryption"));
  EXPECT_FALSE(plain.contains("api_encryption_supported"));  // a key that is pushed is refused
}

TEST(Announcement, GivesNoReasonForTheNoticeAboutOldFirmware) {
  const mdns::Attributes attributes = announcement(hall(), 6053, true).attributes;
  EXPECT_NE(attributes.at("project_name"), "esphome.bluetooth-proxy");
  EXPECT_FALSE(attributes.at("project_name").starts_with("esphome."));
  EXPECT_THAT(attributes.at("project_name"), testing::HasSubstr("."));  // maker and model
  EXPECT_FALSE(attributes.at("project_version").empty());
  EXPECT_GE(attributes.at("version"), "2025.11.0");
  EXPECT_EQ(attributes.at("version"), esphome_version);
}

TEST(Announcement, NamesAreForPeopleAndMachines) {
  const mdns::Attributes attributes = announcement(hall(), 6053, true, "raspberry").attributes;
  EXPECT_EQ(attributes.at("friendly_name"), "Hall");
  EXPECT_EQ(attributes.at("platform"), "host");
  EXPECT_EQ(attributes.at("board"), "raspberry");
  EXPECT_EQ(attributes.at("network"), "ethernet");
}

TEST(Announcement, EveryAttributeFitsItsPlace) {
  Identity identity = hall();
  identity.friendly_name = std::string(120, 'x');  // the longest that a configuration may have
  for (const auto& [key, value] : announcement(identity, 6053, true).attributes) {
    EXPECT_LE(key.size() + 1 + value.size(), 255U) << key;  // RFC 6763, 6.1
    EXPECT_TRUE(std::ranges::none_of(key, [](char each) { return each >= 'A' && each <= 'Z'; })) << key;
  }
}

}  // namespace
}  // namespace moor::proxy
