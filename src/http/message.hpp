#pragma once
// What a client asks over HTTP and what it is answered, without any I/O.

#include "moor/error.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace moor::http {

/// Whether two texts are the same but for the case of ASCII letters.
[[nodiscard]] bool same_word(std::string_view a, std::string_view b) noexcept;

/// Fields in the order in which they came; names are compared without case. A name may be there more than once.
class Headers {
public:
  Headers() = default;
  Headers(std::initializer_list<std::pair<std::string, std::string>> fields) : fields_(fields) {}

  void add(std::string name, std::string value) { fields_.emplace_back(std::move(name), std::move(value)); }
  /// The first of the name; empty if there is none.
  [[nodiscard]] std::string_view get(std::string_view name) const noexcept;
  [[nodiscard]] size_t count(std::string_view name) const noexcept;
  [[nodiscard]] auto begin() const noexcept { return fields_.begin(); }
  [[nodiscard]] auto end() const noexcept { return fields_.end(); }

private:
  std::vector<std::pair<std::string, std::string>> fields_;
};

/// Pairs of text: parameters of a path or a query.
using Parameters = std::vector<std::pair<std::string, std::string>>;
/// The first of the name.
[[nodiscard]] std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name) noexcept;

struct Request {
  uint64_t id = 0;        ///< of this server, from 1; the answer's X-Request-Id
  std::string method;     ///< "GET", ...
  std::string path;       ///< decoded, without "..", empty parts and control characters
  Parameters query;       ///< decoded
  Parameters parameters;  ///< of the route's pattern, decoded
  Headers headers;
  std::string body;
  std::string remote;  ///< address of the client, without its port
  bool tls = false;
  bool authenticated = false;  ///< by token, cookie or certificate; also where none is required
  bool auth_required = false;  ///< whether the server has a token or an authority for clients

  [[nodiscard]] std::optional<std::string_view> find_query(std::string_view name) const noexcept {
    return find_parameter(query, name);
  }
  /// A parameter of the pattern. @pre the pattern has it
  [[nodiscard]] std::string_view parameter(std::string_view name) const noexcept {
    return find_parameter(parameters, name).value_or(std::string_view{});
  }
};

/// A file that is part of the program, compressed by gzip when it was built.
struct Asset {
  std::string_view path;  ///< "/index.html"
  std::span<const uint8_t> gzip;
  std::string_view etag;  ///< without quotes
  std::string_view content_type;
  bool immutable = false;  ///< its name changes with its content
};

struct Response {
  unsigned status = 200;
  std::string content_type = "application/json; charset=utf-8";
  std::string body{};
  Headers headers{};             ///< beyond those of every response
  const Asset* asset = nullptr;  ///< instead of the body
};

/// A request that is refused: handlers throw it. `advice()` is sent too.
class Refusal : public Error {
public:
  Refusal(unsigned status, const std::string& what, std::string advice = {})
      : Error(what, {.advice = std::move(advice)}), status_(status) {}
  [[nodiscard]] unsigned status() const noexcept { return status_; }

private:
  unsigned status_;
};

/// JSON that is text already.
[[nodiscard]] Response json_response(std::string json, unsigned status = 200);
[[nodiscard]] Response text_response(std::string text, unsigned status = 200);
/// {"error": what, "advice": advice}, as every refusal is told.
[[nodiscard]] Response error_response(unsigned status, std::string_view what, std::string_view advice = {});
/// As RFC 9110 names it; "Unknown" for others.
[[nodiscard]] std::string_view reason_phrase(unsigned status) noexcept;

}  // namespace moor::http
