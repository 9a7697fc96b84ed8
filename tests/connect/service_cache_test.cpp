#include "moor/service_cache.hpp"

#include "connect/virtual_time.hpp"
#include "gateway/temporary_folder.hpp"
#include "support/fake_link.hpp"

#include <sys/resource.h>
#include <csignal>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeDevice;
using moor::testing::FakeLink;
using moor::testing::make_table;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Address sensor(0xA4CF12345678, false);
const Address beacon(0xC0FFEE000001, true);
const Address phone(0x400000000002, true);  // resolvable

GattServices table(uint32_t characteristic = 0x2A6E) {
  return make_table({{0x181A, {{characteristic, {Property::read, Property::notify}}}}});
}

std::vector<std::string> files_in(const TemporaryFolder& folder) {
  std::vector<std::string> names;
  for (const auto& entry : std::filesystem::directory_iterator(folder.path())) names.push_back(entry.path().filename().string());
  std::ranges::sort(names);
  return names;
}

ServiceCacheOptions in(const TemporaryFolder& folder) {
  return {.folder = folder.path()};
}

TEST(ServiceCache, KeepsTheTablesThatWereAskedForLast) {
  ServiceCache cache({.capacity = 2});
  cache.store(sensor, table());
  cache.store(beacon, table(0x2A6F));
  EXPECT_EQ(cache.find(sensor), table());
  cache.store(phone, table());
  EXPECT_EQ(cache.size(), 2U);
  EXPECT_FALSE(cache.find(beacon));
  EXPECT_TRUE(cache.find(sensor));
  EXPECT_TRUE(cache.forget(sensor));
  EXPECT_FALSE(cache.forget(sensor));
  const ServiceCacheCounters counters = cache.counters();
  EXPECT_EQ(counters.hits, 2U);
  EXPECT_EQ(counters.misses, 1U);
  EXPECT_EQ(counters.stored, 3U);
  EXPECT_EQ(counters.evicted, 1U);
  EXPECT_EQ(counters.forgotten, 1U);
}

TEST(ServiceCache, RefusesARoomForNothingAndKeepsNoEmptyTable) {
  EXPECT_THROW(ServiceCache({.capacity = 0}), UsageError);
  ServiceCache cache;
  cache.store(sensor, GattServices());
  EXPECT_EQ(cache.size(), 0U);
}

TEST(ServiceCache, OutlivesTheProgramInItsFolder) {
  const TemporaryFolder folder;
  {
    ServiceCache cache(in(folder));
    cache.store(sensor, table(), {1, 2, 3});
    cache.store(beacon, table(0x2A6F));
    cache.store(phone, table());
  }
  EXPECT_THAT(files_in(folder), ElementsAre("a4cf12345678-public.json", "c0ffee000001-static.json"))
      << "a private address means nothing tomorrow";
  ServiceCache cache(in(folder));
  const auto entry = cache.find_entry(sensor);
  ASSERT_TRUE(entry);
  EXPECT_EQ(entry->services, table());
  EXPECT_THAT(entry->hash, ElementsAre(1, 2, 3));
  EXPECT_TRUE(cache.forget(beacon)) << "which is on disk only";
  EXPECT_FALSE(cache.find(beacon));
  cache.flush();
  EXPECT_THAT(files_in(folder), ElementsAre("a4cf12345678-public.json"));
}

TEST(ServiceCache, IgnoresCountsAndRemovesWhatIsNoTable) {
  const std::string good = [] {
    const TemporaryFolder folder;
    ServiceCache cache(in(folder));
    cache.store(sensor, table());
    cache.flush();
    return read_file(folder / "a4cf12345678-public.json");
  }();
  std::vector<std::string> bad{
      "", "{}", "null", "[]", std::string(100, '\0'), std::string(1000, '['), good + "x", std::string((1 << 20) + 1, ' ')};
  for (size_t cut = 0; cut < good.size(); cut += 7) bad.push_back(good.substr(0, cut));
  std::string other_device = good;
  other_device.replace(other_device.find("A4:CF"), 5, "A4:CE");
  bad.push_back(other_device);
  for (const std::string& content : bad) {
    const TemporaryFolder folder;
    write_file(folder / "a4cf12345678-public.json", content);
    ServiceCache cache(in(folder));
    EXPECT_FALSE(cache.find(sensor)) << content.substr(0, 100);
    EXPECT_EQ(cache.counters().bad_files, 1U);
    EXPECT_THAT(files_in(folder), IsEmpty());
    cache.store(sensor, table());
    cache.flush();
    EXPECT_EQ(read_file(folder / "a4cf12345678-public.json"), good);
  }
}

TEST(ServiceCache, DoesNotFollowALinkNorReadAPipe) {
  const TemporaryFolder folder;
  write_file(folder / "secret", "x");
  std::filesystem::create_symlink(folder / "secret", folder / "a4cf12345678-public.json");
  ASSERT_EQ(::mkfifo((folder / "c0ffee000001-static.json").c_str(), 0600), 0);
  ServiceCache cache(in(folder));
  EXPECT_FALSE(cache.find(sensor));
  EXPECT_FALSE(cache.find(beacon));
  EXPECT_EQ(cache.counters().bad_files, 2U);
  EXPECT_THAT(files_in(folder), ElementsAre("secret"));
}

