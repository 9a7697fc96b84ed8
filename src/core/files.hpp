#pragma once
// Files by their descriptors: one that closes itself, and writing that leaves no half of a file behind.

#include <filesystem>
#include <string_view>
#include <utility>

namespace moor {

/// A file descriptor that is closed with it; below 0 there is none.
class OwnedDescriptor {
public:
  explicit OwnedDescriptor(int descriptor) noexcept : descriptor_(descriptor) {}
  OwnedDescriptor(const OwnedDescriptor&) = delete;
  OwnedDescriptor& operator=(const OwnedDescriptor&) = delete;
  ~OwnedDescriptor();

  [[nodiscard]] int get() const noexcept { return descriptor_; }
  [[nodiscard]] explicit operator bool() const noexcept { return descriptor_ >= 0; }
  /// From now on it is the caller's.
  [[nodiscard]] int release() noexcept { return std::exchange(descriptor_, -1); }

private:
  int descriptor_;
};

/// Puts `content` into the file, for its owner alone (mode 0600): under another name first ("NAME.PID.tmp" beside it), so that after a kill or a power cut it has
/// what it had before, or all of this. @throws std::system_error; nothing is left behind then.
void write_whole_file(const std::filesystem::path& path, std::string_view content);

}  // namespace moor
