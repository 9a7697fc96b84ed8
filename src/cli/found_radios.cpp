#include "cli/found_radios.hpp"

#include "moor/adapter.hpp"

#include <fmt/format.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::cli {

std::vector<std::string> find_adapters() {
  std::vector<std::string> specs;
  boost::asio::io_context context;
  RealClock clock;
  boost::asio::co_spawn(context, list_adapters(clock), [&](std::exception_ptr, const std::vector<AdapterInfo>& found) {
    for (const AdapterInfo& adapter : found) specs.push_back("bluez:" + adapter.name);
  });
  clock.run(context);
  return specs;
}

std::vector<esphome_radio::FoundProxy> find_network_proxies() {
  constexpr Duration patience =
      std::chrono::milliseconds(1500);  // answers come within 0.12 s (RFC 6762, 6), a repeated question after 1 s
  std::vector<esphome_radio::FoundProxy> proxies;
  boost::asio::io_context context;
  RealClock clock;
  const auto mdns = mdns::usual_mdns(clock);
  if (!mdns) return proxies;
  boost::asio::co_spawn(context, esphome_radio::find_proxies(*mdns, clock, clock.now() + patience),
                        [&](std::exception_ptr, std::vector<esphome_radio::FoundProxy> found) {
                          proxies = std::move(found);
                          context.stop();
                        });
  clock.run(context);
  return proxies;
}

std::string spec_of(const esphome_radio::FoundProxy& proxy) {
  constexpr uint16_t usual_port = 6053;
  const std::string port = proxy.port == usual_port ? "" : fmt::format(":{}", proxy.port);
  return "esphome://" + (proxy.host.empty() ? proxy.name + ".local" : proxy.host) + port;
}

}  // namespace moor::cli
