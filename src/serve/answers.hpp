#pragma once
// How the API words its answers: JSON, moments as ISO 8601 in UTC, null for what is not known.

#include "core/iso_time.hpp"
#include "core/json_text.hpp"
#include "http/message.hpp"
#include "moor/clock.hpp"

#include <boost/json/object.hpp>

namespace moor::serve {

[[nodiscard]] http::Response answer(const boost::json::value& value, unsigned status = 200);
[[nodiscard]] boost::json::value text_or_null(std::string_view text);
/// To so many decimals. What is no finite number is null.
[[nodiscard]] boost::json::value number_or_null(const std::optional<double>& number, int decimals);
[[nodiscard]] std::string iso(const Clock& clock, TimePoint t);
[[nodiscard]] boost::json::value iso_or_null(const Clock& clock, const std::optional<TimePoint>& t);
/// An object that a client has sent. @throws http::Refusal 400 that says where it is no JSON, or what it is instead.
[[nodiscard]] boost::json::object parse_object(std::string_view text);

}  // namespace moor::serve
