#include "cli/gateway_init.hpp"

#include "gateway/config.hpp"

#include "cli/found_radios.hpp"
#include "cli/new_file.hpp"
#include "cli/person.hpp"
#include "cli/radio_session.hpp"
#include "cli/terminal.hpp"

#include <fmt/format.h>
#include <unistd.h>

namespace moor::cli {

namespace {

struct FoundHere {
  std::vector<std::string> adapters;
  std::vector<esphome_radio::FoundProxy> proxies;
};

// Where the key of a proxy is looked for: a file beside the configuration, so that the key stands in no configuration.
std::string key_file_of(const esphome_radio::FoundProxy& proxy) {
  return proxy.name + ".key";
}

RadioSpec spec_with_key(const esphome_radio::FoundProxy& proxy) {
  RadioSpec spec = RadioSpec::parse(spec_of(proxy));
  if (proxy.encrypted) spec.key_file = key_file_of(proxy);
  return spec;
}

GatewayConfig usual() {
  GatewayConfig config;
  config.store.path = "moor.db";
  config.privacy.key_file = "privacy.key";
  return config;
}

awaitable<std::string> answer(Person& person, std::string question, std::string otherwise) {
  std::string text = question;
  if (!otherwise.empty()) text += " [" + otherwise + "]";
  const auto line = co_await person.ask(text + ": ");
  co_return line && !line->empty() ? *line : otherwise;
}

awaitable<bool> agrees(Person& person, std::string question) {
  const std::string said = co_await answer(person, std::move(question), "yes");
  co_return said.starts_with('y') || said.starts_with('Y');
}

awaitable<void> choose_radios(Person& person, const FoundHere& found, GatewayConfig& config) {
  for (const std::string& adapter : found.adapters) {
    const bool wanted = co_await agrees(person, "Listen with the adapter " + adapter + "?");
    if (wanted) config.radios.push_back({.spec = RadioSpec::parse(adapter)});
  }
  for (const esphome_radio::FoundProxy& proxy : found.proxies) {
    const std::string name = proxy.friendly_name.empty() ? proxy.name : proxy.friendly_name;
    const bool wanted = co_await agrees(person, "Listen with the proxy " + name + " (" + spec_of(proxy) + ")?");
    if (wanted) config.radios.push_back({.spec = spec_with_key(proxy)});
  }
}

awaitable<void> ask(Person& person, const FoundHere& found, GatewayConfig& config) {
  config.gateway.name = co_await answer(person, "What is this gateway called?", "moor");
  co_await choose_radios(person, found, config);
  config.store.path = co_await answer(person, "Database of devices and visits, '-' for none", "moor.db");
  if (config.store.path == "-") config.store.path.clear();
  config.mqtt.host = co_await answer(person, "MQTT broker, by name or address (empty for none)", "");
  if (config.mqtt.host.empty()) co_return;
  config.mqtt.user = co_await answer(person, "Its user (empty for none)", "");
  if (!config.mqtt.user.empty()) config.mqtt.password_file = "mqtt.password";
}

void tell_what_is_missing(const GatewayConfig& config, const FoundHere& found) {
  if (found.adapters.empty() && found.proxies.empty())
    print_line("no adapter and no proxy was found here: set [[radio]] yourself, or see `moor doctor`");
  for (const GatewayConfig::RadioEntry& radio : config.radios)
    if (!radio.spec.key_file.empty())
      print_line("put the key of " + radio.spec.to_string() + " into '" + radio.spec.key_file +
                 "'; it stands in the proxy's configuration, under api: encryption: key:");
  if (!config.mqtt.password_file.empty())
    print_line("put the password of " + config.mqtt.user + " into '" + config.mqtt.password_file.string() +
               "', for moor's user alone");
}

}  // namespace

int write_first_config(const std::string& path) {
  require_new(path);
  const FoundHere found{.adapters = find_adapters(), .proxies = find_network_proxies()};
  GatewayConfig config = usual();
  if (isatty(STDIN_FILENO) == 1) {
    RadioSession session(std::make_unique<RealClock>(), {});
    Person person(session.clock());
    const Outcome outcome = session.run(ask(person, found, config));
    if (outcome.interrupted || outcome.error) return outcome.finish();
  } else {
    for (const std::string& adapter : found.adapters) config.radios.push_back({.spec = RadioSpec::parse(adapter)});
    for (const esphome_radio::FoundProxy& proxy : found.proxies) config.radios.push_back({.spec = spec_with_key(proxy)});
  }
  write_new_file(path, example_config(config));
  print_line("wrote " + path + "; see what it means with `moor gateway --check --config " + path + "`");
  tell_what_is_missing(config, found);
  flush_output();
  return 0;
}

}  // namespace moor::cli
