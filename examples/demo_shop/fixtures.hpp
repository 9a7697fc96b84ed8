#pragma once
// What hangs on the shelves and in the fridges: iBeacons, Eddystone beacons, and thermometers that speak Eddystone telemetry.

#include "shop.hpp"

namespace demo_shop {

/// Lets everything fixed advertise from `begin` until `end`.
void play_fixtures(TimePoint begin, TimePoint end, Dice& dice, Air& air);

}  // namespace demo_shop
