// Connection slots over several adapters with five each: which are free, who has them, and where to connect next. establish_connection looks at
// slots by itself; this is for a program that decides before it connects.

#include "moor/slots.hpp"
#include "run.hpp"

#include <boost/asio/this_coro.hpp>

void print(const moor::Allocations& allocations) {
  std::printf("%s: %d of %d free", allocations.radio.c_str(), allocations.free, allocations.slots);
  for (const moor::Address& device : allocations.allocated) std::printf(", %s", device.to_string().c_str());
  std::printf("\n");
}

moor::awaitable<void> connect_where_a_slot_is_free(moor::PathSource& paths, moor::Target device) {
  moor::SlotManager manager(co_await boost::asio::this_coro::executor, paths);
  for (const moor::Radio* radio : paths.radios()) manager.register_radio(radio->info().name, 5);
  const auto subscription = manager.on_change([](const moor::AllocationChange& change) {
    std::printf("%s %s on %s\n", change.device.to_string().c_str(), moor::to_string(change.kind).data(), change.radio.c_str());
  });

  for (const moor::Path& path : paths.paths_to(device.address)) {
    if (!manager.allocate(path)) continue;  // all its slots are taken
    moor::RadioPaths through_it(paths.clock(), {path.radio});
    moor::Client client = co_await moor::establish_connection(through_it, device);
    for (const moor::Radio* radio : paths.radios()) print(manager.allocations(radio->info().name));
    co_await client.disconnect();
    co_await paths.clock().wait_for(std::chrono::seconds(1));  // the slot comes back with the link's end
    print(manager.allocations(path.radio->info().name));
    break;
  }
  std::printf("%s\n", manager.diagnostics().c_str());
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_where_a_slot_is_free);
}
