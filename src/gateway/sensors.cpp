#include "gateway/sensors.hpp"

#include "core/activities.hpp"
#include "core/within.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

constexpr std::string_view unheard = "no radio hears it; bring it or a radio nearer, or wake it";
// Between two looks at how much a radio hears.
constexpr Duration load_interval = std::chrono::seconds(5);

SensorState::Phase phase_of(SensorSchedule::Phase phase) noexcept {
  switch (phase) {
    case SensorSchedule::Phase::idle:
    case SensorSchedule::Phase::unheard: return SensorState::Phase::waiting;
    case SensorSchedule::Phase::queued: return SensorState::Phase::queued;
    case SensorSchedule::Phase::connecting: return SensorState::Phase::connecting;
    case SensorSchedule::Phase::connected:
    case SensorSchedule::Phase::leaving: return SensorState::Phase::connected;
    case SensorSchedule::Phase::failed: break;
  }
  return SensorState::Phase::failed;
}

}  // namespace

Sensors::Sensors(PathSource& paths, const std::vector<Entry>& entries, Identities& identities, AddressResolver* owners,
                 SensorScheduleOptions options)
    : paths_(paths), entries_(entries), identities_(identities), owners_(owners), schedule_(options) {
  for (const Entry& entry : entries_) {
    if (entry.device) (void)add(entry, *entry.device);
    has_services_ = has_services_ || entry.service.has_value();
  }
}

Sensors::~Sensors() = default;

Sensors::Served& Sensors::add(const Entry& entry, const Address& address) {
  auto made = std::make_unique<Served>();
  const TimePoint t = now();
  made->entry = &entry;
  made->address = address;
  made->id = schedule_.add(
      {.every = entry.every, .stays = entry.stay || !entry.subscribe.empty(), .subscribes = !entry.subscribe.empty()}, t);
  made->state = {.sensor = entry.name,
                 .address = address,
                 .device = identities_.identify(address, t).text,
                 .name = entry.device ? entry.name : std::string(),
                 .phase = SensorState::Phase::waiting,
                 .radio = {},
                 .problem = {},
                 .since = t,
                 .last_value = {},
                 .report = {.started = t, .until = t}};
  // The order of the entries, within one that of discovery.
  const auto place = std::ranges::upper_bound(served_, &entry, {}, [](const auto& each) { return each->entry; });
  return **served_.insert(place, std::move(made));
}

Sensors::Served* Sensors::find(const Address& identity) noexcept {
  const auto found = std::ranges::find(served_, identity.bits(), [](const auto& each) { return each->state.address->bits(); });
  return found == served_.end() ? nullptr : found->get();
}

Address Sensors::identity_of(const Address& address) {
  const AddressResolver::Owner* owner = owners_ == nullptr ? nullptr : owners_->resolve(address);
  return owner == nullptr ? address : owner->identity;
}

Sensors::Served& Sensors::get(SensorId id) noexcept {
  return **std::ranges::find(served_, id, [](const auto& each) { return each->id; });
}

