#include "mdns/own_mdns.hpp"

#include "core/event.hpp"
#include "core/within.hpp"
#include "mdns/browser_machine.hpp"
#include "mdns/network.hpp"

#include <random>

namespace moor::mdns {

namespace asio = boost::asio;

namespace {

constexpr Duration longest_wait = std::chrono::hours(1);

void multicast_everywhere(Network& network, const Packet& packet) {
  const std::vector<uint8_t> bytes = write_packet(packet);
  for (const Interface& each : network.interfaces()) network.multicast(bytes, each);
}

void send(Network& network, const ResponderMachine& machine, const ResponderMachine::Sending& sending, const Endpoint* asker) {
  for (const Interface& each : network.interfaces()) {
    if (sending.interface && *sending.interface != 0 && *sending.interface != each.index) continue;
    const std::vector<uint8_t> bytes = machine.write(sending, each.addresses());
    if (!sending.to_asker) {
      network.multicast(bytes, each);
    } else if (asker != nullptr) {
      network.unicast(bytes, *asker);
      return;
    }
  }
}

// Until something comes in, or a moment.
awaitable<void> wait(Clock& clock, Event& event, TimePoint until) {
  const TimePoint now = clock.now();
  if (until <= now) co_return;
  (void)co_await within(clock, std::min(until, now + longest_wait), event.wait());
}

class OwnMdns final : public Mdns {
public:
  OwnMdns(Clock& clock, Settings settings) : clock_(clock), settings_(std::move(settings)) {}

  awaitable<void> browse(std::string type, std::function<void(const BrowseEvent&)> on_event) override {
    const auto executor = co_await asio::this_coro::executor;
    const std::shared_ptr<Network> network = get_network(executor);
    BrowserMachine machine(type, clock_.now());
    Event event(executor);
    const Network::Listener listener(network, [&](const Packet& packet, const Asker&, const Endpoint&) {
      machine.on_packet(packet, clock_.now());
      event.set();
    });
    while (true) {
      event.reset();
      if (const auto query = machine.on_time(clock_.now())) multicast_everywhere(*network, *query);
      for (const BrowseEvent& each : machine.take_events()) on_event(each);
      co_await wait(clock_, event, machine.next());
    }
  }

  awaitable<std::vector<std::string>> resolve(std::string host, TimePoint deadline) override {
    const auto executor = co_await asio::this_coro::executor;
    const std::shared_ptr<Network> network = get_network(executor);
    HostMachine machine(std::move(host), clock_.now());
    Event event(executor);
    const Network::Listener listener(network, [&](const Packet& packet, const Asker&, const Endpoint&) {
      machine.on_packet(packet, clock_.now());
      event.set();
    });
    std::optional<std::vector<std::string>> found;
    while (!found && clock_.now() < deadline) {
      event.reset();
      if (const auto query = machine.on_time(clock_.now())) multicast_everywhere(*network, *query);
      found = machine.addresses(clock_.now());
      if (!found) co_await wait(clock_, event, std::min(machine.next(), deadline));
    }
    co_return found.value_or(std::vector<std::string>());
  }

  awaitable<void> announce(std::string type, Service service, std::function<void(const std::string&)> on_name) override {
    const auto executor = co_await asio::this_coro::executor;
    const std::shared_ptr<Network> network = get_network(executor);
    std::random_device seed;  // of delays only
    ResponderMachine machine(type, std::move(service), seed(), clock_.now());
    Event event(executor);
    const Network::Listener listener(network, [&](const Packet& packet, const Asker& asker, const Endpoint& from) {
      machine.on_packet(packet, asker, clock_.now(), [&](const Record& each) { return network->is_ours(each); });
      for (const auto& each : machine.on_time(clock_.now())) send(*network, machine, each, &from);
      event.set();
    });
    // Says goodbye however it ends.
    struct Goodbye {
      Network& network;
      ResponderMachine& machine;
      ~Goodbye() {
        if (machine.is_claimed()) send(network, machine, machine.goodbye(), nullptr);
      }
    } goodbye{*network, machine};
    std::string told;
    while (true) {
      event.reset();
      for (const auto& each : machine.on_time(clock_.now())) send(*network, machine, each, nullptr);
      if (machine.is_claimed() && told != machine.instance()) on_name(told = machine.instance());
      co_await wait(clock_, event, machine.next());
    }
  }

private:
  std::shared_ptr<Network> get_network(const asio::any_io_executor& executor) {
    std::shared_ptr<Network> network = network_.lock();
    if (network == nullptr) network_ = network = std::make_shared<Network>(clock_, executor, settings_);
    return network;
  }

  Clock& clock_;
  Settings settings_;
  std::weak_ptr<Network> network_;
};

}  // namespace

std::shared_ptr<Mdns> make_own_mdns(Clock& clock, Settings settings) {
  return std::make_shared<OwnMdns>(clock, std::move(settings));
}

}  // namespace moor::mdns
