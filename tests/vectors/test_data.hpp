#pragma once
// Where the vectors are: in the folder that the environment variable MOOR_TEST_DATA names, else beside the checkout. It is looked up
// when a test runs, so that other data of the same form can be put in its place.

#include <cstdlib>
#include <filesystem>

namespace moor {

inline std::filesystem::path test_data() {
  const char* place = std::getenv("MOOR_TEST_DATA");
  return place != nullptr && *place != '\0' ? std::filesystem::path(place)
                                            : std::filesystem::path(MOOR_SOURCE_DIR) / ".." / "shared" / "data";
}

}  // namespace moor
