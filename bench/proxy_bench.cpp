// What a proxy's server costs outward: an advertisement from the radio's sighting to the client's socket, in a flood that the client takes as fast as it comes, plain and
// encrypted, beside a floor that only encodes and writes the same; what it adds to the batching interval; and the memory of a client that is logged in and idle.
// Clients read on a thread of their own, which is not measured.

#include "bench/arguments.hpp"
#include "bench/measure.hpp"
#include "core/event.hpp"
#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "esphome/stream.hpp"
#include "proxy/proxy.hpp"

#include <fmt/format.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <unistd.h>
#include <atomic>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <fstream>
#include <random>
#include <thread>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;

constexpr size_t burst = 64;       // sightings that a radio delivers at once
constexpr size_t batch_size = 16;  // a message
constexpr int idle_clients = 500;

double user_seconds() {
  rusage usage{};
  getrusage(RUSAGE_THREAD, &usage);
  return static_cast<double>(usage.ru_utime.tv_sec) + static_cast<double>(usage.ru_utime.tv_usec) * 1e-6;
}

std::vector<Sighting> make_sightings() {
  std::mt19937_64 random(1);
  std::vector<Sighting> all(1024);
  for (Sighting& each : all) {
    std::vector<uint8_t> payload(20 + random() % 12);
    for (uint8_t& byte : payload) byte = static_cast<uint8_t>(random());
    each.address = Address(0xC00000000000 | random() % 1000, random() % 2 == 0);
    each.rssi_dbm = static_cast<int8_t>(-40 - static_cast<int>(random() % 50));
    each.set_legacy_payload(payload);
  }
  return all;
}

/// Hears what it is told to.
class FloodRadio final : public Radio {
public:
  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink& to) override {
    sink = &to;
    Event never(co_await asio::this_coro::executor);
    co_await never.wait();
  }
  SightingSink* sink = nullptr;

private:
  RadioInfo info_{.id = 0, .name = "flood", .kind = "flood", .detail = {}, .can_connect = false};
};

struct Ends {
  Ends() {
    int both[2];
    if (::socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, both) != 0) throw std::bad_alloc();
    server = both[0];
    client = both[1];
  }
  int server = -1;
  int client = -1;
};

void write_all(int socket, esphome::Stream& stream) {
  while (!stream.output().empty()) {
    const ssize_t count = ::send(socket, stream.output().data(), stream.output().size(), MSG_NOSIGNAL);
    if (count <= 0) throw std::runtime_error("the server has gone");
    stream.sent(static_cast<size_t>(count));
  }
}

template <typename Message>
void send(esphome::Stream& stream, const Message& message) {
  std::vector<uint8_t> payload;
  esphome::encode(message, payload);
  stream.send(Message::type, payload);
}

/// Logs in, and subscribes if it is to. Blocks.
void log_in(int socket, const crypto::SecretKey* key, bool subscribes) {
  const auto stream = esphome::make_client_stream(key);
  std::array<uint8_t, 4096> buffer{};
  bool greeted = false;
  const esphome::MessageType last = subscribes ? esphome::MessageType::scanner_state : esphome::MessageType::hello_response;
  while (true) {
    if (stream->is_open() && !std::exchange(greeted, true)) {
      send(*stream, esphome::HelloRequest{.client_info = "bench", .api_version_major = 1, .api_version_minor = 15});
      if (subscribes) send(*stream, esphome::SubscribeAdvertisements{.flags = 1});
    }
    write_all(socket, *stream);
    const ssize_t count = ::recv(socket, buffer.data(), buffer.size(), 0);
    if (count <= 0) throw std::runtime_error("the server has closed");
    std::span<uint8_t> input(buffer.data(), static_cast<size_t>(count));
    while (const auto message = stream->next(input))
      if (message->type == last) return;
  }
}

