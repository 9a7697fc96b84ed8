#pragma once
// Where a recording's bytes come from: a file or memory, inflated on the way if they are gzip.

#include "moor/bytes.hpp"

#include <filesystem>
#include <memory>

namespace moor::replay {

class Source {
public:
  virtual ~Source() = default;
  /// Fills as much of `into` as it can. @returns how much; 0 at the end and where reading cannot go on, see `fault`.
  [[nodiscard]] virtual size_t read(std::span<uint8_t> into) = 0;
  /// Back to the first byte. @returns false if that is not possible.
  [[nodiscard]] virtual bool rewind() = 0;
  /// Why reading ended before the end of the data; static text.
  [[nodiscard]] virtual const char* fault() const noexcept { return nullptr; }
  [[nodiscard]] virtual bool is_compressed() const noexcept { return false; }
};

/// @throws CaptureError if the file cannot be opened or is not one that can be read twice.
[[nodiscard]] std::unique_ptr<Source> open_file(const std::filesystem::path& path);
[[nodiscard]] std::unique_ptr<Source> from_memory(std::vector<uint8_t> bytes);
/// The same source if it does not begin as gzip does; else its inflated content, which may not exceed `max_inflated` bytes.
[[nodiscard]] std::unique_ptr<Source> inflate_if_gzip(std::unique_ptr<Source> source, uint64_t max_inflated);

}  // namespace moor::replay
