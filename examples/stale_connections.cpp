// After a restart: links that an earlier run has left behind are closed, then a fresh connection is made. After a firmware update: the
// radios' systems forget the device, with its services; a bond is kept.

#include "moor/stale.hpp"
#include "run.hpp"

moor::awaitable<void> connect_after_restart(moor::PathSource& paths, moor::Target device) {
  const size_t closed = co_await moor::close_stale_connections_by_address(paths, device.address);
  std::printf("%zu stale\n", closed);
  moor::Client client = co_await moor::establish_connection(paths, device);
  std::printf("connected: %s\n", client.description().c_str());

  // One's own link is kept, those through other radios are closed.
  const moor::FoundDevice own = moor::get_device(paths, device.address);
  const size_t others = co_await moor::close_stale_connections(paths, own, moor::StaleScope::only_other_radios);
  std::printf("%zu through other radios, own link %s\n", others, client.is_connected() ? "kept" : "lost");
  co_await client.disconnect();
}

moor::awaitable<void> forget_after_update(moor::PathSource& paths, moor::Address address) {
  const bool forgotten = co_await moor::clear_cache(paths, address);
  const bool again = co_await moor::clear_cache(paths, address);  // never throws
  std::printf("%s, %s\n", forgotten ? "forgotten" : "not known", again ? "forgotten again" : "nothing left to forget");
}

moor::awaitable<void> restart_and_update(moor::PathSource& paths, moor::Target device) {
  moor::Client left_behind = co_await moor::establish_connection(paths, device);  // as by a program that has died
  co_await connect_after_restart(paths, device);
  std::printf("the old link: %s\n", moor::to_string(left_behind.closed()->reason).data());
  co_await forget_after_update(paths, device.address);
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, restart_and_update);
}
