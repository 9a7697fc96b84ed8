// What proxies cost moor as their client, with all of a radio from the socket to the sighting: an advertisement in a flood, plain and encrypted, from one proxy and from
// 100, beside a floor that reads the same bytes from such sockets; a house full of proxies that send as much as they do; and links. Each measurement has a process of
// its own, and so have the proxies: only the client is measured.

#include "bench/allocations.hpp"
#include "bench/arguments.hpp"
#include "bench/bare_cipher.hpp"
#include "bench/esphome_links.hpp"
#include "bench/scripted_proxies.hpp"
#include "radio/esphome/proxy_radio.hpp"

#include <fmt/format.h>
#include <netinet/in.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::bench {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Key = std::shared_ptr<const crypto::SecretKey>;

constexpr size_t many = 100;             // proxies
constexpr uint64_t warming = 1'000'000;  // advertisements of a flood before it counts
constexpr auto settling = 2s;            // of a house
constexpr auto measured = 10s;           // of a house

/// The program that is measured.
class Client {
public:
  Client(uint16_t port, Key key, SightingSink& sink) : port_(port), key_(std::move(key)), sink_(sink) {}

  /// So many proxies more, each of which is scanned with.
  void add(size_t proxies) {
    for (size_t i = 0; i < proxies; ++i) {
      const auto id = static_cast<RadioId>(radios_.size());
      esphome_radio::SessionOptions options;
      options.radio = fmt::format("esphome://bench-{}", id);
      options.client_info = "moor bench";
      options.key = key_;
      const std::string name = options.radio;
      auto connector = esphome_radio::make_tcp_connector(clock_, fmt::format("127.0.0.1:{}", port_));
      radios_.push_back(esphome_radio::make_radio(clock_, id, name, std::move(connector), std::move(options)));
      asio::co_spawn(context, scan(*radios_.back(), sink_), [](const std::exception_ptr& error) {
        if (error) std::rethrow_exception(error);
      });
    }
  }

  asio::io_context context;

private:
  static awaitable<void> scan(Radio& radio, SightingSink& sink) {
    ScanOptions options;
    options.active = false;
    co_await radio.scan(options, sink);
  }

  uint16_t port_;
  Key key_;
  SightingSink& sink_;
  RealClock clock_;
  std::vector<std::unique_ptr<Radio>> radios_;
};

struct FloodResult {
  double user_ns = 0;  // an advertisement
  double all_ns = 0;   // with the kernel's part
  double allocations = 0;
};

/// Begins to measure after `warming`, and ends after so many more.
class Meter {
public:
  explicit Meter(uint64_t count) : until_(warming + count) {}
  /// @returns whether that was the last.
  [[nodiscard]] bool add(uint64_t count) {
    count_ += count;
    if (count_ < next_) return false;
    if (next_ == warming) {
      begin_ = count_;
      allocated_ = allocations().count;
      time_ = processor_time();
      next_ = until_;
      return false;
    }
    const ProcessorTime spent = processor_time() - time_;
    const auto per = [&](double all) { return all / static_cast<double>(count_ - begin_); };
    result_ = {per(spent.user * 1e9), per(spent.all * 1e9), per(static_cast<double>(allocations().count - allocated_))};
    return true;
  }
  [[nodiscard]] const FloodResult& result() const { return result_; }

private:
  uint64_t count_ = 0;
  uint64_t next_ = warming;
  uint64_t until_;
  uint64_t begin_ = 0;
  uint64_t allocated_ = 0;
  ProcessorTime time_{};
  FloodResult result_{};
};

class FloodSink final : public SightingSink {
public:
  explicit FloodSink(uint64_t count) : meter_(count) {}
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& each : batch) rssi_ += each.rssi_dbm;
    if (meter_.add(batch.size())) context->stop();
  }
  [[nodiscard]] FloodResult result() const {
    check(rssi_ < 0);
    return meter_.result();
  }
  asio::io_context* context = nullptr;  ///< stopped when enough has come

private:
  Meter meter_;
  int64_t rssi_ = 0;
};

