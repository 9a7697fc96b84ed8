#include "cli/new_file.hpp"

#include "core/files.hpp"
#include "moor/error.hpp"

namespace moor::cli {

void require_new(const std::string& path) {
  std::error_code error;
  if (std::filesystem::exists(path, error))
    throw UsageError("'" + path + "' exists", {.advice = "give another name; --init replaces nothing"});
}

void write_new_file(const std::string& path, const std::string& content) {
  require_new(path);
  try {
    write_whole_file(path, content);
  } catch (const std::system_error& error) {
    throw Error("cannot write '" + path + "' (" + error.code().message() + ")",
                {.advice = "is there such a folder, may you write to it, and is there room?"});
  }
}

}  // namespace moor::cli
