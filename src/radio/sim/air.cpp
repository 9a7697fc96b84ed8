#include "radio/sim/air.hpp"

#include "core/event.hpp"
#include "radio/sim/peripheral.hpp"
#include "radio/sim/radio_unit.hpp"

#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/this_coro.hpp>

namespace moor::sim {

namespace asio = boost::asio;

namespace {

constexpr TimePoint never = TimePoint::max();
constexpr Duration most_jitter = std::chrono::milliseconds(10);
constexpr Duration shortest_interval = std::chrono::milliseconds(1);
// How far it looks ahead in virtual time.
constexpr Duration most_ahead = std::chrono::milliseconds(10);
// In real time a dense world is looked at so often; an adapter's own way to its host takes as long.
constexpr Duration least_pause = std::chrono::milliseconds(1);
// A radio that should scan and hears nothing for so long is silent.
constexpr Duration silent_after = std::chrono::seconds(90);

}  // namespace

Schedule::Schedule(const State& state, size_t device)
    : device_(static_cast<uint32_t>(device)),
      interval_(std::max(state.spec().devices[device].advertising->interval, shortest_interval)) {
  next_ = state.start() + from_seconds(to_seconds(interval_) * state.random().uniform(Purpose::advertising_phase, device));
}

void Schedule::advance(const Random& random) noexcept {
  const double share = random.uniform(Purpose::advertising_jitter, device_, event_++);
  next_ += interval_ + Duration(static_cast<int64_t>(share * static_cast<double>(most_jitter.count())));
}

void Schedule::advance_to(TimePoint t, const Random& random) noexcept {
  while (next_ < t) advance(random);
}

struct Air::Scan {
  Event ended;
  SightingSink& sink;
  std::exception_ptr error{};

