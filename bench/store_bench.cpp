// How long a zone event waits until it is durable, and so may be published: 1,000 zone events a second beside 1,000 sums by minute a second,
// from `put` to the outbox's call on the executor, and on to the message read. On the real clock, in a file of the folder for temporary
// files, or of the folder given.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "moor/store.hpp"

#include <sys/resource.h>
#include <unistd.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::bench {
namespace {

constexpr int events_per_tick = 2;  // of 2 ms: 1,000 a second
constexpr Duration tick = std::chrono::milliseconds(2);

struct Latencies {
  std::vector<TimePoint> put;  // by number of the event
  std::vector<double> committed_ms;
  std::vector<double> read_ms;
  size_t committed = 0;
};

double percentile(std::vector<double> values, double share) {
  if (values.empty()) return 0;
  const auto place = values.begin() + static_cast<std::ptrdiff_t>(share * static_cast<double>(values.size() - 1));
  std::nth_element(values.begin(), place, values.end());
  return *place;
}

awaitable<void> put_rows(Store& store, Clock& clock, uint64_t seconds, Latencies& latencies) {
  const TimePoint start = clock.now();
  const uint64_t ticks = seconds * 500;
  for (uint64_t i = 0; i < ticks; ++i) {
    co_await clock.wait_until(start + static_cast<int64_t>(i) * tick);
    const TimePoint now = clock.now();
    for (int j = 0; j < events_per_tick; ++j) {
      const std::string device = "h-" + std::to_string((i * events_per_tick + static_cast<uint64_t>(j)) % 10'000);
      (void)store.put(MinuteRow{.minute = std::chrono::floor<std::chrono::minutes>(clock.to_wall(now)),
                                .device = device,
                                .radio = "hall",
                                .rssi = {.samples = 12, .min_dbm = -80, .max_dbm = -60, .mean_dbm = -70}});
      latencies.put.push_back(clock.now());
      (void)store.put(
          ZoneEventRow{.time = now,
                       .device = device,
                       .from = "far",
                       .to = "near",
                       .cause = "rssi",
                       .smoothed_rssi_dbm = -66.5,
                       .distance_m = 2.25,
                       .message = R"({"device":"h-0123456789abcdef","from":"far","to":"near","cause":"rssi","rssi":-66.5})"});
    }
  }
  co_await store.flush();
}

awaitable<void> read_messages(Store& store, Clock& clock, Latencies& latencies, bool& reading) {
  for (;;) {
    const std::vector<OutboxMessage> messages = co_await store.outbox().read("mqtt", 500);
    if (messages.empty()) break;
    const TimePoint now = clock.now();
    for (const OutboxMessage& message : messages)
      latencies.read_ms.push_back(to_seconds(now - latencies.put[message.id - 1]) * 1000);
    store.outbox().acknowledge("mqtt", messages.back().id);
  }
  reading = false;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  using namespace moor;
  using namespace moor::bench;
  const Arguments arguments(argc, argv, "--seconds", 10);
  const std::filesystem::path folder =
      arguments.files().empty() ? std::filesystem::temp_directory_path() : std::filesystem::path(arguments.files()[0]);
  const std::filesystem::path path = folder / ("moor-store-bench-" + std::to_string(::getpid()) + ".db");
  StoreStatistics statistics;
  Latencies latencies;
  double processor = 0;
  {
    boost::asio::io_context context;
    RealClock clock;
    Store store(context.get_executor(), clock, {.path = path});
    store.outbox().register_sink("mqtt", 1'000'000);
    bool reading = false;
    store.outbox().on_committed([&] {
      const TimePoint now = clock.now();
      const StoreStatistics so_far = store.statistics();
      const uint64_t events = so_far.written[StoreRow(ZoneEventRow{}).index()];
      for (; latencies.committed < events; ++latencies.committed)
        latencies.committed_ms.push_back(to_seconds(now - latencies.put[latencies.committed]) * 1000);
      if (!std::exchange(reading, true))
        boost::asio::co_spawn(context, read_messages(store, clock, latencies, reading), boost::asio::detached);
    });
    boost::asio::co_spawn(context, put_rows(store, clock, arguments.number(), latencies), boost::asio::detached);
    rusage before{};
    ::getrusage(RUSAGE_SELF, &before);
    clock.run(context);
    rusage after{};
    ::getrusage(RUSAGE_SELF, &after);
    const auto used = [](const rusage& usage) {
      return static_cast<double>(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec) +
             static_cast<double>(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) * 1e-6;
    };
    processor = (used(after) - used(before)) / static_cast<double>(arguments.number());
    statistics = store.statistics();
  }
  for (const char* suffix : {"", "-wal", "-shm", "-lock"}) std::filesystem::remove(path.string() + suffix);
  const char* form =
      arguments.json()
          ? "{\"bench\":\"store\",\"events\":%zu,\"transactions\":%llu,\"committed_p50_ms\":%.2f,\"committed_p99_ms\":%.2f,"
            "\"read_p50_ms\":%.2f,\"read_p99_ms\":%.2f,\"processor\":%.4f}\n"
          : "zone events           %zu in %llu transactions\nput to committed      p50 %.2f ms  p99 %.2f ms\n"
            "put to message read   p50 %.2f ms  p99 %.2f ms\nprocessor             %.4f of one core\n";
  std::printf(form, latencies.committed_ms.size(), static_cast<unsigned long long>(statistics.batches),
              percentile(latencies.committed_ms, 0.5), percentile(latencies.committed_ms, 0.99),
              percentile(latencies.read_ms, 0.5), percentile(latencies.read_ms, 0.99), processor);
}
