#pragma once
// Rows of the store as JSON: what `moor query --json` and the API's questions answer. Moments are ISO 8601 in UTC, what is not known is null.

#include "moor/store_reader.hpp"

#include <boost/json/object.hpp>

namespace moor {

[[nodiscard]] boost::json::object to_json(const StoredReading& row);  ///< {t, device, quantity, value, unit}
[[nodiscard]] boost::json::object to_json(
    const StoredZoneEvent& row);  ///< {t, device, from, to, cause, smoothed_rssi_dbm, distance_m}
[[nodiscard]] boost::json::object to_json(const StoredVisit& row);    ///< {device, zone, entered, left, dwell_s}
[[nodiscard]] boost::json::object to_json(const StoredTraffic& row);  ///< {t, interval_s, zone, entries, distinct}

}  // namespace moor