FloodResult measure_flood(const Key& key, size_t proxies, uint64_t count) {
  const ProxyProcess senders({.flood = true, .key = key.get()});
  const Process client([&](const Teller& teller) {
    FloodSink sink(count);
    Client visitor(senders.port(), key, sink);
    sink.context = &visitor.context;
    visitor.add(proxies);
    visitor.context.run();
    teller.tell(sink.result());
  });
  return client.hear<FloodResult>();
}

/// The floor: it knows what comes, steps from message to message and from advertisement to advertisement, and keeps nothing. With Noise it decrypts each frame.
class BareReader {
public:
  BareReader(uint16_t port, size_t proxies, bool noise, uint64_t count)
      : noise_(noise), meter_(count), poll_(::epoll_create1(0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(port);
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    for (size_t i = 0; i < proxies; ++i) {
      const int socket = ::socket(AF_INET, SOCK_STREAM, 0);
      check(::connect(socket, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0);
      ends_.push_back({.socket = socket});
      epoll_event event{};
      event.events = EPOLLIN;
      event.data.u64 = i;
      check(::epoll_ctl(poll_, EPOLL_CTL_ADD, socket, &event) == 0);
    }
  }
  FloodResult run() {
    std::array<epoll_event, 128> events{};
    for (;;) {
      const int ready = ::epoll_wait(poll_, events.data(), static_cast<int>(events.size()), -1);
      for (int i = 0; i < ready; ++i)
        if (read(ends_[events[static_cast<size_t>(i)].data.u64])) return meter_.result();
    }
  }

private:
  struct End {
    int socket = -1;
    std::vector<uint8_t> rest{};  // of a frame that is not whole
    BareCipher cipher{};
  };

  bool read(End& end) {
    std::ranges::copy(end.rest, buffer_.begin());
    const size_t before = end.rest.size();
    const ssize_t count = ::recv(end.socket, buffer_.data() + before, buffer_.size() - before, 0);
    check(count > 0);
    const std::span<uint8_t> input(buffer_.data(), before + static_cast<size_t>(count));
    const size_t used = noise_ ? walk_noise(end, input) : walk_plain(input);
    end.rest.assign(input.begin() + static_cast<std::ptrdiff_t>(used), input.end());
    return meter_.add(std::exchange(found_, 0));
  }
  size_t walk_plain(std::span<uint8_t> input) {
    constexpr size_t header = 4;
    size_t at = 0;
    while (input.size() - at >= header) {
      const size_t size = static_cast<size_t>(input[at + 1] & 127) | static_cast<size_t>(input[at + 2]) << 7;
      if (input.size() - at < header + size) break;
      walk_message(input.subspan(at + header, size));
      at += header + size;
    }
    return at;
  }
  size_t walk_noise(End& end, std::span<uint8_t> input) {
    constexpr size_t header = 3, inner = 4;
    size_t at = 0;
    while (input.size() - at >= header) {
      const size_t size = load_be16(&input[at + 1]);
      if (input.size() - at < header + size) break;
      const std::span<uint8_t> body = input.subspan(at + header, size);
      end.cipher.open(body);
      walk_message(body.first(size - BareCipher::tag_size).subspan(inner));
      at += header + size;
    }
    return at;
  }
  void walk_message(Bytes payload) {
    for (size_t at = 0; at < payload.size(); at += 2 + size_t{payload[at + 1]}) ++found_;
  }

  bool noise_;
  Meter meter_;
  int poll_;
  std::vector<End> ends_;
  std::vector<uint8_t> buffer_ = std::vector<uint8_t>(size_t{64} * 1024);
  uint64_t found_ = 0;
};

FloodResult measure_floor(const Key& key, size_t proxies, uint64_t count) {
  const ProxyProcess senders({.flood = true, .key = key.get(), .bare = true});
  const Process client(
      [&](const Teller& teller) { teller.tell(BareReader(senders.port(), proxies, key != nullptr, count).run()); });
  return client.hear<FloodResult>();
}

struct HouseResult {
  double share = 0;  // of a core
  double user_share = 0;
  double heard_per_s = 0;
  double bytes_per_proxy = 0;
  double bytes_per_further = 0;  // proxy, beside one that is there
  double median_us = 0;          // from the proxy's writing to the sighting
  double most_us = 0;            // 99 of 100
  double worst_us = 0;
};

class HouseSink final : public SightingSink {
public:
  // Room for all, in memory before the client is.
  HouseSink() : delays_ns_(2 * many * house_rate * 10) { delays_ns_.clear(); }
  void on_sightings(std::span<const Sighting> batch) override {
    const int64_t now = shared_now();
    for (const Sighting& each : batch)
      if (const int64_t sent = sent_at(each.payload()); sent != 0 && delays_ns_.size() < delays_ns_.capacity())
        delays_ns_.push_back(static_cast<uint32_t>(std::min<int64_t>(now - sent, UINT32_MAX)));
  }
  [[nodiscard]] std::vector<uint32_t>& delays_ns() { return delays_ns_; }

private:
  std::vector<uint32_t> delays_ns_;
};

HouseResult house_of(uint16_t port, const Key& key) {
  HouseSink sink;
  std::vector<uint32_t>& delays = sink.delays_ns();
  const double bytes_before = resident_bytes();
  Client client(port, key, sink);
  client.add(1);
  client.context.run_for(settling);
  const double bytes_with_one = resident_bytes();
  client.add(many - 1);
  client.context.run_for(settling);
  delays.clear();
  const ProcessorTime time = processor_time();
  const auto begin = std::chrono::steady_clock::now();
  client.context.run_for(measured);
  const ProcessorTime spent = processor_time() - time;
  const double seconds = std::chrono::duration<double>(std::chrono::steady_clock::now() - begin).count();
  HouseResult result;
  const double bytes = resident_bytes();
  result.bytes_per_proxy = (bytes - bytes_before) / many;
  result.bytes_per_further = (bytes - bytes_with_one) / (many - 1);
  check(!delays.empty());
  std::ranges::sort(delays);
  result.share = spent.all / seconds;
  result.user_share = spent.user / seconds;
  result.heard_per_s = static_cast<double>(delays.size()) / seconds;
  result.median_us = delays[delays.size() / 2] / 1e3;
  result.most_us = delays[delays.size() / 100 * 99] / 1e3;
  result.worst_us = delays.back() / 1e3;
  return result;
}

HouseResult measure_house(const Key& key) {
  const ProxyProcess senders({.flood = false, .key = key.get()});
  const Process client([&](const Teller& teller) { teller.tell(house_of(senders.port(), key)); });
  return client.hear<HouseResult>();
}

const char* mode_of(const Key& key) {
  return key ? "Noise" : "plain";
}

void print_flood(const Arguments& arguments, const Key& key, size_t proxies) {
  const uint64_t count = arguments.number() * 1'000'000;
  const FloodResult floor = measure_floor(key, proxies, count);
  const FloodResult moor = measure_flood(key, proxies, count);
  if (arguments.json())
    fmt::print(
        "{{\"bench\":\"esphome\",\"what\":\"flood\",\"mode\":\"{}\",\"proxies\":{},\"user_ns\":{:.1f},\"all_ns\":{:.1f},"
        "\"floor_user_ns\":{:.1f},\"floor_all_ns\":{:.1f},\"ratio_to_floor\":{:.2f},\"allocations\":{:.4f}}}\n",
        mode_of(key), proxies, moor.user_ns, moor.all_ns, floor.user_ns, floor.all_ns, moor.user_ns / floor.user_ns,
        moor.allocations);
  else
    fmt::print("| {}, {} {} | {:.0f} ns | {} ns | {:.0f} ns | {:.0f} ns | {:.0f} ns | {:.4f} |\n", mode_of(key), proxies,
               proxies == 1 ? "proxy" : "proxies", moor.user_ns, key ? 120 : 40, floor.user_ns, moor.all_ns, floor.all_ns,
               moor.allocations);
}

void print_house(const Arguments& arguments, const Key& key) {
  const HouseResult house = measure_house(key);
  if (arguments.json())
    fmt::print(
        "{{\"bench\":\"esphome\",\"what\":\"house\",\"mode\":\"{}\",\"heard_per_s\":{:.0f},\"core_percent\":{:.2f},"
        "\"user_percent\":{:.2f},\"bytes_per_proxy\":{:.0f},\"bytes_per_further_proxy\":{:.0f},\"median_us\":{:.0f},\"p99_us\":{:"
        ".0f},\"worst_us\":{:.0f}}}\n",
        mode_of(key), house.heard_per_s, house.share * 100, house.user_share * 100, house.bytes_per_proxy,
        house.bytes_per_further, house.median_us, house.most_us, house.worst_us);
  else
    fmt::print("| {} | {:.0f} | {:.1f} % | {:.1f} % | {:.1f} KiB | {:.1f} KiB | {:.2f} ms | {:.2f} ms | {:.2f} ms |\n",
               mode_of(key), house.heard_per_s, house.share * 100, house.user_share * 100, house.bytes_per_proxy / 1024,
               house.bytes_per_further / 1024, house.median_us / 1e3, house.most_us / 1e3, house.worst_us / 1e3);
}

void print_links(const Arguments& arguments, const Key& key, bool one_hangs) {
  const LinksResult links = measure_links(key, one_hangs);
  if (arguments.json())
    fmt::print(
        "{{\"bench\":\"esphome\",\"what\":\"links\",\"one_hangs\":{},\"made\":{},\"failed\":{},\"wall_s\":{:.3f},\"user_s\":{:."
        "3f},"
        "\"all_s\":{:.3f},\"median_ms\":{:.1f},\"worst_ms\":{:.1f}}}\n",
        one_hangs, links.made, links.failed, links.wall_s, links.user_s, links.all_s, links.median_ms, links.worst_ms);
  else
    fmt::print("| {} | {} | {} | {:.2f} s | {:.0f} ms | {:.0f} ms | {:.0f} ms | {:.0f} ms |\n",
               one_hangs ? "one hangs" : "all well", links.made, links.failed, links.wall_s, links.median_ms, links.worst_ms,
               links.user_s * 1000, links.all_s * 1000);
}

void print_title(const Arguments& arguments, const char* text) {
  if (!arguments.json()) fmt::print("{}", text);
  std::fflush(stdout);
}

int main_of(const Arguments& arguments) {
  // Of its three parts those that are named, or all.
  const auto is_wanted = [&](std::string_view part) {
    return arguments.files().empty() || std::ranges::find(arguments.files(), part) != arguments.files().end();
  };
  const Key noise = std::make_shared<crypto::SecretKey>(crypto::SecretKey::random());
  if (is_wanted("flood")) {
    print_title(arguments,
                "| flood from | user | goal | floor, user | with the kernel's part | floor, with it | allocations |\n"
                "|---|---|---|---|---|---|---|\n");
    for (const Key& key : {Key(), noise})
      for (const size_t proxies : {size_t{1}, many}) print_flood(arguments, key, proxies);
  }
  if (is_wanted("house")) {
    print_title(
        arguments,
        "\n| 100 proxies | heard a second | of a core | of it, user | memory a proxy | a further one | added, median | 99 of "
        "100 | worst |\n|---|---|---|---|---|---|---|---|---|\n");
    for (const Key& key : {Key(), noise}) print_house(arguments, key);
  }
  if (is_wanted("links")) {
    print_title(arguments,
                "\n| 100 proxies | links | failed | all made after | median | worst | user time | with the kernel's part |\n"
                "|---|---|---|---|---|---|---|---|\n");
    for (const bool one_hangs : {false, true}) print_links(arguments, noise, one_hangs);
  }
  return 0;
}

}  // namespace
}  // namespace moor::bench

int main(int argc, char** argv) {
  return moor::bench::main_of(moor::bench::Arguments(argc, argv, "--millions", 10));
}
