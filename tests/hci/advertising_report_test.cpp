#include "hci/advertising_report.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor::hci {
namespace {

using testing::ElementsAre;

std::vector<uint8_t> bytes(std::string_view hex) {
  return *from_hex(hex);
}

std::vector<AdvertisingReport> read_all(ReportReader& reader) {
  std::vector<AdvertisingReport> reports;
  while (const auto report = reader.next()) reports.push_back(*report);
  return reports;
}

TEST(LegacyReports, ReadsEveryField) {
  const auto event = bytes("3e0f 0201 0001 060504030201 03 020106 c4");
  ReportReader reader(event);
  ASSERT_TRUE(reader.is_advertising());
  const auto report = reader.next();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->address, Address(0x010203040506, true));
  EXPECT_EQ(report->properties, adv_ind);
  EXPECT_EQ(report->rssi_dbm, -60);
  EXPECT_EQ(report->tx_power_dbm, no_tx_power);
  EXPECT_EQ(report->sid, 0xFF);
  EXPECT_EQ(report->status, DataStatus::complete);
  EXPECT_THAT(report->data, ElementsAre(2, 1, 6));
  EXPECT_FALSE(reader.next());
  EXPECT_FALSE(reader.error());
}

TEST(LegacyReports, OfOneEventFollowEachOtherWhole) {
  const auto event = bytes("3e1b 0202 0300 aaaaaaaaaaaa 02 0102 d8 0401 bbbbbbbbbbbb 03 030201 7f");
  ReportReader reader(event);
  const auto reports = read_all(reader);
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0].properties, adv_nonconn_ind);
  EXPECT_FALSE(reports[0].address.is_random());
  EXPECT_EQ(reports[0].rssi_dbm, -40);
  EXPECT_EQ(reports[1].properties, scan_rsp);
  EXPECT_TRUE(reports[1].address.is_random());
  EXPECT_EQ(reports[1].rssi_dbm, no_rssi);
  EXPECT_FALSE(reader.error());
}

TEST(LegacyReports, AnIdentityAddressIsPublicOrRandom) {
  for (const auto& [type, random] : {std::pair("00", false), {"01", true}, {"02", false}, {"03", true}}) {
    const auto event = bytes("3e0c 0201 00" + std::string(type) + " 060504030201 00 c4");
    ReportReader reader(event);
    EXPECT_EQ(reader.next()->address, Address(0x010203040506, random)) << type;
  }
}

TEST(ExtendedReports, ReadsEveryField) {
  const auto event = bytes("3e1d 0d01 1200 01 060504030201 01 02 05 f4 ab 0000 00 000000000000 03 020106");
  ReportReader reader(event);
  const auto report = reader.next();
  ASSERT_TRUE(report);
  EXPECT_EQ(report->address, Address(0x010203040506, true));
  EXPECT_EQ(report->properties, adv_scan_ind);
  EXPECT_EQ(report->sid, 5);
  EXPECT_EQ(report->tx_power_dbm, -12);
  EXPECT_EQ(report->rssi_dbm, -85);
  EXPECT_THAT(report->data, ElementsAre(2, 1, 6));
}

TEST(ExtendedReports, SayWhetherMoreIsToComeOrNeverWill) {
  for (const auto& [type, status] : {std::pair("00", DataStatus::complete),
                                     {"20", DataStatus::more_to_come},
                                     {"40", DataStatus::truncated},
                                     {"60", DataStatus::truncated}}) {
    const auto event = bytes("3e1a 0d01 " + std::string(type) + "00 01 060504030201 01 00 05 7f ab 0000 00 000000000000 00");
    ReportReader reader(event);
    EXPECT_EQ(reader.next()->status, status) << type;
  }
}

TEST(ExtendedReports, AnAnonymousAdvertisementHasNoAddress) {
  const auto event = bytes("3e1a 0d01 0000 ff 060504030201 01 01 05 7f ab 0000 00 000000000000 00");
  ReportReader reader(event);
  EXPECT_EQ(reader.next()->address, Address());
}

TEST(Reports, OtherEventsAreNotTouched) {
  for (const char* hex : {"", "3e", "3e01", "3e0102", "0e0401030c00", "3e0413010000", "3e020a01"}) {
    const auto event = bytes(hex);
    ReportReader reader(event);
    EXPECT_FALSE(reader.is_advertising()) << hex;
    EXPECT_FALSE(reader.next()) << hex;
    EXPECT_FALSE(reader.error()) << hex;
  }
}

