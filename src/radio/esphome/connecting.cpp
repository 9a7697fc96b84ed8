// How a link through a proxy is made, and how what was begun is given back.

#include "core/duration_text.hpp"
#include "core/within.hpp"
#include "radio/esphome/connections_state.hpp"

#include <fmt/format.h>

namespace moor::esphome_radio {

namespace asio = boost::asio;
using StatePtr = std::shared_ptr<Connections::State>;

namespace {

// Who cancels does not wait for a proxy that says nothing: the slot goes on draining by itself.
constexpr Duration longest_abandoning = std::chrono::seconds(2);
// Other parameters make a link better, not possible: they may not cost the whole of its time.
constexpr Duration longest_parameters = std::chrono::seconds(5);

struct Making {
  Making(StatePtr of, Address to, LinkOptions with, const asio::any_io_executor& executor)
      : self(std::move(of)),
        device(to),
        options(std::move(with)),
        radio(self->port == nullptr ? std::string() : self->port->info().name),
        deadline(self->now() + options.timeout),
        attempt(executor) {}
  Making(const Making&) = delete;
  Making& operator=(const Making&) = delete;
  ~Making() {
    if (record && record->attempt == &attempt) record->attempt = nullptr;
  }

  StatePtr self;
  Address device;
  LinkOptions options;
  std::string radio;
  TimePoint deadline;
  DeviceRecordPtr record{};
  ConnectAttempt attempt;
  std::unique_ptr<Link> link{};
};

// "A4:CF:12:34:56:78 (door) for 2 h"
std::string describe(const std::vector<Slots::Holder>& holders, TimePoint now) {
  std::string all;
  for (const Slots::Holder& each : holders)
    all += fmt::format("{}{}{} for {}", all.empty() ? "" : ", ", each.device.to_string(),
                       each.label.empty() ? "" : " (" + each.label + ")", elapsed_text(now - each.since));
  return all;
}

[[noreturn]] void fail_without_slot(const Making& making, ConnectCause cause) {
  const TimePoint now = making.self->now();
  Slots slots = making.self->ledger.slots(now);
  std::erase_if(slots.holders, [&](const auto& each) { return each.device.bits() == making.device.bits(); });
  const std::string holders = describe(slots.holders, now);
  ErrorContext context{.device = making.device, .radio = making.radio, .cause = cause.text};
  context.advice = holders.empty() ? "Wait for one, or use a proxy or an adapter near the device."
                                   : "Disconnect one of them, or add a proxy near the device.";
  const std::string used = making.self->ledger.is_known() ? fmt::format(" ({} of {} used{}{})", slots.limit - slots.free,
                                                                        slots.limit, holders.empty() ? "" : ": ", holders)
                                                          : std::string();
  throw_connect_error(fmt::format("no connection slot on {}{}", making.radio, used), std::move(context), std::move(cause));
}

[[noreturn]] void fail(const Making& making, ConnectCause cause) {
  if (cause.reason == ConnectReason::out_of_slots && making.self->facts() != nullptr) fail_without_slot(making, std::move(cause));
  ErrorContext context{.device = making.device, .radio = making.radio, .cause = cause.text};
  const std::string what =
      fmt::format("cannot connect to {} over {}: {}", making.device.to_string(), making.radio, to_string(cause.reason));
  throw_connect_error(what, std::move(context), std::move(cause));
}

void check_features(const Making& making) {
  if (making.self->facts() == nullptr)
    fail(making, {.reason = ConnectReason::system_gone, .text = "there is no session with the proxy"});
  const char* advice = nullptr;
  if (!making.self->has(esphome::Feature::active_connections))
    advice = "Set `active: true` under `bluetooth_proxy:` in its configuration, or use another proxy for connections.";
  else if (!making.self->has(esphome::Feature::remote_caching))
    advice = "Its firmware is too old for connections: update it to ESPHome 2023.2 or newer.";
  if (advice == nullptr) return;
  throw RadioNotAvailable(making.radio + " cannot connect", {.device = making.device, .radio = making.radio, .advice = advice},
                          Unavailable::cannot_connect);
}

// The slot is asked for, and with it the link.
awaitable<void> reach(Making& making) {
  Connections::State& self = *making.self;
  making.record = self.record_of(making.device);
  if (making.record->attempt != nullptr || making.record->machine.is_busy()) {
    making.record.reset();
    fail(making, {.reason = ConnectReason::unknown, .text = "ESP_GATT_ALREADY_OPEN: this program has a link to the device"});
  }
  DeviceRecord& record = *making.record;
  record.device = making.device;
  record.attempt = &making.attempt;
  record.label = making.options.label;
  record.use_cache = making.options.use_services_cache;
  self.want(making.record, making.deadline);
  while (!making.attempt.link && !making.attempt.failure) {
    co_await making.attempt.changed.wait();
    making.attempt.changed.reset();
  }
  if (making.attempt.link) co_return;
  record.attempt = nullptr;
  if (making.attempt.failure->reason == ConnectReason::timed_out)
    co_await wait_drained(self.clock, making.record, self.now() + SlotLedger::draining_limit);
  fail(making, std::move(*making.attempt.failure));
}

awaitable<void> set_parameters(Making& making) {
  const TimePoint until = std::min(making.deadline, making.self->now() + longest_parameters);
  try {
    (void)co_await making.link->set_parameters(*making.options.parameters, until);
  } catch (const LinkClosed&) {  // as is seen at the end
  } catch (const Error&) {       // then the link has what the device and the proxy chose
  }
}

awaitable<void> make(Making& making) {
  check_features(making);
  co_await reach(making);
  making.link = make_link(making.attempt.link);
  if (making.options.parameters && making.self->has(esphome::Feature::connection_parameters)) co_await set_parameters(making);
  if (making.options.pair && !making.attempt.link->is_closed()) {
    JustWorks just_works;
    PairingAgent& agent = making.options.agent == nullptr ? just_works : *making.options.agent;
    co_await making.link->pair(agent, making.deadline);
  }
  if (making.attempt.link->is_closed()) fail(making, {.reason = ConnectReason::disconnected, .text = "Disconnected at once"});
}

awaitable<void> abandon(Making& making) {
  if (!making.record) co_return;
  making.link.reset();  // asks for its end
  if (making.record->attempt == &making.attempt) {
    making.record->attempt = nullptr;
    making.self->cancel(*making.record);
  }
  co_await wait_drained(making.self->clock, making.record, making.self->now() + longest_abandoning);
}

}  // namespace

awaitable<std::unique_ptr<Link>> make_connection(StatePtr self, Address device, LinkOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  if (options.parameters) options.parameters->check();
  Making making(std::move(self), device, std::move(options), executor);
  std::exception_ptr failure;
  try {
    co_await make(making);
  } catch (...) {
    failure = std::current_exception();
  }
  if (!failure) co_return std::move(making.link);
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  co_await abandon(making);
  std::rethrow_exception(failure);
}

}  // namespace moor::esphome_radio
