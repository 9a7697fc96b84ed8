#include "store/file.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace moor {

namespace {

// Where the copy grows before it takes the target's place.
class Unfinished {
public:
  explicit Unfinished(const std::filesystem::path& target) : path_(target.string() + "." + std::to_string(::getpid()) + ".tmp") {
    remove();
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;
  ~Unfinished() { remove(); }

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  void remove() const noexcept {
    std::error_code ignored;
    for (const char* suffix : {"", "-journal", "-wal", "-shm"}) std::filesystem::remove(path_.string() + suffix, ignored);
  }
  std::filesystem::path path_;
};

StoreError refuse(const std::filesystem::path& target, const std::string& cause) {
  return StoreError("backup '" + target.string() + "': " + cause,
                    {.cause = cause, .advice = "Name a file in a folder that exists, that you may write, and that has room."});
}

// The new name is on the disk too.
void sync_folder(const std::filesystem::path& target) {
  const std::filesystem::path folder = target.has_parent_path() ? target.parent_path() : ".";
  const int opened = ::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (opened < 0) return;
  (void)::fsync(opened);
  ::close(opened);
}

}  // namespace

void backup_store(const std::filesystem::path& source, const std::filesystem::path& target) {
  sqlite::Database from = store::open_for_reading(source);
  std::error_code unlike;
  if (std::filesystem::equivalent(source, target, unlike)) throw refuse(target, "is the store itself");
  const Unfinished unfinished(target);
  try {
    store::make_private(unfinished.path());
    sqlite::Database to(unfinished.path(), sqlite::Access::read_write);
    from.copy_to(to);
    // One file, without a log beside it, wherever it is carried.
    to.execute("PRAGMA journal_mode = DELETE");
    if (const std::string found = to.text_of("PRAGMA quick_check(1)"); found != "ok")
      throw refuse(target, "the copy is damaged: " + found);
  } catch (const sqlite::Failure& failure) {
    throw refuse(target, failure.what());
  }
  std::error_code error;
  std::filesystem::rename(unfinished.path(), target, error);
  if (error) throw refuse(target, error.message());
  sync_folder(target);
}

}  // namespace moor
