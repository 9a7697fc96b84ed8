#include "store/sqlite.hpp"
#include "store/store_fixture.hpp"
#include "support/killed_child.hpp"

#include <atomic>
#include <boost/asio/detached.hpp>
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

// What a broker got, over many lives of a gateway.
struct Published {
  std::map<long, long> number_of;  // by id of the row
  size_t again = 0;

  void add(long line) {
    const auto [known, added] = number_of.try_emplace(line / 1'000'000'000, line % 1'000'000'000);
    again += added ? 0 : 1;
    EXPECT_EQ(known->second, line % 1'000'000'000) << "one id, two events";
  }
};

TEST(StoreCrash, KillLosesNoMessageOfWhatIsInTheStore) {
  const TemporaryFolder folder;
  StoreOptions options{.path = folder / "moor.db"};
  std::mt19937 random(20260102);
  std::uniform_int_distribution<int> moment(1, 150);
  Published published;
  long first = 1;
  for (int round = 0; round < 25; ++round) {
    testing::KilledChild child(MOOR_OUTBOX_CHILD, {options.path.string(), std::to_string(first)});
    for (int left = moment(random); left > 0; --left) {
      const auto line = child.acknowledged();
      ASSERT_TRUE(line) << "the child ended by itself in round " << round;
      published.add(*line);
    }
    child.kill();
    while (const auto line = child.acknowledged()) published.add(*line);

    sqlite::Database file(options.path, sqlite::Access::read_write);
    ASSERT_EQ(file.text_of("PRAGMA integrity_check"), "ok");
    const long newest = published.number_of.rbegin()->first;
    ASSERT_GE(file.integer_of("SELECT max(id) FROM zone_events"), newest) << "published, and not in the store";
    first = std::atol(file.text_of("SELECT substr(identity, 8) FROM devices ORDER BY id DESC LIMIT 1").c_str()) + 1;
  }
  const size_t before = published.number_of.size();

  // The last life: what was committed and not published yet comes out.
  boost::asio::io_context context;
  RealClock clock;
  {
    Store store(context.get_executor(), clock, options);
    store.outbox().register_sink("broker", 1'000'000);
    boost::asio::co_spawn(
        context,
        [&]() -> awaitable<> {
          const auto messages = co_await store.outbox().read("broker", 1'000'000);
          for (const OutboxMessage& message : messages) {
            long id = 0;
            long number = 0;
            EXPECT_EQ(std::sscanf(message.payload.c_str(), "{\"id\":%ld,\"number\":%ld}", &id, &number), 2);
            published.add(id * 1'000'000'000 + number);
          }
        },
        boost::asio::detached);
    clock.run(context);
  }
  std::printf("%zu messages; %zu came twice, %zu only after the last kill\n", published.number_of.size(), published.again,
              published.number_of.size() - before);
  sqlite::Database file(options.path, sqlite::Access::read_write);
  EXPECT_EQ(static_cast<size_t>(file.integer_of("SELECT count(*) FROM zone_events")), published.number_of.size());
  sqlite::Statement rows(file, "SELECT zone_events.id, identity FROM zone_events JOIN devices ON devices.id = device");
  while (rows.step()) {
    const auto found = published.number_of.find(static_cast<long>(rows.integer(0)));
    ASSERT_NE(found, published.number_of.end()) << "in the store, and never published";
    EXPECT_EQ("device-" + std::to_string(found->second), rows.text(1));
  }
}

}  // namespace
}  // namespace moor
