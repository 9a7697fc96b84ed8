#pragma once
// Message 93, the one that comes in floods: read in one pass without copying, and written one advertisement after the other.

#include "moor/bytes.hpp"

#include <vector>

namespace moor::esphome {

struct RawAdvertisement {
  uint64_t address = 0;  ///< the 48 bits, first octet on top
  int32_t rssi = 0;      ///< dBm
  uint32_t address_type = 0;
  Bytes data;  ///< AD structures: advertisement and scan response, one after the other
};

/// Calls `each(const RawAdvertisement&)` for every one of the payload of a raw_advertisements message, in order, until a malformed one.
/// @returns where it is malformed. Defined in advertisements_decode.hpp's style: inline, over protozero's reader or better.
template <typename Each>
[[nodiscard]] std::optional<ParseError> for_each_advertisement(Bytes payload, Each each);

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
