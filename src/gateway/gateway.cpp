#include "gateway/gateway.hpp"

#include "core/activities.hpp"
#include "core/within.hpp"
#include "gateway/pipeline_options.hpp"

#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

HubOptions hub_options(const GatewayConfig& config, const Gateway::Radios& radios) {
  HubOptions options;
  options.devices = {.max_devices = config.devices.max, .forget_after = config.devices.forget_after};
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

Gateway::Gateway(asio::any_io_executor executor, Clock& clock, const GatewayConfig& config, const Radios& radios)
    : clock_(clock),
      config_(config),
      hub_(executor, clock, radios, hub_options(config, radios)),
      identities_(config.privacy),
      places_(config, names_of(radios)),
      board_(identities_, places_),
      announcer_(identities_, places_, pipeline_),
      pipeline_(pipeline_options(config, places_, keys_,
                                 [this](const Address& address, TimePoint t) { return identities_.begin(address, t); }),
                announcer_),
      radio_states_(radios) {
  add_keys(config.keys, keys_);
  for (const GatewayConfig::KeyEntry& key : config.keys)
    if (key.device) identities_.know(*key.device, key.name);
  for (const AddressResolver::Owner& owner : keys_.addresses().owners()) identities_.know(owner.identity, owner.name);
  for (const GatewayConfig::DeviceEntry& device : config.own_devices)
    if (device.address) identities_.know(*device.address, device.name);
  announcer_.add(board_);
  if (!config.store.path.empty()) {
    store_ = std::make_unique<Store>(std::move(executor), clock, config.store);
    recorder_ = std::make_unique<Recorder>(*store_, identities_, places_, clock, config.presence.traffic_interval);
    announcer_.add(*recorder_);
  }
  hub_.add_listener(*this);
}

Gateway::~Gateway() = default;

std::optional<StoreStatistics> Gateway::store_statistics() const {
  return store_ ? std::optional(store_->statistics()) : std::nullopt;
}

GatewayStatistics Gateway::statistics() {
  GatewayStatistics now{.sightings = radio_states_.sightings(),
                        .per_second = rate_.per_second(clock_.now()),
                        .by_radio = {},
                        .pipeline = pipeline_.statistics()};
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
  if (store_)
    if (const StoreStatistics statistics = store_->statistics(); !statistics.last_error.empty())
      found.push_back({.what = "the store cannot be written: " + statistics.last_error,
                       .advice = "rows wait in memory and are written once it can; make room on the disk, or see `moor doctor`"});
  return found;
}

awaitable<void> Gateway::run() {
  const auto executor = co_await asio::this_coro::executor;
  started_ = clock_.now();
  Activities activities(executor);
  activities.start(keep_time(), [](std::exception_ptr) {});
  std::exception_ptr ended;
  try {
    co_await hub_.run();
  } catch (...) {
    ended = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  co_await shut_down();
  if (ended) std::rethrow_exception(ended);
}

awaitable<void> Gateway::shut_down() {
  pipeline_.close(clock_.now());
  if (!store_) co_return;
  recorder_->sweep(pipeline_);
  co_await store_->close();
}

void Gateway::on_advertisement(const Device&, const Sighting& sighting, bool) {
  pipeline_.on_sightings(std::span(&sighting, 1));
  if (earlier_ != nullptr && pipeline_.next_deadline() < armed_) earlier_->set();
}

void Gateway::on_heard(const Device&, const Sighting& sighting) {
  radio_states_.on_heard(sighting);
  rate_.add(sighting.time);
  const auto slot = pipeline_.find(sighting.address);
  if (!slot || !pipeline_.passes(*slot) || !config_.filter.passes(sighting)) return;
  const Device& device = pipeline_.devices()[*slot];
  for (GatewayListener* listener : announcer_.listeners()) listener->on_heard(*slot, device, sighting);
}

void Gateway::on_radio(RadioId radio, const RadioHealth& health) {
  const RadioState* changed = radio_states_.on_health(radio, health);
  if (changed != nullptr && radio_callback_) radio_callback_(*changed);
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
    armed_ = pipeline_.next_deadline();
    if (recorder_ && pipeline_.devices().size() > 0) armed_ = std::min(armed_, slice);
    if (armed_ == TimePoint::max())
      co_await earlier.wait();
    else
      (void)co_await within(clock_, armed_, earlier.wait());
    const TimePoint now = clock_.now();
    pipeline_.advance(now);
    if (recorder_ && now >= slice) {
      recorder_->slice(pipeline_, now);
      slice = now + slice_interval;
    }
  }
}

}  // namespace moor
