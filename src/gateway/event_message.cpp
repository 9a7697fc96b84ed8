#include "gateway/event_message.hpp"

#include "core/iso_time.hpp"
#include "core/json_text.hpp"

#include <boost/json.hpp>

namespace moor {

namespace {

namespace json = boost::json;

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value number_or_null(const std::optional<double>& number, int decimals) {
  return number ? json::value(rounded(*number, decimals)) : json::value();
}

}  // namespace

std::string zone_message(const ZoneEvent& event, const std::string& gateway, const Clock& clock) {
  json::object message;
  message["gateway"] = gateway;
  message["kind"] = "zone";
  message["t"] = to_iso(clock.to_wall(event.time));
  message["device"] = event.device;
  message["name"] = text_or_null(event.name);
  message["from"] = text_or_null(event.from);
  message["to"] = text_or_null(event.to);
  message["cause"] = event.cause;
  message["smoothed_rssi_dbm"] = number_or_null(event.smoothed_dbm, 1);
  message["distance_m"] = number_or_null(event.distance_m, 2);
  return to_line(message);
}

std::string visit_message(const VisitEvent& event, const std::string& gateway, const Clock& clock) {
  json::object message;
  message["gateway"] = gateway;
  message["kind"] = "visit";
  message["t"] = to_iso(clock.to_wall(event.left.value_or(event.entered)));
  message["device"] = event.device;
  message["name"] = text_or_null(event.name);
  message["zone"] = event.zone;
  message["entered"] = to_iso(clock.to_wall(event.entered));
  message["left"] = event.left ? json::value(to_iso(clock.to_wall(*event.left))) : json::value();
  message["dwell_s"] = event.left ? json::value(rounded(to_seconds(*event.left - event.entered), 3)) : json::value();
  return to_line(message);
}

}  // namespace moor
