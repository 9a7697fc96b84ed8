#pragma once
// What becomes of a request whose fields have been read, before its body is: refused, or a route for it. A machine without I/O.

#include "http/guard.hpp"
#include "http/rate_limit.hpp"
#include "http/router.hpp"

namespace moor::http {

/// A request as it was read, without its body.
struct RequestHead {
  std::string method;
  std::string target;
  int version = 11;  ///< 10 or 11
  Headers headers;
  std::string remote;  ///< address
  bool tls = false;
  bool certificate = false;  ///< the client has shown a valid one
};

struct Admitted {
  Request request;
  std::variant<const Asset*, const Router::Route*> what;
};

/// What admission did, for who counts.
enum class Verdict : uint8_t { admitted, refused, rate_limited, unauthenticated, malformed };

struct Admission {
  Verdict verdict = Verdict::admitted;
  std::variant<Admitted, Response> outcome;
};

class AdmissionDesk {
public:
  /// All outlive it. @param per_s  requests of an address; twice as many at once
  AdmissionDesk(const Router& router, const Guard& guard, int per_s);

  [[nodiscard]] Admission admit(RequestHead head, TimePoint now);
  /// Whether an address may try a token now; counts a wrong one: ten at once, then one in six seconds.
  [[nodiscard]] std::optional<Response> check_attempts(const std::string& remote, TimePoint now);
  void on_wrong_token(const std::string& remote, TimePoint now) { (void)attempts_.take(remote, now); }

private:
  [[nodiscard]] std::optional<Response> check_claim(const RequestHead& head, Request& request, TimePoint now);

  const Router& router_;
  const Guard& guard_;
  RateLimit requests_;
  RateLimit attempts_;
};

/// How a body's size is told must leave no doubt, or two programs in a row see different requests (RFC 9112, 6.3 and 11.2). @returns 400, or 501 for a coding
/// other than "chunked".
[[nodiscard]] std::optional<Refusal> check_framing(const Headers& headers, int version);
/// An address's key for limits: of IPv6 the first 64 bits, since one host has all that follow.
[[nodiscard]] std::string limit_key(const std::string& address);

}  // namespace moor::http
