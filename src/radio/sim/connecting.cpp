// How a radio of the world makes a link: a slot, what goes wrong, the device's next advertisement, the first packets.

#include "core/within.hpp"
#include "radio/sim/requests.hpp"
#include "radio/sim/sim_link.hpp"
#include "radio/sim/words.hpp"

#include <fmt/format.h>
#include <boost/asio/this_coro.hpp>

namespace moor::sim {

// What one attempt holds; all of it is given back however it ends.
struct RadioUnit::Attempt {
  Attempt(RadioUnit& radio, Peripheral* peripheral, Address device, const LinkOptions& options,
          const boost::asio::any_io_executor& executor)
      : radio(radio),
        peripheral(peripheral),
        device(device),
        options(options),
        executor(executor),
        deadline(radio.state_.clock().now() + options.timeout),
        changed(executor),
        of_radio(radio.changed_, changed) {
    ++radio.connecting_;
    if (peripheral == nullptr) return;
    of_peripheral.emplace(peripheral->changed(), changed);
    radio.known_.set_connecting(peripheral->index(), true);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;
  ~Attempt() {
    --radio.connecting_;
    if (peripheral != nullptr) radio.known_.set_connecting(peripheral->index(), false);
  }

  RadioUnit& radio;
  Peripheral* peripheral;  // null for a device that the world does not have
  Address device;
  const LinkOptions& options;
  boost::asio::any_io_executor executor;
  TimePoint deadline;
  Event changed;
  Bell::Listener of_radio;
  std::optional<Bell::Listener> of_peripheral;
  SlotHold slot;
};

void RadioUnit::fail(const Attempt& attempt, ConnectReason reason, const std::string& text) const {
  ConnectCause cause = cause_of(spec().kind, reason, text);
  ErrorContext context{.device = attempt.device, .radio = title_, .cause = cause.text};
  throw_connect_error(fmt::format("cannot connect to {} over {}: {}", attempt.device.to_string(), title_, to_string(reason)),
                      std::move(context), std::move(cause));
}

void RadioUnit::check_alive(const Attempt& attempt) {
  if (!faults_.is_dead(state_.clock().now())) return;
  throw RadioNotAvailable("radio " + title_ + " is gone",
                          {.device = attempt.device, .radio = title_, .advice = "Plug it in again, or use another one."},
                          Unavailable::no_radio);
}

void RadioUnit::check_slot(const Attempt& attempt) const {
  if (static_cast<int>(holds_.size()) < spec().slots) return;
  std::string holders;
  for (const Hold& each : holds_)
    holders += fmt::format("{}{}{} for {:.0f} s", holders.empty() ? "" : ", ", each.holder.device.to_string(),
                           each.holder.label.empty() ? "" : " (" + each.holder.label + ")",
                           to_seconds(state_.clock().now() - each.holder.since));
  ConnectCause cause = cause_of(spec().kind, ConnectReason::out_of_slots);
  ErrorContext context{.device = attempt.device, .radio = title_, .cause = cause.text};
  context.advice = holders.empty() ? "This radio has no slots: use another one."
                                   : "Disconnect one of " + holders + ", or add a radio near the device.";
  throw_connect_error(fmt::format("no connection slot on {} ({} of {} used)", title_, holds_.size(), spec().slots),
                      std::move(context), std::move(cause));
}

// Until a moment or a change, whichever is first.
awaitable<void> RadioUnit::pause(Attempt& attempt, TimePoint until) {
  Clock& clock = state_.clock();
  const TimePoint wake = std::min({until, attempt.deadline, faults_.next_change(clock.now())});
  if (wake == TimePoint::max())
    co_await attempt.changed.wait();
  else
    (void)co_await within(clock, wake, attempt.changed.wait());
  attempt.changed.reset();
  check_alive(attempt);
  if (clock.now() >= attempt.deadline) fail(attempt, ConnectReason::timed_out);
}

awaitable<void> RadioUnit::meet_faults(Attempt& attempt) {
  Clock& clock = state_.clock();
  DeviceFaults& faults = attempt.peripheral->faults();
  const TimePoint began = clock.now();
  const std::string& name = spec().name;
  if (faults.draw(DeviceFault::Kind::connect_hang, name, began)) {
    attempt.deadline = TimePoint::max();
    for (;;) co_await pause(attempt, TimePoint::max());
  }
  if (faults.draw(DeviceFault::Kind::connect_timeout, name, began))
    for (;;) co_await pause(attempt, TimePoint::max());
  const auto removed = faults.draw(DeviceFault::Kind::removed, name, began);
  const auto error = removed ? removed : faults.draw(DeviceFault::Kind::connect_error, name, began);
  if (!error) co_return;
  while (clock.now() < began + error->after) co_await pause(attempt, began + error->after);
  if (!removed) fail(attempt, error->reason, error->text);
  const size_t device = attempt.peripheral->index();
  known_.set_connecting(device, false);  // else it is kept
  (void)known_.forget(device);
  known_.set_connecting(device, true);
  fail(attempt, ConnectReason::device_not_found, removed->text);
}

// When it is worth looking whether the device can be connected.
TimePoint RadioUnit::next_chance(const Attempt& attempt, TimePoint now) {
  if (attempt.peripheral == nullptr) return TimePoint::max();
  const DeviceEntry& device = attempt.peripheral->spec();
  TimePoint next = attempt.peripheral->next_change(now);
  const bool moves = device.carried || !std::holds_alternative<Position>(device.movement);
  if (moves) next = std::min(next, now + std::chrono::seconds(1));
  return next;
}

awaitable<std::shared_ptr<Connection>> RadioUnit::reach(Attempt& attempt) {
  Clock& clock = state_.clock();
  Peripheral* const peripheral = attempt.peripheral;
  const uint64_t number = attempts_++;
  const auto is_in_reach = [&] {
    const TimePoint now = clock.now();
    return peripheral != nullptr && peripheral->is_connectable(now) && hears(peripheral->index(), now);
  };
  for (;;) {
    if (!is_in_reach()) {
      co_await pause(attempt, next_chance(attempt, clock.now()));
      continue;
    }
    // Its next advertisement comes at any time of the interval.
    const auto& advertising = peripheral->spec().advertising;
    const double phase = state_.random().uniform(Purpose::link, peripheral->index(), index_, number);
    const TimePoint heard =
        clock.now() + (advertising ? from_seconds(to_seconds(advertising->interval) * phase) : Duration::zero());
    while (clock.now() < heard && is_in_reach()) co_await pause(attempt, heard);
    if (!is_in_reach()) continue;
    auto link = std::make_shared<Connection>(state_.shared_from_this(), *this, *peripheral, attempt.executor, attempt.options);
    const TimePoint made = clock.now() + 6 * link->interval();
    while (clock.now() < made && !link->closed()) co_await pause(attempt, made);
    const bool lost = link->closed() || link->answers_again_at(clock.now()) || link->closed();
    if (lost || !hears(peripheral->index(), clock.now())) fail(attempt, ConnectReason::not_established);
    co_return link;
  }
}

awaitable<std::unique_ptr<Link>> RadioUnit::connect(Address device, LinkOptions options, RadioId id) {
  const auto keep_alive = state_.shared_from_this();
  const auto executor = co_await boost::asio::this_coro::executor;
  if (options.parameters) options.parameters->check();
  Peripheral* const peripheral = state_.find_peripheral(device);
  const bool is_known = peripheral != nullptr && known_.find(peripheral->index()).has_value();
  const bool is_busy =
      std::any_of(holds_.begin(), holds_.end(), [&](const Hold& each) { return each.holder.device.bits() == device.bits(); });
  Attempt attempt(*this, peripheral, device, options, executor);
  check_alive(attempt);
  const bool is_adapter = spec().kind == RadioKind::adapter;
  if (is_adapter && !is_known) fail(attempt, ConnectReason::device_not_found);
  if (is_busy)
    fail(attempt, ConnectReason::unknown,
         is_adapter ? "org.bluez.Error.InProgress: Operation already in progress" : "ESP_GATT_ALREADY_OPEN");
  check_slot(attempt);
  attempt.slot = SlotHold(*this, {device, options.label, state_.clock().now()});
  if (peripheral != nullptr) ++peripheral->truth().connect_attempts;
  co_return co_await connect(attempt, id);
}

awaitable<std::unique_ptr<Link>> RadioUnit::connect(Attempt& attempt, RadioId id) {
  while (faults_.hangs(state_.clock().now())) co_await pause(attempt, TimePoint::max());
  if (attempt.peripheral != nullptr) co_await meet_faults(attempt);
  const auto link = co_await reach(attempt);
  link->made(std::move(attempt.slot));
  if (attempt.options.pair) {
    JustWorks just_works;
    co_await pair(link, attempt.options.agent == nullptr ? just_works : *attempt.options.agent, attempt.deadline);
  }
  co_return make_sim_link(link, id);
}

}  // namespace moor::sim
