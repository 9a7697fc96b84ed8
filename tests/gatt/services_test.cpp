#include "gatt/services_fixture.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::IsNull;
using ::testing::Not;
using ::testing::NotNull;

TEST(Properties, HaveNamesInTheOrderOfTheirBits) {
  EXPECT_THAT(Properties(0xFF).names(), ElementsAre("BROADCAST", "READ", "WRITE_WITHOUT_RESPONSE", "WRITE", "NOTIFY", "INDICATE",
                                                    "AUTHENTICATED_SIGNED_WRITES", "EXTENDED_PROPERTIES"));
  EXPECT_THAT((Properties{Property::notify, Property::read}.names()), ElementsAre("READ", "NOTIFY"));
  EXPECT_THAT(Properties().names(), IsEmpty());
}

TEST(Properties, AreReadInEitherCaseWithEitherHyphen) {
  EXPECT_EQ(Properties::parse("write-without-response"), Property::write_without_response);
  EXPECT_EQ(Properties::parse("WRITE_WITHOUT_RESPONSE"), Property::write_without_response);
  EXPECT_EQ(Properties::parse("Extended-Properties"), Property::extended_properties);
  for (const std::string_view name : Properties(0xFF).names()) EXPECT_TRUE(Properties::parse(name)) << name;
  for (const std::string_view word : {"", "reads", "rea", "write without response", "notify "})
    EXPECT_EQ(Properties::parse(word), std::nullopt) << word;
}

TEST(CharacteristicName, ReadsAndWritesItsForms) {
  const Uuid level(0x2A19);
  const Uuid battery(0x180F);
  EXPECT_EQ(CharacteristicName::parse("2a19"), CharacteristicName(level));
  EXPECT_EQ(CharacteristicName::parse("0x2A19"), CharacteristicName(level));
  EXPECT_EQ(CharacteristicName::parse("180F/2A19"), CharacteristicName(battery, level));
  EXPECT_EQ(CharacteristicName::parse("180f/2a19#2"), CharacteristicName(battery, level, 2));
  for (const std::string_view text :
       {"2a19", "180f/2a19", "180f/2a19#2", "2a19#3", "6e400001-b5a3-f393-e0a9-e50e24dcca9e/2a19", "00012a19"})
    EXPECT_EQ(CharacteristicName::parse(text).to_string(), text);
}

TEST(CharacteristicName, RefusesWhatIsNoneAndShowsTheForms) {
  for (const std::string_view text : {"", "2a1", "battery", "180f/", "/2a19", "180f/2a19#", "180f/2a19#0", "180f/2a19#x",
                                      "180f/2a19#-1", "180f/2a19/2a19", "2a19 ", "2a19#99999999999"}) {
    try {
      (void)CharacteristicName::parse(text);
      FAIL() << text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr("180f/2a19#2")) << text;
    }
  }
}

TEST(GattServices, FindByName) {
  const GattServices services = a_device();
  const auto handle = [&](std::string_view name) {
    const GattCharacteristic* found = services.find_characteristic(CharacteristicName::parse(name));
    return found == nullptr ? 0 : found->handle;
  };
  EXPECT_EQ(handle("6e400002-b5a3-f393-e0a9-e50e24dcca9e"), 22);
  EXPECT_EQ(handle("6e400001-b5a3-f393-e0a9-e50e24dcca9e/2a19"), 24);
  EXPECT_EQ(handle("181a/2a6e#1"), 7);
  EXPECT_EQ(handle("181a/2a6e#2"), 11);
  EXPECT_EQ(handle("180f/2a19#2"), 65532) << "of the second service of the same UUID";
  EXPECT_EQ(handle("2a19#2"), 24) << "in the order of the table";
  EXPECT_EQ(handle("181a/2a6e#3"), 0);
  EXPECT_EQ(handle("2a37"), 0);
  EXPECT_EQ(handle("180d/2a19"), 0);
}

TEST(GattServices, FindTheirParts) {
  const GattServices services = a_device();
  EXPECT_THAT(services.find_service(Uuid(0x180F)), NotNull());
  EXPECT_EQ(services.find_service(Uuid(0x180F))->handle, 1) << "the first of two";
  EXPECT_THAT(services.find_service(Uuid(0x180D)), IsNull());
  EXPECT_EQ(services.get_service(vendor_service).handle, 20);
  const GattCharacteristic* temperature = services.find_characteristic_by_value_handle(7);
  ASSERT_THAT(temperature, NotNull());
  EXPECT_EQ(temperature->find_descriptor(Uuid(0x2901))->handle, 9);
  EXPECT_THAT(temperature->find_descriptor(Uuid(0x2904)), IsNull());
  EXPECT_THAT(services.find_characteristic_by_value_handle(8), IsNull());
  EXPECT_EQ(services.get_service(Uuid(0x181A)).find_characteristic(Uuid(0x2A6E))->handle, 7);
}

