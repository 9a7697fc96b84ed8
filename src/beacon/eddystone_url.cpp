#include "beacon/eddystone_url.hpp"

#include <algorithm>

namespace moor {
namespace {

using std::string_view_literals::operator""sv;

constexpr std::array schemes = {"http://www."sv, "https://www."sv, "http://"sv, "https://"sv};
// Those with a slash come first, so the first that matches is the longest.
constexpr std::array expansions = {".com/"sv, ".org/"sv, ".edu/"sv, ".net/"sv, ".info/"sv, ".biz/"sv, ".gov/"sv,
                                   ".com"sv,  ".org"sv,  ".edu"sv,  ".net"sv,  ".info"sv,  ".biz"sv,  ".gov"sv};

// 14 to 32 and 127 to 255 are reserved.
constexpr bool is_literal(uint8_t byte) noexcept {
  return byte > 32 && byte < 127;
}

struct Match {
  uint8_t code;
  size_t size;
};

template <size_t count>
std::optional<Match> find_prefix(const std::array<std::string_view, count>& table, std::string_view text) noexcept {
  for (uint8_t code = 0; code < count; ++code)
    if (text.starts_with(table[code])) return Match{code, table[code].size()};
  return std::nullopt;
}

}  // namespace

const char* to_string(EddystoneUrlError error) noexcept {
  switch (error) {
    case EddystoneUrlError::no_scheme: return "a URL begins with http:// or https://";
    case EddystoneUrlError::empty: return "the URL has nothing behind its scheme";
    case EddystoneUrlError::character: return "the URL has a character outside of printable ASCII, or a blank";
    case EddystoneUrlError::too_long: return "the URL is over 17 bytes once it is compressed";
  }
  return "unknown error";
}

boost::system::result<CompressedUrl, EddystoneUrlError> compress_url(std::string_view text) noexcept {
  auto scheme = find_prefix(schemes, text);
  if (!scheme) return EddystoneUrlError::no_scheme;
  // "http://www." alone is the scheme "http://" and a text of "www.", since there has to be a text.
  if (scheme->size == text.size() && scheme->code < 2)
    scheme = Match{static_cast<uint8_t>(scheme->code + 2), schemes[scheme->code + 2U].size()};
  text.remove_prefix(scheme->size);
  if (text.empty()) return EddystoneUrlError::empty;
  if (!std::ranges::all_of(text, [](char c) { return is_literal(static_cast<uint8_t>(c)); })) return EddystoneUrlError::character;

  CompressedUrl url{.scheme = scheme->code};
  while (!text.empty()) {
    if (url.size == url.bytes.size()) return EddystoneUrlError::too_long;
    const Match next = find_prefix(expansions, text).value_or(Match{static_cast<uint8_t>(text[0]), 1});
    url.bytes[url.size++] = next.code;
    text.remove_prefix(next.size);
  }
  return url;
}

boost::system::result<EddystoneUrl, EddystoneUrlError> EddystoneUrl::parse(std::string_view text, int8_t power_0m_dbm) noexcept {
  if (const auto compressed = compress_url(text); !compressed) return compressed.error();
  EddystoneUrl url;
  url.power_0m_dbm_ = power_0m_dbm;
  url.append(text);
  return url;
}

void EddystoneUrl::append(std::string_view part) noexcept {
  std::ranges::copy(part, text_.begin() + size_);
  size_ = static_cast<uint8_t>(size_ + part.size());
}

std::optional<EddystoneUrl> decode_eddystone_url(Bytes data) noexcept {
  constexpr size_t header = 3;
  if (data.size() <= header || data.size() > header + EddystoneUrl::max_encoded_size) return std::nullopt;
  if (data[0] != url_frame || data[2] >= schemes.size()) return std::nullopt;
  EddystoneUrl url;
  url.power_0m_dbm_ = static_cast<int8_t>(data[1]);
  url.append(schemes[data[2]]);
  for (const uint8_t& byte : data.subspan(header)) {
    if (byte < expansions.size()) {
      url.append(expansions[byte]);
    } else if (is_literal(byte)) {
      url.append({reinterpret_cast<const char*>(&byte), 1});
    } else {
      return std::nullopt;
    }
  }
  return url;
}

}  // namespace moor
