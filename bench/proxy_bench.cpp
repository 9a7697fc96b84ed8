// What a proxy's server costs outward: an advertisement from the radio's sighting to the client's socket, in a flood that the client takes as fast as it comes, plain and
// encrypted, beside a floor that only encodes, seals and writes the same; a real rate; what it adds to the batching interval; and the memory of a client that is logged
// in and idle. The server has a process of its own for each measurement, and so have the clients: only the server is measured.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "bench/bare_cipher.hpp"
#include "bench/process.hpp"
#include "core/event.hpp"
#include "core/listener.hpp"
#include "esphome/advertisements.hpp"
#include "esphome/codec.hpp"
#include "esphome/stream.hpp"
#include "proxy/proxy.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <random>
#include <thread>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Steady = std::chrono::steady_clock;
using Key = std::shared_ptr<const crypto::SecretKey>;

constexpr size_t burst = 64;       // sightings that a radio delivers at once
constexpr size_t batch_size = 16;  // a message
constexpr size_t first_clients = 100;
constexpr size_t idle_clients = 500;  // beside those
constexpr size_t stamp_offset = 7;    // of the moment of a sighting, in its payload
constexpr int probes = 300;           // of the latency
constexpr Duration probe_interval = 5ms;
constexpr size_t house_rate = 17'000;  // sightings a second, of 100 radios
constexpr auto house_time = 6s;

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

/// One that tells when it was heard.
Sighting make_probe(int64_t now) {
  std::vector<uint8_t> payload{0x02, 0x01, 0x06, 0x0B, 0xFF, 0xFF, 0xFF};
  for (size_t i = 0; i < sizeof now; ++i) payload.push_back(static_cast<uint8_t>(static_cast<uint64_t>(now) >> (8 * i)));
  Sighting probe;
  probe.address = Address(0xC00000000000, true);
  probe.rssi_dbm = -60;
  probe.set_legacy_payload(payload);
  return probe;
}

int64_t steady_now() noexcept {
  return Steady::now().time_since_epoch().count();
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
  RadioInfo info_{.id = 0, .name = "flood", .kind = "flood", .detail = {}, .can_connect = true};
};

/// The server, as `moor proxy` has it.
class Stage {
public:
  explicit Stage(proxy::Options options)
      : server(clock, context.get_executor(), radio, std::move(options)),
        listener_(clock, context.get_executor(), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(context, server.run(), asio::detached);
    asio::co_spawn(context, listener_.run([this](proxy::Socket socket, const asio::ip::tcp::endpoint& peer) {
      return server.serve(std::move(socket), to_string(peer));
    }),
                   asio::detached);
  }
  [[nodiscard]] uint16_t port() const { return listener_.endpoint().port(); }
  template <typename Done>
  void run_until(Done done) {
    while (!done()) context.run_for(1ms);
  }
  /// Until a client listens to advertisements, and knows that the radio scans.
  void wait_for_subscriber() {
    run_until([&] { return radio.sink != nullptr; });
    context.run_for(1500ms);
  }

  RealClock clock;
  asio::io_context context;
  FloodRadio radio;
  proxy::Server server;

private:
  Listener listener_;
};

proxy::Options options_of(const Key& key) {
  proxy::Options options;
  options.identity = {.name = "bench", .friendly_name = "Bench", .mac = "02:00:00:00:00:01", .bluetooth_mac = {}};
  options.key = key;
  options.batch_size = batch_size;
  return options;
}

