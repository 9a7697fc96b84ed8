// Subscribing. bluetoothd writes the configuration descriptor itself, and chooses notifications where a characteristic has both. A value that comes before its
// answer is delivered: the signals of the object are heard from the beginning, and the callback is there before StartNotify is sent.

#include "core/within.hpp"
#include "radio/bluez/acquired_notify.hpp"
#include "radio/bluez/link_requests.hpp"
#include "radio/bluez/unavailable.hpp"

#include <unistd.h>

namespace moor::bluez {

namespace {

using SubscriptionPtr = std::shared_ptr<LinkState::Subscription>;

constexpr const char* characteristic_interface = "org.bluez.GattCharacteristic1";
constexpr Duration first_pause = std::chrono::milliseconds(10);
constexpr Duration longest_pause = std::chrono::milliseconds(500);

// Puts back what was there before, unless the subscription came to be.
struct Trial {
  Trial(LinkPtr on, uint16_t of, SubscriptionPtr now) : link(std::move(on)), handle(of), before(link->find_subscription(of)) {
    link->set_subscription(handle, std::move(now));
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (kept) return;
    link->remove_subscription(handle);
    if (before && !link->closed()) link->set_subscription(handle, before);
  }
  LinkPtr link;
  uint16_t handle;
  SubscriptionPtr before;
  bool kept = false;
};

dbus::Message new_call(LinkPtr link, uint16_t handle, const char* method) {
  return link->system().new_call(link->characteristic(handle).path, characteristic_interface, method);
}

awaitable<void> call_into(LinkPtr link, dbus::Message message, TimePoint deadline, std::optional<dbus::CallFailed>& refusal) {
  try {
    (void)co_await link->system().call(std::move(message), deadline);
  } catch (const dbus::CallFailed& error) {
    refusal.emplace(error);
  }
}

// This client may be registered from an earlier connection of the device, and is switched on again by bluetoothd: that is as good, once it has happened.
bool is_on_already(const LinkState& link, uint16_t handle, const dbus::CallFailed& refusal) {
  if (std::string_view(refusal.what()).find("Already notifying") != std::string_view::npos) return true;
  return means_in_progress(refusal) && link.characteristic(handle).notifying;
}

awaitable<void> start_notify(LinkPtr link, uint16_t handle, TimePoint deadline) {
  for (Duration pause = first_pause;; pause = std::min(2 * pause, longest_pause)) {
    link->check_open();
    std::optional<dbus::CallFailed> refusal;
    bool timed_out = false;
    try {
      const bool ended =
          co_await unless(link->wait_closed(), call_into(link, new_call(link, handle, "StartNotify"), deadline, refusal));
      if (!ended) link->check_open();
    } catch (const TimedOut&) {
      timed_out = true;
    }
    if (timed_out) link->throw_timed_out();
    if (!refusal) co_return;
    link->check_open();
    if (is_on_already(*link, handle, *refusal)) co_return;
    if (!means_in_progress(*refusal)) co_await throw_refusal(link, GattStep::subscribe, std::move(*refusal));
    if (link->clock().now() + pause >= deadline) link->throw_timed_out();
    const bool still_open = co_await unless(link->wait_closed(), link->clock().wait_for(pause));
    if (!still_open) link->check_open();
  }
}

awaitable<void> acquire_notify(LinkPtr link, uint16_t handle, SubscriptionPtr subscription, TimePoint deadline) {
  const std::function<dbus::Message()> make = [link, handle] {
    dbus::Message message = new_call(link, handle, "AcquireNotify");
    message.write().no_entries();
    return message;
  };
  const dbus::Message reply = co_await call_attribute(link, GattStep::subscribe, make, deadline);
  const auto socket = std::make_shared<AcquiredNotify>(link->executor(), reply.read().read_fd());
  subscription->socket = socket;
  const std::weak_ptr<LinkState> weak = link;
  socket->begin(
      [weak, handle](Bytes value) {
        if (const auto alive = weak.lock()) alive->deliver(handle, value, alive->clock().now());
      },
      [weak, handle, of = std::weak_ptr(subscription)] {
        const auto alive = weak.lock();
        const auto ended = of.lock();
        if (alive && ended && alive->find_subscription(handle) == ended) alive->remove_subscription(handle);
      });
}

// What is switched on in bluetoothd is switched off again where nobody waited for it.
void send_stop(const LinkPtr& link, uint16_t handle) {
  if (!link->system().is_open()) return;
  try {
    link->system().bus().send(new_call(link, handle, "StopNotify"));
  } catch (const GattError&) {  // it is gone
  }
}

}  // namespace

awaitable<void> subscribe(LinkPtr link, uint16_t handle, Link::ValueCallback on_value, TimePoint deadline) {
  link->check_open();
  (void)link->characteristic(handle);
  const auto subscription = std::make_shared<LinkState::Subscription>();
  subscription->on_value = std::move(on_value);
  Trial trial(link, handle, subscription);
  if (trial.before && trial.before->active) {
    subscription->active = true;
    subscription->socket = trial.before->socket;
    trial.kept = true;
    co_return;
  }
  if (link->context().options.acquire_notify) {
    co_await acquire_notify(link, handle, subscription, deadline);
  } else if (link->count_notifying(handle)) {
    std::exception_ptr failure;
    try {
      co_await start_notify(link, handle, deadline);
    } catch (...) {
      failure = std::current_exception();
    }
    if (failure) {
      if (link->uncount_notifying(handle) || link->closed()) send_stop(link, handle);
      std::rethrow_exception(failure);
    }
  }
  link->check_open();
  subscription->active = true;
  trial.kept = true;
}

awaitable<void> unsubscribe(LinkPtr link, uint16_t handle, TimePoint deadline) {
  link->check_open();
  const auto subscription = link->find_subscription(handle);
  if (!subscription) co_return;
  link->remove_subscription(handle);  // however this ends, nothing is called after it
  if (subscription->socket) {
    subscription->socket->stop();
    co_return;
  }
  if (!std::exchange(subscription->active, false) || !link->uncount_notifying(handle)) co_return;
  const std::function<dbus::Message()> make = [link, handle] { return new_call(link, handle, "StopNotify"); };
  (void)co_await call_attribute(link, GattStep::subscribe, make, deadline);
}

}  // namespace moor::bluez
