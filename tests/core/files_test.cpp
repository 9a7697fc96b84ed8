#include "core/files.hpp"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>
#include <csignal>
#include <fstream>
#include <iterator>
#include <system_error>

namespace moor {
namespace {

namespace fs = std::filesystem;

class WholeFile : public testing::Test {
protected:
  WholeFile() : folder_(fs::temp_directory_path() / ("moor-files-" + std::to_string(::getpid()))) {
    fs::create_directory(folder_);
  }
  ~WholeFile() override { fs::remove_all(folder_); }

  [[nodiscard]] fs::path path() const { return folder_ / "kept"; }
  [[nodiscard]] std::string content() const {
    std::ifstream file(path());
    return {std::istreambuf_iterator(file), {}};
  }
  [[nodiscard]] size_t files() const {
    return static_cast<size_t>(std::distance(fs::directory_iterator(folder_), fs::directory_iterator()));
  }

private:
  fs::path folder_;
};

TEST_F(WholeFile, IsForItsOwnerAndReplacesWhatWasThere) {
  write_whole_file(path(), "a longer first text");
  write_whole_file(path(), "second");
  EXPECT_EQ(content(), "second");
  EXPECT_EQ(fs::status(path()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  EXPECT_EQ(files(), 1U);
}

TEST_F(WholeFile, InAFolderThatIsNotThereIsAnErrorThatNamesIt) {
  try {
    write_whole_file(path() / "deeper", "text");
    FAIL() << "written";
  } catch (const std::system_error& error) {
    EXPECT_EQ(error.code(), std::errc::no_such_file_or_directory);
    EXPECT_THAT(error.what(), testing::HasSubstr("cannot create " + path().string()));
  }
}

TEST_F(WholeFile, OnAFullDiskKeepsWhatWasThereAndLeavesNothingElse) {
  write_whole_file(path(), "first");
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    const rlimit little{.rlim_cur = 16, .rlim_max = 16};
    ::setrlimit(RLIMIT_FSIZE, &little);
    ::signal(SIGXFSZ, SIG_IGN);
    try {
      write_whole_file(path(), std::string(1000, 'x'));
    } catch (const std::system_error& error) {
      ::_exit(error.code() == std::errc::file_too_large ? 0 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_EQ(content(), "first");
  EXPECT_EQ(files(), 1U);
}

TEST_F(WholeFile, FollowsNoLinkInThePlaceOfItsTemporaryName) {
  const fs::path elsewhere = path().parent_path() / "elsewhere";
  fs::create_symlink(elsewhere, path().string() + "." + std::to_string(::getpid()) + ".tmp");
  EXPECT_THROW(write_whole_file(path(), "text"), std::system_error);
  EXPECT_FALSE(fs::exists(elsewhere));
}

TEST(OwnedDescriptor, ClosesUnlessItIsReleased) {
  int kept = -1;
  int closed = -1;
  {
    OwnedDescriptor first(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    const OwnedDescriptor second(::open("/dev/null", O_RDONLY | O_CLOEXEC));
    closed = second.get();
    kept = first.release();
    EXPECT_FALSE(first);
  }
  EXPECT_EQ(::fcntl(closed, F_GETFD), -1);
  EXPECT_NE(::fcntl(kept, F_GETFD), -1);
  ::close(kept);
}

}  // namespace
}  // namespace moor