/// A client that blocks.
class Client {
public:
  Client(uint16_t port, const Key& key)
      : socket_(::socket(AF_INET, SOCK_STREAM, 0)), stream_(esphome::make_client_stream(key.get())) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    check(::connect(socket_, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
  }
  /// Says hello, and subscribes if it is to.
  void log_in(bool subscribes) {
    bool greeted = false;
    const esphome::MessageType last = subscribes ? esphome::MessageType::scanner_state : esphome::MessageType::hello_response;
    for (bool done = false; !done;) {
      if (stream_->is_open() && !std::exchange(greeted, true)) {
        send(esphome::HelloRequest{.client_info = "bench", .api_version_major = 1, .api_version_minor = 15});
        if (subscribes) send(esphome::SubscribeAdvertisements{.flags = 1});
      }
      write();
      read([&](const esphome::Message& message) { done = done || message.type == last; });
    }
  }
  template <typename Each>
  void read(Each each) {
    const ssize_t count = ::recv(socket_, buffer_.data(), buffer_.size(), 0);
    check(count > 0);
    std::span<uint8_t> input(buffer_.data(), static_cast<size_t>(count));
    while (const auto message = stream_->next(input)) each(*message);
    check(!stream_->failure());
  }
  [[noreturn]] void discard() {
    while (::recv(socket_, buffer_.data(), buffer_.size(), 0) > 0) {
    }
    throw std::runtime_error("the server has closed");
  }

private:
  template <typename Message>
  void send(const Message& message) {
    std::vector<uint8_t> payload;
    esphome::encode(message, payload);
    stream_->send(Message::type, payload);
  }
  void write() {
    while (!stream_->output().empty()) {
      const ssize_t count = ::send(socket_, stream_->output().data(), stream_->output().size(), MSG_NOSIGNAL);
      check(count > 0);
      stream_->sent(static_cast<size_t>(count));
    }
  }

  int socket_;
  std::unique_ptr<esphome::Stream> stream_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(size_t{256} * 1024);
};

/// Runs a server's part in a process of its own: it tells its port first and what it measured last; between, clients are in another.
template <typename Result, typename Measured, typename Visit>
Result measure(proxy::Options options, Measured measured, Visit visit) {
  const Process server([&](const Teller& teller) {
    Stage stage(std::move(options));
    teller.tell(stage.port());
    teller.tell(measured(stage));
  });
  const auto port = server.hear<uint16_t>();
  const Process clients([&](const Teller&) { visit(port); });
  return server.hear<Result>();
}

void subscribe_and_discard(uint16_t port, const Key& key) {
  Client client(port, key);
  client.log_in(true);
  client.discard();
}

struct Flood {
  double user_ns = 0;
  double all_ns = 0;  // with the kernel's part
  double allocations = 0;
  uint64_t dropped = 0;
};

Flood flood(Stage& stage, const std::vector<Sighting>& sightings, uint64_t count) {
  stage.wait_for_subscriber();
  uint64_t asked = 0;  // allocations of asking, which are not the server's
  const auto client = [&] {
    const uint64_t before = allocations().count;
    auto status = stage.server.status().clients.front();
    asked += allocations().count - before;
    return status;
  };
  const auto push = [&](uint64_t bursts) {
    for (uint64_t i = 0; i < bursts; ++i) {
      stage.radio.sink->on_sightings(std::span(sightings).subspan(i % (sightings.size() / burst) * burst, burst));
      if (i % 8 != 0) continue;
      stage.context.poll();
      while (client().queued > 0) stage.context.run_for(100us);
    }
  };
  push(1000);
  const uint64_t dropped = client().advertisements_dropped;
  const uint64_t allocated = allocations().count - asked;
  const ProcessorTime before = processor_time();
  push(count / burst);
  const ProcessorTime spent = processor_time() - before;
  const uint64_t sent = count / burst * burst;
  const auto per = [&](double all) { return all / static_cast<double>(sent); };
  return {per(spent.user * 1e9), per(spent.all * 1e9), per(static_cast<double>(allocations().count - asked - allocated)),
          client().advertisements_dropped - dropped};
}

/// Encodes, seals where there is a key, and writes the same, and knows nothing of sessions.
Flood measure_floor(const std::vector<Sighting>& sightings, bool noise, uint64_t count) {
  int ends[2];
  check(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends) == 0);
  const Process reader([&](const Teller&) {
    ::close(ends[0]);
    std::vector<uint8_t> buffer(size_t{256} * 1024);
    while (::recv(ends[1], buffer.data(), buffer.size(), 0) > 0) {
    }
  });
  const Process writer([&](const Teller& teller) {
    esphome::AdvertisementBatch batch;
    BareCipher cipher;
    std::vector<uint8_t> frames;
    const ProcessorTime before = processor_time();
    for (uint64_t i = 0; i < count; ++i) {
      const Sighting& each = sightings[i % sightings.size()];
      batch.add({each.address.bits(), each.rssi_dbm, each.address.is_random() ? 1U : 0U, each.payload()});
      if (batch.count() < batch_size) continue;
      const size_t start = frames.size();
      frames.insert(frames.end(), batch.payload().begin(), batch.payload().end());
      if (noise) {
        frames.resize(frames.size() + BareCipher::tag_size);
        cipher.seal(std::span(frames).subspan(start));
      }
      batch.clear();
      if (i / batch_size % (burst / batch_size) != 0) continue;
      check(::send(ends[0], frames.data(), frames.size(), MSG_NOSIGNAL) == static_cast<ssize_t>(frames.size()));
      frames.clear();
    }
    const ProcessorTime spent = processor_time() - before;
    teller.tell(Flood{spent.user * 1e9 / static_cast<double>(count), spent.all * 1e9 / static_cast<double>(count), 0, 0});
  });
  ::close(ends[0]);
  ::close(ends[1]);
  return writer.hear<Flood>();
}

/// 17 sightings each millisecond. @returns its share of a core.
double run_house(Stage& stage, const std::vector<Sighting>& sightings) {
  constexpr size_t at_once = house_rate / 1000;
  stage.wait_for_subscriber();
  const ProcessorTime before = processor_time();
  const Steady::time_point begin = Steady::now();
  for (int64_t i = 0; Steady::now() - begin < house_time; ++i) {
    const Steady::time_point next = begin + i * 1ms;
    while (Steady::now() < next) stage.context.run_one_until(next);
    stage.radio.sink->on_sightings(std::span(sightings).subspan(static_cast<size_t>(i) % 60 * at_once, at_once));
  }
  const double seconds = std::chrono::duration<double>(Steady::now() - begin).count();
  return (processor_time() - before).all / seconds;
}

struct Latency {
  double median_us = 0;
  double most_us = 0;  // 99 of 100
  double worst_us = 0;
};

