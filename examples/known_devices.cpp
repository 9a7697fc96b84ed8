// A program that has an address and no sighting of the device, as after a restart: what the radios' systems know of it, by which radio it is
// best reached, and whether that is an adapter of this machine or a proxy. The third argument names an adapter to look at alone.

#include "moor/device_lookup.hpp"
#include "moor/stale.hpp"
#include "run.hpp"

moor::awaitable<void> connect_by_address(moor::PathSource& paths, moor::Address address, std::string adapter) {
  const std::optional<moor::FoundDevice> found = moor::find_device(paths, address);  // get_device throws where there is none
  if (!found) throw moor::DeviceNotFound("no radio's system knows " + address.to_string(), {.advice = "Scan for it first."});
  std::printf("best: %s\n", moor::describe(*found).c_str());
  const std::optional<std::string> source = moor::device_source(*found);
  std::printf("%s\n", source ? ("heard by the proxy " + *source).c_str() : "heard by an adapter of this machine");

  if (!adapter.empty()) {
    const auto there = moor::find_device_by_adapter(paths, address, adapter);
    std::printf("%s: %s\n", adapter.c_str(), there ? moor::describe(*there).c_str() : "does not know it");
  }
  moor::Scanner scanner(paths.clock(), *found->radio);  // a new scanner knows at once what the radio's system knows
  std::printf("%zu restored\n", moor::restore_discoveries(scanner, *found->radio));

  moor::Client client = co_await moor::establish_connection(paths, found->target());
  std::printf("connected: %s\n", client.description().c_str());
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  const std::string adapter = argc > 3 ? argv[3] : "";
  return examples::run_device(argc, argv, [adapter](moor::PathSource& paths, moor::Target device) {
    return connect_by_address(paths, device.address, adapter);
  });
}
