#include "core/utf8.hpp"
#include "http/router.hpp"

namespace moor::http {

namespace {

constexpr size_t max_target = 4096;
constexpr size_t max_parts = 32;
constexpr size_t max_parameters = 64;

int hex_digit(char c) noexcept {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

bool is_plain_text(std::string_view text) noexcept {
  for (const char c : text)
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) return false;
  return is_utf8(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
}

// Nothing where a percent sign is broken, or what comes out is no text.
std::optional<std::string> decode(std::string_view text, bool plus_is_space) {
  std::string decoded;
  decoded.reserve(text.size());
  for (size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      decoded += ' ';
    } else if (text[i] == '%') {
      const int high = i + 2 < text.size() ? hex_digit(text[i + 1]) : -1;
      const int low = i + 2 < text.size() ? hex_digit(text[i + 2]) : -1;
      if (high < 0 || low < 0) return std::nullopt;
      decoded += static_cast<char>(high << 4 | low);
      i += 2;
    } else {
      decoded += text[i];
    }
  }
  if (!is_plain_text(decoded)) return std::nullopt;
  return decoded;
}

Refusal bad(const char* what) {
  return Refusal(400, what, "Parts of a path are joined by single slashes, and other characters are written as %XX.");
}

std::optional<Refusal> read_path(std::string_view text, Target& target) {
  text.remove_prefix(1);
  while (!text.empty()) {
    const size_t end = text.find('/');
    const std::string_view part = text.substr(0, end);
    if (part.empty()) return bad("the path has an empty part");
    auto decoded = decode(part, false);
    if (!decoded) return bad("the path has a broken percent sign or a character that is not text");
    // A backslash is a slash to some programs that pass requests on.
    if (*decoded == "." || *decoded == ".." || decoded->find('\\') != std::string::npos) return bad("the path goes elsewhere");
    if (target.parts.size() == max_parts) return bad("the path has too many parts");
    target.path += '/';
    target.path += *decoded;
    target.parts.push_back(std::move(*decoded));
    if (end == std::string_view::npos) break;
    text.remove_prefix(end + 1);
    if (text.empty()) return bad("the path ends in a slash");
  }
  if (target.path.empty()) target.path = "/";
  return std::nullopt;
}

std::optional<Refusal> read_query(std::string_view text, Target& target) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('&'), text.size());
    const std::string_view pair = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (pair.empty()) continue;
    if (target.query.size() == max_parameters) return bad("the query has too many parameters");
    const size_t equals = std::min(pair.find('='), pair.size());
    auto name = decode(pair.substr(0, equals), true);
    auto value = decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) return bad("the query has a broken percent sign or a character that is not text");
    target.query.emplace_back(std::move(*name), std::move(*value));
  }
  return std::nullopt;
}

}  // namespace

std::variant<Target, Refusal> parse_target(std::string_view text) {
  if (text.size() > max_target) return Refusal(414, "the path and query are over 4096 characters", "Ask for less at a time.");
  if (!text.starts_with('/')) return bad("the target is not a path");
  if (text.find('#') != std::string_view::npos) return bad("the target has a fragment");
  const size_t question = std::min(text.find('?'), text.size());
  Target target;
  if (auto refusal = read_path(text.substr(0, question), target)) return *refusal;
  if (auto refusal = read_query(text.substr(std::min(question + 1, text.size())), target)) return *refusal;
  return target;
}

}  // namespace moor::http
