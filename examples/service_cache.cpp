// Services kept between connections: the second connection needs no discovery. After a firmware update the cache is cleared, and the third
// discovers again. A device that says itself that its services have changed needs no clearing.

#include "moor/service_cache.hpp"
#include "run.hpp"

moor::awaitable<moor::Client> connect_with_cache(moor::PathSource& paths, moor::Target device, moor::ServiceCache& cache) {
  moor::ConnectOptions options;
  options.cache = &cache;
  const moor::TimePoint began = paths.clock().now();
  moor::Client client = co_await moor::establish_connection(paths, device, options);
  std::printf("%zu services after %.2f s\n", client.services().size(), moor::to_seconds(paths.clock().now() - began));
  co_return std::move(client);
}

moor::awaitable<void> connect_three_times(moor::PathSource& paths, moor::Target device) {
  moor::ServiceCache cache;
  moor::Client client = co_await connect_with_cache(paths, device, cache);
  co_await client.disconnect();

  client = co_await connect_with_cache(paths, device, cache);
  const bool cleared = co_await client.clear_cache();
  std::printf("%s\n", cleared ? "cache cleared" : "nothing to clear");
  co_await client.disconnect();

  client = co_await connect_with_cache(paths, device, cache);
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_three_times);
}
