#pragma once
// The table of a device as JSON, for caches: what is written is read back equal, and nothing else is read.
//
//   [{"uuid": "0000180f-...", "handle": 1, "end_handle": 4, "primary": true, "included": [],
//     "characteristics": [{"uuid": "00002a19-...", "handle": 3, "properties": ["READ", "NOTIFY"],
//                          "descriptors": [{"uuid": "00002902-...", "handle": 4}]}]}]

#include "moor/gatt.hpp"

#include <boost/json/value.hpp>

namespace moor {

[[nodiscard]] boost::json::value services_to_json(const GattServices& services);

/// @returns nothing for anything else than such a table: a member missing or too many, a UUID or property in another form, handles that are
/// not from 1 to 65535, do not ascend or lie outside of their service.
[[nodiscard]] std::optional<GattServices> services_from_json(const boost::json::value& value);

}  // namespace moor
