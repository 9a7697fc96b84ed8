#include "report/presence_json.hpp"

#include "core/json_text.hpp"

#include <boost/json.hpp>

namespace moor {

namespace json = boost::json;

void append_reading(json::object& to, const PresenceReading& reading) {
  const auto distance = [&](double DistanceEstimate::* which) {
    return reading.distance ? json::value(rounded((*reading.distance).*which, 2)) : json::value();
  };
  to["rssi"] = reading.rssi_dbm ? json::value(rounded(*reading.rssi_dbm, 2)) : json::value();
  to["smoothed"] = rounded(reading.smoothed_dbm, 2);
  to["distance_m"] = distance(&DistanceEstimate::m);
  to["distance_low_m"] = distance(&DistanceEstimate::low_m);
  to["distance_high_m"] = distance(&DistanceEstimate::high_m);
  to["zone"] = reading.zone ? json::value(to_string(*reading.zone)) : json::value();
  to["event"] = reading.event == PresenceEvent::none ? json::value() : json::value(to_string(reading.event));
}

}  // namespace moor
