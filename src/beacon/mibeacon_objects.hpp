#pragma once
// What a MiBeacon carries: objects of a number, a length and a value, whose meaning their number fixes. Sources: Xiaomi, "Object
// definition" of the MIoT BLE access guide; numbers from 0x4800 on belong to a product each, and are known from xiaomi-ble,
// ble_monitor and the MIoT specifications of the products.
//
//   0      2    3
//   ┌──────┬────┬─────────┐
//   │ id   │ len│ value   │ ...     numbers are little-endian
//   └──────┴────┴─────────┘

#include "beacon/mibeacon_products.hpp"
#include "moor/decoder.hpp"

namespace moor {

struct MiObject {
  uint16_t id = 0;
  Bytes value;
  MiDialect dialect{};
};

/// Adds what an object says: nothing if its number is not known or its value has another length than it must have.
void add_mi_object(const MiObject& object, Decoded& into) noexcept;

// Parts of it. False for an object that is not theirs.
/// Buttons, remote controls, dimmers and the cube.
bool add_mi_input(const MiObject& object, Decoded& into) noexcept;
/// Locks, fingerprints and doors.
bool add_mi_lock(const MiObject& object, Decoded& into) noexcept;

}  // namespace moor
