#include "http/message.hpp"

#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

namespace moor::http {

namespace {

constexpr char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

}  // namespace

bool same_word(std::string_view a, std::string_view b) noexcept {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(), [](char x, char y) { return lower(x) == lower(y); });
}

std::string_view Headers::get(std::string_view name) const noexcept {
  for (const auto& [key, value] : fields_)
    if (same_word(key, name)) return value;
  return {};
}

size_t Headers::count(std::string_view name) const noexcept {
  return static_cast<size_t>(
      std::count_if(fields_.begin(), fields_.end(), [&](const auto& field) { return same_word(field.first, name); }));
}

std::optional<std::string_view> find_parameter(const Parameters& parameters, std::string_view name) noexcept {
  for (const auto& [key, value] : parameters)
    if (key == name) return value;
  return std::nullopt;
}

Response json_response(std::string json, unsigned status) {
  Response response;
  response.status = status;
  response.body = std::move(json);
  return response;
}

Response text_response(std::string text, unsigned status) {
  Response response;
  response.status = status;
  response.content_type = "text/plain; charset=utf-8";
  response.body = std::move(text);
  return response;
}

Response error_response(unsigned status, std::string_view what, std::string_view advice) {
  boost::json::object body;
  body["error"] = what;
  body["advice"] = advice;
  return json_response(boost::json::serialize(body), status);
}

std::string_view reason_phrase(unsigned status) noexcept {
  struct Row {
    unsigned status;
    std::string_view phrase;
  };
  static constexpr Row rows[] = {
      {100, "Continue"},
      {101, "Switching Protocols"},
      {200, "OK"},
      {201, "Created"},
      {202, "Accepted"},
      {204, "No Content"},
      {303, "See Other"},
      {304, "Not Modified"},
      {400, "Bad Request"},
      {401, "Unauthorized"},
      {403, "Forbidden"},
      {404, "Not Found"},
      {405, "Method Not Allowed"},
      {406, "Not Acceptable"},
      {408, "Request Timeout"},
      {409, "Conflict"},
      {411, "Length Required"},
      {413, "Content Too Large"},
      {414, "URI Too Long"},
      {415, "Unsupported Media Type"},
      {417, "Expectation Failed"},
      {421, "Misdirected Request"},
      {422, "Unprocessable Content"},
      {426, "Upgrade Required"},
      {429, "Too Many Requests"},
      {431, "Request Header Fields Too Large"},
      {500, "Internal Server Error"},
      {501, "Not Implemented"},
      {502, "Bad Gateway"},
      {503, "Service Unavailable"},
      {504, "Gateway Timeout"},
      {505, "HTTP Version Not Supported"},
  };
  for (const Row& row : rows)
    if (row.status == status) return row.phrase;
  return "Unknown";
}

}  // namespace moor::http
