// The complete program: discover, connect to the first device found, list what it offers.

#include "run.hpp"

moor::awaitable<void> connect_to_first(moor::PathSource& paths) {
  std::printf("Scanning for devices...\n");
  const moor::Radios radios(paths.radios());
  const std::vector<moor::Device> devices = co_await moor::discover(paths.clock(), radios);
  if (devices.empty()) {
    std::printf("No devices found\n");
    co_return;
  }
  const moor::Target device = examples::target_of(devices.front());
  std::printf("Connecting to %s...\n", device.name.empty() ? device.address.to_string().c_str() : device.name.c_str());
  try {
    moor::Client client = co_await moor::establish_connection(paths, device);
    std::printf("Connected successfully!\n");
    for (const moor::GattService& service : client.services()) {
      std::printf("  Service: %s\n", service.uuid.to_string().c_str());
      for (const moor::GattCharacteristic& characteristic : service.characteristics)
        std::printf("    Characteristic: %s\n", characteristic.uuid.to_string().c_str());
    }
    co_await client.disconnect();
    std::printf("Disconnected\n");
  } catch (const moor::ConnectError& error) {  // whichever of the four, see handle_errors.cpp
    std::printf("Failed to connect: %s\n", error.what());
  }
}

int main(int argc, char** argv) {
  return examples::run_paths(argc, argv, connect_to_first);
}
