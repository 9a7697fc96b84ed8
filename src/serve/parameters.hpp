#pragma once
// Parameters of a request's query, checked: whoever sends a wrong one is told which, and what it may be. All refusals have status 400.

#include "http/message.hpp"
#include "moor/time.hpp"

namespace moor::serve {

/// A whole number from `least` to `most`; nothing where it is not given. @throws http::Refusal.
[[nodiscard]] std::optional<int64_t> integer(const http::Request& request, std::string_view name, int64_t least, int64_t most);
/// @throws http::Refusal.
[[nodiscard]] std::optional<double> number(const http::Request& request, std::string_view name, double least, double most);
/// A moment: ISO 8601, or seconds since 1970. @throws http::Refusal.
[[nodiscard]] std::optional<WallTime> moment(const http::Request& request, std::string_view name);
/// One of some words; the first where it is not given. @throws http::Refusal.
[[nodiscard]] std::string word(const http::Request& request, std::string_view name, std::span<const std::string_view> words);
/// "1", "true", "0" or "false"; nothing where it is not given. @throws http::Refusal.
[[nodiscard]] std::optional<bool> flag(const http::Request& request, std::string_view name);
/// Empty where it is not given. @throws http::Refusal for more than 256 bytes.
[[nodiscard]] std::string text(const http::Request& request, std::string_view name);
/// @throws http::Refusal for a parameter that is none of these: a mistyped one would be as if it were not there.
void only(const http::Request& request, std::span<const std::string_view> names);
inline void only(const http::Request& request, std::initializer_list<std::string_view> names) {
  only(request, std::span(names.begin(), names.size()));
}

}  // namespace moor::serve
