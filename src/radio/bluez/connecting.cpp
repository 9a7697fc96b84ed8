// How a link is made: the device is looked for where bluetoothd does not have it, connected where it is not, and whatever was begun is taken back where that
// fails or is cancelled.

#include "core/within.hpp"
#include "radio/bluez/adapter_state.hpp"
#include "radio/bluez/device_changes.hpp"
#include "radio/bluez/discovery.hpp"
#include "radio/bluez/make_link.hpp"
#include "radio/bluez/unavailable.hpp"

#include <fmt/format.h>

namespace moor::bluez {

namespace asio = boost::asio;

namespace {

constexpr const char* device_interface = "org.bluez.Device1";
// bluetoothd takes 2 s to end a link (src/device.c, DISCONNECT_TIMER).
constexpr Duration longest_abandoning = std::chrono::seconds(3);
constexpr Duration first_pause = std::chrono::milliseconds(10);
constexpr Duration longest_pause = std::chrono::milliseconds(500);

// What one attempt holds; all of it is given back however it ends.
struct Attempt {
  Attempt(LinkContext of, Address address, LinkOptions with, const asio::any_io_executor& on, TimePoint until)
      : context(std::move(of)),
        device(address),
        options(std::move(with)),
        executor(on),
        deadline(until),
        place(std::make_unique<LinkRegistry::Place>(context.system->links(), LinkRegistry::Key{context.adapter, address.bits()},
                                                    options.label, context.system->clock().now())),
        changes(*context.system, context.adapter, address, on) {}

  LinkContext context;
  Address device;
  LinkOptions options;
  asio::any_io_executor executor;
  TimePoint deadline;
  std::unique_ptr<LinkRegistry::Place> place;  // until the link has it
  DeviceChanges changes;
  std::optional<Discovery::Want> want;
  bool asked = false;  // bluetoothd connects it for us
  LinkPtr link;