TEST(ServiceCache, RemovesWhatAKilledProcessLeftAndLeavesOthersAlone) {
  const TemporaryFolder folder;
  write_file(folder / "a4cf12345678-public.json.999999999.tmp", "half");
  write_file(folder / "a4cf12345678-public.json.1.tmp", "of a process that lives");
  write_file(folder / "notes.txt", "mine");
  const ServiceCache cache(in(folder));
  EXPECT_THAT(files_in(folder), ElementsAre("a4cf12345678-public.json.1.tmp", "notes.txt"));
}

TEST(ServiceCache, RemovesTheOldestFilesBeyondItsNumber) {
  const TemporaryFolder folder;
  ServiceCache cache({.folder = folder.path(), .max_files = 20});
  for (uint64_t i = 0; i < 30; ++i) {
    cache.store(Address(0x100000000000 + i, false), table());
    cache.flush();
  }
  EXPECT_LE(files_in(folder).size(), 20U);
  EXPECT_EQ(cache.counters().files_removed, 30 - files_in(folder).size());
  EXPECT_TRUE(std::filesystem::exists(folder / "10000000001d-public.json")) << "the newest";
}

// A disk without room is played by a limit on the size of files.
TEST(ServiceCache, SurvivesAFullDiskAndSaysSo) {
  const TemporaryFolder folder;
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  const auto on_signal = std::signal(SIGXFSZ, SIG_IGN);
  ServiceCache cache(in(folder));
  rlimit full = before;
  full.rlim_cur = 100;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &full), 0);
  cache.store(sensor, table());
  cache.flush();
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  std::signal(SIGXFSZ, on_signal);

  EXPECT_EQ(cache.find(sensor), table());
  EXPECT_EQ(cache.counters().file_errors, 1U);
  EXPECT_THAT(cache.problem(), HasSubstr("File too large"));
  EXPECT_THAT(files_in(folder), IsEmpty());
  cache.store(sensor, table(0x2A6F));
  cache.flush();
  EXPECT_EQ(cache.problem(), "");
  EXPECT_THAT(files_in(folder), ElementsAre("a4cf12345678-public.json"));
}

TEST(ServiceCache, WorksWithoutAFolderThatCannotBeMade) {
  const TemporaryFolder folder;
  write_file(folder / "file", "x");
  ServiceCache cache({.folder = folder / "file" / "cache"});
  EXPECT_NE(cache.problem(), "");
  cache.store(sensor, table());
  cache.flush();
  EXPECT_EQ(cache.find(sensor), table());
  EXPECT_GE(cache.counters().file_errors, 2U);
}

class ServicesOf : public moor::testing::VirtualTime {
protected:
  ServicesOf() {
    device_.table = make_table({{0x1801, {{0x2B2A, {Property::read}}}}, {0x180F, {{0x2A19, {Property::read}}}}});
    device_.values[3] = {0xAA};
  }
  GattServices services() {
    GattServices found;
    play([&]() -> awaitable<> {
      FakeLink link(context_.get_executor(), device_);
      found = co_await services_of(link, &cache_, clock_.now() + 30s);
    });
    return found;
  }
  FakeDevice device_{clock_};
  ServiceCache cache_;
};

TEST_F(ServicesOf, DiscoversOnceAndThenAsksForTheHashOnly) {
  EXPECT_EQ(services(), device_.table);
  EXPECT_EQ(services(), device_.table);
  EXPECT_THAT(device_.log, ElementsAre("discover", "read 3", "read 3"));
  EXPECT_THAT(cache_.find_entry(device_.address)->hash, ElementsAre(0xAA));
}

TEST_F(ServicesOf, AnotherHashMeansAnotherTable) {
  (void)services();
  device_.table = make_table({{0x1801, {{0x2B2A, {Property::read}}}}, {0x181A, {{0x2A6E, {Property::read}}}}});
  device_.values[3] = {0xBB};
  EXPECT_EQ(services(), device_.table);
  EXPECT_THAT(device_.log, ElementsAre("discover", "read 3", "read 3", "clear", "discover", "read 3"));
  EXPECT_THAT(cache_.find_entry(device_.address)->hash, ElementsAre(0xBB));
}

TEST_F(ServicesOf, AHashThatIsGoneMeansAnotherTable) {
  (void)services();
  device_.table = make_table({{0x181A, {{0x2A6E, {Property::read}}}}});
  device_.refusals[3] = 0x01;
  EXPECT_EQ(services(), device_.table);
  EXPECT_EQ(services(), device_.table);
  EXPECT_EQ(device_.count("discover"), 2U) << "a table without a hash is taken as it is";
}

}  // namespace
}  // namespace moor
