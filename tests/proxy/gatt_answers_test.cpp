#include "proxy/gatt_answers.hpp"

#include "esphome/codec.hpp"
#include "support/fake_link.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace moor::proxy {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr uint64_t address = 0xA4CF12345678;
const Uuid own(0x6E400001B5A3F393, 0xE0A9E50E24DCCA9E);

GattService service(Uuid uuid, uint16_t handle, std::vector<GattCharacteristic> characteristics = {}) {
  return {.uuid = uuid,
          .handle = handle,
          .end_handle = 0xFFFF,
          .primary = true,
          .included = {},
          .characteristics = std::move(characteristics)};
}
// With so many characteristics, which have UUIDs of 128 bits where they are long.
GattService big_service(uint16_t handle, size_t count, bool is_long) {
  GattService made = service(Uuid(0x1800U + handle), handle);
  for (size_t i = 0; i < count; ++i) {
    const Uuid uuid = is_long ? own : Uuid(0x2A00);
    made.characteristics.push_back({.uuid = uuid,
                                    .handle = static_cast<uint16_t>(handle + 2 * i + 2),
                                    .properties = {Property::read},
                                    .descriptors = {},
                                    .service = made.uuid});
  }
  return made;
}
// All services of the messages, decoded; the sizes go to `sizes`.
std::vector<esphome::ServiceEntry> told(const GattServices& services, std::vector<size_t>* sizes = nullptr, uint32_t minor = 15) {
  std::vector<esphome::ServiceEntry> all;
  const auto messages = services_messages(address, services, minor);
  EXPECT_TRUE(messages);
  for (const auto& each : messages.value_or(std::vector<std::vector<uint8_t>>())) {
    const auto decoded = esphome::decode<esphome::Services>(each);
    EXPECT_FALSE(decoded.error);
    EXPECT_EQ(decoded.message.address, address);
    EXPECT_FALSE(decoded.message.services.empty());
    all.insert(all.end(), decoded.message.services.begin(), decoded.message.services.end());
    if (sizes != nullptr) sizes->push_back(each.size());
  }
  return all;
}

TEST(GattAnswers, TellHandlesOfValuesAndShortUuids) {
  const GattDescriptor configuration{client_characteristic_configuration, 4};
  const GattServices services({service(
      Uuid(0x180F), 1, {{Uuid(0x2A19), 3, Properties{Property::read, Property::notify}, {configuration}, Uuid(0x180F)}})});
  const auto all = told(services);
  ASSERT_EQ(all.size(), 1U);
  EXPECT_EQ(all[0].handle, 1U);
  EXPECT_EQ(all[0].short_uuid, 0x180FU);
  EXPECT_EQ(all[0].uuid.count, 0);
  ASSERT_EQ(all[0].characteristics.size(), 1U);
  EXPECT_EQ(all[0].characteristics[0].handle, 3U);
  EXPECT_EQ(all[0].characteristics[0].properties, 0x12U);
  EXPECT_EQ(all[0].characteristics[0].short_uuid, 0x2A19U);
  ASSERT_EQ(all[0].characteristics[0].descriptors.size(), 1U);
  EXPECT_EQ(all[0].characteristics[0].descriptors[0].handle, 4U);
  EXPECT_EQ(all[0].characteristics[0].descriptors[0].short_uuid, 0x2902U);
}

TEST(GattAnswers, TellPairsToAClientThatDoesNotReadShortOnesAndWhereThereIsNone) {
  const GattServices services({service(Uuid(0x180F), 1), service(own, 5), service(Uuid(0xFE95FE95), 7), service(Uuid(0), 9)});
  const auto old_client = told(services, nullptr, 11);
  EXPECT_EQ(old_client[0].short_uuid, 0U);
  EXPECT_THAT(old_client[0].uuid.parts, ElementsAre(0x0000180F00001000, 0x800000805F9B34FB));
  const auto new_client = told(services, nullptr, 12);
  EXPECT_EQ(new_client[0].short_uuid, 0x180FU);
  EXPECT_EQ(new_client[1].short_uuid, 0U);
  EXPECT_EQ(new_client[1].uuid.count, 2);
  EXPECT_THAT(new_client[1].uuid.parts, ElementsAre(own.high(), own.low()));
  EXPECT_EQ(new_client[2].short_uuid, 0xFE95FE95U) << "32 bits are short too";
  EXPECT_EQ(new_client[3].short_uuid, 0U) << "a zero would be left out";
  EXPECT_EQ(new_client[3].uuid.count, 2);
}

TEST(GattAnswers, WritePairsUnpacked) {
  const auto messages = services_messages(address, GattServices({service(own, 5)}), 15);
  ASSERT_TRUE(messages);
  // Field 2 of the message is the service: field 1, a varint, twice.
  const std::string bytes = to_hex(messages->at(0));
  const auto at = bytes.find("12");
  ASSERT_NE(at, std::string::npos);
  EXPECT_EQ(bytes.substr(at + 4, 2), "08") << bytes;
}

