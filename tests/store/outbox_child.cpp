// Puts zone events with messages into a store for as long as it lives, and publishes them: each message that it reads from the outbox goes to
// stdout, then it is acknowledged. Its parent kills it.

#include "moor/store.hpp"

#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <cstdio>
#include <cstdlib>

namespace {

constexpr long row_of_output = 1'000'000'000;  // a line is the row's id times this, and the event's number

moor::awaitable<void> put_for_ever(moor::Store& store, moor::Clock& clock, long first) {
  for (long number = first;; ++number) {
    (void)store.put(moor::ZoneEventRow{.time = clock.now(),
                                       .device = "device-" + std::to_string(number),
                                       .from = "",
                                       .to = "near",
                                       .cause = "rssi",
                                       .smoothed_rssi_dbm = {},
                                       .distance_m = {},
                                       .message = "{\"number\":" + std::to_string(number) + "}"});
    if (number % 4 == 0) co_await clock.wait_for(std::chrono::milliseconds(1));
  }
}

moor::awaitable<void> publish(moor::Store& store, bool& publishing) {
  moor::Outbox& outbox = store.outbox();
  for (;;) {
    const std::vector<moor::OutboxMessage> messages = co_await outbox.read("broker", 100);
    if (messages.empty()) break;
    for (const moor::OutboxMessage& message : messages) {
      long id = 0;
      long number = 0;
      if (std::sscanf(message.payload.c_str(), "{\"id\":%ld,\"number\":%ld}", &id, &number) != 2) std::abort();
      std::printf("%ld\n", id * row_of_output + number);
    }
    std::fflush(stdout);
    outbox.acknowledge("broker", messages.back().id);
  }
  publishing = false;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 3) return 2;
  boost::asio::io_context context;
  moor::RealClock clock;
  moor::StoreOptions options;
  options.path = argv[1];
  options.batch_age = std::chrono::milliseconds(20);
  moor::Store store(context.get_executor(), clock, options);
  store.outbox().register_sink("broker", 1'000'000);
  bool publishing = false;
  store.outbox().on_committed([&] {
    if (publishing) return;
    publishing = true;
    boost::asio::co_spawn(context, publish(store, publishing), boost::asio::detached);
  });
  boost::asio::co_spawn(context, put_for_ever(store, clock, std::atol(argv[2])), [](std::exception_ptr error) {
    if (error) std::rethrow_exception(error);
  });
  clock.run(context);
}
