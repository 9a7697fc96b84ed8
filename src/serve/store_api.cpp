#include "serve/store_api.hpp"

#include "serve/answers.hpp"
#include "serve/parameters.hpp"

#include <algorithm>

namespace moor::serve {

namespace {

constexpr std::string_view sums[] = {"hour", "day", "zone"};

// What each table can be asked by, beside from, until and limit.
struct StoreRoute {
  const char* pattern;
  std::string_view table;
  bool device;
  bool zone;
  bool quantity = false;
  bool open = false;
  std::string_view by = {};  // the sum where none is named; "none" where it is not summed then
};
constexpr StoreRoute routes[] = {
    {.pattern = "/api/v1/readings", .table = "readings", .device = true, .zone = false, .quantity = true},
    {.pattern = "/api/v1/events", .table = "events", .device = true, .zone = true},
    {.pattern = "/api/v1/visits", .table = "visits", .device = true, .zone = true, .open = true},
    {.pattern = "/api/v1/traffic", .table = "traffic", .device = false, .zone = true, .by = "none"},
    {.pattern = "/api/v1/dwell", .table = "dwell", .device = false, .zone = true, .by = "day"},
    {.pattern = "/api/v1/connections", .table = "connections", .device = true, .zone = false},
};

void check_parameters(const http::Request& request, const StoreRoute& route) {
  std::vector<std::string_view> known = {"from", "until", "limit"};
  if (route.device) known.emplace_back("device");
  if (route.zone) known.emplace_back("zone");
  if (route.quantity) known.emplace_back("quantity");
  if (route.open) known.emplace_back("open");
  if (!route.by.empty()) known.emplace_back("by");
  only(request, known);
}

StoreQuery query_of(const http::Request& request) {
  StoreQuery query;
  query.from = moment(request, "from");
  query.until = moment(request, "until");
  query.device = text(request, "device");
  query.zone = text(request, "zone");
  query.quantity = text(request, "quantity");
  query.open_only = flag(request, "open").value_or(false);
  query.limit = static_cast<size_t>(integer(request, "limit", 1, most_rows).value_or(usual_rows));
  if (query.from && query.until && *query.from >= *query.until)
    throw http::Refusal(400, "from is not before until",
                        "Give from as the earlier moment; until itself is not part of the answer.");
  return query;
}

std::optional<StoreGroup> group_of(const http::Request& request, const StoreRoute& route) {
  if (route.by.empty()) return std::nullopt;
  if (!request.find_query("by")) return store::group_named(route.by);
  return store::group_named(word(request, "by", sums));
}

// The whole answer as text, a row after the other: as `moor query --json` says it.
http::Response rows_of(store::TableReader& reader, const store::Question& question, size_t limit, std::string_view name) {
  std::string text = "{\"" + std::string(name) + "\": [";
  bool first = true;
  const bool more = reader.read(question, limit, [&](std::span<const store::Cell> row) {
    if (!std::exchange(first, false)) text += ", ";
    text += store::json_of(question.columns(), row);
    return true;
  });
  text += std::string("], \"more\": ") + (more ? "true" : "false") + "}";
  return http::json_response(std::move(text));
}

awaitable<http::Response> show(StoreQuestions& store, const StoreRoute& route, const http::Request& request) {
  check_parameters(request, route);
  const StoreQuery query = query_of(request);
  const store::Question question = store::about(route.table, query, group_of(request, route));
  return store.ask(
      [question, limit = query.limit](store::TableReader& reader) { return rows_of(reader, question, limit, "rows"); });
}

}  // namespace

awaitable<http::Response> show_minutes(StoreQuestions& store, std::string device, const http::Request& request) {
  StoreQuery query = query_of(request);
  query.device = std::move(device);
  const store::Question question = store::about("minutes", query, std::nullopt);
  return store.ask(
      [question, limit = query.limit](store::TableReader& reader) { return rows_of(reader, question, limit, "minutes"); });
}

void add_store_routes(http::Router& router, StoreQuestions& store) {
  for (const StoreRoute& route : routes)
    router.get(route.pattern, [&store, &route](const http::Request& request) { return show(store, route, request); });
}

}  // namespace moor::serve
