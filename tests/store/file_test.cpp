#include "store/file.hpp"

#include "store/store_fixture.hpp"

#include <unistd.h>

namespace moor::store {
namespace {

using testing::AllOf;
using testing::HasSubstr;

class StoreFile : public StoreInVirtualTime {
protected:
  /// The error with which a store of these options is refused; its words and its advice.
  std::string refusal() {
    try {
      (void)open_store();
      return "opened";
    } catch (const StoreError& error) {
      EXPECT_NE(error.advice(), "");
      EXPECT_NE(error.context().cause, "");
      return std::string(error.what()) + "\n" + error.advice();
    }
  }
  std::string reading_refusal() {
    try {
      (void)read();
      return "opened";
    } catch (const StoreError& error) {
      return std::string(error.what()) + "\n" + error.advice();
    }
  }
  void prepare(const char* sql) { sqlite::Database(options_.path, sqlite::Access::read_write).execute(sql); }
};

TEST_F(StoreFile, IsMadeWhereThereIsNoneAndOpenedAgain) {
  close(*open_store());
  close(*open_store());
  sqlite::Database file(options_.path, sqlite::Access::read_write);
  EXPECT_EQ(file.integer_of("PRAGMA user_version"), static_cast<int64_t>(migrations().size()));
  EXPECT_EQ(file.text_of("PRAGMA journal_mode"), "wal");
}

TEST_F(StoreFile, InAMissingFolderIsRefusedWithWhatToDo) {
  options_.path = folder_ / "missing" / "moor.db";
  EXPECT_THAT(refusal(), AllOf(HasSubstr("missing/moor.db"), HasSubstr("No such file"), HasSubstr("Make its folder")));
}

TEST_F(StoreFile, InAFolderWithoutPermissionIsRefused) {
  if (::geteuid() == 0) GTEST_SKIP() << "root may write everywhere";
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
  EXPECT_THAT(refusal(), HasSubstr("ermission denied"));
  std::filesystem::permissions(folder_.path(), std::filesystem::perms::owner_all);
}

TEST_F(StoreFile, WhereNoFileCanBeIsRefused) {
  options_.path = "/proc/moor.db";
  EXPECT_THAT(refusal(), HasSubstr("/proc/moor.db"));
  options_.path = folder_.path();
  EXPECT_THAT(refusal(), HasSubstr(folder_.path().string()));
}

TEST_F(StoreFile, ThatIsNoDatabaseIsRefusedAndLeftAlone) {
  const std::string notes = std::string(5000, 'x') + "my notes";
  write_file(options_.path, notes);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("not a database"), HasSubstr("move it away")));
  EXPECT_THAT(reading_refusal(), HasSubstr("not a database"));
  EXPECT_EQ(read_file(options_.path), notes);
}

TEST_F(StoreFile, WhoseTablesAreDamagedIsRefusedAndLeftAlone) {
  close(*open_store());
  std::string bytes = read_file(options_.path);
  std::fill(bytes.begin() + 100, bytes.begin() + 4096, '\x5A');  // the first page after its header: the schema
  write_file(options_.path, bytes);
  EXPECT_THAT(refusal(), AllOf(HasSubstr("malformed"), HasSubstr(".recover")));
  EXPECT_EQ(read_file(options_.path), bytes);
}

TEST_F(StoreFile, OfAnotherProgramIsRefusedAndLeftAlone) {
  prepare("CREATE TABLE recipes (name TEXT)");
  const std::string bytes = read_file(options_.path);
  EXPECT_THAT(refusal(), HasSubstr("another program"));
  EXPECT_THAT(reading_refusal(), HasSubstr("another program"));
  EXPECT_EQ(read_file(options_.path), bytes);
}

TEST_F(StoreFile, OfANewerMoorIsRefused) {
  close(*open_store());
  prepare("PRAGMA user_version = 99");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("newer moor (schema 99"), HasSubstr("Install that version")));
  EXPECT_THAT(reading_refusal(), HasSubstr("newer moor"));
}

TEST_F(StoreFile, ThatIsLockedIsRefused) {
  sqlite::Database other(options_.path, sqlite::Access::read_write);
  other.execute("CREATE TABLE t (x); BEGIN EXCLUSIVE");
  EXPECT_THAT(refusal(), AllOf(HasSubstr("locked"), HasSubstr("End the program")));
}

TEST_F(StoreFile, OfARunningGatewayIsRefusedToASecondOne) {
  const auto first = open_store();
  EXPECT_THAT(refusal(), AllOf(HasSubstr("in use by another gateway"), HasSubstr("its own path")));
}

TEST_F(StoreFile, ThatIsMissingCannotBeRead) {
  EXPECT_THAT(reading_refusal(), AllOf(HasSubstr("moor.db"), HasSubstr("unable to open")));
  EXPECT_FALSE(std::filesystem::exists(options_.path));
}

TEST_F(StoreFile, IsBroughtFromVersionToVersionWithItsRows) {
  sqlite::Database file(options_.path, sqlite::Access::read_write);
  const char* const scripts[] = {"CREATE TABLE visits (zone TEXT)", "ALTER TABLE visits ADD COLUMN dwell INTEGER DEFAULT 7"};
  migrate(file, std::span(scripts).first(1));
  EXPECT_EQ(file.integer_of("PRAGMA user_version"), 1);
  file.execute("INSERT INTO visits VALUES ('near')");
  migrate(file, scripts);
  EXPECT_EQ(file.integer_of("PRAGMA user_version"), 2);
  EXPECT_EQ(file.integer_of("SELECT dwell FROM visits"), 7);
  migrate(file, scripts);  // nothing left to do
}

TEST_F(StoreFile, KeepsItsVersionWhenAScriptFails) {
  sqlite::Database file(options_.path, sqlite::Access::read_write);
  const char* const scripts[] = {"CREATE TABLE visits (zone TEXT)",
                                 "CREATE TABLE extra (x INTEGER); INSERT INTO nowhere VALUES (1)"};
  EXPECT_THROW(migrate(file, scripts), sqlite::Failure);
  EXPECT_EQ(file.integer_of("PRAGMA user_version"), 1);
  EXPECT_EQ(file.integer_of("SELECT count(*) FROM sqlite_schema"), 1);
}

}  // namespace
}  // namespace moor::store