TEST(Reports, WhatIsWholeBeforeTheDamageIsRead) {
  const auto event = bytes("3e1b 0202 0300 aaaaaaaaaaaa 02 0102 d8 0401 bbbbbbbbbbbb 09 030201 7f");
  ReportReader reader(event);
  EXPECT_EQ(read_all(reader).size(), 1U);
  ASSERT_TRUE(reader.error());
  EXPECT_EQ(reader.error()->offset, 16U) << "where the second report begins";
}

TEST(Reports, AnEventWithoutAReportIsAnError) {
  const auto event = bytes("3e02 0200");
  ReportReader reader(event);
  EXPECT_TRUE(reader.is_advertising());
  EXPECT_FALSE(reader.next());
  EXPECT_TRUE(reader.error());
}

TEST(Reports, AnEventEndsWhereItSaysThoughThePacketGoesOn) {
  const auto event = bytes("3e0c 0202 0300 aaaaaaaaaaaa 00 d8 0401 bbbbbbbbbbbb 00 7f");
  ReportReader reader(event);
  EXPECT_EQ(read_all(reader).size(), 1U);
  EXPECT_TRUE(reader.error());
}

AdvertisingReport arbitrary_report(const std::vector<uint8_t>& data) {
  AdvertisingReport report;
  report.address = Address(*rc::gen::arbitrary<uint64_t>(), *rc::gen::arbitrary<bool>());
  report.properties = static_cast<AdvertisingProperties>(*rc::gen::inRange(0, 32));
  report.status = static_cast<DataStatus>(*rc::gen::inRange(0, 3));
  report.rssi_dbm = *rc::gen::arbitrary<int8_t>();
  report.tx_power_dbm = *rc::gen::arbitrary<int8_t>();
  report.sid = *rc::gen::element<uint8_t>(0, 1, 15, 0xFF);
  report.data = data;
  return report;
}

void expect_equal(const AdvertisingReport& read, const AdvertisingReport& written) {
  RC_ASSERT(read.address == written.address);
  RC_ASSERT(read.properties == written.properties);
  RC_ASSERT(read.status == written.status);
  RC_ASSERT(read.rssi_dbm == written.rssi_dbm);
  RC_ASSERT(read.tx_power_dbm == written.tx_power_dbm);
  RC_ASSERT(read.sid == written.sid);
  RC_ASSERT(std::equal(read.data.begin(), read.data.end(), written.data.begin(), written.data.end()));
}

TEST(Reports, AnyExtendedReportReadsAsItWasWritten) {
  EXPECT_TRUE(rc::check([] {
    const auto data = *rc::gen::resize(static_cast<int>(max_fragment_size), rc::gen::arbitrary<std::vector<uint8_t>>());
    RC_PRE(data.size() <= max_fragment_size);
    const auto report = arbitrary_report(data);
    std::vector<uint8_t> event;
    append_extended_report(event, report);
    RC_ASSERT(event.size() == event[1] + 2U);
    ReportReader reader(event);
    const auto read = reader.next();
    RC_ASSERT(read.has_value());
    expect_equal(*read, report);
  }));
}

TEST(Reports, WhatFitsALegacyReportReadsAsItWasWritten) {
  EXPECT_TRUE(rc::check([] {
    const auto data = *rc::gen::resize(static_cast<int>(legacy_payload_size), rc::gen::arbitrary<std::vector<uint8_t>>());
    auto report = arbitrary_report(data);
    report.properties = *rc::gen::element(adv_ind, adv_direct_ind, adv_scan_ind, adv_nonconn_ind, scan_rsp);
    report.status = DataStatus::complete;
    report.tx_power_dbm = no_tx_power;
    report.sid = 0xFF;
    RC_ASSERT(fits_legacy_report(report) == (data.size() <= legacy_payload_size));
    RC_PRE(fits_legacy_report(report));
    std::vector<uint8_t> event;
    append_legacy_report(event, report);
    ReportReader reader(event);
    const auto read = reader.next();
    RC_ASSERT(read.has_value());
    expect_equal(*read, report);
  }));
}

TEST(Reports, AnEventCutAnywhereGivesWholeReportsAndAnError) {
  std::vector<uint8_t> event;
  append_extended_report(event, {.address = Address(1, true), .data = {}});
  for (size_t size = 0; size < event.size(); ++size) {
    const std::vector<uint8_t> cut(event.begin(),
                                   event.begin() + static_cast<std::ptrdiff_t>(size));  // its own block, for the sanitizer
    ReportReader reader(cut);
    EXPECT_FALSE(reader.next()) << size;
    EXPECT_EQ(reader.error().has_value(), reader.is_advertising()) << size;
  }
}

}  // namespace
}  // namespace moor::hci
