#include "radio/capture_files.hpp"

#include <gmock/gmock.h>
#include <rapidcheck.h>
#include <zlib.h>

namespace moor {
namespace {

using namespace moor::testing;
using ::testing::AllOf;
using ::testing::HasSubstr;

FileBytes h4_event(uint8_t advertiser) {
  return FileBytes{4} + event(advertiser, -60);
}

// Three reports in each format.
const std::vector<std::pair<std::string, FileBytes>>& files() {
  static const std::vector<std::pair<std::string, FileBytes>> all = [] {
    std::vector<std::pair<std::string, FileBytes>> made;
    FileBytes btsnoop = btsnoop_header(1002);
    FileBytes pcap = pcap_header(0xA1B2C3D4, 187);
    FileBytes pcapng = pcapng_section() + pcapng_interface(187);
    FileBytes packetlogger;
    for (uint8_t i = 1; i <= 3; ++i) {
      btsnoop = btsnoop + btsnoop_record(i, 3, h4_event(i));
      pcap = pcap + pcap_record(i, 0, h4_event(i));
      pcapng = pcapng + pcapng_packet(0, i, h4_event(i));
      packetlogger = packetlogger + packetlogger_record(i, 0, 1, event(i, -60));
    }
    made.emplace_back("btsnoop", btsnoop);
    made.emplace_back("pcap", pcap);
    made.emplace_back("pcapng", pcapng);
    made.emplace_back("PacketLogger", packetlogger);
    return made;
  }();
  return all;
}

FileBytes gzip(const FileBytes& bytes) {
  z_stream stream{};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, MAX_WBITS + 16, 9, Z_DEFAULT_STRATEGY), Z_OK);
  FileBytes out(deflateBound(&stream, bytes.size()) + 32);
  FileBytes in = bytes;
  stream.next_in = in.data();
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = out.data();
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

FileBytes first(const FileBytes& file, size_t size) {
  return FileBytes(file.begin(), file.begin() + static_cast<std::ptrdiff_t>(size));
}

TEST(DamagedCapture, CutAtAnyByteGivesAllBeforeAndThePlace) {
  for (const auto& [name, file] : files()) {
    const auto whole = read_all(file).reports;
    ASSERT_EQ(whole.size(), 3U) << name;
    for (size_t size = 1; size < file.size(); ++size) {
      ReadResult read;
      try {
        read = read_all(first(file, size));
      } catch (const CaptureError&) {
        EXPECT_LT(size, 24U) << name << ": the format is known once its header is there";
        continue;
      }
      ASSERT_LE(read.reports.size(), whole.size());
      EXPECT_TRUE(std::equal(read.reports.begin(), read.reports.end(), whole.begin())) << name << " cut at " << size;
      if (read.damaged_at) {
        EXPECT_LT(*read.damaged_at, size);
        EXPECT_THAT(read.error, AllOf(HasSubstr("test"), HasSubstr("byte " + std::to_string(*read.damaged_at)))) << name;
      }
    }
  }
}

TEST(DamagedCapture, AnAbsurdLengthIsAnErrorWhereItsRecordBegins) {
  const auto huge = [](bool big_endian) { return in_order(big_endian, uint32_t{0x7FFFFFF0}); };
  const auto expect_damage = [](const FileBytes& good, const FileBytes& bad) {
    const auto read = read_all(good + bad + FileBytes(100));
    EXPECT_EQ(read.reports.size(), 3U);
    EXPECT_EQ(read.damaged_at, good.size()) << read.error;
  };
  expect_damage(files()[0].second, huge(true) + huge(true));
  expect_damage(files()[1].second, FileBytes(8) + huge(false));
  expect_damage(files()[2].second, le(uint32_t{6}) + huge(false));
  expect_damage(files()[2].second, le(uint32_t{6}) + le(uint32_t{8}));
  expect_damage(files()[2].second, le(uint32_t{6}) + le(uint32_t{33}));
  expect_damage(files()[3].second, huge(true));
}

TEST(DamagedCapture, AfterTheErrorItStaysAnErrorUntilItIsRewound) {
  const FileBytes& file = files()[0].second;
  Capture capture = Capture::from_bytes(first(file, file.size() - 1), "test");
  const auto read = read_all(capture);
  EXPECT_EQ(read.reports.size(), 2U);
  EXPECT_THROW((void)capture.next_batch(), CaptureError);
  capture.rewind();
  EXPECT_EQ(read_all(capture).reports, read.reports);
}

TEST(DamagedCapture, BlocksOfPcapngThatContradictThemselvesAreErrors) {
  const FileBytes& good = files()[2].second;
  const auto expect_damage = [&](const FileBytes& block, const char* what) {
    const auto read = read_all(good + block);
    EXPECT_EQ(read.damaged_at, good.size()) << what;
    EXPECT_THAT(read.error, HasSubstr(what));
  };
  expect_damage(pcapng_packet(7, 0, h4_event(1)), "not described");
  FileBytes lengths = pcapng_packet(0, 0, h4_event(1));
  lengths.back() ^= 1;
  expect_damage(lengths, "two lengths");
  expect_damage(pcapng_block(6, FileBytes(4)), "impossible length");
  expect_damage(pcapng_block(1, FileBytes(4)), "impossible length");
  expect_damage(pcapng_block(6, FileBytes(12) + le(uint32_t{1000}) + FileBytes(4)), "longer than its block");
  expect_damage(pcapng_block(0x0A0D0D0A, FileBytes(16)), "byte order");
}

TEST(DamagedCapture, SaysWhatItCannotOpen) {
  const auto message_of = [](auto open) -> std::string {
    try {
      (void)open();
    } catch (const CaptureError& error) {
      return error.what() + std::string(" | ") + error.advice();
    }
    return "opened";
  };
  EXPECT_THAT(message_of([] { return Capture::open("/nonexistent/file"); }),
              AllOf(HasSubstr("/nonexistent/file"), HasSubstr("No such file")));
  EXPECT_THAT(message_of([] { return Capture::open("/"); }), HasSubstr("directory"));
  EXPECT_THAT(message_of([] { return Capture::from_bytes({}, "x"); }), HasSubstr("empty"));
  EXPECT_THAT(message_of([] { return Capture::from_bytes(text("what is this? nothing that anybody knows"), "x"); }),
              AllOf(HasSubstr("btsnoop"), HasSubstr("pcapng"), HasSubstr("PacketLogger"), HasSubstr("gzip")));
}

TEST(CompressedCapture, ReadsAsWhatItHolds) {
  for (const auto& [name, file] : files()) {
    Capture capture = Capture::from_bytes(gzip(file), "test");
    EXPECT_THAT(capture.format(), AllOf(HasSubstr(name), HasSubstr(", gzip")));
    const auto whole = read_all(file).reports;
    EXPECT_EQ(read_all(capture).reports, whole);
    capture.rewind();
    EXPECT_EQ(read_all(capture).reports, whole) << "again";
  }
}

TEST(CompressedCapture, MayHaveMembersAndPadding) {
  const FileBytes& file = files()[0].second;
  const size_t half = file.size() / 2;
  const auto members =
      gzip(first(file, half)) + gzip(FileBytes(file.begin() + static_cast<std::ptrdiff_t>(half), file.end())) + FileBytes(64);
  const auto read = read_all(members);
  EXPECT_EQ(read.reports, read_all(file).reports);
  EXPECT_FALSE(read.damaged_at) << read.error;
}

TEST(CompressedCapture, CutOrDamagedGivesWhatInflates) {
  FileBytes file = btsnoop_header(1002);
  for (int i = 0; i < 5000; ++i)
    file = file + btsnoop_record(static_cast<uint64_t>(i) * 7919, 3, h4_event(static_cast<uint8_t>(i * 37)));
  const FileBytes packed = gzip(file);
  const auto cut = read_all(first(packed, packed.size() * 3 / 4));
  EXPECT_GT(cut.reports.size(), 1000U);
  EXPECT_LT(cut.reports.size(), 5000U);
  EXPECT_THAT(cut.error, HasSubstr("cut"));
  FileBytes flipped = packed;
  flipped[packed.size() / 2] ^= 0x55;
  EXPECT_THAT(read_all(flipped).error, HasSubstr("damaged"));
}

TEST(CompressedCapture, ABombIsAnErrorWhereTheLimitIs) {
  FileBytes file = btsnoop_header(1002);
  for (int i = 0; i < 100; ++i) file = file + btsnoop_record(0, 3, h4_event(1));
  const auto read_with_limit = [&](uint64_t limit) {
    Capture capture = Capture::from_bytes(gzip(file), "test", {.max_inflated_bytes = limit});
    return read_all(capture);
  };
  const auto stopped = read_with_limit(1000);
  EXPECT_EQ(stopped.reports.size(), (1000U - 16) / (file.size() / 100));
  EXPECT_THAT(stopped.error, HasSubstr("more than is allowed"));
  EXPECT_FALSE(read_with_limit(file.size()).damaged_at) << "exactly as much as is allowed";
}

TEST(DamagedCapture, AnyChangedBytesAreReadWithoutHarmAndTwiceTheSame) {
  EXPECT_TRUE(rc::check([] {
    FileBytes file = (*rc::gen::elementOf(files())).second;
    const auto changes =
        *rc::gen::container<std::vector<std::pair<uint16_t, uint8_t>>>(rc::gen::arbitrary<std::pair<uint16_t, uint8_t>>());
    for (const auto& [at, value] : changes) file[at % file.size()] = value;
    try {
      Capture capture = Capture::from_bytes(file, "test");
      const auto once = read_all(capture);
      capture.rewind();
      const auto twice = read_all(capture);
      RC_ASSERT(once.reports == twice.reports);
      RC_ASSERT(once.damaged_at == twice.damaged_at);
    } catch (const CaptureError&) {
      RC_SUCCEED("not recognised");
    }
  }));
}

}  // namespace
}  // namespace moor
