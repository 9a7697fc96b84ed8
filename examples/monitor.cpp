// What takes the place of the loops by hand: a session stays connected, through sleep, range and reboots, and knows how long it was up. The
// third argument is how many hours to run.

#include "moor/session.hpp"
#include "moor/value_format.hpp"
#include "run.hpp"

#include <cstdlib>

using namespace std::chrono_literals;

void print(const moor::SessionEvent& event) {
  static const auto celsius = moor::ValueFormat::parse("s16*0.01 °C");
  switch (event.kind) {
    case moor::SessionEvent::Kind::value: std::printf("Temperature: %s\n", celsius.text(event.value).c_str()); break;
    case moor::SessionEvent::Kind::waiting: std::printf("Retrying in %.0f s\n", moor::to_seconds(event.wait)); break;
    default: std::printf("%s %s\n", moor::to_string(event.kind).data(), event.cause.c_str()); break;
  }
  std::fflush(stdout);  // a line at a time, into a pipe too
}

moor::awaitable<void> monitor_temperature(moor::Hub& hub, moor::Address address, moor::Duration duration) {
  moor::SessionOptions options;
  options.reads.push_back({.characteristic = moor::Uuid(0x2A6E), .every = 60s});
  options.first_retry = 5s;
  options.last_retry = 60s;
  const moor::Target device{.address = address};
  moor::Session session(hub, device, options);
  const moor::TimePoint end = hub.clock().now() + duration;
  session.on_event([&](const moor::SessionEvent& event) {
    print(event);
    if (event.time >= end) session.stop();
  });
  co_await session.run();

  const moor::SessionReport report = session.report();
  std::printf("%llu values, %llu connections, %llu drops, up %.1f %% of %.1f h\n", static_cast<unsigned long long>(report.values),
              static_cast<unsigned long long>(report.connections), static_cast<unsigned long long>(report.drops),
              100 * report.uptime(), moor::to_seconds(report.until - report.started) / 3600);
}

int main(int argc, char** argv) {
  return examples::run_hub(argc, argv, [&](moor::Hub& hub) {
    const moor::Duration hours = std::chrono::hours(argc > 3 ? std::atoi(argv[3]) : 24);
    return monitor_temperature(hub, examples::address_argument(argc, argv, 2), hours);
  });
}
