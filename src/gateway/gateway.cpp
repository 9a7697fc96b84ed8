#include "gateway/gateway.hpp"

#include "core/activities.hpp"
#include "core/within.hpp"
#include "gateway/pipeline_options.hpp"
#include "gateway/prior_state.hpp"

#include <boost/asio/post.hpp>
#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

// With areas the owner says where a device is: with the 15 dB that suit connections, recorded tags were in their true room for a third to two thirds
// of the time, with these for two thirds to four fifths (tests/gateway/recorded_areas_test.cpp). With less, fading moves devices.
constexpr double area_switch_db = 5;

HubOptions hub_options(const GatewayConfig& config, const Gateway::Radios& radios) {
  HubOptions options;
  options.devices = {.max_devices = config.devices.max, .forget_after = config.devices.forget_after};
  if (!config.zones.empty()) options.switch_db = area_switch_db;
  for (size_t i = 0; i < radios.size() && i < config.radios.size(); ++i)
    if (!config.radios[i].active) options.passive.push_back(radios[i]->info().id);
  return options;
}

std::vector<std::string> names_of(const Gateway::Radios& radios) {
  std::vector<std::string> names;
  names.reserve(radios.size());
  for (const auto& radio : radios) names.push_back(radio->info().name);
  return names;
}

}  // namespace

Gateway::Gateway(asio::any_io_executor executor, Clock& clock, const GatewayConfig& config, const Radios& radios,
                 std::unique_ptr<Handover> before)
    : executor_(executor),
      clock_(clock),
      config_(config),
      hub_(executor, clock, radios, hub_options(config, radios)),
      identities_(config.privacy),
      places_(config, names_of(radios)),
      board_(identities_, places_),
      counters_(keys_),
      returning_(places_, pipeline_options(config, places_, keys_, {}).presence.zones),
      announcer_(identities_, places_, pipeline_),
      pipeline_(
          [this, &config] {
            PipelineOptions options = pipeline_options(
                config, places_, keys_, [this](const Address& address, TimePoint t) { return identities_.begin(address, t); });
            options.recall = [this](DeviceSlot slot, const Device& device) { return recall(slot, device); };
            return options;
          }(),
          announcer_),
      radio_states_(radios),
      intake_(
          {}, [this](const Sighting& sighting, bool owned) { process(sighting, owned); },
          [&clock] { return clock.is_virtual() ? TimePoint() : clock.now(); }) {
  add_keys(config.keys, keys_);
  for (const GatewayConfig::KeyEntry& key : config.keys)
    if (key.device) identities_.know(*key.device, key.name);
  for (const AddressResolver::Owner& owner : keys_.addresses().owners()) identities_.know(owner.identity, owner.name);
  for (const GatewayConfig::DeviceEntry& device : config.own_devices)
    if (device.address) identities_.know(*device.address, device.name);
  announcer_.add(board_);
  if (!config.store.path.empty()) {
    store_ = std::make_unique<Store>(std::move(executor), clock, config.store);
    recorder_ = std::make_unique<Recorder>(*store_, identities_, places_, clock, config, names_of(radios));
    announcer_.add(*recorder_);
  }
  hub_.add_listener(*this);
  if (!config.sensors.empty()) {
    sensors_ = std::make_unique<Sensors>(hub_, config.sensors, identities_, &keys_.addresses());
    hub_.add_listener(*sensors_);
    for (GatewayListener* listener : announcer_.listeners()) sensors_->add_listener(*listener);
  }
  handed_over_ = before != nullptr;
  if (before) {
    identities_.hasher().take_keys(std::move(before->hasher));
    take_over(std::move(before->state), before->counters);
  } else if (store_) {
    const SavedState saved = store_->saved_state();
    take_over(prior_state(saved, clock), saved.counters);
  }
}

Gateway::~Gateway() = default;

void Gateway::add_listener(GatewayListener& listener) {
  announcer_.add(listener);
  if (sensors_) sensors_->add_listener(listener);
}

void Gateway::announce(const ConnectionRow& row) {
  for (GatewayListener* listener : announcer_.listeners()) listener->on_connection(row);
}

