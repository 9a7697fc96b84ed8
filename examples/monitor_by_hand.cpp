// Reconnection by hand, with a wait that doubles from 5 s to 60 s and begins anew after a success (first and last wait the same: a constant one).
// The third argument is how many hours to run. A session does all of this, and restores subscriptions: monitor.cpp.

#include "moor/value_format.hpp"
#include "run.hpp"

#include <cstdlib>

using namespace std::chrono_literals;

struct Waits {
  moor::Duration first = 5s;
  moor::Duration last = 60s;
};

/// Reads once a minute until something fails, or until the end.
moor::awaitable<void> read_until(moor::Clock& clock, moor::Client& client, moor::TimePoint end) {
  const auto celsius = moor::ValueFormat::parse("s16*0.01 °C");
  while (clock.now() < end) {
    const std::vector<uint8_t> value = co_await client.read(moor::Uuid(0x2A6E));
    std::printf("Temperature: %s\n", celsius.text(value).c_str());
    co_await clock.wait_for(60s);
  }
}

moor::awaitable<void> monitor_temperature(moor::PathSource& paths, moor::Address address, Waits waits, moor::TimePoint end) {
  moor::Clock& clock = paths.clock();
  moor::Duration retry_delay = waits.first;
  while (clock.now() < end) {  // outer loop: reconnects
    try {
      const moor::Target device = co_await examples::find(paths, address);  // a system forgets what it has not heard for a while
      moor::Client client = co_await moor::establish_connection(paths, device);
      std::printf("Connected to %s\n", address.to_string().c_str());
      retry_delay = waits.first;
      co_await read_until(clock, client, end);
      co_await client.disconnect();
    } catch (const moor::Error& error) {
      std::printf("%s, retrying in %.0f s\n", error.what(), moor::to_seconds(retry_delay));
    }
    co_await clock.wait_for(retry_delay);
    retry_delay = std::min(retry_delay * 2, waits.last);
  }
}

int main(int argc, char** argv) {
  return examples::run_paths(argc, argv, [&](moor::PathSource& paths) {
    const moor::Duration hours = std::chrono::hours(argc > 3 ? std::atoi(argv[3]) : 24);
    const Waits waits;
    return monitor_temperature(paths, examples::address_argument(argc, argv, 2), waits, paths.clock().now() + hours);
  });
}
