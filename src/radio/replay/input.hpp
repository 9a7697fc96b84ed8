#pragma once
// A recording as a sequence of bytes with a window on it, so that a file of any size is read in the same memory.

#include "radio/replay/source.hpp"

#include <algorithm>

namespace moor::replay {

class Input {
public:
  static constexpr size_t max_peek = 512 * 1024;

  explicit Input(std::unique_ptr<Source> source)
      : source_(std::move(source)), window_(std::make_unique_for_overwrite<uint8_t[]>(window_size)) {}

  /// The next `count` bytes without going past them, fewer at the end. Valid until the next peek. @pre count <= max_peek
  [[nodiscard]] Bytes peek(size_t count) {
    if (end_ - begin_ < count) fill(count);
    return Bytes(window_.get() + begin_, std::min(count, end_ - begin_));
  }
  /// @returns whether there were that many bytes.
  [[nodiscard]] bool skip(uint64_t count) {
    if (count > end_ - begin_) return skip_far(count);
    begin_ += static_cast<size_t>(count);
    offset_ += count;
    return true;
  }
  [[nodiscard]] uint64_t offset() const noexcept { return offset_; }
  [[nodiscard]] bool rewind();
  /// Why there is nothing more to peek, if that is not the end of the data.
  [[nodiscard]] const char* fault() const noexcept { return at_end_ ? source_->fault() : nullptr; }
  [[nodiscard]] bool is_compressed() const noexcept { return source_->is_compressed(); }

private:
  static constexpr size_t window_size = 2 * max_peek;

  void fill(size_t count);
  [[nodiscard]] bool skip_far(uint64_t count);

  std::unique_ptr<Source> source_;
  std::unique_ptr<uint8_t[]> window_;
  size_t begin_ = 0;
  size_t end_ = 0;
  uint64_t offset_ = 0;
  bool at_end_ = false;
};

}  // namespace moor::replay
