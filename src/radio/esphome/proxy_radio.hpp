#pragma once
// An ESPHome Bluetooth proxy as a radio.

#include "mdns/mdns.hpp"
#include "moor/radio.hpp"
#include "radio/esphome/session.hpp"

namespace moor::esphome_radio {

/// @param connector  made by make_tcp_connector; by tests from a pair of sockets.
[[nodiscard]] std::unique_ptr<Radio> make_radio(Clock& clock, RadioId id, std::string name, std::unique_ptr<Connector> connector,
                                                SessionOptions options);
/// From the spec: host, expected name, and the key, which it has itself, in its file, or in $MOOR_ESPHOME_KEY; without one the session is plain.
/// @throws UsageError for a key that is none, a file that cannot be read.
[[nodiscard]] std::unique_ptr<Radio> make_radio(Clock& clock, const RadioSpec& spec, RadioId id,
                                                std::shared_ptr<mdns::Mdns> mdns);

/// A proxy that has announced itself on the network.
struct FoundProxy {
  std::string name;
  std::string friendly_name;
  std::string host;
  std::vector<std::string> addresses;
  uint16_t port = 6053;
  std::string mac;  ///< "AA:BB:CC:DD:EE:FF"
  bool encrypted = false;
  std::string version;  ///< of ESPHome
  std::string project;  ///< name and version
};
/// All ESPHome devices that announce themselves until the deadline, sorted by name. Whether they are Bluetooth proxies shows only in a session.
[[nodiscard]] awaitable<std::vector<FoundProxy>> find_proxies(mdns::Mdns& mdns, Clock& clock, TimePoint deadline);

}  // namespace moor::esphome_radio
