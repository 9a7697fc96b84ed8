#include "proxy/announcement.hpp"

#include "esphome/stream.hpp"
#include "proxy/about.hpp"

namespace moor::proxy {

mdns::Service announcement(const Identity& identity, uint16_t port, bool encrypted, std::string_view board) {
  mdns::Service service{.instance = identity.name, .host = identity.name + ".local", .port = port};
  service.attributes = {
      {"mac", compact_mac(identity.mac)},
      {"version", std::string(esphome_version)},
      {"friendly_name", identity.friendly_name},
      {"platform", "host"},
      {"board", std::string(board)},
      {"network", "ethernet"},
      {"project_name", std::string(project_name)},
      {"project_version", std::string(project_version)},
  };
  if (encrypted) service.attributes["api_encryption"] = esphome::noise_protocol;
  return service;
}

}  // namespace moor::proxy