/// From the sighting to the client's reading of it, less the batching interval. Nothing else is sent.
Latency measure_latency(const Key& key) {
  proxy::Options options = options_of(key);
  options.batch_interval = probe_interval;
  const Process server([&](const Teller& teller) {
    Stage stage(std::move(options));
    teller.tell(stage.port());
    stage.wait_for_subscriber();
    for (;;) {
      stage.radio.sink->on_sightings(std::vector{make_probe(steady_now())});
      stage.context.run_for(probe_interval + 5ms);
    }
  });
  const auto port = server.hear<uint16_t>();
  const Process clients([&](const Teller& teller) {
    Client client(port, key);
    client.log_in(true);
    std::vector<double> added;
    while (added.size() < probes)
      client.read([&](const esphome::Message& message) {
        const int64_t now = steady_now();
        if (message.type != esphome::MessageType::raw_advertisements) return;
        check(!esphome::for_each_advertisement(message.payload, [&](const esphome::RawAdvertisement& each) {
          const auto heard = static_cast<int64_t>(load_le64(each.data.data() + stamp_offset));
          added.push_back(static_cast<double>(now - heard - std::chrono::nanoseconds(probe_interval).count()) / 1e3);
        }));
      });
    std::ranges::sort(added);
    teller.tell(Latency{added[added.size() / 2], added[added.size() / 100 * 99], added.back()});
  });
  return clients.hear<Latency>();
}

/// Bytes of the server's process for each further client.
double measure_idle(const Key& key) {
  proxy::Options options = options_of(key);
  options.max_clients = 2 * idle_clients;
  return measure<double>(
      std::move(options),
      [](Stage& stage) {
        size_t logged_in = 0;
        const auto wait_for = [&](size_t count) {
          stage.run_until([&] {
            const auto clients = stage.server.status().clients;
            logged_in = clients.size();
            return logged_in >= count && !clients.back().info.empty();
          });
        };
        wait_for(first_clients);
        const double bytes = resident_bytes();
        const size_t first = logged_in;
        wait_for(first_clients + idle_clients);
        return (resident_bytes() - bytes) / static_cast<double>(logged_in - first);
      },
      [&](uint16_t port) {
        // Their sockets stay open as long as this process is there.
        for (size_t i = 0; i < first_clients + idle_clients; ++i) Client(port, key).log_in(false);
        std::this_thread::sleep_for(60s);
      });
}

int main_of(const Arguments& arguments) {
  const std::vector<Sighting> sightings = make_sightings();
  const uint64_t count = arguments.number() * 1'000'000;
  const Key noise = std::make_shared<crypto::SecretKey>(crypto::SecretKey::random());
  if (!arguments.json())
    fmt::print(
        "| outward | user | goal | floor, user | with the kernel's part | floor, with it | allocations | dropped | 17,000 a "
        "second | added, "
        "median | 99 of 100 | worst | an idle client |\n|---|---|---|---|---|---|---|---|---|---|---|---|---|\n");
  for (const Key& key : {Key(), noise}) {
    std::fflush(stdout);
    const char* const mode = key ? "Noise" : "plain";
    const Flood floor = measure_floor(sightings, key != nullptr, count);
    const Flood moor = measure<Flood>(
        options_of(key), [&](Stage& stage) { return flood(stage, sightings, count); },
        [&](uint16_t port) { subscribe_and_discard(port, key); });
    const double share = measure<double>(
        options_of(key), [&](Stage& stage) { return run_house(stage, sightings); },
        [&](uint16_t port) { subscribe_and_discard(port, key); });
    const Latency latency = measure_latency(key);
    const double memory = measure_idle(key);
    if (arguments.json())
      fmt::print(
          "{{\"bench\":\"proxy\",\"mode\":\"{}\",\"user_ns\":{:.1f},\"all_ns\":{:.1f},\"floor_user_ns\":{:.1f},\"floor_all_ns\":{"
          ":.1f},"
          "\"ratio_to_floor\":{:.2f},\"allocations\":{:.4f},\"dropped\":{},\"core_percent\":{:.2f},\"added_us\":{:.0f},"
          "\"added_p99_us\":{:.0f},\"added_worst_us\":{:.0f},\"bytes_per_idle_client\":{:.0f}}}\n",
          mode, moor.user_ns, moor.all_ns, floor.user_ns, floor.all_ns, moor.user_ns / floor.user_ns, moor.allocations,
          moor.dropped, share * 100, latency.median_us, latency.most_us, latency.worst_us, memory);
    else
      fmt::print(
          "| {} | {:.0f} ns | {} ns | {:.0f} ns | {:.0f} ns | {:.0f} ns | {:.4f} | {} | {:.1f} % | {:.2f} ms | {:.2f} ms | "
          "{:.2f} ms | {:.1f} KiB |\n",
          mode, moor.user_ns, key ? 120 : 40, floor.user_ns, moor.all_ns, floor.all_ns, moor.allocations, moor.dropped,
          share * 100, latency.median_us / 1e3, latency.most_us / 1e3, latency.worst_us / 1e3, memory / 1024);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::main_of(moor::bench::Arguments(argc, argv, "--millions", 10));
}
