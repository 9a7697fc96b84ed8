#pragma once
// An answer as it goes over the wire: its head, with the fields that keep browsers strict, and its body. Without I/O.

#include "http/message.hpp"

namespace moor::http {

struct ReplyFacts {
  uint64_t request = 0;    ///< id; 0 where none was read
  bool head_only = false;  ///< for HEAD: the size is told, the body is not sent
  bool keep_alive = true;
  bool tls = false;
  bool streamed = false;  ///< in chunks, of a size that is not known
  bool gzip = false;      ///< the client takes it
  std::string_view if_none_match{};
};

struct Reply {
  unsigned status = 0;
  std::string head;
  std::string text;                  ///< the body,
  std::span<const uint8_t> asset{};  ///< or this
};

/// Fields of the response with line breaks or other control characters are left out: they would be fields of somebody else.
[[nodiscard]] Reply make_reply(Response response, const ReplyFacts& facts);
/// Whether a list of the field Accept-Encoding has gzip, not with q=0.
[[nodiscard]] bool accepts_gzip(std::string_view field) noexcept;

}  // namespace moor::http
