// Pairing and forgetting a bond.

#include "core/within.hpp"
#include "radio/bluez/agent_desk.hpp"
#include "radio/bluez/device_changes.hpp"
#include "radio/bluez/link_requests.hpp"

#include <fmt/format.h>

namespace moor::bluez {

namespace {

constexpr const char* device_interface = "org.bluez.Device1";
// A device that refuses disconnects at once, and bluetoothd answers Pair just after that.
constexpr Duration answer_after_loss = std::chrono::seconds(2);

[[noreturn]] void throw_failed(const LinkState& link, PairingProblem problem, std::string cause) {
  ErrorContext context = link.error_context();
  context.cause = std::move(cause);
  if (problem == PairingProblem::busy) context.advice = "Another pairing is under way; wait for its end.";
  if (problem == PairingProblem::refused)
    context.advice = "Bring the device into its pairing mode; where it was paired before, unpair it here and there.";
  const std::string what = fmt::format("cannot pair with {}: {}", context.device->to_string(), to_string(problem));
  throw PairingFailed(what, problem, std::move(context));
}

awaitable<void> lost_for_good(LinkPtr link) {
  co_await link->wait_closed();
  co_await link->clock().wait_for(answer_after_loss);
}

struct Answer {
  std::optional<dbus::CallFailed> refusal;
};

bool is_paired(const LinkState& link) {
  return link.object() != nullptr && link.object()->paired;
}

awaitable<void> wait_paired(LinkPtr link, TimePoint deadline) {
  DeviceChanges changes(link->system(), link->context().adapter, link->info().device, link->executor());
  bool in_time = true;
  while (in_time && !is_paired(*link)) in_time = co_await changes.next(deadline);
}

awaitable<void> call_pair(LinkPtr link, TimePoint deadline, Answer& answer) {
  try {
    (void)co_await link->system().call(link->system().new_call(link->info().path, device_interface, "Pair"), deadline);
  } catch (const dbus::CallFailed& refusal) {
    answer.refusal.emplace(refusal);
  }
}

// bluetoothd loses the answer where it is still looking for services when pairing ends well (5.66, src/device.c, device_browse_gatt: one search at a time).
awaitable<void> call_pair_until_paired(LinkPtr link, TimePoint deadline, Answer& answer) {
  const bool answered = co_await unless(wait_paired(link, deadline), call_pair(link, deadline, answer));
  if (!answered && !is_paired(*link)) link->throw_timed_out();
}

PairingProblem problem_of(const dbus::CallFailed& refusal, const AgentDesk::Session& session) {
  if (session.refused()) return PairingProblem::rejected;
  const PairingProblem problem = pairing_problem(refusal.name(), refusal.what());
  // bluetoothd has one word for a device that refuses and for numbers that differ.
  return problem == PairingProblem::refused && session.compared_numbers() ? PairingProblem::wrong_passkey : problem;
}

awaitable<void> pair_in(LinkPtr link, AgentDesk::Session& session, TimePoint deadline) {
  co_await session.open(deadline);
  Answer answer;
  const bool answered = co_await unless(lost_for_good(link), call_pair_until_paired(link, deadline, answer));
  if (!answered) link->check_open();
  if (answer.refusal && answer.refusal->name() != "org.bluez.Error.AlreadyExists")
    throw_failed(*link, problem_of(*answer.refusal, session), full_text(*answer.refusal));
}

// So that bluetoothd lets the device reconnect without asking anybody.
awaitable<void> trust(LinkPtr link, TimePoint deadline) {
  dbus::Message message = link->system().new_call(link->info().path, "org.freedesktop.DBus.Properties", "Set");
  message.write().string(device_interface).string("Trusted").open_variant("b").boolean(true).close();
  try {
    (void)co_await link->system().call(std::move(message), deadline);
  } catch (const dbus::CallFailed&) {  // it is paired all the same
  }
}

void send_cancel(LinkState& link) {
  if (!link.system().is_open() || link.object() == nullptr) return;
  link.system().bus().send(link.system().new_call(link.info().path, device_interface, "CancelPairing"));
}

}  // namespace

awaitable<void> pair(LinkPtr link, PairingAgent& agent, TimePoint deadline) {
  link->check_open();
  if (is_paired(*link)) co_return;
  const Address device = link->info().device;
  // Where nobody can do anything bluetoothd does not ask either.
  bool allowed = true;
  if (agent.capability() == PairingAgent::Capability::none) allowed = co_await agent.allow(device);
  if (!allowed) throw_failed(*link, PairingProblem::rejected, "refused by the agent");
  AgentDesk::Session session(link->system().agents(), link->info().path, device, agent);
  std::exception_ptr failure;
  bool answered = true;
  try {
    co_await pair_in(link, session, deadline);
  } catch (const PairingFailed&) {
    failure = std::current_exception();
  } catch (...) {
    failure = std::current_exception();
    answered = false;
  }
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
  if (!answered) send_cancel(*link);
  co_await session.close();
  co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::enable_total_cancellation());
  if (!failure) {
    co_await trust(link, deadline);
    co_return;
  }
  try {
    std::rethrow_exception(failure);
  } catch (const dbus::CallFailed& refusal) {  // of the agent's registration
    throw_failed(*link, PairingProblem::unknown, full_text(refusal));
  } catch (const TimedOut&) {
    link->check_open();
    link->throw_timed_out();
  } catch (const RadioNotAvailable&) {
    link->check_open();
    throw;
  }
}

awaitable<void> unpair(LinkPtr link, TimePoint deadline) {
  link->check_open();
  const LinkContext context = link->context();
  const bool forgotten = co_await forget(context, link->info().device, true, deadline);
  if (forgotten) (void)co_await within(link->clock(), deadline, link->wait_closed());
}

}  // namespace moor::bluez
