#include "bench/esphome_links.hpp"

#include "bench/process.hpp"
#include "core/activities.hpp"
#include "core/listener.hpp"
#include "core/within.hpp"
#include "moor/world.hpp"
#include "proxy/proxy.hpp"
#include "radio/esphome/proxy_radio.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <array>
#include <boost/asio/io_context.hpp>
#include <deque>

namespace moor::bench {

namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using Key = std::shared_ptr<const crypto::SecretKey>;
using Ports = std::array<uint16_t, link_proxies>;

constexpr Duration login_limit = 20s;
constexpr Duration link_limit = 10s;
constexpr Duration hanging_limit = 3s;

Address device_of(size_t proxy, size_t slot) {
  return Address(0xC0'00'00'00'00'00 + proxy * slots_each + slot, true);
}

sim::WorldSpec house_of(size_t proxy) {
  sim::WorldSpec spec;
  spec.seed = proxy + 1;
  sim::RadioEntry radio;
  radio.name = "radio";
  radio.kind = sim::RadioKind::proxy;
  radio.slots = slots_each;
  spec.radios.push_back(radio);
  for (size_t slot = 0; slot < slots_each; ++slot) {
    sim::DeviceEntry device;
    device.name = fmt::format("device {}", slot);
    device.address = device_of(proxy, slot);
    device.movement = sim::Position{2, 0, 0};
    device.advertising->interval = 100ms;
    sim::Characteristic level;
    level.uuid = Uuid(0x2A19);
    level.value = sim::Constant{{100}};
    device.services = {{.uuid = Uuid(0x180F), .characteristics = {level}}};
    spec.devices.push_back(device);
  }
  return spec;
}

proxy::Options options_of(size_t proxy, const Key& key) {
  proxy::Options options;
  options.identity = {.name = fmt::format("bench-{}", proxy),
                      .friendly_name = "Bench",
                      .mac = fmt::format("02:00:00:00:00:{:02X}", proxy),
                      .bluetooth_mac = {}};
  options.key = key;
  options.slots = slots_each;
  return options;
}

/// A world with its radio, served.
struct House {
  House(Clock& clock, asio::io_context& context, size_t proxy, const Key& key)
      : world(clock, house_of(proxy)),
        radio(world.make_radio("radio", 0)),
        server(clock, context.get_executor(), *radio, options_of(proxy, key)),
        listener(clock, context.get_executor(), asio::ip::tcp::endpoint(asio::ip::address_v4::loopback(), 0)) {
    asio::co_spawn(context, server.run(), rethrow);
    asio::co_spawn(context, listener.run([this](proxy::Socket socket, const asio::ip::tcp::endpoint& peer) {
      return server.serve(std::move(socket), to_string(peer));
    }),
                   rethrow);
  }
  static void rethrow(const std::exception_ptr& error) {
    if (error) std::rethrow_exception(error);
  }
  sim::World world;
  std::unique_ptr<Radio> radio;
  proxy::Server server;
  Listener listener;
};

/// Tells the port of each, and serves.
void serve_houses(const Teller& teller, size_t first, size_t end, const Key& key) {
  RealClock clock;
  asio::io_context context;
  std::deque<House> houses;
  for (size_t proxy = first; proxy < end; ++proxy) {
    houses.emplace_back(clock, context, proxy, key);
    teller.tell(houses.back().listener.endpoint().port());
  }
  context.run();
}

/// The client: all radios, and a link to each device.
class Client {
public:
  Client(const Ports& ports, const Key& key, pid_t hanging) : hanging_(hanging) {
    for (size_t proxy = 0; proxy < ports.size(); ++proxy) {
      esphome_radio::SessionOptions session;
      session.radio = fmt::format("esphome://bench-{}", proxy);
      session.client_info = "moor bench";
      session.key = key;
      auto connector = esphome_radio::make_tcp_connector(clock_, fmt::format("127.0.0.1:{}", ports[proxy]));
      const std::string name = session.radio;
      radios_.push_back(
          esphome_radio::make_radio(clock_, static_cast<RadioId>(proxy), name, std::move(connector), std::move(session)));
    }
  }

  LinksResult run() {
    asio::co_spawn(context_, work(), [this](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
      context_.stop();
    });
    context_.run();
    std::ranges::sort(times_ms_);
    result_.made = times_ms_.size();
    if (!times_ms_.empty()) {
      result_.median_ms = times_ms_[times_ms_.size() / 2];
      result_.worst_ms = times_ms_.back();
    }
    return result_;
  }

private:
  [[nodiscard]] bool hangs(size_t proxy) const { return hanging_ != 0 && proxy == 0; }
  [[nodiscard]] size_t through_well() const { return (radios_.size() - (hanging_ != 0 ? 1 : 0)) * slots_each; }

  awaitable<void> work() {
    Activities activities(co_await asio::this_coro::executor);
    const auto on_end = [](const std::exception_ptr& error) {
      if (error) std::rethrow_exception(error);
    };
    for (const auto& radio : radios_) activities.start(radio->open(clock_.now() + login_limit), on_end);
    while (activities.running() > 0) co_await clock_.wait_for(10ms);
    if (hanging_ != 0) ::kill(hanging_, SIGSTOP);

    begin_ = clock_.now();
    processor_begin_ = processor_time();
    for (size_t slot = 0; slot < slots_each; ++slot)
      for (size_t proxy = 0; proxy < radios_.size(); ++proxy) activities.start(link(proxy, slot), on_end);
    const TimePoint deadline = begin_ + link_limit;
    const size_t all = radios_.size() * slots_each;
    while (clock_.now() < deadline && links_.size() + result_.failed + result_.given_up < all) co_await clock_.wait_for(10ms);
  }

  awaitable<void> link(size_t proxy, size_t slot) {
    LinkOptions options;
    options.timeout = hangs(proxy) ? hanging_limit : link_limit;
    options.label = "bench";
    bool connected = false;
    try {
      links_.push_back(co_await radios_[proxy]->connect(device_of(proxy, slot), options));
      connected = true;
    } catch (const Error& error) {
      if (!hangs(proxy)) std::fprintf(stderr, "benchmark: %s\n", error.what());
    }
    if (hangs(proxy))
      ++result_.given_up;
    else if (!connected)
      ++result_.failed;
    if (!connected) co_return;
    times_ms_.push_back(to_seconds(clock_.now() - begin_) * 1000);
    if (times_ms_.size() < through_well()) co_return;
    const ProcessorTime spent = processor_time() - processor_begin_;
    result_.wall_s = to_seconds(clock_.now() - begin_);
    result_.user_s = spent.user;
    result_.all_s = spent.all;
  }

  pid_t hanging_;  // the process of the first proxy; 0 where it is well
  RealClock clock_;
  asio::io_context context_;
  std::vector<std::unique_ptr<Radio>> radios_;
  std::vector<std::unique_ptr<Link>> links_;
  std::vector<double> times_ms_;
  TimePoint begin_{};
  ProcessorTime processor_begin_{};
  LinksResult result_{};
};

}  // namespace

LinksResult measure_links(const Key& key, bool one_hangs) {
  const Process first([&](const Teller& teller) { serve_houses(teller, 0, 1, key); });
  const Process others([&](const Teller& teller) { serve_houses(teller, 1, link_proxies, key); });
  Ports ports{};
  ports[0] = first.hear<uint16_t>();
  for (size_t proxy = 1; proxy < link_proxies; ++proxy) ports[proxy] = others.hear<uint16_t>();
  const Process client([&](const Teller& teller) { teller.tell(Client(ports, key, one_hangs ? first.id() : 0).run()); });
  return client.hear<LinksResult>();
}

}  // namespace moor::bench