TEST(GattServices, WhatIsAmbiguousListsTheNamesThatAreNot) {
  const GattServices services = a_device();
  for (const auto& [name, advice] : {std::pair("2a19", "180f/2a19#1"), std::pair("181a/2a6e", "181a/2a6e#1")}) {
    try {
      (void)services.get_characteristic(CharacteristicName::parse(name));
      FAIL() << name;
    } catch (const AmbiguousAttribute& error) {
      EXPECT_THAT(error.advice(), HasSubstr(advice));
      const std::string what = error.what();
      std::string list = what.substr(what.rfind(": ") + 2);
      size_t listed = 0;
      for (size_t at = 0; at != std::string::npos;) {
        const size_t comma = list.find(", ", at);
        EXPECT_NO_THROW((void)services.get_characteristic(CharacteristicName::parse(list.substr(at, comma - at)))) << what;
        at = comma == std::string::npos ? comma : comma + 2;
        ++listed;
      }
      EXPECT_GE(listed, 2U);
    }
  }
}

TEST(GattServices, WhatIsMissingNamesWhatIsThere) {
  const GattServices services = a_device();
  const auto text_of = [&](const GattServices& in, std::string_view name) -> std::string {
    try {
      (void)in.get_characteristic(CharacteristicName::parse(name));
    } catch (const AttributeNotFound& error) {
      EXPECT_THAT(error.advice(), Not(IsEmpty()));
      return error.what();
    }
    return "found";
  };
  EXPECT_EQ(text_of(services, "180f/2a37"),
            "no characteristic Heart Rate Measurement (2a37); service Battery (180f) has Battery Level (2a19), "
            "Battery Level (2a19)");
  EXPECT_THAT(text_of(services, "180d/2a37"), HasSubstr("no service Heart Rate (180d); the device has Battery (180f), "));
  EXPECT_THAT(text_of(services, "2a37"), HasSubstr("6e400002-b5a3-f393-e0a9-e50e24dcca9e"));
  EXPECT_EQ(text_of(services, "181a/2a6e#3"), "no characteristic 181a/2a6e#3; there are 2 of Temperature (2a6e)");
  EXPECT_EQ(text_of(GattServices(), "2a19"), "no characteristic Battery Level (2a19); the device has none");
  EXPECT_EQ(text_of(GattServices(), "180f/2a19"), "no service Battery (180f): the device has no services at all");
  EXPECT_THROW((void)services.get_service(Uuid(0x180D)), AttributeNotFound);
}

TEST(GattServices, AnErrorListsNoMoreThanTwelveNames) {
  std::vector<GattService> services;
  for (uint16_t i = 0; i < 30; ++i) {
    GattService service;
    service.uuid = Uuid(0xAA00U + i);
    services.push_back(service);
  }
  try {
    (void)GattServices(services).get_service(Uuid(0x180D));
    FAIL();
  } catch (const AttributeNotFound& error) {
    EXPECT_THAT(error.what(), HasSubstr("aa0b, and 18 more"));
  }
}

TEST(AttError, HasTheNamesOfTheSpecification) {
  EXPECT_EQ(att_error_name(0x01), "Invalid Handle");
  EXPECT_EQ(att_error_name(0x05), "Insufficient Authentication");
  EXPECT_EQ(att_error_name(0x13), "Value Not Allowed");
  EXPECT_EQ(att_error_name(0x80), "Application Error 0x80");
  EXPECT_EQ(att_error_name(0x9F), "Application Error 0x9F");
  EXPECT_EQ(att_error_name(0xA0), "Reserved Error 0xA0");
  EXPECT_EQ(att_error_name(0xE0), "Common Profile Error 0xE0");
  EXPECT_EQ(att_error_name(0xFC), "Write Request Rejected");
  EXPECT_EQ(att_error_name(0xFF), "Out of Range");
  for (int code = 0; code <= 0xFF; ++code) EXPECT_THAT(att_error_name(static_cast<uint8_t>(code)), Not(IsEmpty())) << code;
}

TEST(AttError, HasAdviceWhereSomethingCanBeDone) {
  for (const int code : {0x05, 0x08, 0x0C, 0x0F})
    EXPECT_THAT(std::string(att_error_advice(static_cast<uint8_t>(code))), testing::ContainsRegex("[Pp]air")) << code;
  EXPECT_THAT(std::string(att_error_advice(0x01)), HasSubstr("discover"));
  EXPECT_THAT(std::string(att_error_advice(0x0D)), HasSubstr("bytes"));
  EXPECT_THAT(std::string(att_error_advice(0x0E)), HasSubstr("again"));
  EXPECT_THAT(std::string(att_error_advice(0x11)), HasSubstr("later"));
  EXPECT_THAT(att_error_advice(0x04), IsEmpty());
  EXPECT_THAT(att_error_advice(0xA0), IsEmpty());
}

TEST(GattError, HasTheAdviceOfItsCodeUnlessItHasItsOwn) {
  const GattError refused(0x05, "the device refused the read of 2a19");
  EXPECT_EQ(refused.code_name(), "Insufficient Authentication");
  EXPECT_EQ(refused.advice(), att_error_advice(0x05));
  ErrorContext context;
  context.advice = "Press the button.";
  EXPECT_EQ(GattError(0x05, "the device refused the read of 2a19", context).advice(), "Press the button.");
}

}  // namespace
}  // namespace moor
