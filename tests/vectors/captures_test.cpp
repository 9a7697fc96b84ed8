// Real recordings: each device's reports and RSSI against a table that an independent program made.

#include "moor/capture.hpp"
#include "vectors/test_data.hpp"

#include <gtest/gtest.h>
#include <cstdio>
#include <fstream>
#include <map>
#include <sstream>

namespace moor {
namespace {

struct DeviceCount {
  uint64_t reports = 0;
  int min = 127;
  int max = -128;
  int64_t sum = 0;

  void add(int rssi_dbm) {
    ++reports;
    min = std::min(min, rssi_dbm);
    max = std::max(max, rssi_dbm);
    sum += rssi_dbm;
  }
  // As the table has it: reports, lowest, mean to a tenth, highest.
  [[nodiscard]] std::string to_string() const {
    std::array<char, 64> text{};
    const double mean = static_cast<double>(sum) / static_cast<double>(reports);
    (void)std::snprintf(text.data(), text.size(), "%llu\t%d\t%.1f\t%d", static_cast<unsigned long long>(reports), min, mean, max);
    return text.data();
  }
};

// What is expected of each file: device to "reports, lowest, mean, highest", as text.
using Expected = std::map<std::string, std::map<std::string, std::string>>;

Expected read_counts(const std::filesystem::path& path) {
  Expected expected;
  std::ifstream in(path);
  std::string line;
  std::getline(in, line);  // the names of the columns
  while (std::getline(in, line)) {
    std::istringstream columns(line);
    std::string file;
    std::string device;
    std::string counts;
    if (std::getline(columns, file, '\t') && std::getline(columns, device, '\t') && std::getline(columns, counts))
      expected[file][device] = counts;
  }
  return expected;
}

class Captures : public testing::Test {
protected:
  void SetUp() override {
    expected_ = read_counts(folder_ / "COUNTS.tsv");
    if (expected_.empty()) GTEST_SKIP() << "no captures: there is no " << (folder_ / "COUNTS.tsv").string();
  }

  // Calls `visit(path, devices)` for the files of the table that are there. @returns how many.
  template <typename Visit>
  size_t for_each_file(Visit visit) {
    size_t files = 0;
    for (const auto& [name, devices] : expected_) {
      if (!std::filesystem::exists(folder_ / name)) continue;
      SCOPED_TRACE(name);
      visit(folder_ / name, devices);
      ++files;
    }
    return files;
  }

  const std::filesystem::path folder_ = test_data() / "captures";
  Expected expected_;
};

TEST_F(Captures, EveryDeviceHasTheReportsAndTheRssiOfTheTable) {
  size_t entries = 0;
  const size_t files = for_each_file([&](const std::filesystem::path& path, const std::map<std::string, std::string>& devices) {
    std::map<std::string, DeviceCount> heard;
    Capture capture = Capture::open(path);
    for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch())
      for (const Sighting& sighting : batch)
        if (sighting.has_rssi()) heard[sighting.address.to_string()].add(sighting.rssi_dbm);
    for (const auto& [device, counts] : devices) {
      ++entries;
      const auto found = heard.find(device);
      EXPECT_EQ(found == heard.end() ? "not heard" : found->second.to_string(), counts) << device;
    }
    for (const auto& [device, count] : heard)
      EXPECT_TRUE(devices.contains(device)) << device << " is not in the table: " << count.to_string();
  });
  std::cout << "captures: " << entries << " entries of " << files << " files\n";
}

// One report, short enough to keep them all.
struct Mark {
  Address address;
  TimePoint time;
  int8_t rssi_dbm;
  size_t size;
  friend bool operator==(const Mark&, const Mark&) = default;
};

std::vector<Mark> read_to_damage(std::vector<uint8_t> bytes) {
  std::vector<Mark> marks;
  try {
    Capture capture = Capture::from_bytes(std::move(bytes), "cut");
    for (auto batch = capture.next_batch(); !batch.empty(); batch = capture.next_batch())
      for (const Sighting& sighting : batch)
        marks.push_back({sighting.address, sighting.time, sighting.rssi_dbm, sighting.payload_size()});
  } catch (const CaptureError&) {
    // a cut within a record; what was before it counts
  }
  return marks;
}

TEST_F(Captures, CutAtAnyKilobyteTheyGiveThePrefix) {
  size_t cuts = 0;
  const size_t files = for_each_file([&](const std::filesystem::path& path, const auto&) {
    std::ifstream in(path, std::ios::binary);
    const std::vector<uint8_t> bytes((std::istreambuf_iterator<char>(in)), {});
    const auto whole = read_to_damage(bytes);
    for (size_t size = 1024; size < bytes.size(); size += 1024, ++cuts) {
      const auto cut = read_to_damage({bytes.begin(), bytes.begin() + static_cast<std::ptrdiff_t>(size)});
      ASSERT_LE(cut.size(), whole.size()) << size;
      ASSERT_TRUE(std::equal(cut.begin(), cut.end(), whole.begin())) << size;
    }
  });
  std::cout << "captures: " << cuts << " cuts of " << files << " files\n";
}

}  // namespace
}  // namespace moor
