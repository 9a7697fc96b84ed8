#include "serve/status_api.hpp"

#include "moor/version.hpp"
#include "serve/answers.hpp"
#include "serve/parameters.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

json::object by_kind(const std::array<uint64_t, store_row_kinds>& counts) {
  json::object object;
  for (size_t kind = 0; kind < store_row_kinds; ++kind) object[store_row_names[kind]] = counts[kind];
  return object;
}

json::value store_json(const Gateway& gateway) {
  const auto statistics = gateway.store_statistics();
  if (!statistics) return nullptr;
  return json::object{{"path", gateway.config().store.path.string()},
                      {"queued", statistics->queued},
                      {"written", by_kind(statistics->written)},
                      {"dropped", by_kind(statistics->dropped)},
                      {"failures", statistics->failures},
                      {"last_error", statistics->last_error}};
}

json::object statistics_json(Gateway& gateway) {
  const GatewayStatistics statistics = gateway.statistics();
  json::object shed;
  for (size_t worth = 0; worth < worth_count; ++worth) shed[to_string(static_cast<Worth>(worth))] = statistics.intake.shed[worth];
  return {{"sightings", statistics.sightings},
          {"per_second", rounded(statistics.per_second, 1)},
          {"devices", gateway.pipeline().devices().size()},
          {"beacons", gateway.pipeline().beacons().size()},
          {"shed", std::move(shed)},
          {"filtered", statistics.pipeline.filtered}};
}

}  // namespace

std::vector<GatewayProblem> Status::problems() const {
  std::vector<GatewayProblem> found = gateway_.problems();
  if (options_.publishing)
    for (GatewayProblem& problem : options_.publishing().problems) found.push_back(std::move(problem));
  return found;
}

std::vector<std::string> Status::not_ready() const {
  std::vector<std::string> reasons;
  const auto works = [](const RadioState& radio) {
    return radio.phase == RadioState::Phase::scanning || radio.phase == RadioState::Phase::ended;
  };
  const auto& radios = gateway_.radios();
  if (std::ranges::none_of(radios, works)) {
    reasons.emplace_back("no radio is scanning");
    for (const RadioState& radio : radios)
      if (!radio.problem.empty()) reasons.push_back(radio.name + ": " + radio.problem);
  }
  if (const auto store = gateway_.store_statistics(); store && !store->last_error.empty())
    reasons.push_back("the store cannot be written: " + store->last_error);
  return reasons;
}

json::object Status::show(bool required, bool ok) const {
  const Clock& clock = gateway_.clock();
  const TimePoint now = clock.now();
  json::array zones;
  for (const std::string& zone : gateway_.zones()) zones.emplace_back(zone);
  json::array problems_shown;
  for (const GatewayProblem& problem : problems())
    problems_shown.push_back(json::object{{"what", problem.what}, {"advice", problem.advice}});
  PublishingState publishing;
  if (options_.publishing) publishing = options_.publishing();
  return {{"name", gateway_.config().gateway.name},
          {"version", version},
          {"started", iso(clock, gateway_.started())},
          {"uptime_s", rounded(to_seconds(now - gateway_.started()), 3)},
          {"now", iso(clock, now)},
          {"virtual", clock.is_virtual()},
          {"demo", options_.demo},
          {"auth", json::object{{"required", required}, {"ok", ok}}},
          {"statistics", statistics_json(gateway_)},
          {"store", store_json(gateway_)},
          {"mqtt", std::move(publishing.mqtt)},
          {"webhooks", std::move(publishing.webhooks)},
          {"zones", std::move(zones)},
          {"problems", std::move(problems_shown)}};
}

void add_status_routes(http::Router& router, const Status& status) {
  router.get("/api/v1/status", [&status](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(status.show(request.auth_required, request.authenticated));
  });
  router.get(
      "/health", [](const http::Request&) -> awaitable<http::Response> { co_return answer(json::object{{"status", "alive"}}); },
      http::Access::open);
  router.get("/ready", [&status](const http::Request&) -> awaitable<http::Response> {
    json::array reasons;
    for (const std::string& reason : status.not_ready()) reasons.emplace_back(reason);
    const bool ready = reasons.empty();
    co_return answer(json::object{{"ready", ready}, {"reasons", std::move(reasons)}}, ready ? 200 : 503);
  });
}

}  // namespace moor::serve
