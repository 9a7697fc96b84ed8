#include "serve/devices_api.hpp"

#include "serve/answers.hpp"
#include "serve/parameters.hpp"
#include "serve/store_api.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr int64_t most_devices = 10'000;

char lower(char c) noexcept {
  return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
}

bool contains_word(std::string_view text, std::string_view part) {
  const auto same = [](char a, char b) { return lower(a) == lower(b); };
  return std::search(text.begin(), text.end(), part.begin(), part.end(), same) != text.end();
}

struct DeviceFilter {
  std::optional<double> min_rssi;
  std::string name;
  std::string type;
  std::string zone;

  [[nodiscard]] bool passes(const Gateway& gateway, const DeviceView& devices, DeviceSlot slot) const {
    const DeviceStatus& status = *gateway.board().find(slot);
    if (min_rssi && devices.strength(slot) < *min_rssi) return false;
    if (!name.empty() && !contains_word(status.name, name) && !contains_word(status.identity, name)) return false;
    if (!type.empty() && !http::same_word(gateway.pipeline().format_of(slot), type)) return false;
    return zone.empty() || status.zone == zone;
  }
};

http::Response list(Gateway& gateway, const DeviceView& devices, const http::Request& request) {
  only(request, {"min_rssi", "name", "type", "zone", "limit"});
  const DeviceFilter filter{.min_rssi = number(request, "min_rssi", -127, 20),
                            .name = text(request, "name"),
                            .type = text(request, "type"),
                            .zone = text(request, "zone")};
  const auto limit = static_cast<size_t>(integer(request, "limit", 0, most_devices).value_or(1000));
  std::vector<std::pair<double, DeviceSlot>> found;
  for (DeviceSlot slot = 0; slot < gateway.pipeline().devices().slots(); ++slot)
    if (devices.is_shown(slot) && filter.passes(gateway, devices, slot)) found.emplace_back(-devices.strength(slot), slot);
  const size_t shown = std::min(limit, found.size());
  std::ranges::partial_sort(found, found.begin() + static_cast<std::ptrdiff_t>(shown));
  json::array rows;
  rows.reserve(shown);
  for (size_t i = 0; i < shown; ++i) rows.push_back(devices.row(found[i].second));
  return answer(json::object{{"devices", std::move(rows)}, {"total", found.size()}});
}

json::object limits_json(const GatewayConfig::Presence& presence) {
  return {{"near_dbm", presence.near_dbm}, {"far_dbm", presence.far_dbm}, {"hysteresis_db", presence.hysteresis_db}};
}

http::Response recent(Gateway& gateway, History& history, DeviceSlot slot, const http::Request& request) {
  const Clock& clock = gateway.clock();
  const TimePoint now = clock.now();
  const int64_t seconds = integer(request, "seconds", 1, static_cast<int64_t>(History::points)).value_or(600);
  const TimePoint from = now - std::chrono::seconds(seconds);
  const History::Answer known = history.ask(slot, from, now);
  json::array times;
  json::array rssi;
  json::array smoothed;
  for (const History::Point& point : known.points) {
    const WallTime t = clock.to_wall(TimePoint(std::chrono::seconds(point.second)));
    times.push_back(rounded(to_seconds(t), 3));
    rssi.push_back(point.rssi_dbm ? json::value(*point.rssi_dbm) : json::value());
    smoothed.push_back(number_or_null(point.smoothed_dbm, 1));
  }
  json::array zones;
  for (const History::Stay& stay : known.stays)
    zones.push_back(json::object{
        {"from", iso(clock, std::max(stay.from, from))}, {"to", iso(clock, stay.to.value_or(now))}, {"zone", stay.zone}});
  return answer(json::object{{"t", std::move(times)},
                             {"rssi", std::move(rssi)},
                             {"smoothed", std::move(smoothed)},
                             {"zones", std::move(zones)},
                             {"limits", limits_json(gateway.config().presence)},
                             {"kept", known.kept}});
}

awaitable<http::Response> show_history(Gateway& gateway, const DeviceView& devices, History& history, StoreQuestions& store,
                                       const http::Request& request) {
  only(request, {"seconds", "from", "until"});
  const std::string id(request.parameter("id"));
  if (!request.find_query("from") && !request.find_query("until")) co_return recent(gateway, history, devices.get(id), request);
  if (request.find_query("seconds"))
    throw http::Refusal(400, "seconds is what is in memory, from and until are of the store", "Give one or the other.");
  co_return co_await show_minutes(store, id, request);
}

}  // namespace

void add_device_routes(http::Router& router, Gateway& gateway, const DeviceView& devices, History& history,
                       StoreQuestions& store) {
  router.get("/api/v1/devices", [&gateway, &devices](const http::Request& request) -> awaitable<http::Response> {
    co_return list(gateway, devices, request);
  });
  router.get("/api/v1/devices/{id}", [&devices](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(devices.detail(devices.get(request.parameter("id"))));
  });
  router.get("/api/v1/devices/{id}/history",
             [&gateway, &devices, &history, &store](const http::Request& request) -> awaitable<http::Response> {
               return show_history(gateway, devices, history, store, request);
             });
}

}  // namespace moor::serve
