#include "esphome/wire.hpp"

namespace moor::esphome {

uint64_t WireReader::long_varint() noexcept {
  const uint8_t* start = at_;
  uint64_t value = 0;
  for (unsigned shift = 0; shift < 70; shift += 7) {
    if (at_ == end_) {
      fail(start, "number without an end");
      return 0;
    }
    const uint8_t byte = *at_++;
    value |= static_cast<uint64_t>(byte & 0x7f) << shift;  // of the tenth byte only the lowest bit has a place
    if (byte < 0x80) return value;
  }
  fail(start, "number longer than ten bytes");
  return 0;
}

WireReader::Tag WireReader::tag() noexcept {
  const uint8_t* start = at_;
  const uint64_t bits = varint();
  if (!ok()) return {};
  if (bits > UINT32_MAX || bits >> 3 == 0) {
    fail(start, "field number out of range");
    return {};
  }
  const Tag tag{static_cast<uint32_t>(bits >> 3), static_cast<WireType>(bits & 7)};
  switch (tag.type) {
    case WireType::varint:
    case WireType::fixed64:
    case WireType::length_delimited:
    case WireType::fixed32: return tag;
    default: fail(start, "unknown wire type"); return {};
  }
}

uint32_t WireReader::fixed32() noexcept {
  if (end_ - at_ < 4) {
    fail(at_, "number past the end");
    return 0;
  }
  at_ += 4;
  return load_le32(at_ - 4);
}

void WireReader::skip(WireType type) noexcept {
  switch (type) {
    case WireType::varint: (void)varint(); return;
    case WireType::length_delimited: (void)view(); return;
    case WireType::fixed32: (void)fixed32(); return;
    default: (void)fixed32(); (void)fixed32();
  }
}

}  // namespace moor::esphome
