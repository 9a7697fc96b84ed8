#include "serve/zones_api.hpp"

#include "serve/answers.hpp"
#include "serve/parameters.hpp"

#include <algorithm>
#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

std::optional<double> Today::Zone::mean_dwell_s() const noexcept {
  if (ended == 0) return std::nullopt;
  return to_seconds(dwell) / static_cast<double>(ended);
}

WallTime Today::midnight(TimePoint now) const noexcept {
  return std::chrono::floor<std::chrono::days>(clock_.to_wall(now));
}

void Today::turn_page(TimePoint now) {
  const WallTime day = midnight(now);
  if (day <= day_) return;
  day_ = day;
  zones_.clear();
}

const Today::Zone& Today::zone(const std::string& name, TimePoint now) {
  turn_page(now);
  const auto found = zones_.find(name);
  return found != zones_.end() ? found->second : nobody_;
}

void Today::recall(const std::string& zone, const std::string& device, std::optional<Duration> dwell) {
  turn_page(clock_.now());
  Zone& found = zones_[zone];
  ++found.entries;
  if (found.visitors.size() < max_visitors) found.visitors.insert(std::hash<std::string>()(device));
  if (!dwell) return;
  ++found.ended;
  found.dwell += *dwell;
}

void Today::on_visit_began(const VisitEvent& event) {
  recall(event.zone, event.device, std::nullopt);
}

void Today::on_visit_ended(const VisitEvent& event) {
  if (!event.left) return;
  turn_page(*event.left);
  Zone& zone = zones_[event.zone];
  ++zone.ended;
  zone.dwell += *event.left - event.entered;
}

namespace {

json::array radios_of(const Gateway& gateway, const std::string& zone) {
  json::array radios;
  for (const GatewayConfig::ZoneEntry& entry : gateway.config().zones)
    if (entry.name == zone)
      for (const std::string& radio : entry.radios) radios.emplace_back(radio);
  return radios;
}

// Strongest first.
json::array devices_in(Gateway& gateway, const DeviceView& devices, const std::string& zone) {
  std::vector<std::pair<double, DeviceSlot>> found;
  for (DeviceSlot slot = 0; slot < gateway.pipeline().devices().slots(); ++slot)
    if (devices.is_shown(slot) && gateway.board().find(slot)->zone == zone) found.emplace_back(-devices.strength(slot), slot);
  std::ranges::sort(found);
  json::array rows;
  for (const auto& [strength, slot] : found) {
    const DeviceStatus& status = *gateway.board().find(slot);
    rows.push_back(json::object{{"id", status.identity},
                                {"name", status.name},
                                {"since", iso_or_null(gateway.clock(), status.zone_since)},
                                {"smoothed", number_or_null(status.smoothed_dbm, 1)}});
  }
  return rows;
}

http::Response show(Gateway& gateway, const DeviceView& devices, Today& today) {
  json::array zones;
  for (const std::string& name : gateway.zones()) {
    const Today::Zone& counted = today.zone(name, gateway.clock().now());
    zones.push_back(json::object{{"name", name},
                                 {"radios", radios_of(gateway, name)},
                                 {"devices", devices_in(gateway, devices, name)},
                                 {"today", json::object{{"entries", counted.entries},
                                                        {"distinct", counted.visitors.size()},
                                                        {"mean_dwell_s", number_or_null(counted.mean_dwell_s(), 1)}}}});
  }
  return answer(json::object{{"zones", std::move(zones)}});
}

}  // namespace

void add_zone_routes(http::Router& router, Gateway& gateway, const DeviceView& devices, Today& today) {
  router.get("/api/v1/zones", [&gateway, &devices, &today](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return show(gateway, devices, today);
  });
}

}  // namespace moor::serve
