#include "cli/gateway_radios.hpp"

#include <algorithm>
#include <tuple>

namespace moor::cli {

namespace {

bool is_whole_world(const RadioSpec& spec) {
  return spec.kind == RadioSpec::Kind::sim && spec.radio.empty();
}

bool is_same(const RadioSpec& a, const RadioSpec& b) {
  const auto all = [](const RadioSpec& spec) {
    return std::tie(spec.kind, spec.target, spec.speed, spec.loop, spec.key, spec.key_file, spec.expected_name, spec.radio);
  };
  return all(a) == all(b);
}

}  // namespace

std::vector<GatewayConfig::RadioEntry> one_for_each(const std::vector<std::unique_ptr<Radio>>& radios,
                                                    const std::vector<GatewayConfig::RadioEntry>& entries) {
  std::vector<GatewayConfig::RadioEntry> found;
  size_t at = 0;
  for (const auto& radio : radios) {
    const RadioSpec& spec = entries.at(at).spec;
    const bool same = is_whole_world(spec) && radio->info().name.starts_with("sim:" + spec.target + "/");
    if (!found.empty() && !same) ++at;
    found.push_back(entries.at(at));
  }
  return found;
}

NextRadios next_radios(const std::vector<GatewayConfig::RadioEntry>& now, const std::vector<GatewayConfig::RadioEntry>& wanted,
                       Clock& clock) {
  for (const auto& entry : wanted)
    if (entry.spec.is_virtual_time() != clock.is_virtual())
      throw UsageError("'" + entry.spec.to_string() + "' has another time than the radios that run",
                       {.advice = "restart the gateway for that, or add ?speed=1"});
  const auto is_world = [](const auto& entry) { return is_whole_world(entry.spec); };
  NextRadios next;
  if (std::ranges::any_of(now, is_world) || std::ranges::any_of(wanted, is_world)) {
    // How many radios a world has, only opening it tells: where nothing has changed nothing is opened, else all is.
    std::vector<GatewayConfig::RadioEntry> before;
    for (const auto& entry : now)
      if (before.empty() || !is_world(entry) || !is_same(before.back().spec, entry.spec)) before.push_back(entry);
    if (std::ranges::equal(before, wanted, [](const auto& a, const auto& b) { return is_same(a.spec, b.spec); })) {
      next.entries = now;
      next.opened.resize(now.size());
      for (auto& entry : next.entries)
        entry.active = std::ranges::find_if(wanted, [&](const auto& each) { return is_same(each.spec, entry.spec); })->active;
      return next;
    }
    std::vector<RadioSpec> specs;
    specs.reserve(wanted.size());
    for (const auto& entry : wanted) specs.push_back(entry.spec);
    next.opened = open_radios(specs, clock);
    next.entries = one_for_each(next.opened, wanted);
    return next;
  }
  next.opened.resize(wanted.size());
  next.entries.resize(wanted.size());
  std::vector<const GatewayConfig::RadioEntry*> to_open;
  std::vector<bool> taken(wanted.size());
  for (const auto& entry : wanted) {
    size_t place = 0;
    while (place < std::min(now.size(), wanted.size()) && (taken[place] || !is_same(now[place].spec, entry.spec))) ++place;
    if (place >= std::min(now.size(), wanted.size())) {
      to_open.push_back(&entry);
      continue;
    }
    taken[place] = true;
    next.entries[place] = entry;
  }
  for (size_t place = 0; place < wanted.size(); ++place) {
    if (taken[place]) continue;
    const GatewayConfig::RadioEntry& entry = *to_open.back();
    next.opened[place] = open_radio(entry.spec, static_cast<RadioId>(place), clock);
    next.entries[place] = entry;
    to_open.pop_back();
  }
  return next;
}

}  // namespace moor::cli