  System& system() { return *context.system; }
  Clock& clock() { return context.system->clock(); }
};

[[noreturn]] void fail(const Attempt& attempt, ConnectCause cause) {
  ErrorContext context{.device = attempt.device, .radio = attempt.context.radio_name, .cause = cause.text};
  const std::string what = fmt::format("cannot connect to {} over {}: {}", attempt.device.to_string(), attempt.context.radio_name,
                                       to_string(cause.reason));
  throw_connect_error(what, std::move(context), std::move(cause));
}

[[noreturn]] void fail_removed(const Attempt& attempt) {
  if (attempt.changes.is_reset()) fail(attempt, {.reason = ConnectReason::system_gone, .text = "bluetoothd is gone"});
  fail(attempt,
       {.reason = ConnectReason::device_not_found, .origin = CauseOrigin::lookup, .text = "bluetoothd has removed the device"});
}

void check_adapter(Attempt& attempt) {
  const AdapterObject* const adapter = attempt.system().tree().find_adapter(attempt.context.adapter);
  if (adapter == nullptr) throw no_adapter(adapter_name(attempt.context.adapter));
  if (!adapter->powered) throw adapter_powered_off(adapter_name(attempt.context.adapter));
}

// An object that bluetoothd makes for a device that is not bonded lasts while it is heard, so the search goes on until the device is connected.
awaitable<void> look_for(Attempt& attempt) {
  const TimePoint began = attempt.clock().now();
  attempt.want.emplace(attempt.system().discovery(attempt.context.adapter));
  std::optional<ConnectCause> refused;
  try {
    co_await attempt.want->settle(attempt.deadline);
  } catch (const dbus::CallFailed& refusal) {
    refused = connect_cause(refusal);
  } catch (const TimedOut&) {
    refused = ConnectCause{.reason = ConnectReason::unknown,
                           .origin = CauseOrigin::system_call,
                           .text = "org.bluez.Error.InProgress: discovery could not be started"};
  }
  if (refused) {
    check_adapter(attempt);
    fail(attempt, std::move(*refused));
  }
  while (attempt.changes.object() == nullptr) {
    if (attempt.changes.is_reset()) fail_removed(attempt);
    check_adapter(attempt);
    const bool heard = co_await attempt.changes.next(attempt.deadline);
    if (!heard)
      fail(attempt, {.reason = ConnectReason::device_not_found,
                     .origin = CauseOrigin::lookup,
                     .text = fmt::format("not heard in {:.0f} s", to_seconds(attempt.clock().now() - began))});
  }
}

// Where it is allowed; a link with other parameters is better than none.
awaitable<void> load_parameters(Attempt& attempt) {
  Management* const management = attempt.system().management();
  if (!attempt.options.parameters || management == nullptr) co_return;
  try {
    (void)co_await within(attempt.clock(), attempt.deadline,
                          load_connection_parameters(*management, static_cast<uint16_t>(attempt.context.adapter), attempt.device,
                                                     *attempt.options.parameters));
  } catch (const Error&) {
    co_return;
  }
}

awaitable<void> call_connect(Attempt& attempt, std::optional<ConnectCause>& cause) {
  const std::string path = attempt.changes.object()->path;
  const std::function<dbus::Message()> make = [&attempt, path] {
    return attempt.system().new_call(path, device_interface, "Connect");
  };
  try {
    (void)co_await attempt.system().call_when_free(make, attempt.deadline, &attempt.changes.calls());
  } catch (const dbus::CallGivenUp&) {
    fail_removed(attempt);
  } catch (const dbus::CallFailed& refusal) {
    if (refusal.name() != "org.bluez.Error.AlreadyConnected") cause = connect_cause(refusal);
  } catch (const TimedOut& late) {
    cause = ConnectCause{.reason = ConnectReason::timed_out, .text = late.context().cause};
  }
}

// bluetoothd 5.66 may answer Connect without ever signalling that the device is connected: seen where both ends are on one machine, with "is already
// connected" in its log. So it is asked once.
awaitable<void> ask_connected(Attempt& attempt) {
  if (attempt.changes.object() == nullptr || attempt.changes.is_connected()) co_return;
  dbus::Message question = attempt.system().new_call(attempt.changes.object()->path, "org.freedesktop.DBus.Properties", "Get");
  question.write().string(device_interface).string("Connected");
  const unsigned losses = attempt.changes.losses();
  try {
    const dbus::Message reply = co_await attempt.system().call(std::move(question), attempt.deadline);
    dbus::Reader reader = reply.read();
    reader.enter_variant("b");
    const bool connected = reader.read_bool();
    reader.leave();
    if (connected && attempt.changes.losses() == losses)
      attempt.system().tree().set_connected(attempt.context.adapter, attempt.device);
  } catch (const dbus::CallFailed&) {  // the object is gone, which is seen by itself
  } catch (const dbus::MessageMalformed&) {
  } catch (const TimedOut&) {  // as the attempt is then
  }
}

// One Connect. @returns why the device is not connected after it, if it is not.
awaitable<std::optional<ConnectCause>> try_once(Attempt& attempt) {
  std::optional<ConnectCause> cause;
  const unsigned losses = attempt.changes.losses();
  attempt.asked = true;
  co_await call_connect(attempt, cause);
  if (cause) co_return cause;
  if (attempt.changes.losses() == losses) co_await ask_connected(attempt);
  while (!attempt.changes.is_connected()) {
    if (attempt.changes.object() == nullptr) fail_removed(attempt);
    if (attempt.changes.losses() != losses)
      co_return ConnectCause{.reason = ConnectReason::disconnected, .text = "disconnected as soon as it was connected"};
    const bool in_time = co_await attempt.changes.next(attempt.deadline);
    if (!in_time) co_return ConnectCause{.reason = ConnectReason::timed_out, .text = {}};
  }
  attempt.place->entry().made_here = true;
  co_return std::nullopt;
}

// bluetoothd gives a connection up at the first disturbance and says "le-connection-abort-by-local": then it is asked again, once the remains are gone.
awaitable<void> reach(Attempt& attempt) {
  for (Duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    if (attempt.changes.object() == nullptr) fail_removed(attempt);
    if (attempt.changes.is_connected()) co_return;
    std::optional<ConnectCause> cause = co_await try_once(attempt);
    if (!cause) co_return;
    if (cause->reason == ConnectReason::radio_unavailable) check_adapter(attempt);
    if (cause->reason != ConnectReason::aborted_by_local) fail(attempt, std::move(*cause));
    while (attempt.changes.is_connected()) {
      const bool in_time = co_await attempt.changes.next(attempt.deadline);
      if (!in_time) fail(attempt, std::move(*cause));
    }
    if (attempt.clock().now() + pause >= attempt.deadline) fail(attempt, std::move(*cause));
    co_await attempt.clock().wait_for(pause);
  }
}

awaitable<void> make(Attempt& attempt) {
  co_await attempt.system().open(attempt.deadline);
  co_await power_on(attempt.system(), attempt.context.adapter, attempt.deadline);
  if (attempt.changes.object() == nullptr) co_await look_for(attempt);
  co_await load_parameters(attempt);
  co_await reach(attempt);
  attempt.link = std::make_shared<LinkState>(attempt.context, attempt.device, std::move(attempt.place), attempt.executor);
  attempt.link->begin();
  if (!attempt.options.pair) co_return;
  JustWorks just_works;
  PairingAgent& agent = attempt.options.agent == nullptr ? just_works : *attempt.options.agent;
  co_await pair(attempt.link, agent, attempt.deadline);
}

awaitable<void> end_search(Attempt& attempt) {
  if (!attempt.want) co_return;
  attempt.want->drop();
  try {
    co_await attempt.want->settle(attempt.clock().now() + longest_abandoning);
  } catch (const Error&) {  // somebody else wants it, and it could not be started again: that is theirs
    co_return;
  }
}

// Disconnect also ends a connection that is only being made.
awaitable<void> abandon(Attempt& attempt) {
  const TimePoint until = attempt.clock().now() + longest_abandoning;
  if (attempt.link) {
    co_await disconnect(attempt.link, until);
    co_return;
  }
  if (!attempt.asked || attempt.changes.object() == nullptr || attempt.place->entry().links > 1) co_return;
  try {
    (void)co_await attempt.system().call(
        attempt.system().new_call(attempt.changes.object()->path, device_interface, "Disconnect"), until);
    while (attempt.changes.is_connected() && co_await attempt.changes.next(until)) {
    }
  } catch (const dbus::MessageMalformed&) {
    co_return;
  } catch (const Error&) {  // not connected, or gone
    co_return;
  }
}

}  // namespace

awaitable<std::unique_ptr<Link>> connect(LinkContext context, Address device, LinkOptions options) {
  const auto executor = co_await asio::this_coro::executor;
  if (options.parameters) options.parameters->check();
  const TimePoint deadline = context.system->clock().now() + options.timeout;
  Attempt attempt(std::move(context), device, std::move(options), executor, deadline);
  std::exception_ptr failure;
  try {
    co_await make(attempt);
  } catch (...) {
    failure = std::current_exception();
  }
  co_await asio::this_coro::reset_cancellation_state(asio::disable_cancellation());
  if (failure) co_await abandon(attempt);
  co_await end_search(attempt);
  if (failure) std::rethrow_exception(failure);
  co_return make_link(attempt.link);
}

}  // namespace moor::bluez