std::span<const SensorState> Gateway::sensors() {
  return sensors_ ? sensors_->states() : std::span<const SensorState>();
}

std::optional<StoreStatistics> Gateway::store_statistics() const {
  return store_ ? std::optional(store_->statistics()) : std::nullopt;
}

GatewayStatistics Gateway::statistics() {
  GatewayStatistics now{.sightings = radio_states_.sightings(),
                        .per_second = rate_.per_second(clock_.now()),
                        .by_radio = {},
                        .pipeline = pipeline_.statistics(),
                        .intake = intake_.statistics()};
  for (const RadioState& state : radio_states_.states()) now.by_radio.push_back(state.sightings);
  return now;
}

std::vector<GatewayProblem> Gateway::problems() const {
  std::vector<GatewayProblem> found;
  for (const RadioState& radio : radio_states_.states())
    if (!radio.problem.empty()) found.push_back({.what = "radio " + radio.name + ": " + radio.problem, .advice = {}});
  for (const std::string& unknown : places_.unknown_radios())
    found.push_back({.what = "zone " + unknown + " is no radio of this gateway",
                     .advice = "name radios as `moor radios` shows them, or by their spec"});
  if (const std::string& problem = identities_.hasher().problem(); !problem.empty())
    found.push_back({.what = problem, .advice = "let moor's user write it; until then a restart ends visits"});
  if (const std::string problem = intake_.problem(clock_.now()); !problem.empty())
    found.push_back({.what = problem, .advice = "narrow [filter], or give the gateway a faster processor"});
  if (store_)
    if (const StoreStatistics statistics = store_->statistics(); !statistics.last_error.empty())
      found.push_back({.what = "the store cannot be written: " + statistics.last_error,
                       .advice = "rows wait in memory and are written once it can; make room on the disk, or see `moor doctor`"});
  return found;
}

void Gateway::take_over(PriorState state, const std::vector<CounterRow>& counters) {
  counters_.restore(counters);
  returning_.add(std::move(state));
  for (const PriorVisit& visit : returning_.breaks()) {
    const auto zone = places_.find(visit.zone);
    const VisitorId visitor = identities_.take_back(visit.identity, visit.name);
    identities_.gone(visitor);
    const OpenVisit open{.visitor = visitor,
                         .zone = zone.value_or(0),
                         .entered = visit.entered,
                         .left = visit.left,
                         .end = VisitEnd::lost,
                         .breaks = visit.breaks};
    if (zone && pipeline_.restore(open)) continue;
    identities_.forget(visitor);
    announcer_.on_ended(visit);
  }
}

std::optional<Recalled> Gateway::recall(DeviceSlot, const Device& device) {
  if (returning_.empty()) return std::nullopt;
  const std::string identity = identities_.identify(device.address, device.last_seen).text;
  auto found = returning_.recall(device.address, identity, device.last_seen);
  if (!found) return std::nullopt;
  if (found->recalled.visitor != 0) (void)identities_.take_back(std::move(found->identity), identities_.name_of(device));
  return found->recalled;
}

std::unique_ptr<Handover> Gateway::hand_over() {
  PriorState state = returning_.rest();
  add_present(pipeline_, identities_, places_, state);
  return std::make_unique<Handover>(
      Handover{.state = std::move(state), .counters = counters_.all(), .hasher = std::move(identities_.hasher())});
}

awaitable<void> Gateway::run() {
  const auto executor = co_await asio::this_coro::executor;
  started_ = clock_.now();
  returning_.begin(handed_over_ ? TimePoint::min() : started_, config_.presence.lost_after);
  Activities activities(executor);
  activities.start(keep_time(), [](std::exception_ptr) {});
  if (sensors_) activities.start(sensors_->run(), [](std::exception_ptr) {});
  Event stopped(executor);
  stop_ = &stopped;
  bool cancelled = false;
  std::exception_ptr ended;
  try {
    (void)co_await unless(stopped.wait(), hub_.run());
  } catch (const boost::system::system_error& error) {
    ended = std::current_exception();
    cancelled = error.code() == asio::error::operation_aborted;
  } catch (...) {
    ended = std::current_exception();
  }
  stop_ = nullptr;
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  co_await shut_down(cancelled && (has_successor_ || outlives_restart()));
  if (ended) std::rethrow_exception(ended);
}

