#include "connect/path_choice.hpp"
#include "moor/path_source.hpp"
#include "radio/device_watch.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

std::vector<Path> RadioPaths::paths_to(const Address& device) {
  std::vector<Path> known;
  std::vector<PathCandidate> candidates;
  std::vector<Path> unknown;
  for (Radio* radio : radios_) {
    if (!radio->info().can_connect) continue;
    if (const auto found = radio->find_device(device)) {
      const int rssi_dbm = found->rssi_dbm ? *found->rssi_dbm : no_rssi_value;
      known.push_back({.radio = radio,
                       .device = found->address,
                       .rssi_dbm = rssi_dbm,
                       .score = static_cast<double>(rssi_dbm),
                       .connected = found->connected});
      candidates.push_back({.rssi_dbm = rssi_dbm, .connected = found->connected});
    } else if (try_unknown_) {
      unknown.push_back({.radio = radio, .device = device, .score = no_rssi_value});
    }
  }
  std::vector<Path> paths;
  while (!known.empty()) {
    const auto best = static_cast<std::ptrdiff_t>(choose_path(candidates).value_or(0));
    paths.push_back(known[static_cast<size_t>(best)]);
    known.erase(known.begin() + best);
    candidates.erase(candidates.begin() + best);
  }
  paths.insert(paths.end(), unknown.begin(), unknown.end());
  return paths;
}

std::string RadioPaths::explain(const Address& device) {
  if (radios_.empty()) return "there is no radio";
  std::string text;
  for (const Radio* radio : radios_) {
    if (!text.empty()) text += "; ";
    text += radio->info().name;
    if (!radio->info().can_connect) {
      text += " cannot connect";
      continue;
    }
    if (!radio->find_device(device)) text += " does not know the device";
    const Slots slots = radio->slots();
    if (slots.limit == 0) continue;
    text += fmt::format(" has {} of {} slots in use", slots.limit - slots.free, slots.limit);
    std::string_view before = ": ";
    for (const Slots::Holder& holder : slots.holders) {
      text += fmt::format("{}{}", before, holder.device.to_string());
      text += holder.label.empty() ? " (another program)"
                                   : fmt::format(" ({}, for {:.0f} s)", holder.label, to_seconds(clock_.now() - holder.since));
      before = ", ";
    }
  }
  return text;
}

awaitable<void> RadioPaths::changed(Address device) {
  Event changed(co_await asio::this_coro::executor);
  co_await wait_changed(radios_, device, changed);
}

}  // namespace moor
