#include "radio/capture_files.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>

namespace moor {
namespace {

using namespace moor::testing;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using Datalink = BtsnoopOptions::Datalink;

std::vector<Seen> write_and_read(std::span<const Sighting> sightings, Datalink datalink = Datalink::monitor) {
  const TemporaryFile file("written.btsnoop");
  BtsnoopWriter writer(file.path(), {.datalink = datalink});
  writer.write(sightings);
  writer.flush();
  Capture capture = Capture::open(file.path());
  auto read = read_all(capture);
  EXPECT_FALSE(read.damaged_at) << read.error;
  return read.reports;
}

std::vector<Seen> all_seen(std::span<const Sighting> sightings) {
  std::vector<Seen> result;
  for (const Sighting& sighting : sightings) result.push_back(seen(sighting));
  return result;
}

Sighting arbitrary_sighting(PayloadRing& ring) {
  Sighting sighting;
  sighting.address = Address(*rc::gen::arbitrary<uint64_t>(), *rc::gen::arbitrary<bool>());
  sighting.time = TimePoint(std::chrono::microseconds(*rc::gen::inRange<int64_t>(0, int64_t{1} << 50)));
  sighting.radio = *rc::gen::arbitrary<RadioId>();
  sighting.rssi_dbm = *rc::gen::arbitrary<int8_t>();
  const bool legacy = *rc::gen::arbitrary<bool>();
  sighting.properties = static_cast<AdvertisingProperties>(*rc::gen::inRange(0, 16) | (legacy ? 16 : 0));
  if (!legacy) {
    sighting.sid = *rc::gen::inRange<uint8_t>(0, 16);
    sighting.tx_power_dbm = *rc::gen::arbitrary<int8_t>();
  }
  sighting.set_payload(
      *rc::gen::container<std::vector<uint8_t>>(*rc::gen::inRange<size_t>(0, legacy ? 32 : 230), rc::gen::arbitrary<uint8_t>()),
      ring);
  return sighting;
}

TEST(BtsnoopWriter, WhatItWritesReadsTheSame) {
  EXPECT_TRUE(rc::check([] {
    PayloadRing ring;
    std::vector<Sighting> sightings;
    const auto count = *rc::gen::inRange(0, 20);
    for (int i = 0; i < count; ++i) sightings.push_back(arbitrary_sighting(ring));
    if (sightings.empty()) return;
    const auto datalink = *rc::gen::element(Datalink::monitor, Datalink::h4);
    RC_ASSERT(write_and_read(sightings, datalink) == all_seen(sightings));
  }));
}

TEST(BtsnoopWriter, ALongPayloadIsWrittenInFragmentsAndCountsAsOneSample) {
  PayloadRing ring;
  Sighting sighting;
  sighting.address = Address(0xC00000000001, true);
  sighting.time = TimePoint(1h);
  sighting.rssi_dbm = -42;
  sighting.sid = 3;
  sighting.set_payload(FileBytes(500, 0xAB), ring);
  const auto read = write_and_read(std::span(&sighting, 1));
  ASSERT_EQ(read.size(), 3U);
  EXPECT_EQ(read[0].rssi_dbm, no_rssi);
  EXPECT_EQ(read[1].rssi_dbm, no_rssi);
  EXPECT_EQ(read[0].status, DataStatus::more_to_come);
  EXPECT_EQ(read[2], seen(sighting));
}

// What a capture with fragments gave is written as it was: `replay` and `record` in a row change nothing.
TEST(BtsnoopWriter, FragmentsThatWereReadAreWrittenAsFragments) {
  PayloadRing ring;
  std::vector<Sighting> sightings(3);
  const FileBytes whole(300, 0xCD);
  for (size_t i = 0; i < 3; ++i) {
    sightings[i].address = Address(0xC00000000001, true);
    sightings[i].time = TimePoint(1h + i * 1ms);
    sightings[i].rssi_dbm = static_cast<int8_t>(-40 - static_cast<int>(i));
    sightings[i].sid = 3;
    sightings[i].status = i < 2 ? DataStatus::more_to_come : DataStatus::complete;
    sightings[i].set_payload(i < 2 ? Bytes(whole).first(100) : Bytes(whole), ring);
  }
  EXPECT_EQ(write_and_read(sightings), all_seen(sightings));
}

TEST(BtsnoopWriter, AnnouncesEachRadioOnceAsAnAdapter) {
  const TemporaryFile file("adapters.btsnoop");
  std::vector<Sighting> sightings(4);
  sightings[2].radio = 5;
  BtsnoopWriter writer(file.path());
  writer.write(sightings);
  writer.flush();
  EXPECT_EQ(writer.written(), 4U);
  Capture capture = Capture::open(file.path());
  EXPECT_EQ(capture.format(), "btsnoop (Linux monitor)");
  EXPECT_EQ(read_all(capture).reports.size(), 4U);
  EXPECT_EQ(capture.statistics().other, 2U) << "two new adapters";
}

TEST(BtsnoopWriter, AFullDiskIsAnError) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  BtsnoopWriter writer("/dev/full");
  writer.write(Sighting());
  try {
    writer.flush();
    ADD_FAILURE() << "wrote to a full disk";
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/dev/full"));
    EXPECT_THAT(error.context().cause, HasSubstr("No space left"));
  }
}

TEST(BtsnoopWriter, AFullDiskIsNoticedWhileWritingToo) {
  if (!std::filesystem::exists("/dev/full")) GTEST_SKIP() << "this system has no /dev/full";
  BtsnoopWriter writer("/dev/full");
  const std::vector<Sighting> many(10'000);
  EXPECT_THROW(writer.write(many), Error);
}

TEST(BtsnoopWriter, NamesTheFileThatItCannotMake) {
  try {
    BtsnoopWriter writer("/nonexistent/folder/file");
    ADD_FAILURE();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("/nonexistent/folder/file"));
  }
}

}  // namespace
}  // namespace moor