TEST(GattAnswers, GoInBatchesUpToTheLimitInTheirOrder) {
  std::vector<GattService> services;
  for (uint16_t i = 0; i < 200; ++i) services.push_back(big_service(static_cast<uint16_t>(1 + i * 300), 1 + i % 7, i % 3 == 0));
  std::vector<size_t> sizes;
  const auto all = told(GattServices(services), &sizes);
  ASSERT_EQ(all.size(), 200U);
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].handle, services[i].handle);
    EXPECT_EQ(all[i].characteristics.size(), services[i].characteristics.size());
  }
  EXPECT_GT(sizes.size(), 5U);
  for (const size_t each : sizes) EXPECT_LE(each, max_services_message);
  for (size_t i = 0; i + 1 < sizes.size(); ++i) EXPECT_GT(sizes[i] + 300, max_services_message) << "batches are full";
}

TEST(GattAnswers, ABatchEqualsItsServicesEncodedAtOnce) {
  const GattServices services({service(Uuid(0x180F), 1), service(own, 5)});
  const auto messages = services_messages(address, services, 15);
  ASSERT_TRUE(messages);
  ASSERT_EQ(messages->size(), 1U);
  const auto decoded = esphome::decode<esphome::Services>(messages->at(0));
  std::vector<uint8_t> again;
  esphome::encode(decoded.message, again);
  EXPECT_EQ(again, messages->at(0));
}

TEST(GattAnswers, AServiceOverTheLimitGoesAlone) {
  std::vector<size_t> sizes;
  const auto all =
      told(GattServices({big_service(1, 2, false), big_service(100, 150, true), big_service(600, 2, false)}), &sizes);
  EXPECT_EQ(all.size(), 3U);
  ASSERT_EQ(sizes.size(), 3U);
  EXPECT_LT(sizes[0], max_services_message);
  EXPECT_GT(sizes[1], max_services_message);
  EXPECT_LT(sizes[2], max_services_message);
}

TEST(GattAnswers, ATableThatCannotBeToldWholeIsNotTold) {
  EXPECT_FALSE(services_messages(address, GattServices({big_service(1, 2, false), big_service(100, 1025, false)}), 15))
      << "more characteristics than clients take";
  GattService long_one = big_service(1, 1024, true);
  for (GattCharacteristic& each : long_one.characteristics) each.descriptors.assign(2, {own, each.handle});
  EXPECT_FALSE(services_messages(address, GattServices({long_one}), 15)) << "longer than a frame";
}

TEST(GattAnswers, AnEmptyTableHasNoMessage) {
  const auto messages = services_messages(address, {}, 15);
  ASSERT_TRUE(messages);
  EXPECT_THAT(*messages, IsEmpty());
}

TEST(GattAnswers, FindWhatADescriptorConfigures) {
  const GattServices services = testing::make_table({{0x180F, {{0x2A19, {Property::read, Property::notify}}}},
                                                     {0x1809, {{0x2A1C, {Property::indicate}}, {0x2A1D, {Property::read}}}}});
  for (const GattService& each : services)
    for (const GattCharacteristic& characteristic : each.characteristics) {
      EXPECT_EQ(configured_by(services, characteristic.handle), nullptr);
      for (const GattDescriptor& descriptor : characteristic.descriptors)
        EXPECT_EQ(configured_by(services, descriptor.handle), &characteristic);
    }
  GattServices described({service(Uuid(0x180F), 1, {{Uuid(0x2A19), 3, {}, {{Uuid(0x2901), 4}}, Uuid(0x180F)}})});
  EXPECT_EQ(configured_by(described, 4), nullptr) << "another descriptor";
  EXPECT_EQ(configured_by(services, 999), nullptr);
}

TEST(GattAnswers, ReadWhatIsWrittenToAConfiguration) {
  struct Row {
    std::vector<uint8_t> value;
    bool valid;
    std::optional<SubscribeKind> kind;
  };
  const std::vector<Row> table = {
      {{1, 0}, true, SubscribeKind::notification},
      {{2, 0}, true, SubscribeKind::indication},
      {{3, 0}, true, SubscribeKind::notification},
      {{0, 0}, true, std::nullopt},
      {{4, 0}, true, std::nullopt},
      {{1}, false, std::nullopt},
      {{}, false, std::nullopt},
      {{1, 0, 0}, false, std::nullopt},
  };
  for (const Row& each : table) {
    const ConfigurationWrite read = read_configuration(each.value);
    EXPECT_EQ(read.valid, each.valid) << to_hex(each.value);
    EXPECT_EQ(read.kind, each.kind) << to_hex(each.value);
  }
}

}  // namespace
}  // namespace moor::proxy
