#include "store/sqlite.hpp"
#include "store/store_fixture.hpp"
#include "support/killed_child.hpp"

#include <atomic>
#include <cstdio>
#include <map>
#include <random>

namespace moor {
namespace {

TEST(StoreCrash, KillLosesNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "moor.db";
  std::mt19937 random(20260101);
  std::uniform_int_distribution<int> moment(1, 60);
  std::uniform_int_distribution<int> delay(0, 1'000'000);  // turns of an empty loop: some milliseconds, a few transactions
  long last = 0;
  size_t rounds_cut_short = 0;
  for (int round = 0; round < 25; ++round) {
    testing::KilledChild child(MOOR_STORE_CHILD, {path.string(), std::to_string(last + 1)});
    for (int left = moment(random); left > 0; --left) {
      const auto number = child.acknowledged();
      ASSERT_TRUE(number) << "the child ended by itself in round " << round;
      last = *number;
    }
    for (std::atomic<int> spin = delay(random); spin > 0;) --spin;
    child.kill();
    while (const auto number = child.acknowledged()) last = *number;

    sqlite::Database file(path, sqlite::Access::read_write);
    ASSERT_EQ(file.text_of("PRAGMA integrity_check"), "ok");
    const int64_t visits = file.integer_of("SELECT count(*) FROM visits");
    ASSERT_GE(visits, last);
    rounds_cut_short += visits > last ? 1 : 0;
    last = static_cast<long>(visits);  // what was written and not yet acknowledged is whole too, as below
  }
  std::printf("%ld rows of each kind; %zu of 25 kills came between a commit and its acknowledgement\n", last, rounds_cut_short);

  std::map<std::string, double> readings;
  StoreQuery all;
  all.limit = 1'000'000;
  const StoreReader reader(path);
  for (const StoredReading& row : reader.readings(all).rows) readings[row.device] = row.value;
  std::map<std::string, std::optional<Duration>> visits;
  for (const StoredVisit& row : reader.visits(all).rows) visits[row.device] = row.dwell;
  for (long number = 1; number <= last; ++number) {
    const std::string device = "device-" + std::to_string(number);
    EXPECT_EQ(readings[device], static_cast<double>(number));
    EXPECT_EQ(visits[device], std::chrono::seconds(number));
  }
  EXPECT_EQ(reader.devices(all).rows.size(), static_cast<size_t>(last));
}

}  // namespace
}  // namespace moor
