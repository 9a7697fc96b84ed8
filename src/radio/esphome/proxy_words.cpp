#include "radio/esphome/proxy_state.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

using esphome::Feature;

bool can_connect(uint32_t features) noexcept {
  return has(features, Feature::active_connections) && has(features, Feature::remote_caching);
}

LinkAbilities link_abilities(uint32_t features) noexcept {
  const bool connects = can_connect(features);
  return {.pairing = connects && has(features, Feature::pairing),
          .cache_clearing = connects && has(features, Feature::cache_clearing),
          .parameters = connects && has(features, Feature::connection_parameters)};
}

std::string describe(const ProxyFacts& facts) {
  const std::string who = facts.friendly_name.empty() || facts.friendly_name == facts.name
                              ? facts.name
                              : fmt::format("{} ({})", facts.friendly_name, facts.name);
  std::string what;
  if (!facts.mac.empty()) what += ", " + facts.mac;
  if (!facts.project_name.empty())
    what += fmt::format(", {} {}", facts.project_name, facts.project_version);
  else if (!facts.model.empty())
    what += ", " + facts.model;
  if (!facts.esphome_version.empty()) what += ", ESPHome " + facts.esphome_version;
  return fmt::format("{}{}, API {}.{}, {}", who, what, facts.api_major, facts.api_minor,
                     facts.encrypted ? "encrypted" : "not encrypted");
}

std::string limits_of(const ProxyFacts& facts) {
  std::string limits;
  const auto add = [&limits](std::string_view what) {
    limits += limits.empty() ? "" : "; ";
    limits += what;
  };
  if (!has(facts.features, Feature::active_connections))
    add("it only listens: its configuration does not say `active: true`");
  else if (!has(facts.features, Feature::remote_caching))
    add("it cannot connect: its firmware is too old, update it");
  else if (!has(facts.features, Feature::pairing))
    add("it cannot pair");
  else
    add("it pairs without passkeys only: the protocol has none");
  if (!has(facts.features, Feature::raw_advertisements))
    add("it takes advertisements apart, so that some of what devices say is lost: update its firmware");
  if (!has(facts.features, Feature::scanner_state_and_mode))
    add("it does not say whether it scans, how, and for whom: update its firmware");
  if (!facts.encrypted) add("anybody on its network can use it: give it a key (`api: encryption:` in its configuration)");
  return limits;
}

std::string held_by_another(const std::string& proxy) {
  return "another program has the advertisements of " + proxy;
}

}  // namespace moor::esphome_radio
