#pragma once
// Who may ask: the names by which the server may be called, the pages from which it may be asked, and the token, cookie or certificate of who asks. A machine without I/O.
//
// A page of another site that a browser shows can send requests to loopback, under a name of its own that it resolves to 127.0.0.1 (DNS rebinding). So on
// loopback the Host field must name loopback, and what changes something or opens a WebSocket must come from the server's own pages (Origin).

#include "http/message.hpp"

#include <array>

namespace moor::http {

struct GuardOptions {
  std::string token;              ///< empty: none is asked for
  bool client_authority = false;  ///< whether certificates of clients are asked for
  bool tls = false;
  bool loopback = true;
  std::vector<std::string> hosts;  ///< names that are right on loopback too
};

class Guard {
public:
  explicit Guard(GuardOptions options);

  [[nodiscard]] bool requires_authentication() const noexcept { return !options_.token.empty() || options_.client_authority; }
  /// @param version  10 or 11 for HTTP/1.0 and 1.1. @returns 400 for a Host field that is missing, there twice or broken, 421 for another host's.
  [[nodiscard]] std::optional<Refusal> check_host(const Headers& headers, int version) const;
  /// @param strict  for what changes something and for WebSockets. @returns 403 for a request that another site's page has sent.
  [[nodiscard]] std::optional<Refusal> check_origin(const Headers& headers, bool strict) const;

  enum class Claim : uint8_t { none, wrong_token, right };
  /// @param certificate  whether the client has shown a valid one. A wrong cookie is no claim: it may be of another gateway on this host.
  [[nodiscard]] Claim check(const Headers& headers, bool certificate) const;
  /// Compares in a time that does not tell where they differ.
  [[nodiscard]] bool is_token(std::string_view text) const;

  /// Values of Set-Cookie: that of who has logged in, for 30 days, and the one that ends that. The cookie is made from the token, and does not have it.
  [[nodiscard]] std::string cookie() const;
  [[nodiscard]] std::string expired_cookie() const;

private:
  GuardOptions options_;
  std::array<uint8_t, 32> token_digest_{};
  std::string cookie_value_;
};

}  // namespace moor::http
