#include "http/guard.hpp"

#include "moor/bytes.hpp"

#include <openssl/crypto.h>
#include <openssl/sha.h>

namespace moor::http {

namespace {

constexpr std::string_view cookie_name = "moor_token";

std::array<uint8_t, 32> digest(std::string_view text) {
  std::array<uint8_t, 32> result{};
  SHA256(reinterpret_cast<const uint8_t*>(text.data()), text.size(), result.data());
  return result;
}

bool is_host_character(char c) noexcept {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' || c == '.' || c == '_';
}

struct HostPort {
  std::string_view host;  // without brackets
  std::string_view port;
};

// "name", "name:80", "[::1]:80" (RFC 3986, 3.2.2).
std::optional<HostPort> split_host(std::string_view text) noexcept {
  HostPort result;
  std::string_view rest;
  if (text.starts_with('[')) {
    const size_t end = text.find(']');
    if (end == std::string_view::npos) return std::nullopt;
    result.host = text.substr(1, end - 1);
    rest = text.substr(end + 1);
    if (result.host.find_first_not_of("0123456789abcdefABCDEF:.") != std::string_view::npos) return std::nullopt;
  } else {
    const size_t end = std::min(text.find(':'), text.size());
    result.host = text.substr(0, end);
    rest = text.substr(end);
    if (!std::all_of(result.host.begin(), result.host.end(), is_host_character)) return std::nullopt;
  }
  if (result.host.empty()) return std::nullopt;
  if (rest.empty()) return result;
  result.port = rest.substr(1);
  if (rest.front() != ':' || result.port.size() > 5 || result.port.find_first_not_of("0123456789") != std::string_view::npos)
    return std::nullopt;
  return result;
}

// 127.0.0.0/8 as four numbers, ::1, localhost and names under it (RFC 6761, 6.3).
bool is_loopback_name(std::string_view host) noexcept {
  constexpr std::string_view local = "localhost";
  if (host == "::1" || same_word(host, local)) return true;
  if (host.size() > local.size() + 1 && same_word(host.substr(host.size() - local.size() - 1), ".localhost")) return true;
  return host.starts_with("127.") && std::count(host.begin(), host.end(), '.') == 3 &&
         host.find_first_not_of("0123456789.") == std::string_view::npos;
}

std::string_view port_or(std::string_view port, std::string_view usual) noexcept {
  return port.empty() ? usual : port;
}

// Whether "http://host:port" is where the request was sent to. The scheme is not compared: what stands between may have ended the TLS.
bool is_own_origin(std::string_view origin, std::string_view host) noexcept {
  const bool secure = origin.starts_with("https://");
  if (!secure && !origin.starts_with("http://")) return false;
  const std::string_view usual = secure ? "443" : "80";
  const auto from = split_host(origin.substr(secure ? 8 : 7));
  const auto to = split_host(host);
  return from && to && same_word(from->host, to->host) && port_or(from->port, usual) == port_or(to->port, usual);
}

std::optional<std::string_view> find_cookie(std::string_view field, std::string_view name) noexcept {
  while (!field.empty()) {
    const size_t end = std::min(field.find(';'), field.size());
    std::string_view pair = field.substr(0, end);
    field.remove_prefix(std::min(end + 1, field.size()));
    while (pair.starts_with(' ')) pair.remove_prefix(1);
    if (pair.size() > name.size() && pair.starts_with(name) && pair[name.size()] == '=') return pair.substr(name.size() + 1);
  }
  return std::nullopt;
}

bool same_secret(std::span<const uint8_t, 32> a, std::span<const uint8_t, 32> b) noexcept {
  return CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0;
}

}  // namespace

Guard::Guard(GuardOptions options) : options_(std::move(options)) {
  if (options_.token.empty()) return;
  token_digest_ = digest(options_.token);
  cookie_value_ = to_hex(digest("moor session of " + options_.token));
}

std::optional<Refusal> Guard::check_host(const Headers& headers, int version) const {
  const size_t count = headers.count("Host");
  if (count == 0 && version < 11) return std::nullopt;
  const auto host = split_host(headers.get("Host"));
  if (count != 1 || !host)
    return Refusal(400, "the Host field is missing, there more than once, or names no host", "Send one Host field.");
  if (!options_.loopback || is_loopback_name(host->host)) return std::nullopt;
  for (const std::string& each : options_.hosts)
    if (same_word(each, host->host)) return std::nullopt;
  return Refusal(421, "this server is not called \"" + std::string(host->host) + "\"",
                 "Call it localhost or 127.0.0.1; a name of its own goes into serve.hosts.");
}

std::optional<Refusal> Guard::check_origin(const Headers& headers, bool strict) const {
  const std::string_view origin = headers.get("Origin");
  const std::string_view site = headers.get("Sec-Fetch-Site");  // of browsers (Fetch Metadata); programs send none
  const bool foreign = site == "cross-site" || site == "same-site" || headers.count("Origin") > 1;
  const bool other = strict && headers.count("Origin") > 0 && !is_own_origin(origin, headers.get("Host"));
  if (!foreign && !other) return std::nullopt;
  return Refusal(403, "the request comes from a page of another site", "Use the dashboard of this server itself.");
}

bool Guard::is_token(std::string_view text) const {
  return !options_.token.empty() && same_secret(digest(text), token_digest_);
}

Guard::Claim Guard::check(const Headers& headers, bool certificate) const {
  if (!requires_authentication() || (certificate && options_.client_authority)) return Claim::right;
  constexpr std::string_view scheme = "Bearer ";
  const std::string_view authorization = headers.get("Authorization");
  if (!authorization.empty()) {
    const bool bearer = authorization.size() > scheme.size() && same_word(authorization.substr(0, scheme.size()), scheme);
    return bearer && is_token(authorization.substr(scheme.size())) ? Claim::right : Claim::wrong_token;
  }
  if (cookie_value_.empty()) return Claim::none;
  const auto cookie = find_cookie(headers.get("Cookie"), cookie_name);
  return cookie && same_secret(digest(*cookie), digest(cookie_value_)) ? Claim::right : Claim::none;
}

std::string Guard::cookie() const {
  return std::string(cookie_name) + "=" + cookie_value_ + "; Path=/; Max-Age=2592000; HttpOnly; SameSite=Strict" +
         (options_.tls ? "; Secure" : "");
}

std::string Guard::expired_cookie() const {
  return std::string(cookie_name) + "=; Path=/; Max-Age=0; HttpOnly; SameSite=Strict" + (options_.tls ? "; Secure" : "");
}

}  // namespace moor::http
