// A world's file from any text: read or refused with mistakes that have a place, never anything else, and always the same.

#include "moor/config_mistakes.hpp"
#include "moor/world.hpp"

#include <cstdlib>

namespace {

void require(bool holds) {
  if (!holds) std::abort();
}

void check_device(const moor::sim::DeviceEntry& device) {
  if (!device.advertising) return;
  const moor::sim::Advertising& advertising = *device.advertising;
  const size_t most = advertising.extended ? 1650 : 31;
  require(advertising.payload.size() <= most && advertising.scan_response.size() <= most);
  for (const auto& payload : advertising.more_payloads) require(payload.size() <= most);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  if (size > 1 << 16) return 0;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  try {
    const moor::sim::WorldSpec world = moor::sim::parse_world(text, "fuzzed");
    require(!world.radios.empty() && world.radios.size() <= 1000 && world.devices.size() <= 100'000);
    for (const moor::sim::RadioEntry& radio : world.radios) require(radio.scan_window <= radio.scan_interval);
    for (const moor::sim::DeviceEntry& device : world.devices) check_device(device);
  } catch (const moor::ConfigMistakes& error) {
    require(!error.mistakes().empty());
  }
  return 0;
}
