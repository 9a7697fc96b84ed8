// Fast while much is read, slow afterwards to save the device's battery. Intervals and time-outs have types of their own: 800 units of 1.25 ms
// cannot be taken for 800 ms.

#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> read_name(moor::Clock& clock, moor::Client& client) {
  const moor::TimePoint began = clock.now();
  const std::vector<uint8_t> name = co_await client.read(moor::Uuid(0x2A00));
  std::printf("%.*s, read in %.3f s\n", static_cast<int>(name.size()), reinterpret_cast<const char*>(name.data()),
              moor::to_seconds(clock.now() - began));
}

moor::awaitable<void> synchronise_then_rest(moor::PathSource& paths, moor::Target device) {
  moor::ConnectOptions options;
  options.parameters = moor::fast_parameters;  // 7.5 ms
  moor::Client client = co_await moor::establish_connection(paths, device, options);
  co_await read_name(paths.clock(), client);

  const moor::ConnectionParameters slow{
      .min_interval = moor::ConnectionInterval{800},  // 1000 ms
      .max_interval = moor::ConnectionInterval::from(1000ms),
      .latency = 0,
      .timeout = moor::SupervisionTimeout{600},  // 6000 ms
  };
  const moor::ParametersApplied applied = co_await client.set_connection_parameters(slow);
  std::printf("1000 ms %s\n", applied == moor::ParametersApplied::now ? "from now on" : "from the next connection on");
  co_await paths.clock().wait_for(10s);
  co_await read_name(paths.clock(), client);
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, synchronise_then_rest);
}
