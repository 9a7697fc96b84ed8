// A connection with every option, and what each failed attempt says.

#include "moor/service_cache.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> connect_with_full_options(moor::PathSource& paths, moor::Target device) {
  moor::ServiceCache cache;  // one for the whole program; with a folder it outlives it
  moor::ConnectOptions options;
  options.client.label = "MyDevice";
  options.client.on_disconnected = [](const moor::Closed&) { std::printf("Disconnected\n"); };
  options.client.operation_timeout = 10s;  // of a read or write
  options.max_attempts = 6;                // more attempts for difficult devices
  options.timeout = 30s;                   // of one attempt
  options.use_services_cache = true;       // for faster reconnects
  options.cache = &cache;
  options.pair = false;
  options.parameters = moor::fast_parameters;
  options.on_failed_attempt = [](const moor::FailedAttempt& attempt) {
    std::printf("Failed on %s after %.1f s: %s\n", attempt.radio.c_str(), moor::to_seconds(attempt.failed - attempt.began),
                moor::to_string(attempt.cause.reason).data());
  };
  moor::Client client = co_await moor::establish_connection(paths, device, options);
  std::printf("%s is connected through %s\n", client.label().c_str(), client.link().info().radio_name.c_str());
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, connect_with_full_options);
}
