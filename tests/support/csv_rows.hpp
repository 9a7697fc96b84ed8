#pragma once
// Rows of a compressed CSV file of recorded data, without quotes in it.

#include <zlib.h>
#include <filesystem>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moor::testing {

/// The rows below the header that have so many cells; none if there is no such file.
inline std::vector<std::vector<std::string>> read_csv_rows(const std::filesystem::path& path, size_t cells_a_row) {
  struct Close {
    void operator()(gzFile file) const { gzclose(file); }
  };
  const std::unique_ptr<gzFile_s, Close> file(gzopen(path.c_str(), "rb"));
  std::vector<std::vector<std::string>> rows;
  char line[256];
  bool is_header = true;
  while (file && gzgets(file.get(), line, sizeof line) != nullptr) {
    if (std::exchange(is_header, false)) continue;
    std::vector<std::string> cells(1);
    for (const char c : std::string_view(line)) {
      if (c == ',')
        cells.emplace_back();
      else if (c != '\n' && c != '\r')
        cells.back() += c;
    }
    if (cells.size() == cells_a_row) rows.push_back(std::move(cells));
  }
  return rows;
}

}  // namespace moor::testing
