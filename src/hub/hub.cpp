#include "hub/state.hpp"

#include "core/within.hpp"
#include "radio/device_watch.hpp"

#include <algorithm>

namespace moor {

namespace asio = boost::asio;

namespace {

constexpr Duration first_retry = std::chrono::seconds(1);
constexpr Duration last_retry = std::chrono::seconds(60);
constexpr Duration worked_after = std::chrono::seconds(60);   // of scanning without a failure, where nothing is in the air
constexpr Duration restart_limit = std::chrono::seconds(20);  // habluetooth: 5 s to stop a scan, 15 s to start it
constexpr Duration reset_limit = std::chrono::seconds(60);    // bluetooth-auto-recovery takes up to 30 s
constexpr size_t radios_watched = 8;                          // for one device, while somebody waits for a change

bool same_device(const Address& a, const Address& b) noexcept {
  return a.bits() == b.bits();
}

}  // namespace

Hub::State::State(asio::any_io_executor context, Clock& its_clock, const Radios& radios, HubOptions its_options)
    : executor(std::move(context)),
      clock(its_clock),
      options(std::move(its_options)),
      rules(hub::rules_of(options)),
      reception(rules, options.devices),
      failures(rules) {
  for (size_t i = 0; i < radios.size(); ++i) {
    const auto index = static_cast<hub::SourceIndex>(i);
    members.push_back(std::make_unique<Member>(*this, index, radios[i]));
    set_scanning(*members.back(), false);
  }
}

awaitable<void> Hub::State::run() {
  const auto context = co_await asio::this_coro::executor;
  Event all_ended(context);
  Activities activities(context);
  ended = &all_ended;
  failure = nullptr;
  working = members.size();
  reception.begin(clock.now());
  for (const auto& member : members) {
    member->failed = member->worked = false;
    activities.start(run_radio(*member), [this](std::exception_ptr) {
      if (--working == 0) ended->set();
    });
    activities.start(watch_radio(*member), [](std::exception_ptr) {});
  }
  activities.start(keep_time(), [](std::exception_ptr) {});

  std::exception_ptr cancelled;
  try {
    if (working > 0) co_await all_ended.wait();
  } catch (...) {
    cancelled = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await activities.stop();
  ended = nullptr;
  if (cancelled) std::rethrow_exception(cancelled);
  if (failure) std::rethrow_exception(failure);
}

awaitable<void> Hub::State::run_radio(Member& member) {
  Duration pause = first_retry;
  ScanOptions scan_options;
  scan_options.active = options.active && std::ranges::find(options.passive, member.radio.info().id) == options.passive.end();
  struct Leave {
    Member& member;
    ~Leave() { member.state.set_scanning(member, false); }
  } leave{member};
  while (true) {
    const TimePoint began = clock.now();
    std::string problem;
    try {
      set_scanning(member, true);
      co_await member.radio.scan(scan_options, member);
      set_scanning(member, false);
      tell(member);
      co_return;
    } catch (const CaptureError& error) {  // a recording does not mend itself
      failure = std::current_exception();
      member.problem = error.what();
      set_scanning(member, false);
      tell(member);
      co_return;
    } catch (const Error& error) {
      problem = std::string(error.what()) + (error.advice().empty() ? "" : "; " + error.advice());
      if (!failure) failure = std::current_exception();
    }
    if (clock.now() - began >= worked_after) member.worked = true;
    if (member.worked && clock.now() - began >= pause) pause = first_retry;
    on_failed(member, std::move(problem));
    co_await clock.wait_for(pause);
    pause = std::min(pause * 2, last_retry);
  }
}

// Without a single radio that ever worked there is nothing to wait for: whoever runs the hub is told.
void Hub::State::on_failed(Member& member, std::string problem) {
  member.failed = true;
  member.problem = std::move(problem);
  set_scanning(member, false);
  tell(member);
  for (const auto& each : members)
    if (each->worked || !each->failed) {
      if (each->worked) failure = nullptr;
      return;
    }
  ended->set();
}

void Hub::State::set_scanning(Member& member, bool scanning) {
  member.scanning = scanning;
  if (scanning) {
    member.problem.clear();
    member.watchdog.on_started(clock.now());
  } else {
    member.watchdog.on_stopped();
  }
  update_source(member);
  if (scanning) tell(member);
}

// What a proxy can do shows only once it has been reached.
void Hub::State::update_source(Member& member) {
  member.can_connect = member.radio.info().can_connect;
  reception.set_source(member.index, member.can_connect, member.scanning);
}

// The beat is how soon it sees that a scan has begun; while one runs it sleeps until there may be something to do.
awaitable<void> Hub::State::watch_radio(Member& member) {
  while (true) {
    const TimePoint due = member.watchdog.next_check();
    co_await clock.wait_until(std::min(due, clock.now() + hub::watchdog_beat));
    member.watchdog.on_rate(member.radio.health().silent_at);
    const auto action = member.watchdog.check(clock.now());
    tell(member);
    if (action == hub::Watchdog::Action::none) continue;
    co_await recover(member, action);
    member.watchdog.on_acted(clock.now());
    tell(member);
  }
}

awaitable<void> Hub::State::recover(Member& member, hub::Watchdog::Action action) {
  if (!options.recover_radios) co_return;
  // A link that works shows that the radio does, and a reset would end it; where nobody else advertises, silence is as it should be.
  const Slots slots = member.radio.slots();
  if (!slots.holders.empty() || (slots.limit > 0 && slots.free < slots.limit) || !member.connecting.empty()) co_return;
  const bool hard = action == hub::Watchdog::Action::reset;
  const TimePoint deadline = clock.now() + (hard ? reset_limit : restart_limit);
  try {
    const bool ended_in_time = co_await within(clock, deadline, member.radio.recover(hard, deadline));
    member.problem = ended_in_time ? "" : "it did not come back from being reset";
  } catch (const Error& error) {
    member.problem = error.what();
  }
}

awaitable<void> Hub::State::keep_time() {
  while (true) {
    Event sooner(co_await asio::this_coro::executor);
    struct Leave {
      Event*& place;
      ~Leave() { place = nullptr; }
    } leave{earlier};
    earlier = &sooner;
    armed = reception.next_deadline();
    if (armed == TimePoint::max())
      co_await sooner.wait();
    else
      (void)co_await within(clock, armed, sooner.wait());
    on_time(clock.now());
  }
}

void Hub::State::on_time(TimePoint now) {
  reception.advance(now, [this](DeviceSlot slot) {
    const Device& device = reception.devices()[slot];
    for (HubListener* listener : listeners) listener->on_device_gone(device);
    wake(device.address);
  });
}

void Hub::State::on_sightings(Member& member, std::span<const Sighting> batch) {
  const bool was_silent = member.watchdog.is_silent();
  bool sooner = false;
  member.worked = true;
  if (member.can_connect != member.radio.info().can_connect) update_source(member);
  for (const Sighting& sighting : batch) {
    member.watchdog.on_advertisement(sighting.time, sighting.payload_size() == 0);
    const auto outcome = reception.on_sighting(member.index, sighting);
    if (!outcome) continue;
    sooner |= outcome->sooner;
    on_outcome(sighting, *outcome);
  }
  const bool is_back = was_silent && !member.watchdog.is_silent();
  if (is_back) member.problem.clear();
  if (is_back || member.told.state == RadioHealth::State::unavailable) tell(member);
  if (sooner && earlier != nullptr && reception.next_deadline() < armed) earlier->set();
}

void Hub::State::on_outcome(const Sighting& sighting, const hub::Reception::Outcome& outcome) {
  for (const Waiter& waiter : waiting_to_hear)
    if (same_device(waiter.device, sighting.address)) waiter.event->set();
  if (outcome.new_path) wake(sighting.address);
  const Device& device = reception.devices()[outcome.slot];
  if (!outcome.owned) {
    for (HubListener* listener : listeners) listener->on_heard(device, sighting);
    return;
  }
  if (outcome.taken_from != hub::no_source) {
    const RadioId from = members[outcome.taken_from]->radio.info().id;
    const RadioId to = members[reception.ownership().owner(outcome.slot)]->radio.info().id;
    for (HubListener* listener : listeners) listener->on_owner(device, from, to);
  }
  for (HubListener* listener : listeners) {
    listener->on_advertisement(device, sighting, outcome.changed);
    listener->on_heard(device, sighting);
  }
}

void Hub::State::wake(const Address& device) {
  for (const Waiter& waiter : waiting_for_change)
    if (same_device(waiter.device, device)) waiter.event->set();
}

void Hub::State::wake_all() {
  for (const Waiter& waiter : waiting_for_change) waiter.event->set();
}

void Hub::State::tell(Member& member) {
  RadioHealth now = health(member);
  if (now.state == member.told.state && now.problem == member.told.problem) return;
  member.told = std::move(now);
  for (HubListener* listener : listeners) listener->on_radio(member.radio.info().id, member.told);
  wake_all();
}

awaitable<void> Hub::State::wait_changed(Address device) {
  Event changed(co_await asio::this_coro::executor);
  Wait wait(waiting_for_change, device, changed);
  // The best radios first, since those are tried; what becomes of the device with others, the hub hears.
  std::vector<Radio*> watched;
  for (const Path& path : paths_to(device)) watched.push_back(path.radio);
  for (const auto& member : members)
    if (std::ranges::find(watched, &member->radio) == watched.end()) watched.push_back(&member->radio);
  if (watched.size() > radios_watched) watched.resize(radios_watched);
  co_await moor::wait_changed(std::move(watched), device, changed);
}

awaitable<bool> Hub::State::wait_heard(Address device, TimePoint deadline) {
  Event heard(co_await asio::this_coro::executor);
  Wait wait(waiting_to_hear, device, heard);
  co_return co_await within(clock, deadline, heard.wait());
}

Hub::Hub(asio::any_io_executor executor, Clock& clock, Radios radios, HubOptions options)
    : state_(std::make_unique<State>(std::move(executor), clock, radios, std::move(options))) {}

Hub::~Hub() = default;

void Hub::add_listener(HubListener& listener) {
  state_->listeners.push_back(&listener);
}

awaitable<void> Hub::run() {
  return state_->run();
}

Clock& Hub::clock() noexcept {
  return state_->clock;
}

awaitable<void> Hub::changed(Address device) {
  return state_->wait_changed(device);
}

awaitable<bool> Hub::wait_heard(Address device, TimePoint deadline) {
  return state_->wait_heard(device, deadline);
}

}  // namespace moor
