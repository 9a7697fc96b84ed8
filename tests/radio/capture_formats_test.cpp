#include "radio/capture_files.hpp"
#include "support/allocation_counter.hpp"

#include <gmock/gmock.h>

namespace moor {
namespace {

using namespace moor::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;

constexpr uint64_t noon_us = 43'200'123'456;
constexpr TimePoint noon = TimePoint(std::chrono::microseconds(noon_us));

// The file holds one report of advertiser 1 at noon, with this RSSI and channel.
void expect_one(const FileBytes& file, const std::string& format, int8_t rssi_dbm = -60, uint8_t channel = 0) {
  Capture capture = Capture::from_bytes(file, "test");
  EXPECT_EQ(capture.format(), format);
  EXPECT_EQ(capture.first_report_time(), noon);
  const auto [reports, damaged_at, error] = read_all(capture);
  ASSERT_EQ(reports.size(), 1U) << format;
  const Seen expected{
      .address = advertiser_address(1),
      .time = noon,
      .rssi_dbm = rssi_dbm,
      .properties = AdvertisingProperties::connectable | AdvertisingProperties::scannable | AdvertisingProperties::legacy,
      .channel = channel,
      .payload = hex("020106")};
  EXPECT_EQ(reports[0], expected) << format;
  EXPECT_FALSE(damaged_at) << error;
}

FileBytes h4(const FileBytes& packet) {
  return FileBytes{4} + packet;
}

TEST(Btsnoop, ReadsAllThatHasHci) {
  const auto received = event(1, -60);
  expect_one(btsnoop_header(1001) + btsnoop_record(noon_us, 2, hex("0c200200")) + btsnoop_record(noon_us, 3, received),
             "btsnoop (H1)");
  expect_one(btsnoop_header(1002) + btsnoop_record(noon_us, 0, hex("010c200200")) + btsnoop_record(noon_us, 3, h4(received)),
             "btsnoop (H4)");
  expect_one(btsnoop_header(2001) + btsnoop_record(noon_us, 0x10000, hex("00")) + btsnoop_record(noon_us, 0x10003, received),
             "btsnoop (Linux monitor)");
}

TEST(Btsnoop, RefusesOtherTransportsByName) {
  for (const auto& [datalink, name] : {std::pair(1003U, "BCSP"), {1004U, "H5"}, {77U, "77"}}) {
    try {
      (void)Capture::from_bytes(btsnoop_header(datalink), "test");
      ADD_FAILURE() << datalink;
    } catch (const CaptureError& error) {
      EXPECT_THAT(error.what(), HasSubstr(name));
    }
  }
}

TEST(Btsnoop, TimeBefore1970IsHeldAt1970) {
  const auto file = btsnoop_header(1002) + btsnoop_record(uint64_t{0} - btsnoop_1970, 3, h4(event(1, -60)));
  EXPECT_EQ(read_all(file).reports.at(0).time, TimePoint{});
}

TEST(Pcap, ReadsBothByteOrdersAndBothResolutions) {
  for (const bool big_endian : {false, true}) {
    const auto record = [&](uint32_t fraction) { return pcap_record(43'200, fraction, h4(event(1, -60)), big_endian); };
    expect_one(pcap_header(0xA1B2C3D4, 187, big_endian) + record(123'456), "pcap (H4)");
    expect_one(pcap_header(0xA1B23C4D, 187, big_endian) + record(123'456'000), "pcap (H4)");
  }
}

TEST(Pcap, ReadsTheLinkTypesOfBluetoothLe) {
  const auto file = [](uint32_t link_type, const FileBytes& data) {
    return pcap_header(0xA1B2C3D4, link_type) + pcap_record(43'200, 123'456, data);
  };
  expect_one(file(201, be(uint32_t{1}) + h4(event(1, -60))), "pcap (H4)");
  expect_one(file(254, be(uint16_t{2}) + be(uint16_t{3}) + event(1, -60)), "pcap (Linux monitor)");
  expect_one(file(251, air_packet(1)), "pcap (LE link layer)", no_rssi);
}

TEST(Pcap, RefusesALinkTypeThatIsNotBluetooth) {
  EXPECT_THROW((void)Capture::from_bytes(pcap_header(0xA1B2C3D4, 1), "ethernet"), CaptureError);
}

constexpr uint16_t dewhitened = 0x0001;
constexpr uint16_t signal_valid = 0x0002;
constexpr uint16_t checked = 0x0400;
constexpr uint16_t valid = 0x0800;

FileBytes with_phdr(uint16_t flags, const FileBytes& packet, uint8_t rf_channel = 12) {
  return FileBytes{rf_channel, 0xC4, 0, 0} + le(hci::advertising_access_address) + le(flags) + packet;
}
FileBytes phdr_file(const FileBytes& data) {
  return pcap_header(0xA1B2C3D4, 256) + pcap_record(43'200, 123'456, data);
}

TEST(LinkLayerCapture, TakesRssiAndChannelFromItsHeader) {
  expect_one(phdr_file(with_phdr(dewhitened | signal_valid, air_packet(1))), "pcap (LE link layer)", -60, 38);
  expect_one(phdr_file(with_phdr(dewhitened, air_packet(1), 0)), "pcap (LE link layer)", no_rssi, 37);
  expect_one(phdr_file(with_phdr(dewhitened, air_packet(1), 39)), "pcap (LE link layer)", no_rssi, 39);
  expect_one(phdr_file(with_phdr(dewhitened, air_packet(1), 5)), "pcap (LE link layer)", no_rssi, 0);
}

TEST(LinkLayerCapture, TheSniffersWordCountsAndWithoutOneTheCrcDecides) {
  FileBytes damaged = air_packet(1);
  damaged.back() ^= 0x80;
  const auto reports_of = [](uint16_t flags, const FileBytes& packet) {
    return read_all(phdr_file(with_phdr(flags, packet))).reports.size();
  };
  EXPECT_EQ(reports_of(dewhitened | checked | valid, damaged), 1U) << "said to be good";
  EXPECT_EQ(reports_of(dewhitened | checked, air_packet(1)), 0U) << "said to be bad";
  EXPECT_EQ(reports_of(dewhitened, damaged), 0U);
  EXPECT_EQ(reports_of(checked | valid, damaged), 0U) << "cannot have been checked while whitened";
  EXPECT_EQ(reports_of(dewhitened | 0x4000, air_packet(1)), 0U) << "LE 2M";
}

// The part that all versions of the header share, and the packet.
FileBytes nordic_rest(uint8_t flags, uint8_t minus_rssi = 60) {
  return FileBytes{flags, 38, minus_rssi, 0, 0, 0, 0, 0, 0} + air_packet(1);
}

TEST(NordicCapture, ReadsAllItsHeaders) {
  const auto file = [](const FileBytes& data) { return pcap_header(0xA1B2C3D4, 272) + pcap_record(43'200, 123'456, data); };
  const auto rest = nordic_rest(1);
  const auto size = static_cast<uint8_t>(rest.size() + 1);
  const std::string format = "pcap (nRF Sniffer)";
  expect_one(file(hex("beef 06 0100 0000") + FileBytes{size} + rest), format, -60, 38);
  expect_one(file(hex("0b 06") + FileBytes{size} + hex("01 0100 06 0a") + rest), format, -60, 38);
  expect_one(file(hex("0b") + FileBytes{size} + hex("00 02 0100 06 0a") + rest), format, -60, 38);
  expect_one(file(hex("0b") + FileBytes{size} + hex("00 03 0100 02 0a") + rest), format, -60, 38);
}

TEST(NordicCapture, CountsWhatIsNoReport) {
  const auto file = [](const char* header, const FileBytes& rest) {
    return pcap_header(0xA1B2C3D4, 272) + pcap_record(0, 0, hex(header) + rest);
  };
  const auto statistics = [](const FileBytes& bytes) {
    Capture capture = Capture::from_bytes(bytes, "test");
    EXPECT_TRUE(read_all(capture).reports.empty());
    return capture.statistics();
  };
  EXPECT_EQ(statistics(file("0b 1d00 02 0100 06 0a", nordic_rest(0))).bad_crc, 1U);
  EXPECT_EQ(statistics(file("0b 1d00 03 0100 06 0a", nordic_rest(1))).other, 1U) << "a packet of a connection";
  EXPECT_EQ(statistics(file("0b 1d00 03 0100 02 0a", nordic_rest(0x21))).other, 1U) << "coded PHY";
  EXPECT_EQ(statistics(file("0b 0000 02 0100 0e", {})).malformed, 1U) << "shorter than its header";
}

TEST(Pcapng, ReadsBothByteOrdersInOneFile) {
  const auto section = [](bool big_endian) {
    return pcapng_section(big_endian) + pcapng_interface(187, {}, big_endian) +
           pcapng_packet(0, noon_us, h4(event(1, -60)), big_endian);
  };
  const auto reports = read_all(section(false) + section(true)).reports;
  ASSERT_EQ(reports.size(), 2U);
  EXPECT_EQ(reports[0], reports[1]);
  expect_one(section(true), "pcapng (H4)");
}

TEST(Pcapng, EachInterfaceHasItsLinkTypeAndItsUnitOfTime) {
  const auto resolution = [](uint8_t value) {
    return le(uint16_t{9}) + le(uint16_t{1}) + FileBytes{value, 0, 0, 0} + le(uint32_t{0});
  };
  const auto offset = le(uint16_t{14}) + le(uint16_t{8}) + le(uint64_t{3600});
  const auto file = pcapng_section() + pcapng_interface(187) + pcapng_interface(1) + pcapng_interface(251, resolution(9)) +
                    pcapng_interface(187, resolution(0x80 | 10)) + pcapng_interface(187, offset) +
                    pcapng_interface(187, resolution(12)) + pcapng_packet(0, 5'000'001, h4(event(1, -1))) +
                    pcapng_packet(1, 0, hex("00112233")) + pcapng_packet(2, 5'000'000'001, air_packet(2)) +
                    pcapng_packet(3, 5 * 1024 + 512, h4(event(3, -3))) + pcapng_packet(4, 5'000'000, h4(event(4, -4))) +
                    pcapng_packet(5, 5'000'000'007'000, h4(event(5, -5)));
  const auto [reports, damaged_at, error] = read_all(file);
  ASSERT_EQ(reports.size(), 5U) << error;
  EXPECT_EQ(reports[0].time, TimePoint(5s + 1us));
  EXPECT_EQ(reports[1].time, TimePoint(5s + 1ns));
  EXPECT_EQ(reports[1].address, advertiser_address(2));
  EXPECT_EQ(reports[2].time, TimePoint(5s + 500ms));
  EXPECT_EQ(reports[3].time, TimePoint(1h + 5s));
  EXPECT_EQ(reports[4].time, TimePoint(5s + 7ns));
}

TEST(Pcapng, ReadsSimpleAndObsoletePacketsAndSkipsOtherBlocks) {
  const FileBytes packet = h4(event(1, -60));
  const auto size = le(static_cast<uint32_t>(packet.size()));
  const auto file =
      pcapng_section() + pcapng_block(0x0BAD, FileBytes(1 << 20)) + pcapng_interface(187) +
      pcapng_block(2, le(uint16_t{0}) + le(uint16_t{9}) + le(uint32_t{0}) + le(uint32_t{7'000'000}) + size + size + packet) +
      pcapng_block(4, hex("00000000")) + pcapng_block(3, size + packet);
  const auto [reports, damaged_at, error] = read_all(file);
  ASSERT_EQ(reports.size(), 2U) << error;
  EXPECT_EQ(reports[0].time, TimePoint(7s));
  EXPECT_EQ(reports[1].time, TimePoint(7s)) << "it has no time and takes the last one";
}

TEST(PacketLogger, ReadsBothByteOrdersAndPassesOverNotes) {
  for (const bool big_endian : {true, false}) {
    const auto note = packetlogger_record(43'200, 123'456, 0xFC, text("a note"), big_endian);
    const auto sent = packetlogger_record(43'200, 123'456, 0x00, hex("0c200200"), big_endian);
    expect_one(note + sent + packetlogger_record(43'200, 123'456, 0x01, event(1, -60), big_endian), "PacketLogger");
  }
}

TEST(Capture, CountsWhatBecameOfEveryRecord) {
  const auto record = [](const FileBytes& data) { return btsnoop_record(0, 3, data); };
  Capture capture = Capture::from_bytes(btsnoop_header(1002) + record(h4(event(1, -60))) + record(h4(event(2, no_rssi))) +
                                            record(hex("0202dc0000")) + record(h4(hex("0e0401030c00"))) +
                                            record(h4(hex("3e0f0201"))) + record({}),
                                        "test");
  EXPECT_EQ(read_all(capture).reports.size(), 2U);
  const ScanStatistics statistics = capture.statistics();
  EXPECT_EQ(statistics.reports, 2U);
  EXPECT_EQ(statistics.without_rssi, 1U);
  EXPECT_EQ(statistics.other, 2U);
  EXPECT_EQ(statistics.malformed, 2U);
}

TEST(Capture, FragmentsAreReportsAndTheLastHasTheWhole) {
  const auto fragment = [](uint8_t status, const char* data) {
    const FileBytes bytes = hex(data);
    return FileBytes{4,   0x3E, static_cast<uint8_t>(26 + bytes.size()), 0x0D, 1, status, 0, 1, 1, 0, 0, 0, 0, 0xC0, 1, 1, 3,
                     127, 0xC4} +
           FileBytes(9) + FileBytes{static_cast<uint8_t>(bytes.size())} + bytes;
  };
  Capture capture =
      Capture::from_bytes(btsnoop_header(1002) + btsnoop_record(0, 3, fragment(0x20, "0102")) +
                              btsnoop_record(1, 3, fragment(0x00, "0304")) + btsnoop_record(2, 3, fragment(0x20, "05")),
                          "test");
  const auto reports = read_all(capture).reports;
  ASSERT_EQ(reports.size(), 3U);
  EXPECT_EQ(reports[0].payload, hex("0102"));
  EXPECT_EQ(reports[0].status, DataStatus::more_to_come);
  EXPECT_EQ(reports[1].payload, hex("01020304"));
  EXPECT_EQ(reports[1].status, DataStatus::complete);
  EXPECT_EQ(capture.statistics().reassembly_dropped, 1U) << "the file ends before the rest of the last one";
}

TEST(Capture, ReadsTheSameAgainInBatchesOfAnySize) {
  FileBytes file = btsnoop_header(1002);
  for (uint8_t i = 0; i < 200; ++i) file = file + btsnoop_record(i, 3, h4(event(i, -50)));
  Capture capture = Capture::from_bytes(file, "test");
  const auto once = read_all(capture).reports;
  EXPECT_EQ(once.size(), 200U);
  EXPECT_TRUE(capture.next_batch().empty()) << "the end stays the end";
  for (const size_t batch : {size_t{1}, size_t{7}, size_t{100'000}}) {
    capture.rewind();
    EXPECT_EQ(read_all(capture, batch).reports, once) << batch;
  }
  EXPECT_EQ(capture.statistics().reports, 800U) << "all rounds together";
}

TEST(Capture, AllocatesNothingForAReport) {
  FileBytes file = btsnoop_header(1002);
  for (int i = 0; i < 2000; ++i) file = file + btsnoop_record(0, 3, h4(event(static_cast<uint8_t>(i), -50)));
  Capture capture = Capture::from_bytes(file, "test");
  (void)capture.next_batch();
  const size_t before = allocations();
  size_t reports = 0;
  for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch()) reports += batch.size();
  EXPECT_EQ(allocations(), before);
  EXPECT_EQ(reports, 2000 - Capture::max_batch);
}

}  // namespace
}  // namespace moor
