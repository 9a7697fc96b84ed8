#include "core/within.hpp"
#include "radio/esphome/proxy_radio.hpp"

#include <map>

namespace moor::esphome_radio {

namespace {

constexpr const char* service_type = "_esphomelib._tcp";
constexpr size_t max_found = 1024;  // anybody on the network can announce

std::string attribute(const mdns::Service& service, const std::string& key) {
  const auto found = service.attributes.find(key);
  return found == service.attributes.end() ? std::string() : found->second;
}

// "a1b2c3d4e5f6", as the record has it; empty for what is no address.
std::string mac_of(const mdns::Service& service) {
  const auto address = Address::parse(attribute(service, "mac"));
  return address ? address->to_string() : std::string();
}

FoundProxy to_found(const mdns::Service& service) {
  std::string project = attribute(service, "project_name");
  if (const std::string version = attribute(service, "project_version"); !project.empty() && !version.empty())
    project += " " + version;
  return {.name = service.instance,
          .friendly_name = attribute(service, "friendly_name"),
          .host = service.host,
          .addresses = service.addresses,
          .port = service.port,
          .mac = mac_of(service),
          .encrypted = !attribute(service, "api_encryption").empty(),
          .version = attribute(service, "version"),
          .project = std::move(project)};
}

}  // namespace

awaitable<std::vector<FoundProxy>> find_proxies(mdns::Mdns& mdns, Clock& clock, TimePoint deadline) {
  std::map<std::string, FoundProxy> found;
  const auto on_event = [&found](const mdns::BrowseEvent& event) {
    if (event.kind == mdns::BrowseEvent::Kind::gone)
      found.erase(event.service.instance);
    else if (found.size() < max_found || found.contains(event.service.instance))
      found.insert_or_assign(event.service.instance, to_found(event.service));
  };
  std::function<void(const mdns::BrowseEvent&)> tell = on_event;
  (void)co_await within(clock, deadline, mdns.browse(service_type, std::move(tell)));
  std::vector<FoundProxy> proxies;
  proxies.reserve(found.size());
  for (auto& [name, proxy] : found) proxies.push_back(std::move(proxy));
  co_return proxies;
}

}  // namespace moor::esphome_radio
