#include "http/admission.hpp"

#include <boost/asio/ip/address.hpp>
#include <cmath>

namespace moor::http {

namespace {

Response to_response(const Refusal& refusal) {
  return error_response(refusal.status(), refusal.what(), refusal.advice());
}

Response too_many(Duration wait, std::string_view what) {
  Response response = error_response(429, what, "Ask less often; Retry-After says when again.");
  response.headers.add("Retry-After", std::to_string(static_cast<int>(std::ceil(to_seconds(wait)))));
  return response;
}

bool is_unsafe(std::string_view method) noexcept {
  return method != "GET" && method != "HEAD" && method != "OPTIONS";
}

bool is_digits(std::string_view text) noexcept {
  return !text.empty() && text.size() <= 18 && text.find_first_not_of("0123456789") == std::string_view::npos;
}

}  // namespace

std::optional<Refusal> check_framing(const Headers& headers, int version) {
  constexpr const char* advice = "Send one Content-Length of digits, or one \"Transfer-Encoding: chunked\".";
  const size_t lengths = headers.count("Content-Length");
  const size_t codings = headers.count("Transfer-Encoding");
  if (lengths + codings > 1) return Refusal(400, "the size of the body is told more than once", advice);
  if (lengths == 1 && !is_digits(headers.get("Content-Length"))) return Refusal(400, "Content-Length is no number", advice);
  if (codings == 0) return std::nullopt;
  if (version < 11) return Refusal(400, "HTTP/1.0 has no Transfer-Encoding", advice);
  if (!same_word(headers.get("Transfer-Encoding"), "chunked")) return Refusal(501, "the body's coding is not known here", advice);
  return std::nullopt;
}

std::string limit_key(const std::string& address) {
  boost::system::error_code error;
  const auto parsed = boost::asio::ip::make_address(address, error);
  if (error || !parsed.is_v6()) return address;
  if (parsed.to_v6().is_v4_mapped())
    return boost::asio::ip::make_address_v4(boost::asio::ip::v4_mapped, parsed.to_v6()).to_string();
  auto bytes = parsed.to_v6().to_bytes();
  std::fill(bytes.begin() + 8, bytes.end(), uint8_t{0});
  return boost::asio::ip::address_v6(bytes).to_string();
}

AdmissionDesk::AdmissionDesk(const Router& router, const Guard& guard, int per_s)
    : router_(router), guard_(guard), requests_(per_s, 2.0 * per_s), attempts_(1.0 / 6, 10) {}

std::optional<Response> AdmissionDesk::check_attempts(const std::string& remote, TimePoint now) {
  if (const auto wait = attempts_.wait(remote, now)) return too_many(*wait, "too many wrong tokens came from this address");
  return std::nullopt;
}

std::optional<Response> AdmissionDesk::check_claim(const RequestHead& head, Request& request, TimePoint now) {
  const std::string key = limit_key(head.remote);
  if (!head.headers.get("Authorization").empty() && guard_.requires_authentication())
    if (auto response = check_attempts(key, now)) return response;
  const Guard::Claim claim = guard_.check(head.headers, head.certificate);
  if (claim == Guard::Claim::wrong_token) on_wrong_token(key, now);
  request.authenticated = claim == Guard::Claim::right;
  return std::nullopt;
}

Admission AdmissionDesk::admit(RequestHead head, TimePoint now) {
  if (const auto wait = requests_.take(limit_key(head.remote), now))
    return {Verdict::rate_limited, too_many(*wait, "too many requests came from this address")};
  if (auto refusal = check_framing(head.headers, head.version)) return {Verdict::malformed, to_response(*refusal)};
  if (auto refusal = guard_.check_host(head.headers, head.version)) return {Verdict::refused, to_response(*refusal)};
  auto parsed = parse_target(head.target);
  if (auto* refusal = std::get_if<Refusal>(&parsed)) return {Verdict::malformed, to_response(*refusal)};
  Target& target = std::get<Target>(parsed);

  Request request;
  if (auto response = check_claim(head, request, now)) return {Verdict::rate_limited, std::move(*response)};
  Router::Match match = router_.find(head.method, target);
  if (std::holds_alternative<Router::NotFound>(match))
    return {Verdict::refused, error_response(404, "there is no " + target.path, "docs/api.md lists what there is.")};
  if (const auto* wrong = std::get_if<Router::WrongMethod>(&match)) {
    Response response = head.method == "OPTIONS" ? Response{.status = 204, .content_type = {}}
                                                 : error_response(405, target.path + " cannot be asked with " + head.method,
                                                                  "Use one of " + wrong->allow + ".");
    response.headers.add("Allow", wrong->allow);
    return {head.method == "OPTIONS" ? Verdict::admitted : Verdict::refused, std::move(response)};
  }
  request.method = std::move(head.method);
  request.path = std::move(target.path);
  request.query = std::move(target.query);
  request.remote = std::move(head.remote);
  request.tls = head.tls;
  request.auth_required = guard_.requires_authentication();
  request.headers = std::move(head.headers);
  if (const auto* found = std::get_if<Router::FoundAsset>(&match))
    return {Verdict::admitted, Admitted{std::move(request), found->asset}};

  auto& found = std::get<Router::Found>(match);
  const bool socket = std::holds_alternative<SocketHandler>(found.route->handler);
  if (auto refusal = guard_.check_origin(request.headers, socket || is_unsafe(request.method)))
    return {Verdict::refused, to_response(*refusal)};
  if (found.route->access == Access::token && !request.authenticated) {
    Response response = error_response(401, "a token is needed",
                                       "Log in, or send \"Authorization: Bearer TOKEN\" with the token of serve.token.");
    response.headers.add("WWW-Authenticate", "Bearer realm=\"moor\"");
    return {Verdict::unauthenticated, std::move(response)};
  }
  request.parameters = std::move(found.parameters);
  return {Verdict::admitted, Admitted{std::move(request), found.route}};
}

}  // namespace moor::http
