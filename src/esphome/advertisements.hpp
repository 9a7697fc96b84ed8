#pragma once
// Message 93, the one that comes in floods: read in one pass without copying, and written one advertisement after the other.

#include "esphome/wire.hpp"

#include <bit>
#include <cstring>
#include <vector>

namespace moor::esphome {

struct RawAdvertisement {
  uint64_t address = 0;  ///< the 48 bits, first octet on top
  int32_t rssi = 0;      ///< dBm
  uint32_t address_type = 0;
  Bytes data;  ///< AD structures: advertisement and scan response, one after the other
};

/// Bytes of the longest advertisement there is (Core 5.4, Vol 4 E, 7.8.57); one with more is malformed.
inline constexpr size_t max_advertisement_data = 1650;

/// Reads a field of the message, whatever it is. @returns whether it is an advertisement; the reader may have failed.
[[nodiscard]] bool read_advertisement(WireReader& reader, RawAdvertisement& out) noexcept;

/// The same for an advertisement as everybody writes them: fields in order, shorter than 128 bytes, and not among the last bytes of the message.
/// @returns false where it is another one: nothing has been read then, and `out` is anything.
[[nodiscard]] inline bool read_common_advertisement(WireReader& reader, RawAdvertisement& out) noexcept {
  //   0    1        2    3 … 10            1–3                0 or 2             2
  //   ┌────┬────────┬────┬───────────────┬────┬─────────────┬────┬──────────────┬────┬────────┬──────┐
  //   │ 0a │ length │ 08 │ address       │ 10 │ rssi        │ 18 │ address type │ 22 │ length │ data │
  //   └────┴────────┴────┴───────────────┴────┴─────────────┴────┴──────────────┴────┴────────┴──────┘
  constexpr std::ptrdiff_t longest_head = 18;  // up to the data: all of it can be looked at without asking
  const uint8_t* p = reader.position();
  if constexpr (std::endian::native != std::endian::little) return false;
  if (reader.end() - p < longest_head || p[0] != 0x0a || p[1] >= 0x80 || p[2] != 0x08) return false;
  if (reader.end() - p < 2 + p[1]) return false;
  const uint8_t* stop = p + 2 + p[1];

  // Seven bits of each of up to eight bytes, put together without a loop.
  uint64_t bits = 0;
  std::memcpy(&bits, p + 3, sizeof bits);
  const uint64_t ends = ~bits & 0x8080808080808080;
  if (ends == 0) return false;
  bits &= ends ^ (ends - 1);
  bits = (bits & 0x7f007f007f007f00) >> 1 | (bits & 0x007f007f007f007f);
  bits = (bits & 0x3fff00003fff0000) >> 2 | (bits & 0x00003fff00003fff);
  out.address = (bits & 0x0fffffff00000000) >> 4 | (bits & 0x000000000fffffff);
  p += 4 + static_cast<unsigned>(std::countr_zero(ends)) / 8;

  // Without branches where devices differ: a processor cannot foresee those.
  const unsigned two = p[1] >> 7;
  if (p[0] != 0x10 || (two & p[2] >> 7) != 0) return false;
  out.rssi = protozero::decode_zigzag32((p[1] & 0x7fU) | (p[2] & (0U - two)) << 7);
  p += 2 + two;
  const unsigned typed = p[0] == 0x18 ? 1 : 0;
  out.address_type = p[1] & (0U - typed);
  if (out.address_type >= 0x80) return false;
  p += 2 * typed;

  if (p[0] != 0x22 || p[1] >= 0x80 || stop - p != 2 + p[1]) return false;
  out.data = Bytes(p + 2, p[1]);
  reader.move_to(stop);
  return true;
}

/// Calls `each(const RawAdvertisement&)` for every one of the payload of a raw_advertisements message, in order, until a malformed one.
/// @returns where it is malformed.
template <typename Each>
[[nodiscard]] std::optional<ParseError> for_each_advertisement(Bytes payload, Each each) {
  WireReader reader(payload);
  while (reader.more()) {
    RawAdvertisement advertisement;
    const bool one = read_common_advertisement(reader, advertisement) || read_advertisement(reader, advertisement);
    if (one && reader.ok()) each(static_cast<const RawAdvertisement&>(advertisement));
  }
  return reader.error();
}

/// Writes the payload of a raw_advertisements message.
class AdvertisementBatch {
public:
  void add(const RawAdvertisement& advertisement);
  [[nodiscard]] size_t count() const noexcept { return count_; }
  [[nodiscard]] Bytes payload() const noexcept { return bytes_; }
  void clear() noexcept;

private:
  std::vector<uint8_t> bytes_;
  size_t count_ = 0;
};

}  // namespace moor::esphome
