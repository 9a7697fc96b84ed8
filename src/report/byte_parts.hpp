#pragma once
// An advertisement byte by byte: every byte is in one part, whatever it is.

#include "moor/bytes.hpp"

#include <boost/json/array.hpp>
#include <string>
#include <vector>

namespace moor {

struct BytePart {
  size_t offset = 0;     ///< in the payload
  size_t length = 0;     ///< at least 1
  size_t structure = 0;  ///< number of the AD structure that it belongs to, from 0
  std::string name;      ///< "proximity UUID"
  std::string meaning;   ///< in words; empty where the bytes say it themselves
};

/// The parts of AD structures, of beacon frames down to their fields. What is no whole structure is one part "unreadable".
[[nodiscard]] std::vector<BytePart> byte_parts(Bytes payload);
/// [{offset, length, structure, name, value (hex), meaning}]
[[nodiscard]] boost::json::array byte_parts_json(Bytes payload);

}  // namespace moor
