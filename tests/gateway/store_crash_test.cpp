#include "gateway/store_sqlite.hpp"
#include "store_fixture.hpp"

#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>
#include <atomic>
#include <csignal>
#include <cstdio>
#include <map>
#include <random>

namespace moor {
namespace {

// A store_child that can be killed, and what it has said.
class Child {
public:
  Child(const std::filesystem::path& store, long first) {
    int ends[2];
    if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
    posix_spawn_file_actions_t actions;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
    std::string program = MOOR_STORE_CHILD;
    std::string path = store.string();
    std::string number = std::to_string(first);
    char* arguments[] = {program.data(), path.data(), number.data(), nullptr};
    const int failed = ::posix_spawn(&process_, program.c_str(), &actions, nullptr, arguments, environ);
    posix_spawn_file_actions_destroy(&actions);
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
    if (failed != 0) throw std::runtime_error("cannot start " + program);
  }
  ~Child() {
    kill();
    std::fclose(output_);
  }

  /// The next number that was acknowledged; nothing after the last.
  std::optional<long> acknowledged() {
    char line[32];
    if (std::fgets(line, sizeof line, output_) == nullptr || std::string_view(line).back() != '\n') return std::nullopt;
    return std::atol(line);
  }
  void kill() {
    if (process_ == 0) return;
    ::kill(process_, SIGKILL);
    ::waitpid(process_, nullptr, 0);
    process_ = 0;
  }

private:
  pid_t process_ = 0;
  std::FILE* output_ = nullptr;
};

TEST(StoreCrash, KillLosesNothingThatWasAcknowledged) {
  const TemporaryFolder folder;
  const std::filesystem::path path = folder / "moor.db";
  std::mt19937 random(20260101);
  std::uniform_int_distribution<int> moment(1, 60);
  std::uniform_int_distribution<int> delay(0, 1'000'000);  // turns of an empty loop: some milliseconds, a few transactions
  long last = 0;
  size_t rounds_cut_short = 0;
  for (int round = 0; round < 25; ++round) {
    Child child(path, last + 1);
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
