// The hub as the source of paths: which radios reach a device, in which order, and why not.

#include "hub/explanation.hpp"
#include "hub/state.hpp"

#include "core/saturating.hpp"

#include <algorithm>
#include <cmath>
#include <functional>

namespace moor {

RadioHealth Hub::State::health(const Member& member) const {
  RadioHealth health = member.radio.health();
  const bool radio_says = health.state == RadioHealth::State::unavailable;
  if (!member.scanning && !member.problem.empty() && !radio_says) {
    health.state = RadioHealth::State::unavailable;
  } else if (member.scanning && !radio_says) {
    health.state = member.watchdog.is_silent() ? RadioHealth::State::silent : RadioHealth::State::scanning;
  }
  health.scanning = member.scanning;
  if (!member.problem.empty()) health.problem = member.problem;
  if (member.watchdog.is_given_up())
    health.problem += std::string(health.problem.empty() ? "" : "; ") + "it could not be brought back by " +
                      std::to_string(member.watchdog.resets()) + " resets: unplug it, or restart the proxy";
  return health;
}

Hub::State::Member* Hub::State::find_member(const Radio* radio) noexcept {
  const auto found = std::ranges::find_if(members, [&](const auto& member) { return &member->radio == radio; });
  return found == members.end() ? nullptr : found->get();
}

// People and connections often do not know the kind of an address.
std::optional<DeviceSlot> Hub::State::find_slot(const Address& device) const noexcept {
  const DeviceTable& devices = reception.devices();
  if (const auto slot = devices.find(device)) return slot;
  return devices.find(Address(device.bits(), !device.is_random()));
}

std::optional<Hub::State::Heard> Hub::State::heard_by(const Member& member, const Address& device) const noexcept {
  std::optional<Heard> latest;
  for (const Address& address : {device, Address(device.bits(), !device.is_random())}) {
    const auto slot = reception.devices().find(address);
    if (!slot) continue;
    for (const hub::Hearing& hearing : reception.ownership().hearings(*slot))
      if (hearing.source == member.index && (!latest || hearing.last > latest->hearing->last))
        latest = Heard{&hearing, address, reception.interval(*slot)};
  }
  return latest;
}

bool Hub::State::is_fresh(const Heard& heard) const noexcept {
  Duration limit = rules.hearing_expires;
  if (rules.profile == HubProfile::standard && heard.interval > Duration::zero())
    limit = std::max(limit, hub::stale_after(rules, heard.interval));
  return subtract_saturated(clock.now(), heard.hearing->last) <= limit;
}

std::vector<Path> Hub::State::paths_to(const Address& device) {
  const TimePoint now = clock.now();
  std::vector<hub::Candidate> candidates;
  std::vector<hub::Candidate> silent;  // better than nothing: a place may be quiet, and the device still there
  std::vector<Address> addresses(members.size(), device);
  for (const auto& member : members) {
    const RadioHealth::State state = health(*member).state;
    if (!member->radio.info().can_connect || state == RadioHealth::State::unavailable) continue;
    auto heard = heard_by(*member, device);
    if (heard && !is_fresh(*heard)) heard.reset();
    const auto known = member->radio.find_device(device);
    if (!heard && !known) continue;
    const Address address = heard ? heard->address : known->address;
    hub::Candidate candidate{.source = member->index,
                             .connecting = static_cast<int>(member->connecting.size()),
                             .failures = failures.of(member->index, address, now),
                             .radio_failures = failures.of_radio(member->index, now),
                             .connected = known && known->connected};
    if (heard && rules.profile == HubProfile::compat && heard->hearing->rssi_dbm != no_rssi)
      candidate.rssi_dbm = heard->hearing->rssi_dbm;
    else if (heard && rules.profile == HubProfile::standard && heard->hearing->has_level())
      candidate.rssi_dbm = heard->hearing->smoothed_dbm;
    else if (!heard && known->rssi_dbm)
      candidate.rssi_dbm = *known->rssi_dbm;
    const Slots slots = member->radio.slots();
    candidate.slots = slots.limit;
    candidate.free = slots.free;
    addresses[member->index] = address;
    (state == RadioHealth::State::silent ? silent : candidates).push_back(candidate);
  }
  hub::order_paths(rules, candidates);
  hub::order_paths(rules, silent);
  candidates.insert(candidates.end(), silent.begin(), silent.end());
  std::vector<Path> paths;
  paths.reserve(candidates.size());
  for (const hub::Candidate& each : candidates)
    paths.push_back({.radio = &members[each.source]->radio,
                     .device = addresses[each.source],
                     .rssi_dbm = static_cast<int>(std::lround(each.rssi_dbm.value_or(no_rssi_value))),
                     .score = each.score,
                     .connected = each.connected});
  return paths;
}

std::string Hub::State::explain(const Address& device) {
  const std::vector<Path> paths = paths_to(device);
  std::vector<hub::RadioView> views;
  for (const auto& member : members) {
    hub::RadioView view{.name = member->radio.info().name,
                        .can_connect = member->radio.info().can_connect,
                        .health = health(*member),
                        .slots = member->radio.slots()};
    if (const auto heard = heard_by(*member, device)) {
      view.last_heard = heard->hearing->last;
      view.rssi_dbm = hub::is_usable_rssi(heard->hearing->rssi_dbm) ? heard->hearing->rssi_dbm : no_rssi_value;
    }
    view.reaches = std::ranges::any_of(paths, [&](const Path& path) { return path.radio == &member->radio; });
    views.push_back(std::move(view));
  }
  return hub::explain(device, views, clock.now());
}

std::vector<Path> Hub::paths_to(const Address& device) {
  return state_->paths_to(device);
}

std::string Hub::explain(const Address& device) {
  return state_->explain(device);
}

void Hub::attempt_began(const Path& path) {
  State::Member* member = state_->find_member(path.radio);
  if (member == nullptr) return;
  ++member->connecting[path.device];
  state_->reception.pause(member->index);
}

void Hub::attempt_ended(const Path& path, bool connected) {
  State::Member* member = state_->find_member(path.radio);
  if (member == nullptr) return;
  const auto found = member->connecting.find(path.device);
  if (found != member->connecting.end() && --found->second == 0) member->connecting.erase(found);
  if (connected)
    state_->failures.clear(member->index, path.device);
  else
    state_->failures.add(member->index, path.device, state_->clock.now());
}

std::vector<Radio*> Hub::radios() {
  std::vector<Radio*> all;
  all.reserve(state_->members.size());
  for (const auto& member : state_->members) all.push_back(&member->radio);
  return all;
}

const Device* Hub::find(const Address& device) const noexcept {
  const auto slot = state_->find_slot(device);
  return slot ? &state_->reception.devices()[*slot] : nullptr;
}

std::optional<RadioId> Hub::owner(const Address& device) const noexcept {
  const auto slot = state_->find_slot(device);
  const auto source = slot ? state_->reception.ownership().owner(*slot) : hub::no_source;
  return source == hub::no_source ? std::nullopt : std::optional(state_->members[source]->radio.info().id);
}

std::vector<Hearing> Hub::hearings(const Address& device) const {
  std::vector<Hearing> found;
  const auto slot = state_->find_slot(device);
  if (!slot) return found;
  const TimePoint now = state_->clock.now();
  for (const hub::Hearing& each : state_->reception.ownership().hearings(*slot))
    if (subtract_saturated(now, each.last) <= state_->rules.hearing_expires)
      found.push_back({.radio = state_->members[each.source]->radio.info().id,
                       .smoothed_dbm = each.has_level() ? each.smoothed_dbm : no_rssi,
                       .last = each.last});
  const auto level = [](const Hearing& each) { return each.smoothed_dbm == no_rssi ? -1000.0 : each.smoothed_dbm; };
  std::ranges::sort(found, std::greater(), level);
  return found;
}

RadioHealth Hub::health(RadioId radio) const {
  for (const auto& member : state_->members)
    if (member->radio.info().id == radio) return state_->health(*member);
  return {};
}

std::optional<Duration> Hub::advertising_interval(const Address& device) const noexcept {
  const auto slot = state_->find_slot(device);
  const Duration interval = slot ? state_->reception.interval(*slot) : Duration::zero();
  return interval > Duration::zero() ? std::optional(interval) : std::nullopt;
}

}  // namespace moor
