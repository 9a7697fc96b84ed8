// Up to five attempts, and a callback for the moment when the device is gone. It is called once, when the link is lost; not for one's own
// disconnect().

#include "run.hpp"

moor::awaitable<void> connect_with_callback(moor::PathSource& paths, moor::Target device) {
  moor::ConnectOptions options;
  options.max_attempts = 5;
  options.client.on_disconnected = [device](const moor::Closed& closed) {
    std::printf("Device %s disconnected unexpectedly: %s\n", device.address.to_string().c_str(),
                moor::to_string(closed.reason).data());
  };
  moor::Client client = co_await moor::establish_connection(paths, device, options);
  std::printf("Connected\n");
  co_await client.wait_closed();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_with_callback);
}
