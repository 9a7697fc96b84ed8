#pragma once
// What multicast DNS says of a proxy, so that Home Assistant finds it: a service of type _esphomelib._tcp.

#include "mdns/mdns.hpp"
#include "proxy/proxy.hpp"

namespace moor::proxy {

inline constexpr std::string_view service_type = "_esphomelib._tcp";

/// @param encrypted  whether clients need the key. Without, nothing is said of encryption: keys that clients would push are refused.
/// @param board      what the machine is, in a word
[[nodiscard]] mdns::Service announcement(const Identity& identity, uint16_t port, bool encrypted,
                                         std::string_view board = "host");

}  // namespace moor::proxy
