#pragma once
// What the store remembers: readings, zone events, visits, dwell, foot traffic, links. Rows have the columns that `moor query` prints.

#include "http/router.hpp"
#include "serve/store_questions.hpp"

namespace moor::serve {

/// Rows of one answer at most, and without `limit`.
inline constexpr int64_t most_rows = 10'000;
inline constexpr int64_t usual_rows = 1000;

/// RSSI of a device minute by minute. @throws http::Refusal.
[[nodiscard]] awaitable<http::Response> show_minutes(StoreQuestions& store, std::string device, const http::Request& request);
/// `store` outlives the router.
void add_store_routes(http::Router& router, StoreQuestions& store);

}  // namespace moor::serve
