#include "moor/names.hpp"

#include "gatt/tables.hpp"

#include <gmock/gmock.h>
#include <algorithm>

namespace moor {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

constexpr uint16_t battery_service = 0x180F;

TEST(Names, OfEveryKindAreKnown) {
  EXPECT_EQ(company_name(0x004C), "Apple, Inc.");
  EXPECT_EQ(company_name(0x0499), "Ruuvi Innovations Ltd.");
  EXPECT_EQ(service_name(Uuid(battery_service)), "Battery");
  EXPECT_EQ(characteristic_name(Uuid(0x2A37)), "Heart Rate Measurement");
  EXPECT_EQ(descriptor_name(Uuid(0x2902)), "Client Characteristic Configuration");
  EXPECT_EQ(unit_name(Uuid(0x272F)), "Celsius temperature (degree Celsius)");
  EXPECT_EQ(name_of(NumberKind::member, 0xFEAA), "Google LLC");
  EXPECT_EQ(name_of(NumberKind::declaration, 0x2800), "Primary Service");
  EXPECT_EQ(name_of(NumberKind::ad_type, 0xFF), "Manufacturer Specific Data");
  EXPECT_EQ(appearance_name(0x0341), "Heart Rate Belt");
}

TEST(Names, TheServicesOfTheChapterAreThere) {
  EXPECT_EQ(service_name(Uuid(0x180D)), "Heart Rate");
  EXPECT_EQ(service_name(Uuid(0x180F)), "Battery");
  EXPECT_EQ(service_name(Uuid(0x181A)), "Environmental Sensing");
  EXPECT_EQ(service_name(Uuid(0x1816)), "Cycling Speed and Cadence");
}

TEST(Names, OfWhatIsNotAssignedAreEmpty) {
  EXPECT_THAT(company_name(0xFFFE), IsEmpty());
  EXPECT_THAT(service_name(Uuid(0x18FF)), IsEmpty());
  EXPECT_THAT(service_name(Uuid(0x2A37)), IsEmpty());
  EXPECT_THAT(service_name(*Uuid::parse("6e400001-b5a3-f393-e0a9-e50e24dcca9e")), IsEmpty());
  EXPECT_THAT(service_name(Uuid(0x0001'180F)), IsEmpty());
  EXPECT_THAT(find_number(0x1FFF), IsEmpty());
}

TEST(Names, ASubcategoryThatIsNotKnownHasItsCategorysName) {
  EXPECT_EQ(appearance_name(0x037F), "Generic Heart Rate Sensor");
  EXPECT_THAT(appearance_name(0xFFFF), IsEmpty());
}

TEST(Names, AUuidIsOfOneKind) {
  EXPECT_EQ(find_uuid(Uuid(battery_service)), (AssignedNumber{NumberKind::service, battery_service, "Battery"}));
  EXPECT_EQ(find_uuid(*Uuid::parse("00002a19-0000-1000-8000-00805f9b34fb"))->name, "Battery Level");
  EXPECT_EQ(find_uuid(Uuid(0x004C)), std::nullopt) << "a company is no UUID";
}

TEST(Names, ANumberMayBeSeveralThings) {
  EXPECT_THAT(find_number(0x0341), ElementsAre(Field(&AssignedNumber::kind, NumberKind::company),
                                               Field(&AssignedNumber::kind, NumberKind::appearance)));
}

TEST(FindByName, TheWholeNameComesFirstThenItsBeginningThenAWord) {
  const auto found = find_by_name("BATTERY");
  ASSERT_THAT(found, SizeIs(::testing::Ge(3U)));
  EXPECT_EQ(found[0], (AssignedNumber{NumberKind::service, battery_service, "Battery"}));
  EXPECT_EQ(found[1].name, "Battery Level");
  const auto cadence = find_by_name("cadence");
  ASSERT_THAT(cadence, Not(IsEmpty()));
  EXPECT_EQ(cadence[0].number, 0x1814) << "none begins with it, so services come first";
}

TEST(FindByName, APartWithinAWordIsFoundLast) {
  const auto found = find_by_name("umidi");
  ASSERT_THAT(found, Not(IsEmpty()));
  EXPECT_EQ(found[0].number, 0x2A6F);
}

TEST(FindByName, TheKindMayFollowTheName) {
  const auto found = find_by_name("Battery Service");
  ASSERT_THAT(found, Not(IsEmpty()));
  EXPECT_EQ(found[0].number, battery_service);
  EXPECT_EQ(find_by_name("Primary Service")[0].kind, NumberKind::declaration);
  EXPECT_EQ(find_by_name("battery level characteristic")[0].number, 0x2A19);
}

TEST(FindByName, NothingIsFoundForNothing) {
  EXPECT_THAT(find_by_name(""), IsEmpty());
  EXPECT_THAT(find_by_name("no such thing"), IsEmpty());
}

TEST(FindService, HasItsCharacteristicsAndItsUse) {
  const auto heart_rate = find_service(Uuid(0x180D));
  ASSERT_TRUE(heart_rate);
  EXPECT_THAT(heart_rate->characteristics, ElementsAre(Field(&AssignedNumber::name, "Heart Rate Measurement"),
                                                       Field(&AssignedNumber::name, "Body Sensor Location"),
                                                       Field(&AssignedNumber::name, "Heart Rate Control Point")));
  EXPECT_THAT(heart_rate->use, ::testing::StartsWith("Chest straps"));
  EXPECT_FALSE(find_service(Uuid(0x2A37)));
}

// The rules that the search relies on, for each table and each row.
class Tables : public ::testing::TestWithParam<NumberKind> {};

TEST_P(Tables, AreSortedAndEveryRowIsFound) {
  std::string_view rows = table_of(GetParam());
  ASSERT_THAT(rows, Not(IsEmpty()));
  for (int last = -1; !rows.empty();) {
    std::string_view row = take_row(rows);
    const std::string_view digits = take_field(row);
    const uint16_t number = number_in(digits);
    EXPECT_EQ(digits.size(), GetParam() == NumberKind::ad_type ? 2U : 4U) << digits;
    EXPECT_LT(last, number) << digits;
    EXPECT_THAT(row, Not(IsEmpty())) << digits;
    EXPECT_EQ(name_of(GetParam(), number), row);
    last = number;
  }
}

TEST_P(Tables, AnswerForEveryNumber) {
  size_t known = 0;
  for (unsigned number = 0; number <= 0xFFFF; ++number) known += !name_of(GetParam(), static_cast<uint16_t>(number)).empty();
  const std::string_view rows = table_of(GetParam());
  EXPECT_EQ(known, static_cast<size_t>(std::ranges::count(rows, '\n')));
}

INSTANTIATE_TEST_SUITE_P(OfEveryKind, Tables,
                         ::testing::Values(NumberKind::service, NumberKind::characteristic, NumberKind::descriptor,
                                           NumberKind::declaration, NumberKind::unit, NumberKind::member, NumberKind::company,
                                           NumberKind::appearance, NumberKind::ad_type),
                         [](const auto& info) { return "Kind" + std::to_string(static_cast<int>(info.param)); });

TEST(FindService, EveryServiceHasAUseAndKnownCharacteristics) {
  std::string_view rows = table_of(NumberKind::service);
  while (!rows.empty()) {
    std::string_view row = take_row(rows);
    const auto info = find_service(Uuid(number_in(take_field(row))));
    ASSERT_TRUE(info);
    EXPECT_THAT(info->use, SizeIs(::testing::Gt(20U))) << row;
    for (const AssignedNumber& each : info->characteristics) EXPECT_THAT(each.name, Not(IsEmpty())) << row;
  }
}

}  // namespace
}  // namespace moor
