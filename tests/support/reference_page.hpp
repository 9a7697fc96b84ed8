#pragma once
// A part of a page that is made from the program's own tables, between two comments.

#include "gateway/temporary_folder.hpp"

#include <gtest/gtest.h>
#include <cstdlib>
#include <filesystem>
#include <string>

namespace moor {

/// The page has this reference. With MOOR_UPDATE_DOCS set the page is brought up to date instead.
/// @param page    the file's name in docs/.
/// @param source  what the reference is made from, as the comment before it says.
inline void expect_reference(const std::string& page, const std::string& source, const std::string& reference) {
  const std::filesystem::path path = std::filesystem::path(MOOR_SOURCE_DIR) / "docs" / page;
  std::string guide = read_file(path);
  const std::string begin = "<!-- reference of keys, made from " + source + " -->\n\n";
  const size_t from = guide.find(begin);
  const size_t to = guide.find("<!-- end of the reference -->");
  ASSERT_NE(from, std::string::npos) << path;
  ASSERT_NE(to, std::string::npos) << path;
  const size_t at = from + begin.size();
  if (std::getenv("MOOR_UPDATE_DOCS") != nullptr) {
    write_file(path, guide.replace(at, to - at, reference));
    return;
  }
  EXPECT_EQ(guide.substr(at, to - at), reference)
      << "run this test with MOOR_UPDATE_DOCS=1 to bring docs/" << page << " up to date";
}

}  // namespace moor
