// A proxy's address, found and connected to over TCP.

#include "core/event.hpp"
#include "core/within.hpp"
#include "mdns/mdns.hpp"
#include "radio/esphome/session.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/algorithm/string/predicate.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <charconv>

namespace moor::esphome_radio {

namespace asio = boost::asio;
using asio::ip::tcp;

namespace {

constexpr uint16_t default_port = 6053;
constexpr const char* service_type = "_esphomelib._tcp";
constexpr Duration per_address = std::chrono::seconds(5);
constexpr Duration per_lookup = std::chrono::seconds(5);
constexpr size_t most_addresses = 16;
// What answers our own question, which multicast DNS repeats after a second, is no announcement.
constexpr Duration settling = std::chrono::seconds(3);

struct Target {
  std::string host;  // without brackets
  uint16_t port = default_port;
  std::optional<asio::ip::address> address{};  // where the host is one
};

[[noreturn]] void refuse(const std::string& text, const char* why) {
  throw UsageError(
      fmt::format("'{}' is no address of a proxy: {}", text, why),
      {.advice =
           "Give a host name or an IP address, with a port where it is not 6053: kitchen.local, 192.168.1.20:6053, [::1]:6053."});
}

uint16_t parse_port(const std::string& text, std::string_view digits) {
  uint16_t port = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), port);
  if (error != std::errc() || end != digits.data() + digits.size() || port == 0) refuse(text, "the port is not 1 to 65535");
  return port;
}

Target parse_target(const std::string& text) {
  Target target;
  std::string_view rest = text;
  const size_t bracket = rest.starts_with('[') ? rest.find(']') : std::string_view::npos;
  const bool is_bare_ipv6 = std::count(rest.begin(), rest.end(), ':') > 1;
  if (bracket != std::string_view::npos) {
    target.host = rest.substr(1, bracket - 1);
    rest.remove_prefix(bracket + 1);
    if (!rest.empty() && !rest.starts_with(':')) refuse(text, "only a port may follow the ']'");
  } else if (is_bare_ipv6) {
    target.host = rest;
    rest = {};
  } else {
    target.host = rest.substr(0, rest.find(':'));
    rest.remove_prefix(target.host.size());
  }
  if (!rest.empty()) target.port = parse_port(text, rest.substr(1));
  if (target.host.ends_with('.')) target.host.pop_back();
  if (target.host.empty()) refuse(text, "there is no host");
  boost::system::error_code no_address;
  const asio::ip::address address = asio::ip::make_address(target.host, no_address);
  if (!no_address) target.address = address;
  if (no_address && (is_bare_ipv6 || bracket != std::string_view::npos)) refuse(text, "this is no IPv6 address");
  return target;
}

// In turn, so that a family that leads nowhere takes every second attempt only.
std::vector<tcp::endpoint> in_turn(std::vector<tcp::endpoint> all) {
  std::vector<tcp::endpoint> v4, v6, result;
  for (const tcp::endpoint& each : all) {
    auto& family = each.address().is_v4() ? v4 : v6;
    if (std::find(family.begin(), family.end(), each) == family.end()) family.push_back(each);
  }
  for (size_t i = 0; i < std::max(v4.size(), v6.size()) && result.size() < most_addresses; ++i) {
    if (i < v4.size()) result.push_back(v4[i]);
    if (i < v6.size()) result.push_back(v6[i]);
  }
  return result;
}

// A lookup by the system, which cannot be stopped: whoever gives it up leaves it behind.
struct Lookup {
  explicit Lookup(const asio::any_io_executor& executor) : resolver(executor) {}
  tcp::resolver resolver;
  boost::system::error_code error{};
  std::vector<tcp::endpoint> found{};
  Event* done = nullptr;  // null where nobody waits any more
};

class TcpConnector final : public Connector {
public:
  TcpConnector(Clock& clock, Target target, std::shared_ptr<mdns::Mdns> mdns)
      : clock_(clock), target_(std::move(target)), mdns_(std::move(mdns)) {}

  awaitable<Socket> connect(TimePoint deadline) override;
  awaitable<void> announced() override;

private:
  struct Found {
    std::vector<tcp::endpoint> endpoints{};
    boost::system::error_code error = asio::error::host_not_found;
  };
  [[nodiscard]] bool is_local_name() const {
    return target_.host.find('.') == std::string::npos || boost::algorithm::iends_with(target_.host, ".local");
  }
  [[nodiscard]] std::string local_name() const {
    return boost::algorithm::iends_with(target_.host, ".local") ? target_.host : target_.host + ".local";
  }
  awaitable<Found> find(TimePoint deadline);
  awaitable<void> ask_system(Found& found, TimePoint deadline);
  awaitable<void> ask_neighbours(Found& found, TimePoint deadline);
  awaitable<bool> try_one(tcp::socket& socket, tcp::endpoint endpoint, TimePoint deadline, boost::system::error_code& error);
  [[nodiscard]] bool is_ours(const mdns::Service& service) const;
  [[nodiscard]] TimePoint at_most(Duration d, TimePoint deadline) const { return std::min(clock_.now() + d, deadline); }

  Clock& clock_;
  Target target_;
  std::shared_ptr<mdns::Mdns> mdns_;
};

