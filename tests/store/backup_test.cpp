#include "store/file.hpp"
#include "store/store_fixture.hpp"

#include <sys/stat.h>

namespace moor {
namespace {

using namespace std::chrono_literals;
using testing::HasSubstr;
using testing::SizeIs;

class StoreBackup : public StoreInVirtualTime {
protected:
  std::string refusal(const std::filesystem::path& source, const std::filesystem::path& target) {
    try {
      backup_store(source, target);
      return "copied";
    } catch (const StoreError& error) {
      EXPECT_NE(error.advice(), "");
      return error.what();
    }
  }
  size_t files() const {
    return static_cast<size_t>(
        std::distance(std::filesystem::directory_iterator(folder_.path()), std::filesystem::directory_iterator()));
  }
  std::filesystem::path target_ = folder_ / "copy.db";
};

TEST_F(StoreBackup, IsAWholeStoreThoughTheGatewayGoesOnWriting) {
  const auto store = open_store();
  run([&]() -> awaitable<> {
    for (int i = 0; i < 2000; ++i) (void)store->put(reading("a", i, start + i * 1s));
    co_await store->flush();
    (void)store->put(visit("b", start));  // it waits while the copy is made
    backup_store(options_.path, target_);
    co_await store->flush();
  });
  StoreQuery all;
  all.limit = 10'000;
  EXPECT_THAT(StoreReader(target_).readings(all).rows, SizeIs(2000));
  EXPECT_THAT(StoreReader(target_).visits(all).rows, SizeIs(0));
  EXPECT_THAT(read().visits(all).rows, SizeIs(1));
  struct stat status{};
  ASSERT_EQ(::stat(target_.c_str(), &status), 0);
  EXPECT_EQ(status.st_mode & 0007, 0);
  sqlite::Database copy(target_, sqlite::Access::read_write);
  EXPECT_EQ(copy.text_of("PRAGMA integrity_check"), "ok");
  EXPECT_EQ(copy.text_of("PRAGMA journal_mode"), "delete");  // one file, that can be carried away
  options_.path = target_;
  EXPECT_NO_THROW((void)open_store());
}

TEST_F(StoreBackup, TakesThePlaceOfAnOlderOne) {
  close(*open_store());
  write_file(target_, "yesterday's");
  backup_store(options_.path, target_);
  EXPECT_NO_THROW(StoreReader{target_});
}

TEST_F(StoreBackup, ThatCannotBeLeavesNothingBehind) {
  EXPECT_THAT(refusal(options_.path, target_), HasSubstr("unable to open"));
  write_file(options_.path, std::string(5000, 'x'));
  EXPECT_THAT(refusal(options_.path, target_), HasSubstr("not a database"));
  std::filesystem::remove(options_.path);
  close(*open_store());
  EXPECT_THAT(refusal(options_.path, folder_ / "missing" / "copy.db"), HasSubstr("missing/copy.db"));
  EXPECT_THAT(refusal(options_.path, options_.path), HasSubstr("the store itself"));
  EXPECT_NO_THROW((void)read());
  const size_t before = files();
  std::filesystem::create_directory(target_);
  EXPECT_THAT(refusal(options_.path, target_), HasSubstr("copy.db"));
  EXPECT_EQ(files(), before + 1);
}

}  // namespace
}  // namespace moor
