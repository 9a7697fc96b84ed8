// Connect, trying again as long as it makes sense; look at the services; disconnect.

#include "run.hpp"

moor::awaitable<void> connect_to_device(moor::PathSource& paths, moor::Target device) {
  moor::Client client = co_await moor::establish_connection(paths, device);
  std::printf("%s: %zu services\n", client.description().c_str(), client.services().size());
  co_await client.disconnect();
  std::printf("%s\n", moor::to_string(client.closed()->reason).data());
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_to_device);
}
