#include "serve/store_api.hpp"

#include "report/store_json.hpp"
#include "serve/answers.hpp"
#include "serve/parameters.hpp"

#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

StoreQuery query_of(const http::Request& request) {
  const StoreQuery query{.from = moment(request, "from"),
                         .until = moment(request, "until"),
                         .device = text(request, "device"),
                         .zone = text(request, "zone"),
                         .quantity = text(request, "quantity"),
                         .limit = static_cast<size_t>(integer(request, "limit", 1, most_rows).value_or(usual_rows))};
  if (query.from && query.until && *query.from >= *query.until)
    throw http::Refusal(400, "from is not before until",
                        "Give from as the earlier moment; until itself is not part of the answer.");
  return query;
}

template <typename Row>
http::Response rows_of(const StoreAnswer<Row>& found) {
  json::array rows;
  rows.reserve(found.rows.size());
  for (const Row& row : found.rows) rows.push_back(to_json(row));
  return answer(json::object{{"rows", std::move(rows)}, {"more", found.more}});
}

awaitable<http::Response> readings(StoreQuestions& store, const http::Request& request) {
  only(request, {"device", "quantity", "from", "until", "limit"});
  return store.ask([query = query_of(request)](const StoreReader& reader) { return rows_of(reader.readings(query)); });
}

awaitable<http::Response> zone_events(StoreQuestions& store, const http::Request& request) {
  only(request, {"device", "zone", "from", "until", "limit"});
  return store.ask([query = query_of(request)](const StoreReader& reader) { return rows_of(reader.zone_events(query)); });
}

awaitable<http::Response> visits(StoreQuestions& store, const http::Request& request) {
  only(request, {"device", "zone", "from", "until", "limit", "open"});
  const auto open = flag(request, "open");
  return store.ask([query = query_of(request), open](const StoreReader& reader) {
    StoreAnswer<StoredVisit> found = reader.visits(query);
    if (open) std::erase_if(found.rows, [&](const StoredVisit& visit) { return *open == visit.left.has_value(); });
    return rows_of(found);
  });
}

}  // namespace

awaitable<http::Response> show_minutes(StoreQuestions&, std::string, const http::Request&) {
  throw http::Refusal(404, "not yet");
}

void add_store_routes(http::Router& router, StoreQuestions& store) {
  using Answer = awaitable<http::Response> (*)(StoreQuestions&, const http::Request&);
  const auto add = [&](const char* pattern, Answer question) {
    router.get(pattern, [&store, question](const http::Request& request) { return question(store, request); });
  };
  add("/api/v1/readings", readings);
  add("/api/v1/events", zone_events);
  add("/api/v1/visits", visits);
}

}  // namespace moor::serve