// Whether the next run would know its devices again; else their visits are over.
bool Gateway::outlives_restart() const noexcept {
  return store_ && (!config_.privacy.key_file.empty() || config_.privacy.store_addresses == AddressStorage::all);
}

void Gateway::stop() {
  if (stop_ != nullptr) stop_->set();
}

awaitable<void> Gateway::shut_down(bool goes_on) {
  const TimePoint now = clock_.now();
  intake_.drain();
  advance(now);
  if (!goes_on) pipeline_.close(now);
  if (!store_) co_return;
  for (const ZoneTraffic& row : goes_on ? pipeline_.traffic().counts() : std::vector<ZoneTraffic>()) announcer_.on_traffic(row);
  recorder_->sweep(pipeline_, now);
  for (CounterRow& row : counters_.changed()) store_->put(std::move(row));
  co_await store_->close();
}

void Gateway::on_advertisement(const Device&, const Sighting&, bool changed) {
  owned_ = true;
  changed_ = changed;
}

void Gateway::on_heard(const Device&, const Sighting& sighting) {
  radio_states_.on_heard(sighting);
  rate_.add(sighting.time);
  if (intake_.put(sighting, std::exchange(owned_, false), std::exchange(changed_, false))) ask_for_turn();
}

// Behind all that is ready by now. Virtual time does not pass while the program works, so that no turn is ever needed there.
void Gateway::ask_for_turn() {
  if (clock_.is_virtual()) return;
  asio::post(executor_, [this, alive = std::weak_ptr(alive_)] {
    if (!alive.expired() && intake_.turn()) ask_for_turn();
  });
}

void Gateway::process(const Sighting& sighting, bool owned) {
  if (owned) {
    pipeline_.on_sightings(std::span(&sighting, 1));
    if (earlier_ != nullptr && next_deadline() < armed_) earlier_->set();
  }
  const auto slot = pipeline_.find(sighting.address);
  if (!slot || !pipeline_.passes(*slot) || !config_.filter.passes(sighting)) return;
  const Device& device = pipeline_.devices()[*slot];
  for (GatewayListener* listener : announcer_.listeners()) listener->on_heard(*slot, device, sighting);
}

void Gateway::on_radio(RadioId radio, const RadioHealth& health) {
  const RadioState* changed = radio_states_.on_health(radio, health);
  if (changed != nullptr && radio_callback_) radio_callback_(*changed);
}

TimePoint Gateway::next_deadline() const noexcept {
  return std::min(pipeline_.next_deadline(), returning_.next_deadline());
}

void Gateway::advance(TimePoint now) {
  pipeline_.advance(now);
  returning_.advance(now, [this](const Returning::Gone& gone) { announcer_.on_gone(gone); });
}

void Gateway::store_slice(TimePoint now) {
  identities_.advance(now);
  recorder_->slice(pipeline_, now);
  for (CounterRow& row : counters_.changed()) store_->put(std::move(row));
}

awaitable<void> Gateway::keep_time() {
  TimePoint slice = clock_.now() + slice_interval;
  while (true) {
    Event earlier(co_await asio::this_coro::executor);
    struct Leave {
      Event*& place;
      ~Leave() { place = nullptr; }
    } leave{earlier_};
    earlier_ = &earlier;
    armed_ = next_deadline();
    if (recorder_ && pipeline_.devices().size() > 0) armed_ = std::min(armed_, slice);
    if (armed_ == TimePoint::max())
      co_await earlier.wait();
    else
      (void)co_await within(clock_, armed_, earlier.wait());
    const TimePoint now = clock_.now();
    advance(now);
    if (recorder_ && now >= slice) {
      store_slice(now);
      slice = now + slice_interval;
    }
  }
}

}  // namespace moor
