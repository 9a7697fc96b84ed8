#include "moor/device_lookup.hpp"

#include "connect/path_choice.hpp"
#include "connect/radio_names.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor {

namespace {

// BlueZ's path to the adapter, "/org/bluez/hci0", has so many.
constexpr size_t described_path_length = 15;

bool is_object_path(std::string_view path) noexcept {
  return path.starts_with('/');
}

std::vector<FoundDevice> all_that_know(PathSource& paths, const Address& address) {
  std::vector<FoundDevice> found;
  for (Radio* radio : paths.radios())
    if (auto device = radio->find_device(address)) found.push_back({radio, std::move(*device)});
  return found;
}

std::optional<FoundDevice> best_of(const std::vector<FoundDevice>& all, int to_beat) {
  std::vector<PathCandidate> candidates;
  candidates.reserve(all.size());
  for (const FoundDevice& each : all)
    candidates.push_back({.rssi_dbm = each.device.rssi_dbm, .connected = each.device.connected});
  const auto best = choose_path(candidates, to_beat);
  if (!best) return std::nullopt;
  return all[*best];
}

std::string describe(const Address& address, std::string_view name, std::string_view path, std::string_view source) {
  const std::string text = address.to_string();
  std::string described = name.empty() || name == text ? text : fmt::format("{} - {}", text, name);
  if (is_object_path(path)) return fmt::format("{} -> {}", described, path.substr(0, described_path_length));
  if (!source.empty()) return fmt::format("{} -> {}", described, source);
  return described;
}

[[noreturn]] void throw_not_known(const Address& address, const std::string& who, std::string radio) {
  throw DeviceNotFound(fmt::format("{} does not know {}", who, address.to_string()),
                       {.device = address, .radio = std::move(radio), .advice = "Scan until it is heard, then connect."});
}

}  // namespace

std::optional<FoundDevice> find_device(PathSource& paths, const Address& address) {
  return best_of(all_that_know(paths, address), no_rssi_value);
}

FoundDevice get_device(PathSource& paths, const Address& address) {
  auto found = find_device(paths, address);
  if (!found) throw_not_known(address, "no radio", {});
  return std::move(*found);
}

std::optional<FoundDevice> find_device_by_adapter(PathSource& paths, const Address& address, std::string_view radio) {
  Radio* const wanted = find_radio(paths, radio);
  if (wanted == nullptr) return std::nullopt;
  auto device = wanted->find_device(address);
  if (!device) return std::nullopt;
  return FoundDevice{wanted, std::move(*device)};
}

FoundDevice get_device_by_adapter(PathSource& paths, const Address& address, std::string_view radio) {
  if (find_radio(paths, radio) == nullptr)
    throw UsageError(fmt::format("there is no radio \"{}\"", radio), {.advice = "`moor radios` shows those that there are."});
  auto found = find_device_by_adapter(paths, address, radio);
  if (!found) throw_not_known(address, fmt::format("radio {}", radio), std::string(radio));
  return std::move(*found);
}

std::optional<FoundDevice> find_better_device(PathSource& paths, const Address& address, const Radio& current,
                                              std::optional<int> rssi_dbm) {
  std::vector<FoundDevice> all = all_that_know(paths, address);
  const bool current_knows = std::ranges::find(all, &current, &FoundDevice::radio) != all.end();
  // The current radio is not scored anew: `rssi_dbm` is its score.
  std::erase_if(all, [&](const FoundDevice& each) { return each.radio == &current && !each.device.connected; });
  auto best = best_of(all, current_knows && rssi_dbm ? *rssi_dbm : no_rssi_value);
  if (best && best->radio == &current) return std::nullopt;
  return best;
}

std::vector<FoundDevice> connected_devices(PathSource& paths, const Address& address) {
  std::vector<FoundDevice> found = all_that_know(paths, address);
  std::erase_if(found, [](const FoundDevice& each) { return !each.device.connected; });
  return found;
}

std::optional<std::string> device_source(const FoundDevice& found) {
  if (is_object_path(found.device.path)) return std::nullopt;
  return std::string(short_name(found.radio->info().name));
}

std::optional<std::string> device_source(const LinkInfo& link) {
  if (is_object_path(link.path)) return std::nullopt;
  return std::string(short_name(link.radio_name));
}

std::string describe(const FoundDevice& found) {
  return describe(found.device.address, found.device.name, found.device.path, short_name(found.radio->info().name));
}

std::string describe(const LinkInfo& link) {
  return describe(link.device, link.name, link.path, short_name(link.radio_name));
}

}  // namespace moor
