#pragma once
// Integers of a file that is in the byte order of the machine that wrote it.

#include "moor/bytes.hpp"

namespace moor::replay {

struct ByteOrder {
  bool big_endian = false;

  [[nodiscard]] uint16_t u16(const uint8_t* p) const noexcept { return big_endian ? load_be16(p) : load_le16(p); }
  [[nodiscard]] uint32_t u32(const uint8_t* p) const noexcept { return big_endian ? load_be32(p) : load_le32(p); }
};

}  // namespace moor::replay