/// A server, its context and its clients' ends.
class Stage {
public:
  explicit Stage(proxy::Options options) : server(clock, context.get_executor(), radio, std::move(options)) {
    asio::co_spawn(context, server.run(), asio::bind_cancellation_slot(stop_.slot(), asio::detached));
  }
  /// The client's end.
  int accept() {
    const Ends ends;
    const asio::generic::stream_protocol local(AF_UNIX, 0);
    asio::co_spawn(context, server.serve(proxy::Socket(context.get_executor(), local, ends.server), "bench"), asio::detached);
    return ends.client;
  }
  /// Runs the server until the thread is done with its work.
  void run_beside(const std::function<void()>& work) {
    std::atomic<bool> done = false;
    std::thread thread([&] {
      work();
      done = true;
    });
    while (!done) context.run_for(1ms);
    thread.join();
  }
  void end() {
    stop_.emit(asio::cancellation_type::all);
    context.run_for(10ms);
  }

  RealClock clock;
  asio::io_context context;
  FloodRadio radio;
  proxy::Server server;

private:
  asio::cancellation_signal stop_;
};

proxy::Options options_of(const std::shared_ptr<const crypto::SecretKey>& key) {
  proxy::Options options;
  options.identity = {.name = "bench", .friendly_name = "Bench", .mac = "02:00:00:00:00:01", .bluetooth_mac = {}};
  options.key = key;
  options.batch_size = batch_size;
  return options;
}

void discard(int socket) {
  std::vector<uint8_t> buffer(size_t{256} * 1024);
  while (::recv(socket, buffer.data(), buffer.size(), 0) > 0) {
  }
}

struct Figures {
  double user_ns = 0;
  double all_ns = 0;  // with the kernel's part
  uint64_t dropped = 0;
  uint64_t allocated = 0;
};

Figures flood(const std::vector<Sighting>& sightings, const std::shared_ptr<const crypto::SecretKey>& key, uint64_t count) {
  Stage stage(options_of(key));
  const int client = stage.accept();
  stage.run_beside([&] { log_in(client, key.get(), true); });
  std::thread reader([client] { discard(client); });
  uint64_t allocated = 0;
  const auto push = [&](uint64_t bursts) {
    for (uint64_t i = 0; i < bursts; ++i) {
      const uint64_t before = allocations().count;
      stage.radio.sink->on_sightings(std::span(sightings).subspan(i % (sightings.size() / burst) * burst, burst));
      allocated += allocations().count - before;
      if (i % 8 != 0) continue;
      stage.context.poll();
      while (stage.server.status().clients.front().queued > 0) stage.context.run_for(100us);
    }
  };
  push(1000);
  const uint64_t dropped_before = stage.server.status().clients.front().advertisements_dropped;
  allocated = 0;
  const double user_before = user_seconds();
  const double all_before = processor_seconds();
  push(count / burst);
  const auto per = [&](double seconds) { return seconds * 1e9 / static_cast<double>(count / burst * burst); };
  Figures figures{per(user_seconds() - user_before), per(processor_seconds() - all_before), 0, 0};
  figures.allocated = allocated;
  figures.dropped = stage.server.status().clients.front().advertisements_dropped - dropped_before;
  ::shutdown(client, SHUT_RDWR);
  reader.join();
  ::close(client);
  stage.end();
  return figures;
}

/// Encodes and writes the same, and knows nothing of sessions.
Figures floor_of(const std::vector<Sighting>& sightings, uint64_t count) {
  const Ends ends;
  std::thread reader([&] { discard(ends.client); });
  esphome::AdvertisementBatch batch;
  const double user_before = user_seconds();
  const double all_before = processor_seconds();
  for (uint64_t i = 0; i < count; ++i) {
    const Sighting& each = sightings[i % sightings.size()];
    batch.add({each.address.bits(), each.rssi_dbm, each.address.is_random() ? 1U : 0U, each.payload()});
    if (batch.count() < batch_size) continue;
    if (::send(ends.server, batch.payload().data(), batch.payload().size(), MSG_NOSIGNAL) < 0) break;
    batch.clear();
  }
  const auto per = [&](double seconds) { return seconds * 1e9 / static_cast<double>(count); };
  const Figures figures{per(user_seconds() - user_before), per(processor_seconds() - all_before), 0, 0};
  ::close(ends.server);
  reader.join();
  ::close(ends.client);
  return figures;
}

struct Latency {
  double median_us = 0;
  double worst_us = 0;
};

