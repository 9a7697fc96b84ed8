// GATT explorer: all services and characteristics of a device, what may be done with them, and their values. `moor explore` does the same, as
// a table or as JSON.

#include "moor/characteristic_value.hpp"
#include "moor/names.hpp"
#include "run.hpp"

/// The value in hexadecimal and in words, or why there is none.
moor::awaitable<std::string> value_of(moor::Client& client, moor::Uuid service, moor::Uuid uuid) {
  try {
    const std::vector<uint8_t> value = co_await client.read({service, uuid});
    const std::optional<moor::DecodedValue> decoded = moor::decode_characteristic(uuid, value);
    co_return decoded ? moor::to_hex(value) + " (" + decoded->text + ")" : moor::to_hex(value);
  } catch (const moor::GattError& refused) {
    co_return refused.code_name();
  } catch (const moor::AmbiguousAttribute& several) {  // of one UUID in one service: name them "180f/2a19#2"
    co_return several.what();
  }
}

moor::awaitable<void> explore(moor::PathSource& paths, moor::Target device) {
  moor::Client client = co_await moor::establish_connection(paths, device);
  std::printf("%s\n", client.name().c_str());
  const moor::GattServices services = client.services();  // a copy: the device may change its table while we wait
  for (const moor::GattService& service : services) {
    std::printf("%s %s\n", service.uuid.to_string().c_str(), std::string(moor::service_name(service.uuid)).c_str());
    for (const moor::GattCharacteristic& characteristic : service.characteristics) {
      std::printf("  %s", characteristic.uuid.to_string().c_str());
      for (const std::string_view property : characteristic.properties.names()) std::printf(" %s", std::string(property).c_str());
      std::string value;
      if (characteristic.properties.has(moor::Property::read))
        value = co_await value_of(client, service.uuid, characteristic.uuid);
      std::printf(": %s\n", value.c_str());
    }
  }
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, explore);
}
