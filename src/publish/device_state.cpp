#include "publish/device_state.hpp"

#include "beacon/reading_fields.hpp"
#include "core/iso_time.hpp"
#include "core/json_text.hpp"
#include "publish/quantities.hpp"

#include <boost/json.hpp>

namespace moor::publish {

namespace json = boost::json;

namespace {

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value number_or_null(const std::optional<double>& number, int decimals) {
  return number ? json::value(rounded(*number, decimals)) : json::value();
}

json::object readings_json(const DeviceStatus& status, const StateContext& context) {
  json::object readings;
  for (const CurrentReading& reading : status.readings) {
    if (kind_of(reading.quantity) == QuantityKind::event) continue;  // it has happened, and is not the case
    if (context.expire_after > Duration::zero() && context.now - reading.time > context.expire_after) continue;
    readings[reading_key(reading.quantity, reading.index)] =
        value_of(Reading{.value = reading.value, .quantity = reading.quantity, .index = reading.index, .valid = true});
  }
  return readings;
}

}  // namespace

std::string state_json(const DeviceStatus& status, const Device& device, const StateContext& context, const Clock& clock) {
  const auto iso = [&](TimePoint t) { return json::value(to_iso(clock.to_wall(t))); };
  const bool here = !status.zone.empty();
  json::object state;
  state.reserve(18);
  state["id"] = status.identity;
  state["name"] = text_or_null(status.name);
  state["gateway"] = context.gateway;
  state["t"] = iso(context.now);
  state["address"] = context.address ? json::value(context.address->to_string()) : json::value();
  state["type"] = text_or_null(context.type);
  state["zone"] = text_or_null(status.zone);
  state["range"] = status.range && here ? json::value(to_string(*status.range)) : json::value();
  state["zone_since"] = status.zone_since && here ? iso(*status.zone_since) : json::value();
  state["rssi"] = device.rssi.count() > 0 ? json::value(device.rssi.last()) : json::value();
  state["smoothed"] = number_or_null(status.smoothed_dbm, 1);
  state["distance_m"] =
      number_or_null(status.distance && status.smoothed_dbm ? std::optional(status.distance->m) : std::nullopt, 2);
  state["radio"] = text_or_null(context.radio);
  state["last_seen"] = iso(device.last_seen);
  state["readings"] = readings_json(status, context);
  return to_line(state);
}

std::string input_json(std::string_view event, std::string_view gateway, TimePoint t, const Clock& clock) {
  return to_line(json::object{{"event_type", event}, {"gateway", gateway}, {"t", to_iso(clock.to_wall(t))}});
}

std::optional<SharedState> parse_shared_state(std::string_view payload) {
  boost::system::error_code error;
  const json::value value = json::parse(json::string_view(payload.data(), payload.size()), error);
  const json::object* const object = error ? nullptr : value.if_object();
  if (object == nullptr) return std::nullopt;
  const json::value* const gateway = object->if_contains("gateway");
  if (gateway == nullptr || !gateway->is_string()) return std::nullopt;
  SharedState state{.gateway = std::string(gateway->get_string()), .smoothed_dbm = std::nullopt, .in_zone = false};
  if (const json::value* const smoothed = object->if_contains("smoothed"); smoothed != nullptr && smoothed->is_number())
    state.smoothed_dbm = smoothed->to_number<double>();
  if (const json::value* const zone = object->if_contains("zone"); zone != nullptr) state.in_zone = zone->is_string();
  return state;
}

}  // namespace moor::publish
