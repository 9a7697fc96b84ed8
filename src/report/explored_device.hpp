#pragma once
// What a connected device offers over GATT, with the values that it lets anybody read: what `moor explore` and the dashboard's explorer
// show. docs/cli/explore.schema.json describes the JSON.

#include "moor/characteristic_value.hpp"
#include "moor/client.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace moor {

/// A value that was asked for, with its meaning; or why there is none.
struct FoundValue {
  std::optional<std::vector<uint8_t>> value;
  std::optional<DecodedValue> meaning;
  std::string problem;
};

struct FoundDescriptor {
  GattDescriptor descriptor;
  FoundValue answer;
};

struct FoundCharacteristic {
  const GattCharacteristic* characteristic = nullptr;  ///< the client's own
  FoundValue answer;
  std::vector<FoundDescriptor> descriptors;
  std::string device_name;  ///< where this is the characteristic that says it (2A00)
};

/// Asks for the values of a characteristic and its descriptors by handle, since a device may have a UUID several times. What the device
/// refuses is part of the picture. `client` and `clock` must outlive it.
/// @param read_values  else only what the table says.
/// @throws ConnectError  where the link breaks. Cancellation: total.
[[nodiscard]] awaitable<FoundCharacteristic> look_at(Client& client, Clock& clock, const GattCharacteristic& characteristic,
                                                     bool read_values);

[[nodiscard]] boost::json::object to_json(const FoundCharacteristic& found);
/// @param characteristics  as `to_json` gives them.
[[nodiscard]] boost::json::object service_json(const GattService& service, boost::json::array characteristics);
/// @param device_name  empty where it is not known. @param services  as `service_json` gives them.
[[nodiscard]] boost::json::object explored_json(Client& client, std::string_view device_name, boost::json::array services);

}  // namespace moor