awaitable<Socket> TcpConnector::connect(TimePoint deadline) {
  const auto executor = co_await asio::this_coro::executor;
  const Found found = co_await find(deadline);
  boost::system::error_code error = found.error;
  for (const tcp::endpoint& each : found.endpoints) {
    if (clock_.now() >= deadline) break;
    tcp::socket socket(executor);
    const bool connected = co_await try_one(socket, each, deadline, error);
    if (!connected) continue;
    boost::system::error_code ignored;
    socket.set_option(tcp::no_delay(true), ignored);
    socket.set_option(asio::socket_base::keep_alive(true), ignored);
    co_return Socket(std::move(socket));
  }
  if (error == asio::error::timed_out) throw TimedOut(fmt::format("{} does not answer on port {}", target_.host, target_.port));
  throw boost::system::system_error(error, fmt::format("{} port {}", target_.host, target_.port));
}

// @returns whether it is connected; else `error` is why.
awaitable<bool> TcpConnector::try_one(tcp::socket& socket, tcp::endpoint endpoint, TimePoint deadline,
                                      boost::system::error_code& error) {
  bool in_time = false;
  bool failed = false;
  try {
    in_time = co_await within(clock_, at_most(per_address, deadline), socket.async_connect(endpoint, asio::use_awaitable));
  } catch (const boost::system::system_error& thrown) {
    error = thrown.code();
    failed = true;
  }
  if (!in_time && !failed) error = asio::error::timed_out;
  co_return in_time;
}

awaitable<TcpConnector::Found> TcpConnector::find(TimePoint deadline) {
  Found found;
  if (target_.address) {
    found.endpoints.emplace_back(*target_.address, target_.port);
    co_return found;
  }
  // ".local" belongs to multicast DNS (RFC 6762, 3); a name without a dot may be in /etc/hosts or in the search domain.
  const bool neighbours_first = target_.host.find('.') != std::string::npos;
  if (is_local_name() && neighbours_first) co_await ask_neighbours(found, deadline);
  if (found.endpoints.empty()) co_await ask_system(found, deadline);
  if (found.endpoints.empty() && is_local_name() && !neighbours_first) co_await ask_neighbours(found, deadline);
  found.endpoints = in_turn(std::move(found.endpoints));
  co_return found;
}

awaitable<void> TcpConnector::ask_system(Found& found, TimePoint deadline) {
  const auto executor = co_await asio::this_coro::executor;
  Event done(executor);
  const auto lookup = std::make_shared<Lookup>(executor);
  struct Leave {
    Lookup& lookup;
    ~Leave() {
      lookup.done = nullptr;
      lookup.resolver.cancel();
    }
  } leave{*lookup};
  lookup->done = &done;
  const Clock::Hold hold(clock_);  // it is another thread that looks
  lookup->resolver.async_resolve(target_.host, std::to_string(target_.port), tcp::resolver::numeric_service,
                                 [lookup](boost::system::error_code error, const tcp::resolver::results_type& results) {
                                   lookup->error = error;
                                   for (const auto& each : results) lookup->found.push_back(each.endpoint());
                                   if (lookup->done != nullptr) lookup->done->set();
                                 });
  const bool in_time = co_await within(clock_, at_most(per_lookup, deadline), done.wait());
  found.endpoints = lookup->found;
  if (lookup->error) found.error = lookup->error;
  if (!in_time) found.error = asio::error::timed_out;
}

awaitable<void> TcpConnector::ask_neighbours(Found& found, TimePoint deadline) {
  if (!mdns_) co_return;
  std::vector<std::string> addresses;
  const std::string name = local_name();
  try {
    addresses = co_await mdns_->resolve(name, at_most(per_lookup, deadline));
  } catch (const Error&) {
    addresses.clear();  // no multicast here: what the system knows remains
  }
  for (const std::string& each : addresses) {
    boost::system::error_code no_address;
    const asio::ip::address address = asio::ip::make_address(each, no_address);
    if (!no_address) found.endpoints.emplace_back(address, target_.port);
  }
}

bool TcpConnector::is_ours(const mdns::Service& service) const {
  if (target_.address)
    return std::find(service.addresses.begin(), service.addresses.end(), target_.address->to_string()) != service.addresses.end();
  const std::string first_label = target_.host.substr(0, target_.host.find('.'));
  return boost::algorithm::iequals(service.instance, first_label) || boost::algorithm::iequals(service.host, local_name());
}

awaitable<void> TcpConnector::announced() {
  Event heard(co_await asio::this_coro::executor);
  if (!mdns_) {
    co_await heard.wait();
    co_return;
  }
  TimePoint settled = clock_.now() + settling;
  const auto on_event = [this, &heard, &settled](const mdns::BrowseEvent& event) {
    if (!is_ours(event.service)) return;
    if (event.kind == mdns::BrowseEvent::Kind::gone)
      settled = clock_.now();  // it was here: when it comes back, that is news
    else if (clock_.now() >= settled)
      heard.set();
  };
  const bool ended = co_await unless(heard.wait(), mdns_->browse(service_type, on_event));
  if (ended) throw Error("multicast DNS has stopped listening");
}

}  // namespace

std::unique_ptr<Connector> make_tcp_connector(Clock& clock, const std::string& host, std::shared_ptr<mdns::Mdns> mdns) {
  return std::make_unique<TcpConnector>(clock, parse_target(host), std::move(mdns));
}

}  // namespace moor::esphome_radio
