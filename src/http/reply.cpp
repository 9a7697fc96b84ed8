#include "http/reply.hpp"

#include <zlib.h>

namespace moor::http {

namespace {

constexpr size_t max_inflated = size_t{32} << 20U;

// All that the dashboard needs is its own: no inline script, no frame, nothing from elsewhere. Styles that scripts set at run time need no exception.
constexpr std::string_view strict_fields =
    "Content-Security-Policy: default-src 'self'; img-src 'self' data:; object-src 'none'; base-uri 'none'; form-action 'self'; "
    "frame-ancestors 'none'\r\n"
    "X-Content-Type-Options: nosniff\r\n"
    "X-Frame-Options: DENY\r\n"
    "Referrer-Policy: no-referrer\r\n"
    "Cross-Origin-Opener-Policy: same-origin\r\n"
    "Cross-Origin-Resource-Policy: same-origin\r\n"
    "Permissions-Policy: camera=(), microphone=(), geolocation=(), usb=(), payment=()\r\n";
// A year. Only what came over TLS says so (RFC 6797, 7.2).
constexpr std::string_view strict_transport = "Strict-Transport-Security: max-age=31536000\r\n";

void add_field(std::string& head, std::string_view name, std::string_view value) {
  for (const std::string_view text : {name, value})
    for (const char c : text)
      if ((static_cast<unsigned char>(c) < 0x20 && c != '\t') || c == 0x7f) return;
  head += name;
  head += ": ";
  head += value;
  head += "\r\n";
}

std::string_view trimmed(std::string_view text) noexcept {
  while (!text.empty() && (text.front() == ' ' || text.front() == '\t')) text.remove_prefix(1);
  while (!text.empty() && (text.back() == ' ' || text.back() == '\t')) text.remove_suffix(1);
  return text;
}

// Calls for each part of a list with commas, until one says true.
template <typename Is>
bool any_of_list(std::string_view list, Is is) {
  while (!list.empty()) {
    const size_t end = std::min(list.find(','), list.size());
    if (is(trimmed(list.substr(0, end)))) return true;
    list.remove_prefix(std::min(end + 1, list.size()));
  }
  return false;
}

bool has_etag(std::string_view if_none_match, std::string_view etag) {
  return any_of_list(if_none_match, [&](std::string_view each) {
    if (each == "*") return true;
    if (each.starts_with("W/")) each.remove_prefix(2);  // the weak comparison (RFC 9110, 13.1.2)
    return each.size() == etag.size() + 2 && each.front() == '"' && each.back() == '"' && each.substr(1, etag.size()) == etag;
  });
}

// For the few clients that do not take gzip. Empty where it is broken, which the build's own files are not.
std::string inflate_gzip(std::span<const uint8_t> data) {
  z_stream stream{};
  if (inflateInit2(&stream, 15 + 16) != Z_OK) return {};  // 16: a gzip header
  std::string text;
  stream.next_in = const_cast<uint8_t*>(data.data());
  stream.avail_in = static_cast<uInt>(data.size());
  int result = Z_OK;
  while (result == Z_OK && text.size() < max_inflated) {
    const size_t before = text.size();
    text.resize(before + size_t{64} * 1024);
    stream.next_out = reinterpret_cast<uint8_t*>(text.data() + before);
    stream.avail_out = 64 * 1024;
    result = inflate(&stream, Z_NO_FLUSH);
    text.resize(text.size() - stream.avail_out);
  }
  inflateEnd(&stream);
  if (result != Z_STREAM_END) text.clear();
  return text;
}

void use_asset(Response& response, const ReplyFacts& facts, Reply& reply) {
  const Asset& asset = *response.asset;
  response.content_type = asset.content_type;
  response.headers.add("ETag", "\"" + std::string(asset.etag) + "\"");
  response.headers.add("Vary", "Accept-Encoding");
  response.headers.add("Cache-Control", asset.immutable ? "public, max-age=31536000, immutable" : "no-cache");
  if (has_etag(facts.if_none_match, asset.etag)) {
    response.status = 304;
    response.content_type.clear();
    return;
  }
  if (facts.gzip) {
    response.headers.add("Content-Encoding", "gzip");
    reply.asset = asset.gzip;
  } else {
    response.body = inflate_gzip(asset.gzip);
  }
}

}  // namespace

bool accepts_gzip(std::string_view field) noexcept {
  return any_of_list(field, [](std::string_view each) {
    const size_t semicolon = std::min(each.find(';'), each.size());
    const std::string_view weight = trimmed(each.substr(std::min(semicolon + 1, each.size())));
    const bool refused = weight.starts_with("q=0") && weight.find_first_not_of("0.", 2) == std::string_view::npos;
    return same_word(trimmed(each.substr(0, semicolon)), "gzip") && !refused;
  });
}

Reply make_reply(Response response, const ReplyFacts& facts) {
  Reply reply;
  if (response.asset != nullptr)
    use_asset(response, facts, reply);
  else
    response.headers.add("Cache-Control", "no-store");
  reply.status = response.status;
  reply.text = std::move(response.body);
  std::string& head = reply.head;
  head.reserve(1024);
  head += "HTTP/1.1 " + std::to_string(response.status) + " ";
  head += reason_phrase(response.status);
  head += "\r\n";
  if (!response.content_type.empty()) add_field(head, "Content-Type", response.content_type);
  const bool bodyless = response.status == 204 || response.status == 304 || response.status < 200;
  if (facts.streamed)
    head += "Transfer-Encoding: chunked\r\n";
  else if (!bodyless)
    head += "Content-Length: " + std::to_string(reply.asset.empty() ? reply.text.size() : reply.asset.size()) + "\r\n";
  head += facts.keep_alive ? "Connection: keep-alive\r\n" : "Connection: close\r\n";
  if (facts.request != 0) head += "X-Request-Id: " + std::to_string(facts.request) + "\r\n";
  for (const auto& [name, value] : response.headers) add_field(head, name, value);
  head += strict_fields;
  if (facts.tls) head += strict_transport;
  head += "\r\n";
  if (facts.head_only || bodyless) {
    reply.text.clear();
    reply.asset = {};
  }
  return reply;
}

}  // namespace moor::http
