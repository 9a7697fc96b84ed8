// What a host is told of advertisements: legacy and extended, each once or all, with an answer to each scan request.

#include "radio/controller/reports.hpp"

#include "controller/scripted_host.hpp"

#include <gmock/gmock.h>

namespace moor::testing {
namespace {

using namespace std::chrono_literals;
using controller::CommandMachine;
using controller::Reports;
using ::testing::SizeIs;
using Properties = AdvertisingProperties;

class ReportsTest : public ::testing::Test {
protected:
  void tell(const hci::Packet& packet) {
    (void)machine.receive(*hci::parse_command(Bytes(packet).subspan(1)));
    if (machine.scan().enabled) reports.begin(now);
  }
  void scan(bool active, bool once) {
    tell(scan_parameters(active));
    tell(scan_enable(true, once));
  }
  void scan_extended(bool active, bool once) {
    tell(extended_scan_parameters(active));
    tell(extended_scan_enable(true, once));
  }
  Sighting sighting(uint64_t device, Properties properties, std::vector<uint8_t> payload = {2, 1, 6}) {
    Sighting made;
    made.address = Address(device, true);
    made.properties = properties;
    made.rssi_dbm = -70;
    made.time = now;
    made.set_payload(payload, ring);
    return made;
  }
  std::vector<ScriptedHost::Report> hear(const std::vector<Sighting>& batch) {
    host.clear();
    reports.add(batch, machine);
    return host.reports();
  }

