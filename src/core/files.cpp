#include "core/files.hpp"

#include <fcntl.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace moor {

namespace {

void check(bool done, const char* what, const std::filesystem::path& path) {
  if (!done) throw std::system_error(errno, std::generic_category(), std::string("cannot ") + what + " " + path.string());
}

void write_all(int descriptor, std::string_view content, const std::filesystem::path& path) {
  while (!content.empty()) {
    const ssize_t put = ::write(descriptor, content.data(), content.size());
    if (put < 0 && errno == EINTR) continue;
    check(put > 0, "write", path);
    content.remove_prefix(static_cast<size_t>(put));
  }
  check(::fsync(descriptor) == 0, "write", path);
}

}  // namespace

OwnedDescriptor::~OwnedDescriptor() {
  if (descriptor_ >= 0) ::close(descriptor_);
}

void write_whole_file(const std::filesystem::path& path, std::string_view content) {
  std::filesystem::path temporary = path;
  temporary += "." + std::to_string(::getpid()) + ".tmp";
  try {
    const OwnedDescriptor file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600));
    check(static_cast<bool>(file), "create", temporary);
    write_all(file.get(), content, temporary);
    check(::rename(temporary.c_str(), path.c_str()) == 0, "write", path);
  } catch (...) {
    (void)::unlink(temporary.c_str());
    throw;
  }
  const std::filesystem::path folder = path.has_parent_path() ? path.parent_path() : std::filesystem::path(".");
  const OwnedDescriptor parent(::open(folder.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC | O_NOFOLLOW));
  check(parent && ::fsync(parent.get()) == 0, "write", folder);
}

}  // namespace moor
