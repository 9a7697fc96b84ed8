#pragma once
// How Eddystone makes a web address short: a number for the scheme and one-byte codes for common endings.

#include "moor/eddystone.hpp"

namespace moor {

inline constexpr uint8_t url_frame = 0x10;

struct CompressedUrl {
  uint8_t scheme = 0;
  uint8_t size = 0;
  std::array<uint8_t, EddystoneUrl::max_encoded_size> bytes{};
};

[[nodiscard]] boost::system::result<CompressedUrl, EddystoneUrlError> compress_url(std::string_view text) noexcept;

}  // namespace moor
