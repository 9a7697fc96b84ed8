#include "report/store_json.hpp"

#include "core/iso_time.hpp"
#include "core/json_text.hpp"

namespace moor {

namespace json = boost::json;

namespace {

json::value text_or_null(std::string_view text) {
  return text.empty() ? json::value() : json::value(text);
}

json::value number_or_null(const std::optional<double>& number, int decimals) {
  return number ? json::value(rounded(*number, decimals)) : json::value();
}

}  // namespace

json::object to_json(const StoredReading& row) {
  return {{"t", to_iso(row.time)}, {"device", row.device}, {"quantity", row.quantity}, {"value", row.value}, {"unit", row.unit}};
}

json::object to_json(const StoredZoneEvent& row) {
  return {{"t", to_iso(row.time)},
          {"device", row.device},
          {"from", text_or_null(row.from)},
          {"to", text_or_null(row.to)},
          {"cause", row.cause},
          {"smoothed_rssi_dbm", number_or_null(row.smoothed_rssi_dbm, 2)},
          {"distance_m", number_or_null(row.distance_m, 2)}};
}

json::object to_json(const StoredVisit& row) {
  return {{"device", row.device},
          {"zone", row.zone},
          {"entered", to_iso(row.entered)},
          {"left", row.left ? json::value(to_iso(*row.left)) : json::value()},
          {"dwell_s", row.dwell ? json::value(rounded(to_seconds(*row.dwell), 3)) : json::value()}};
}

json::object to_json(const StoredTraffic& row) {
  return {{"t", to_iso(row.interval_start)},
          {"interval_s", rounded(to_seconds(row.interval), 3)},
          {"zone", row.zone},
          {"entries", row.entries},
          {"distinct", row.distinct}};
}

}  // namespace moor
