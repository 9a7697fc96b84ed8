// An operation that is tried up to three times: the device may refuse or be slow for a moment. What it throws the last time goes on to the
// caller. Unlike the decorator of bleak-retry-connector, it tries again after a time-out too.

#include "moor/retry.hpp"
#include "run.hpp"

moor::awaitable<int> read_battery(moor::Clock& clock, moor::Client& client) {
  int reads = 0;
  const auto read = [&]() -> moor::awaitable<int> {
    ++reads;
    const std::vector<uint8_t> level = co_await client.read(moor::Uuid(0x2A19));
    co_return level.at(0);
  };
  moor::RetryOptions options;
  options.attempts = 3;
  const std::optional<int> percent = co_await moor::retry(clock, read, options);
  std::printf("after %d reads\n", reads);
  co_return percent.value();
}

moor::awaitable<void> print_battery(moor::PathSource& paths, moor::Target device) {
  moor::Client client = co_await moor::establish_connection(paths, device);
  const int percent = co_await read_battery(paths.clock(), client);
  std::printf("Battery: %d%%\n", percent);
  co_await client.disconnect();  // and where something is thrown before: the client's end closes the link
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, print_battery);
}