awaitable<void> Sensors::run() {
  const auto executor = co_await asio::this_coro::executor;
  Activities activities(executor);
  Event woken(executor);
  wake_ = &woken;
  stopping_ = false;
  std::exception_ptr ended;
  try {
    while (true) {
      woken.reset();
      planned_ = now();
      const auto plan = schedule_.plan(planned_, look_at_radios(planned_), [this](SensorId id) { return reach_of(id); });
      for (const SensorId leaver : plan.leaves)
        if (Event* over = get(leaver).over) over->set();
      for (const SensorSchedule::Start& start : plan.starts) {
        Served& served = get(start.sensor);
        served.busy = true;
        activities.start(serve(served, start), [](std::exception_ptr) {});
      }
      for (const auto& served : served_) refresh(*served);
      if (plan.next == TimePoint::max())
        co_await woken.wait();
      else
        (void)co_await within(paths_.clock(), plan.next, woken.wait());
    }
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  wake_ = nullptr;
  stopping_ = true;
  co_await activities.stop();
  std::rethrow_exception(ended);
}

void Sensors::wake() {
  if (wake_ != nullptr) wake_->set();
}

std::vector<SensorRadio> Sensors::look_at_radios(TimePoint t) {
  std::vector<SensorRadio> radios;
  for (const Radio* radio : paths_.radios()) {
    const RadioId id = radio->info().id;
    const auto [load, added] = loads_.try_emplace(id, Load{.reports = radio->statistics().reports, .at = t});
    if (!added && t - load->second.at >= load_interval) {
      const uint64_t reports = radio->statistics().reports;
      load->second = {.reports = reports,
                      .at = t,
                      .per_s = static_cast<double>(reports - load->second.reports) / to_seconds(t - load->second.at)};
    }
    if (!radio->info().can_connect) continue;
    const Slots slots = radio->slots();
    radios.push_back({.id = id, .limit = slots.limit, .free = slots.free, .sightings_per_s = load->second.per_s});
  }
  return radios;
}

std::vector<SensorReach> Sensors::reach_of(SensorId id) {
  std::vector<SensorReach> reach;
  for (const Path& path : paths_.paths_to(get(id).address))
    reach.push_back({.radio = path.radio->info().id, .rssi_dbm = path.rssi_dbm});
  return reach;
}

// Brings the state up to date, and tells of it where it is another one.
void Sensors::refresh(Served& served) {
  const SensorSchedule::Phase planned = schedule_.phase(served.id);
  SensorState next = served.state;
  next.phase = phase_of(planned);
  const bool is_unheard = planned == SensorSchedule::Phase::unheard;
  if (is_unheard)
    awaited_.insert(served.address.bits());
  else
    awaited_.erase(served.address.bits());
  if (is_unheard && next.problem.empty())
    next.problem = unheard;
  else if (!is_unheard && next.problem == unheard)
    next.problem.clear();
  if (next.phase != SensorState::Phase::connecting && next.phase != SensorState::Phase::connected) next.radio.clear();
  if (next.phase != served.state.phase) next.since = now();
  const bool is_news =
      next.phase != served.state.phase || next.problem != served.state.problem || next.radio != served.state.radio;
  served.state = std::move(next);
  if (!is_news) return;
  for (GatewayListener* listener : listeners_) listener->on_sensor(served.state);
}

std::span<const SensorState> Sensors::states() {
  states_.clear();
  const TimePoint t = now();
  for (const Entry& entry : entries_) {
    const size_t before = states_.size();
    for (const auto& served : served_) {
      if (served->entry != &entry) continue;
      SensorState& state = states_.emplace_back(served->state);
      state.report.until = t;
      if (served->up_since) state.report.up += t - *served->up_since;
    }
    if (states_.size() == before)
      states_.push_back({.sensor = entry.name,
                         .address = {},
                         .device = {},
                         .name = {},
                         .radio = {},
                         .problem = {},
                         .since = t,
                         .last_value = {},
                         .report = {.started = t, .until = t}});
  }
  return states_;
}

void Sensors::on_advertisement(const Device& device, const Sighting&, bool changed) {
  if (!awaited_.empty() && awaited_.contains(device.address.bits()) && now() - planned_ >= least_between) wake();
  if (!changed) return;
  const Address identity = identity_of(device.address);
  if (Served* known = find(identity)) {
    if (known->address != device.address) {  // of another kind than was written, or private, which changes
      awaited_.erase(known->address.bits());
      known->address = device.address;
      if (schedule_.is_waiting(known->id)) wake();
    }
    if (known->state.address != identity) {  // people do not write whether an address is random, and who it is depends on it
      known->state.address = identity;
      known->state.device = identities_.identify(identity, now()).text;
    }
    if (!known->entry->device) known->state.name = identities_.name_of(device);
    return;
  }
  if (!has_services_) return;
  for (const Entry& entry : entries_) {
    if (!entry.service || !device.data.has_service(*entry.service) || !make_place(entry)) continue;
    Served& added = add(entry, identity);
    added.address = device.address;
    added.state.name = identities_.name_of(device);
    wake();
    return;
  }
}

// @returns whether there is room for one device more, after one that has been gone for long has gone from here too.
bool Sensors::make_place(const Entry& entry) {
  size_t taken = 0;
  auto leaver = served_.end();
  for (auto it = served_.begin(); it != served_.end(); ++it) {
    if ((*it)->entry != &entry) continue;
    ++taken;
    const bool may_leave =
        !(*it)->busy && (*it)->gone_since && now() - *(*it)->gone_since >= gone_limit && paths_.paths_to((*it)->address).empty();
    if (may_leave && (leaver == served_.end() || (*it)->gone_since < (*leaver)->gone_since)) leaver = it;
  }
  if (taken < entry.max_devices) return true;
  if (leaver == served_.end()) return false;
  awaited_.erase((*leaver)->address.bits());
  schedule_.remove((*leaver)->id);
  served_.erase(leaver);
  return true;
}

void Sensors::on_device_gone(const Device& device) {
  if (Served* served = find(identity_of(device.address))) served->gone_since = now();
}

}  // namespace moor