  void fail(std::exception_ptr why) {
    error = std::move(why);
    ended.set();
  }
};

Air::Air(State& state) : state_(state), advertiser_of_(state.device_count()) {
  for (size_t i = 0; i < state.device_count(); ++i) {
    advertiser_of_[i] = static_cast<uint32_t>(advertisers_.size());
    if (state.spec().devices[i].advertising) advertisers_.push_back({static_cast<uint32_t>(i), Schedule(state, i)});
  }
  for (size_t i = 0; i < state.radio_count(); ++i) receivers_.push_back(std::make_unique<Receiver>(state, i));
  scans_.resize(state.radio_count());
}

Air::~Air() = default;

bool Air::is_later(const Turn& a, const Turn& b) noexcept {
  return a.time != b.time ? a.time > b.time : a.advertiser > b.advertiser;
}

awaitable<void> Air::scan(size_t radio, RadioId id, ScanOptions options, SightingSink& sink) {
  const auto keep = state_.shared_from_this();
  const std::string& name = state_.spec().radios[radio].name;
  if (scans_[radio] != nullptr)
    throw UsageError("the radio '" + name + "' scans already", {.radio = name, .advice = "Scan once."});
  if (state_.radio(radio).faults().is_dead(state_.clock().now()))
    throw RadioNotAvailable("the radio '" + name + "' is unplugged",
                            {.radio = name, .advice = "The world's file says when it is back."}, Unavailable::no_radio);
  executor_ = co_await asio::this_coro::executor;
  Scan scan{.ended = Event(executor_), .sink = sink};
  struct Leave {
    Air& air;
    size_t radio;
    ~Leave() { air.leave(radio); }
  } leave{*this, radio};
  const bool first = scanning_.empty();
  scans_[radio] = &scan;
  scanning_.push_back(radio);
  receivers_[radio]->begin(id, options, state_.clock().now());
  if (first) begin_turns();
  start_driving();
  co_await scan.ended.wait();
  if (scan.error) std::rethrow_exception(scan.error);
}

void Air::leave(size_t radio) {
  scans_[radio] = nullptr;
  std::erase(scanning_, radio);
  receivers_[radio]->end();
  if (!scanning_.empty()) return;
  stop_driving();
  heard_until_.reset();
}

RadioHealth Air::health(size_t radio) const {
  const TimePoint now = state_.clock().now();
  const Receiver& receiver = *receivers_[radio];
  RadioHealth health{.scanning = receiver.is_scanning(), .last_heard = receiver.last_heard()};
  if (state_.radio(radio).faults().is_dead(now)) {
    health.state = RadioHealth::State::unavailable;
    health.problem = "unplugged";
  } else if (receiver.begun()) {
    const TimePoint since = std::max(*receiver.begun(), receiver.last_heard().value_or(TimePoint::min()));
    const bool silent = now - since >= silent_after;
    health.state = silent ? RadioHealth::State::silent : RadioHealth::State::scanning;
    if (silent) health.problem = "it should scan and hears nothing";
  }
  return health;
}

TimePoint Air::next_advertisement(size_t device, TimePoint t) {
  if (!state_.spec().devices[device].advertising) return never;
  Schedule& kept = advertisers_[advertiser_of_[device]].schedule;
  if (scanning_.empty()) kept.advance_to(state_.clock().now(), state_.random());
  Schedule schedule = kept;
  schedule.advance_to(t, state_.random());
  return schedule.next();
}

void Air::look_again() {
  if (!scanning_.empty()) start_driving();
}

void Air::start_driving() {
  stop_driving();
  driving_ = std::make_shared<asio::cancellation_signal>();
  asio::co_spawn(executor_, drive(state_.shared_from_this(), run_),
                 asio::bind_cancellation_slot(driving_->slot(), [signal = driving_](const std::exception_ptr&) {}));
}

void Air::stop_driving() {
  ++run_;
  if (const auto signal = std::exchange(driving_, nullptr)) signal->emit(asio::cancellation_type::all);
}

// The times that nobody scanned through are passed over.
void Air::begin_turns() {
  turns_.clear();
  for (size_t i = 0; i < advertisers_.size(); ++i) {
    advertisers_[i].schedule.advance_to(state_.clock().now(), state_.random());
    turns_.push_back({advertisers_[i].schedule.next(), static_cast<uint32_t>(i)});
  }
  std::make_heap(turns_.begin(), turns_.end(), is_later);
}

TimePoint Air::next_turn() const noexcept {
  return turns_.empty() ? never : turns_.front().time;
}

TimePoint Air::next_fault(TimePoint t) {
  TimePoint next = never;
  for (size_t radio : scanning_) next = std::min(next, state_.radio(radio).faults().next_change(t));
  return next;
}

awaitable<void> Air::drive(std::shared_ptr<State> keep, uint64_t run) {
  Clock& clock = keep->clock();
  while (run == run_) {
    end_dead_scans();
    co_await wait_for_next();
    if (run != run_) co_return;
    woken_ = clock.now();
    if (heard_until_) {
      heard_until_.reset();
      deliver();
      continue;
    }
    const TimePoint now = clock.now();
    const TimePoint ahead = clock.is_virtual() ? std::min({now + most_ahead, clock.next_deadline(), next_fault(now)}) : now;
    // Nobody acts upon what was heard before the devices have been asked for the last time.
    const TimePoint asked = advance(ahead);
    if (const auto heard = settle(next_turn())) heard_until_ = std::max(*heard, asked);
  }
}

awaitable<void> Air::wait_for_next() {
  TimePoint next = heard_until_ ? *heard_until_ : std::min(next_turn(), next_fault(state_.clock().now()));
  if (next != never && !state_.clock().is_virtual()) next = std::max(next, woken_ + least_pause);
  if (next != never) co_return co_await state_.clock().wait_until(next);
  Event for_ever(executor_);
  co_await for_ever.wait();
}

void Air::end_dead_scans() {
  const TimePoint now = state_.clock().now();
  for (size_t radio : scanning_) {
    if (!state_.radio(radio).faults().is_dead(now)) continue;
    const std::string& name = state_.spec().radios[radio].name;
    state_.radio(radio).faults_changed();
    scans_[radio]->fail(std::make_exception_ptr(RadioNotAvailable(
        "the radio '" + name + "' was unplugged", {.radio = name, .advice = "Plug it in again."}, Unavailable::no_radio)));
  }
}

TimePoint Air::advance(TimePoint until) {
  TimePoint last;
  while (next_turn() <= until) {
    std::pop_heap(turns_.begin(), turns_.end(), is_later);
    Turn& turn = turns_.back();
    Advertiser& advertiser = advertisers_[turn.advertiser];
    last = turn.time;
    send(advertiser, last);
    advertiser.schedule.advance(state_.random());
    turn.time = advertiser.schedule.next();
    std::push_heap(turns_.begin(), turns_.end(), is_later);
  }
  return last;
}

void Air::send(Advertiser& advertiser, TimePoint t) {
  Peripheral& peripheral = state_.peripheral(advertiser.device);
  // In real time the moment may be past, and the device has been asked of later ones since.
  if (!peripheral.is_advertising(std::max(t, state_.clock().now()))) return;
  ++peripheral.truth().advertisements;
  const uint64_t number = advertiser.schedule.event();
  const AdvertisingEvent event{.device = advertiser.device,
                               .number = number,
                               .time = t,
                               .payload = peripheral.payload(number),
                               .scan_response = peripheral.scan_response()};
  for (size_t radio : scanning_) receivers_[radio]->hear(event);
}

std::optional<TimePoint> Air::settle(TimePoint until) {
  std::optional<TimePoint> last;
  for (size_t radio : scanning_)
    if (const auto end = receivers_[radio]->settle(until)) last = std::max(last.value_or(*end), *end);
  return last;
}

void Air::deliver() {
  const auto radios = scanning_;  // a sink may end or begin a scan
  for (size_t radio : radios) {
    if (scans_[radio] == nullptr) continue;
    receivers_[radio]->take_ready([&](std::span<const Sighting> batch, std::span<const uint32_t> devices) {
      for (size_t i = 0; i < batch.size(); ++i) state_.radio(radio).known().heard(devices[i], batch[i].rssi_dbm, batch[i].time);
      try {
        scans_[radio]->sink.on_sightings(batch);
      } catch (...) {
        if (scans_[radio] != nullptr) scans_[radio]->fail(std::current_exception());
      }
    });
  }
}

}  // namespace moor::sim
