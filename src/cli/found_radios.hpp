#pragma once
// What radios there are around, without asking what they can do.

#include "radio/esphome/proxy_radio.hpp"

#include <string>
#include <vector>

namespace moor::cli {

/// The specs of all adapters of this machine; empty where there is none, or nobody to ask.
[[nodiscard]] std::vector<std::string> find_adapters();
/// The ESPHome devices of the network that say they are there; takes 1.5 s. Empty where multicast DNS is off.
[[nodiscard]] std::vector<esphome_radio::FoundProxy> find_network_proxies();
/// Its radio spec, without a key.
[[nodiscard]] std::string spec_of(const esphome_radio::FoundProxy& proxy);

}  // namespace moor::cli