  TimePoint now = TimePoint(1h);
  PayloadRing ring;
  ScriptedHost host;
  controller::ControllerCounters counters;
  CommandMachine machine{Address(0x02AABBCCDDEE, false), true, [] { return uint64_t{0}; }};
  Reports reports{true, counters, [this](Bytes packet) { host.on_packet(packet); }};
};

TEST_F(ReportsTest, EachAdvertisementAsItWasHeard) {
  scan(false, false);
  const auto heard = hear({sighting(1, hci::adv_ind), sighting(2, hci::adv_nonconn_ind, {3, 0xFF, 1, 2})});
  ASSERT_THAT(heard, SizeIs(2));
  EXPECT_EQ(heard[0].address, Address(1, true));
  EXPECT_EQ(heard[0].properties, hci::adv_ind);
  EXPECT_EQ(heard[0].rssi_dbm, -70);
  EXPECT_EQ(to_hex(heard[1].data), "03ff0102");
  EXPECT_THAT(host.packets, SizeIs(1)) << "those that come together are one event";
  EXPECT_EQ(counters.reports, 2U);
}

TEST_F(ReportsTest, AnEventHasNoMoreThanFit) {
  scan(false, false);
  std::vector<Sighting> batch;
  for (uint64_t i = 1; i <= 20; ++i) batch.push_back(sighting(i, hci::adv_nonconn_ind, std::vector<uint8_t>(31, 0)));
  EXPECT_THAT(hear(batch), SizeIs(20));
  EXPECT_THAT(host.packets, SizeIs(4)) << "six of 41 bytes";
  for (const hci::Packet& packet : host.packets) EXPECT_EQ(packet.size(), size_t{3} + packet[2]);
}

TEST_F(ReportsTest, AScannableDeviceAnswersEvenWhenItHasNothingToSay) {
  scan(true, false);
  const auto heard = hear({sighting(1, hci::adv_ind), sighting(2, hci::adv_nonconn_ind)});
  ASSERT_THAT(heard, SizeIs(3));
  EXPECT_EQ(heard[1].properties, hci::scan_rsp);
  EXPECT_EQ(heard[1].address, Address(1, true));
  EXPECT_TRUE(heard[1].data.empty());
  EXPECT_EQ(heard[2].address, Address(2, true));

  EXPECT_THAT(hear({sighting(3, hci::adv_ind), sighting(3, hci::scan_rsp)}), SizeIs(2)) << "it has answered itself";
  EXPECT_THAT(hear({sighting(3, hci::adv_ind)}), SizeIs(1)) << "its answer was lost";
}

TEST_F(ReportsTest, ADeviceOnceWhereTheHostWantsThat) {
  scan(true, true);
  EXPECT_THAT(hear({sighting(1, hci::adv_ind), sighting(1, hci::scan_rsp)}), SizeIs(2)) << "both kinds";
  EXPECT_THAT(hear({sighting(1, hci::adv_ind, {3, 0xFF, 9, 9}), sighting(1, hci::scan_rsp)}), SizeIs(0)) << "whatever it says";
  EXPECT_EQ(counters.duplicates_filtered, 2U);
  tell(scan_enable(true, true));
  EXPECT_THAT(hear({sighting(1, hci::adv_ind), sighting(1, hci::scan_rsp)}), SizeIs(2)) << "again in the next scan";
}

TEST_F(ReportsTest, AControllerThatFiltersNothing) {
  Reports all(false, counters, [this](Bytes packet) { host.on_packet(packet); });
  scan(true, true);
  all.begin(now);
  host.clear();
  const std::vector<Sighting> same = {sighting(1, hci::adv_nonconn_ind), sighting(1, hci::adv_nonconn_ind)};
  all.add(same, machine);
  EXPECT_THAT(host.reports(), SizeIs(2));
}

TEST_F(ReportsTest, AnExtendedAdvertisementIsNewWhenItsDataAre) {
  scan_extended(false, true);
  EXPECT_THAT(hear({sighting(1, Properties::none, {2, 1, 6})}), SizeIs(1));
  EXPECT_THAT(hear({sighting(1, Properties::none, {2, 1, 6})}), SizeIs(0));
  EXPECT_THAT(hear({sighting(1, Properties::none, {2, 1, 4})}), SizeIs(1));
}

TEST_F(ReportsTest, ALegacyScanHearsNoExtendedAdvertisements) {
  scan(false, false);
  EXPECT_THAT(hear({sighting(1, Properties::connectable)}), SizeIs(0));
  tell(scan_enable(false, false));
  scan_extended(false, false);
  EXPECT_THAT(hear({sighting(1, Properties::connectable), sighting(1, hci::adv_ind)}), SizeIs(2)) << "this hears both";
}

TEST_F(ReportsTest, LongPayloadsComeInFragments) {
  scan_extended(false, false);
  std::vector<uint8_t> payload(1650);
  for (size_t i = 0; i < payload.size(); ++i) payload[i] = static_cast<uint8_t>(i);
  const auto heard = hear({sighting(1, Properties::none, payload)});
  ASSERT_THAT(heard, SizeIs(8));
  std::vector<uint8_t> whole;
  for (size_t i = 0; i < heard.size(); ++i) {
    EXPECT_EQ(heard[i].status, i < 7 ? DataStatus::more_to_come : DataStatus::complete);
    whole.insert(whole.end(), heard[i].data.begin(), heard[i].data.end());
  }
  EXPECT_EQ(whole, payload);
}

TEST_F(ReportsTest, OnlyThoseOfTheAcceptList) {
  tell(ScriptedHost::command(hci::Opcode::le_add_to_accept_list, hci::Fields().u8(1).address(Address(2, true))));
  tell(scan_parameters(false, true));
  tell(scan_enable(true, false));
  const auto heard = hear({sighting(1, hci::adv_ind), sighting(2, hci::adv_ind)});
  ASSERT_THAT(heard, SizeIs(1));
  EXPECT_EQ(heard[0].address, Address(2, true));
}

TEST(RecentSet, ForgetsTheOldest) {
  controller::RecentSet set(3);
  for (uint64_t i = 0; i < 5; ++i) EXPECT_TRUE(set.insert(i));
  EXPECT_EQ(set.size(), 3U);
  EXPECT_TRUE(set.insert(0)) << "it was forgotten";
  EXPECT_FALSE(set.insert(4));
}

}  // namespace
}  // namespace moor::testing
