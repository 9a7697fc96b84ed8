#include "serve/answers.hpp"

#include <boost/json/parse.hpp>
#include <cmath>

namespace moor::serve {

namespace json = boost::json;

http::Response answer(const json::value& value, unsigned status) {
  return http::json_response(to_line(value), status);
}

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value number_or_null(const std::optional<double>& number, int decimals) {
  return number && std::isfinite(*number) ? json::value(rounded(*number, decimals)) : json::value();
}

std::string iso(const Clock& clock, TimePoint t) {
  return to_iso(clock.to_wall(t));
}

json::value iso_or_null(const Clock& clock, const std::optional<TimePoint>& t) {
  return t ? json::value(iso(clock, *t)) : json::value();
}

json::object parse_object(std::string_view text) {
  json::parse_options options;
  options.max_depth = 16;
  boost::system::error_code error;
  json::value value = json::parse(text, error, {}, options);
  if (error) throw http::Refusal(400, "this is no JSON: " + error.message(), "Send one JSON object in UTF-8.");
  if (!value.is_object())
    throw http::Refusal(400, "this is JSON, but no object", R"(Send one object, such as {"name": "value"}.)");
  return std::move(value.as_object());
}

}  // namespace moor::serve