/// From the sighting to the client's read, less the batching interval.
Latency latency_of(const std::vector<Sighting>& sightings, const std::shared_ptr<const crypto::SecretKey>& key) {
  proxy::Options options = options_of(key);
  options.batch_interval = 5ms;
  const Duration interval = options.batch_interval;
  Stage stage(std::move(options));
  const int client = stage.accept();
  stage.run_beside([&] { log_in(client, key.get(), true); });
  stage.context.run_for(1500ms);  // the scanner has said that it runs
  std::array<uint8_t, 4096> buffer{};
  while (::recv(client, buffer.data(), buffer.size(), MSG_DONTWAIT) > 0) {
  }
  std::vector<double> added;
  for (int i = 0; i < 200; ++i) {
    const Steady::time_point heard = Steady::now();
    stage.radio.sink->on_sightings(std::span(sightings).first(1));
    Steady::time_point arrived;
    stage.run_beside([&] {
      (void)::recv(client, buffer.data(), buffer.size(), 0);
      arrived = Steady::now();
    });
    added.push_back(std::chrono::duration<double, std::micro>(arrived - heard - interval).count());
  }
  std::ranges::sort(added);
  ::close(client);
  stage.end();
  return {added[added.size() / 2], added.back()};
}

size_t resident_bytes() {
  std::ifstream file("/proc/self/statm");
  size_t pages = 0;
  file >> pages >> pages;
  return pages * static_cast<size_t>(sysconf(_SC_PAGESIZE));
}

double bytes_of_a_client(const std::shared_ptr<const crypto::SecretKey>& key) {
  proxy::Options options = options_of(key);
  options.max_clients = 2 * idle_clients;
  Stage stage(std::move(options));
  std::vector<int> clients;
  const auto add = [&] {
    clients.push_back(stage.accept());
    stage.run_beside([&] { log_in(clients.back(), key.get(), false); });
  };
  for (int i = 0; i < idle_clients / 5; ++i) add();
  const size_t before = resident_bytes();
  for (int i = 0; i < idle_clients; ++i) add();
  const double each = static_cast<double>(resident_bytes() - before) / idle_clients;
  for (const int client : clients) ::close(client);
  stage.context.run_for(100ms);
  stage.end();
  return each;
}

int main_of(const Arguments& arguments) {
  const std::vector<Sighting> sightings = make_sightings();
  const uint64_t count = arguments.number() * 1'000'000;
  const auto key = std::make_shared<crypto::SecretKey>(crypto::SecretKey::random());
  const Figures floor = floor_of(sightings, count);
  for (const auto& with : {std::shared_ptr<const crypto::SecretKey>(), std::shared_ptr<const crypto::SecretKey>(key)}) {
    const char* const mode = with ? "noise" : "plain";
    const double memory = bytes_of_a_client(with);
    const Latency latency = latency_of(sightings, with);
    const Figures moor = flood(sightings, with, count);
    if (arguments.json())
      fmt::print(
          "{{\"bench\":\"proxy\",\"mode\":\"{}\",\"user_ns\":{:.1f},\"all_ns\":{:.1f},\"floor_user_ns\":{:.1f},\"floor_all_ns\":{"
          ":.1f},"
          "\"ratio_to_floor\":{:.2f},\"dropped\":{},\"allocations\":{},\"added_us\":{:.0f},\"added_worst_us\":{:.0f},"
          "\"bytes_per_idle_client\":{:.0f}}}\n",
          mode, moor.user_ns, moor.all_ns, floor.user_ns, floor.all_ns, moor.all_ns / floor.all_ns, moor.dropped, moor.allocated,
          latency.median_us, latency.worst_us, memory);
    else
      fmt::print(
          "{}: {:.0f} ns user, {:.0f} ns in all an advertisement (floor {:.0f} and {:.0f}); {} dropped, {} allocations; adds "
          "{:.0f} us "
          "to the batching interval, {:.0f} at worst; an idle client takes {:.1f} KiB\n",
          mode, moor.user_ns, moor.all_ns, floor.user_ns, floor.all_ns, moor.dropped, moor.allocated, latency.median_us,
          latency.worst_us, memory / 1024);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::main_of(moor::bench::Arguments(argc, argv, "--millions", 10));
}
