// Puts rows into a store for as long as it lives and says on stdout which ones `flush` has acknowledged. Its parent kills it.

#include "moor/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

moor::awaitable<void> put_for_ever(moor::Store& store, moor::Clock& clock, long first) {
  for (long number = first;; ++number) {
    const std::string device = "device-" + std::to_string(number);
    const moor::TimePoint now = clock.now();
    (void)store.put(moor::VisitRow{.device = device, .zone = "near", .entered = now, .left = now + std::chrono::seconds(number)});
    (void)store.put(
        moor::ReadingRow{.time = now, .device = device, .quantity = "number", .value = static_cast<double>(number), .unit = ""});
    (void)store.put(
        moor::DeviceRow{.identity = device, .name = "", .first_seen = now, .last_seen = now, .sightings = 1, .rssi = {}});
    co_await store.flush();
    std::printf("%ld\n", number);
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  boost::asio::io_context context;
  moor::RealClock clock;
  moor::StoreOptions options;
  options.path = argv[1];
  moor::Store store(context.get_executor(), clock, options);
  boost::asio::co_spawn(context, put_for_ever(store, clock, std::atol(argv[2])), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  clock.run(context);
}
