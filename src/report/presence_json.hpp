#pragma once
// A reading of presence as JSON: what `moor track` prints, and the dashboard's lab draws.

#include "moor/presence.hpp"

#include <boost/json/object.hpp>

namespace moor {

/// Appends rssi, smoothed, distance_m, distance_low_m, distance_high_m, zone and event; null for what there is not.
void append_reading(boost::json::object& to, const PresenceReading& reading);

}  // namespace moor
