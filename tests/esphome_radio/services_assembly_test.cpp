#include "radio/esphome/services_assembly.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

using esphome::CharacteristicEntry;
using esphome::DescriptorEntry;
using esphome::ServiceEntry;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

ServiceEntry service(uint32_t handle, std::vector<CharacteristicEntry> characteristics = {}, uint32_t uuid = 0x180F) {
  return {.uuid = {}, .handle = handle, .characteristics = std::move(characteristics), .short_uuid = uuid};
}
CharacteristicEntry characteristic(uint32_t handle, std::vector<DescriptorEntry> descriptors = {}) {
  return {.uuid = {}, .handle = handle, .properties = 0x12, .descriptors = std::move(descriptors), .short_uuid = 0x2A19};
}
DescriptorEntry descriptor(uint32_t handle) {
  return {.uuid = {}, .handle = handle, .short_uuid = 0x2902};
}
using Parts = std::vector<std::vector<ServiceEntry>>;

ServicesAssembly::Result assembled(const Parts& parts) {
  ServicesAssembly assembly;
  for (const auto& part : parts) assembly.add({.address = 1, .services = part});
  return assembly.finish();
}

TEST(EsphomeServicesAssembly, PutsTogetherWhatComesInParts) {
  const auto [services, problem] = assembled(
      {{service(1, {characteristic(3, {descriptor(4)})}), service(10)}, {service(20, {characteristic(22), characteristic(24)})}});
  EXPECT_THAT(problem, IsEmpty());
  ASSERT_EQ(services.size(), 3U);
  const GattService& first = *services.begin();
  EXPECT_EQ(first.uuid, Uuid(0x180F));
  EXPECT_EQ(first.handle, 1);
  EXPECT_TRUE(first.primary);
  ASSERT_EQ(first.characteristics.size(), 1U);
  EXPECT_EQ(first.characteristics[0].handle, 3);
  EXPECT_EQ(first.characteristics[0].uuid, Uuid(0x2A19));
  EXPECT_EQ(first.characteristics[0].properties, (Properties{Property::read, Property::notify}));
  EXPECT_EQ(first.characteristics[0].service, Uuid(0x180F));
  ASSERT_EQ(first.characteristics[0].descriptors.size(), 1U);
  EXPECT_EQ(first.characteristics[0].descriptors[0].handle, 4);
  EXPECT_EQ(first.characteristics[0].descriptors[0].uuid, client_characteristic_configuration);
}

TEST(EsphomeServicesAssembly, AServiceEndsWhereTheNextBegins) {
  const auto [services, problem] = assembled({{service(1), service(10), service(20)}});
  std::vector<uint16_t> ends;
  for (const GattService& each : services) ends.push_back(each.end_handle);
  EXPECT_THAT(ends, ::testing::ElementsAre(9, 19, 0xFFFF));
}

TEST(EsphomeServicesAssembly, TakesLongUuidsAsTwoNumbers) {
  ServiceEntry entry = service(1);
  entry.short_uuid = 0;
  entry.uuid = {.parts = {0xEBE0CCB07A0A4B0C, 0x8A1A6FF2997DA3A6}, .count = 2};
  const auto [services, problem] = assembled({{entry}});
  ASSERT_THAT(problem, IsEmpty());
  EXPECT_EQ(services.begin()->uuid, Uuid(0xEBE0CCB07A0A4B0C, 0x8A1A6FF2997DA3A6));
}

TEST(EsphomeServicesAssembly, ARepeatedServiceIsTheSameOne) {
  const auto [services, problem] =
      assembled({{service(1, {characteristic(3)}), service(10)}, {service(1, {characteristic(3)}), service(10), service(20)}});
  EXPECT_THAT(problem, IsEmpty());
  EXPECT_EQ(services.size(), 3U);
}

TEST(EsphomeServicesAssembly, SortsWhatComesInAnotherOrder) {
  const Parts sorted{
      {service(1, {characteristic(3, {descriptor(4), descriptor(5)}), characteristic(7)}), service(10), service(20)}};
  const Parts mixed{{service(20), service(1, {characteristic(7), characteristic(3, {descriptor(5), descriptor(4)})})},
                    {service(10), service(20)}};
  const auto [services, problem] = assembled(mixed);
  EXPECT_THAT(problem, IsEmpty());
  EXPECT_EQ(services, assembled(sorted).services);
}

TEST(EsphomeServicesAssembly, NothingAtAllIsIncomplete) {
  EXPECT_THAT(assembled({}).problem, HasSubstr("no services"));
  EXPECT_THAT(assembled({{}, {}}).problem, HasSubstr("no services"));
}

TEST(EsphomeServicesAssembly, WhatCannotBeATableIsIncompleteWithWords) {
  ServiceEntry nameless = service(1);
  nameless.short_uuid = 0;
  ServiceEntry half = nameless;
  half.uuid = {.parts = {1, 0}, .count = 1};
  const std::vector<std::pair<Parts, std::string>> cases = {
      {{{service(0)}}, "a service has the handle 0x0000"},
      {{{service(0x10000)}}, "0x10000"},
      {{{service(1, {characteristic(0)})}}, "a characteristic has the handle 0x0000"},
      {{{service(1, {characteristic(3, {descriptor(0)})})}}, "a descriptor has the handle 0x0000"},
      {{{service(10, {characteristic(9)})}}, "the characteristic with handle 0x0009"},
      {{{service(1, {characteristic(3), characteristic(3)})}}, "the characteristic with handle 0x0003"},
      {{{service(1, {characteristic(3, {descriptor(2)})})}}, "the descriptor with handle 0x0002"},
      {{{service(1, {characteristic(12)}), service(10)}}, "the service with handle 0x000a comes after handle 0x000c"},
      {{{nameless}}, "no UUID"},
      {{{half}}, "no UUID"},
  };
  for (const auto& [parts, words] : cases) {
    const auto [services, problem] = assembled(parts);
    EXPECT_THAT(problem, HasSubstr(words));
    EXPECT_TRUE(services.empty()) << words;
  }
}

TEST(EsphomeServicesAssembly, TooManyAttributesAreIncomplete) {
  ServicesAssembly assembly;
  uint32_t handle = 1;
  for (size_t i = 0; i < ServicesAssembly::max_attributes; ++i) assembly.add({.address = 1, .services = {service(handle++)}});
  EXPECT_EQ(ServicesAssembly(assembly).finish().services.size(), ServicesAssembly::max_attributes);
  assembly.add({.address = 1, .services = {service(handle++)}});
  EXPECT_THAT(assembly.finish().problem, HasSubstr("more than 4096"));
}

TEST(EsphomeServicesAssembly, BeginsAnewAfterItsEnd) {
  ServicesAssembly assembly;
  assembly.add({.address = 1, .services = {service(10)}});
  EXPECT_THAT(assembly.finish().problem, IsEmpty());
  EXPECT_THAT(assembly.finish().problem, HasSubstr("no services"));
  assembly.add({.address = 1, .services = {service(5)}});
  EXPECT_EQ(assembly.finish().services.begin()->handle, 5);
}

}  // namespace
}  // namespace moor::esphome_radio
