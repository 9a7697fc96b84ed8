#include "serve/radios_api.hpp"

#include "serve/answers.hpp"
#include "serve/event_json.hpp"
#include "serve/parameters.hpp"

#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

json::value slots_json(const Radio& radio, const DeviceView& devices, const Clock& clock) {
  if (!radio.info().can_connect) return nullptr;
  const Slots slots = radio.slots();
  json::array holders;
  for (const Slots::Holder& holder : slots.holders) {
    json::object each = devices.who(holder.device);
    each["label"] = holder.label;
    each["since"] = iso(clock, holder.since);
    holders.push_back(std::move(each));
  }
  return json::object{{"limit", slots.limit > 0 ? json::value(slots.limit) : json::value()},
                      {"free", slots.limit > 0 ? json::value(std::max(slots.free, 0)) : json::value()},
                      {"holders", std::move(holders)}};
}

}  // namespace

json::object radios_json(Gateway& gateway, const DeviceView& devices) {
  json::array radios;
  for (const Radio* const radio : gateway.hub().radios()) {
    const RadioInfo& info = radio->info();
    const RadioState& state = gateway.radios().at(info.id);
    radios.push_back(json::object{{"id", info.id},
                                  {"name", info.name},
                                  {"kind", info.kind},
                                  {"detail", info.detail},
                                  {"state", state.silent ? "silent" : to_string(state.phase)},
                                  {"problem", state.problem},
                                  {"limits", info.limits},
                                  {"can_connect", info.can_connect},
                                  {"sightings", state.sightings},
                                  {"per_second", rounded(state.per_second, 1)},
                                  {"slots", slots_json(*radio, devices, gateway.clock())},
                                  {"last_heard", iso_or_null(gateway.clock(), state.last_heard)}});
  }
  return {{"radios", std::move(radios)}};
}

void add_radio_routes(http::Router& router, Gateway& gateway, const DeviceView& devices) {
  router.get("/api/v1/radios", [&gateway, &devices](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    co_return answer(radios_json(gateway, devices));
  });
  router.get("/api/v1/sensors", [&gateway](const http::Request& request) -> awaitable<http::Response> {
    only(request, {});
    json::array sensors;
    for (const SensorState& state : gateway.sensors()) sensors.push_back(to_json(state, gateway.clock()));
    co_return answer(json::object{{"sensors", std::move(sensors)}});
  });
}

}  // namespace moor::serve
