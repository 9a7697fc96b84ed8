#include "gateway/gateway.hpp"

#include "core/activities.hpp"
#include "gateway/pipeline_options.hpp"

#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/asio/this_coro.hpp>

namespace moor {

namespace asio = boost::asio;

const char* to_string(RadioState::Phase phase) noexcept {
  switch (phase) {
    case RadioState::Phase::waiting: return "waiting";
    case RadioState::Phase::scanning: return "scanning";
    case RadioState::Phase::ended: return "ended";
    case RadioState::Phase::failed: return "failed";
  }
  return "unknown";
}

// What one radio hears, so that it is counted to that radio.
class Gateway::RadioSink final : public SightingSink {
public:
  RadioSink(Gateway& gateway, size_t index) : gateway_(gateway), index_(index) {}
  void on_sightings(std::span<const Sighting> batch) override { gateway_.on_batch(index_, batch); }

private:
  Gateway& gateway_;
  size_t index_;
};

Gateway::Gateway(asio::any_io_executor executor, Clock& clock, const GatewayConfig& config, const Radios& radios)
    : clock_(clock),
      config_(config),
      radios_(radios),
      identities_(config.privacy),
      pipeline_(
          pipeline_options(config, keys_, [this](const Address& address, TimePoint t) { return identities_.begin(address, t); }),
          *this) {
  add_keys(config.keys, keys_);
  for (const AddressResolver::Owner& owner : keys_.addresses().owners()) identities_.know(owner.identity, owner.name);
  if (!config.store.path.empty()) {
    store_ = std::make_unique<Store>(std::move(executor), clock, config.store);
    recorder_ = std::make_unique<Recorder>(*store_, identities_, clock, config.presence.traffic_interval);
    listeners_.push_back(recorder_.get());
  }
  for (const auto& radio : radios) states_.push_back({.name = radio->info().name, .detail = radio->info().detail});
}

Gateway::~Gateway() = default;

std::optional<StoreStatistics> Gateway::store_statistics() const {
  return store_ ? std::optional(store_->statistics()) : std::nullopt;
}

awaitable<void> Gateway::run() {
  const auto executor = co_await asio::this_coro::executor;
  started_ = clock_.now();
  Event ended(executor);
  Activities activities(executor);
  size_t working = radios_.size();
  for (size_t i = 0; i < radios_.size(); ++i)
    activities.start(run_radio(i), [&](std::exception_ptr) {
      if (--working == 0) ended.set();
    });
  activities.start(keep_time(), [](std::exception_ptr) {});

  std::exception_ptr cancelled;
  try {
    co_await ended.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  co_await shut_down();
  if (cancelled) std::rethrow_exception(cancelled);
  if (failure_) std::rethrow_exception(failure_);
}

awaitable<void> Gateway::shut_down() {
  pipeline_.close(clock_.now());
  if (!store_) co_return;
  recorder_->sweep(pipeline_);
  co_await store_->close();
}

awaitable<void> Gateway::run_radio(size_t index) {
  RadioSink sink(*this, index);
  ScanOptions scan_options;
  scan_options.active = config_.radios[index].active;
  Duration pause = first_retry;
  while (true) {
    std::string problem;
    try {
      set_phase(index, RadioState::Phase::scanning);
      co_await radios_[index]->scan(scan_options, sink);
      set_phase(index, RadioState::Phase::ended);
      co_return;
    } catch (const CaptureError& error) {  // a recording does not mend itself
      failure_ = std::current_exception();
      set_phase(index, RadioState::Phase::failed, error.what());
      co_return;
    } catch (const Error& error) {
      problem = std::string(error.what()) + (error.advice().empty() ? "" : "; " + error.advice());
    }
    if (states_[index].sightings > 0 && states_[index].failures == 0) pause = first_retry;
    set_phase(index, RadioState::Phase::failed, std::move(problem));
    co_await clock_.wait_for(pause);
    pause = std::min(pause * 2, last_retry);
  }
}

void Gateway::set_phase(size_t index, RadioState::Phase phase, std::string problem) {
  RadioState& state = states_[index];
  state.phase = phase;
  state.problem = std::move(problem);
  if (phase == RadioState::Phase::failed) ++state.failures;
  if (radio_callback_) radio_callback_(state);
}

void Gateway::on_batch(size_t index, std::span<const Sighting> batch) {
  states_[index].sightings += batch.size();
  states_[index].failures = 0;
  pipeline_.on_sightings(batch);
  if (earlier_ != nullptr && pipeline_.next_deadline() < armed_) earlier_->set();
}

awaitable<void> Gateway::keep_time() {
  using namespace asio::experimental::awaitable_operators;
  TimePoint sweep = clock_.now() + sweep_interval;
  while (true) {
    Event earlier(co_await asio::this_coro::executor);
    earlier_ = &earlier;
    armed_ = pipeline_.next_deadline();
    if (recorder_ && pipeline_.devices().size() > 0) armed_ = std::min(armed_, sweep);
    if (armed_ == TimePoint::max())
      co_await earlier.wait();
    else
      co_await (clock_.wait_until(armed_) || earlier.wait());
    earlier_ = nullptr;
    const TimePoint now = clock_.now();
    pipeline_.advance(now);
    if (recorder_ && now >= sweep) {
      recorder_->sweep(pipeline_);
      sweep = now + sweep_interval;
    }
  }
}

void Gateway::on_device(DeviceSlot slot, const Device& device) {
  for (PipelineListener* listener : listeners_) listener->on_device(slot, device);
}

void Gateway::on_forgotten(DeviceSlot slot, const Device& device) {
  for (PipelineListener* listener : listeners_) listener->on_forgotten(slot, device);
}

void Gateway::on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) {
  for (PipelineListener* listener : listeners_) listener->on_decoded(slot, device, decoded, t);
}

void Gateway::on_decode_problem(const Device& device, const Decoded& decoded) {
  for (PipelineListener* listener : listeners_) listener->on_decode_problem(device, decoded);
}

void Gateway::on_beacon(const BeaconEvent& event) {
  for (PipelineListener* listener : listeners_) listener->on_beacon(event);
}

void Gateway::on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) {
  for (PipelineListener* listener : listeners_) listener->on_presence(device, reading, visitor);
}

void Gateway::on_visit(const Visit& visit) {
  for (PipelineListener* listener : listeners_) listener->on_visit(visit);
  forget_if_done(visit.visitor);
}

void Gateway::on_visitor_gone(VisitorId visitor) {
  for (PipelineListener* listener : listeners_) listener->on_visitor_gone(visitor);
  identities_.gone(visitor);
  forget_if_done(visitor);
}

// A visit may be told of after its visitor has gone, when the time for rejoining is over.
void Gateway::forget_if_done(VisitorId visitor) {
  if (!identities_.is_present(visitor) && !pipeline_.visits().has_open(visitor)) identities_.forget(visitor);
}

void Gateway::on_traffic(const ZoneTraffic& row) {
  for (PipelineListener* listener : listeners_) listener->on_traffic(row);
}

}  // namespace moor
