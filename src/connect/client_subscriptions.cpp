#include "connect/client_state.hpp"
#include "core/require.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/use_awaitable.hpp>

namespace moor {

namespace asio = boost::asio;

namespace {

constexpr uint8_t request_not_supported = 0x06;  // Core 5.4, Vol 3, Part F, 3.4.1.1
// To a callback, before others have their turn: a burst costs one turn of the event loop, and a flood delays nobody for long.
constexpr int values_a_turn = 16;

SubscribeKind kind_of(const GattCharacteristic& characteristic, const CharacteristicName& name,
                      std::optional<SubscribeKind> wanted) {
  if (wanted) return *wanted;
  if (characteristic.properties.has(Property::notify)) return SubscribeKind::notification;
  if (characteristic.properties.has(Property::indicate)) return SubscribeKind::indication;
  throw GattError(
      request_not_supported, name.to_string() + " neither notifies nor indicates",
      {.advice = fmt::format("It has {}; read it now and then.", fmt::join(characteristic.properties.names(), ", "))});
}

}  // namespace

Link::ValueCallback Client::State::into(const Subscription& subscription) {
  return [queue = subscription.queue, live = subscription.live](Bytes value, TimePoint time) {
    if (*live) queue->push(value, time);
  };
}

std::map<uint16_t, Client::State::Subscription>::iterator Client::State::find_subscription(const CharacteristicName& name) {
  const auto same_name = std::ranges::find_if(subscriptions, [&](const auto& each) { return each.second.name == name; });
  if (same_name != subscriptions.end()) return same_name;
  const GattCharacteristic* const characteristic = services.find_characteristic(name);
  return characteristic == nullptr ? subscriptions.end() : subscriptions.find(characteristic->handle);
}

std::map<uint16_t, Client::State::Subscription>::iterator Client::State::find_subscription(const Notifications::Queue& queue) {
  return std::ranges::find_if(subscriptions, [&](const auto& each) { return each.second.queue.get() == &queue; });
}

void Client::State::remove(const Notifications::Queue& queue) {
  std::erase_if(subscriptions, [&](const auto& each) {
    if (each.second.queue.get() != &queue) return false;
    *each.second.live = false;
    return true;
  });
}

awaitable<std::shared_ptr<Notifications::Queue>> Client::State::subscribe(Self self, CharacteristicName name,
                                                                          SubscribeOptions options) {
  require(options.capacity > 0, "a subscription has room for at least one value");
  const TimePoint deadline = self->deadline();
  const GattCharacteristic characteristic = co_await resolve(self, name, deadline);
  Subscription subscription{name, kind_of(characteristic, name, options.kind),
                            std::make_shared<Notifications::Queue>(characteristic.uuid, options.capacity, self->arrivals),
                            std::make_shared<bool>(true)};
  const auto queue = subscription.queue;
  if (const auto before = self->subscriptions.find(characteristic.handle); before != self->subscriptions.end()) {
    const auto replaced = before->second.queue;
    self->remove(*replaced);
    replaced->end();
  }
  // Known before the device is asked: values may come before its answer, and the link may close meanwhile.
  self->subscriptions.insert_or_assign(characteristic.handle, subscription);
  struct Undo {
    State& state;
    Notifications::Queue& queue;
    bool done = false;
    ~Undo() {
      if (done) return;
      state.remove(queue);
      queue.discard();
    }
  } undo{*self, *queue};
  co_await self->link->subscribe(characteristic.handle, subscription.kind, into(subscription), deadline);
  undo.done = true;
  co_return queue;
}

awaitable<std::shared_ptr<Notifications::Queue>> Client::State::subscribe_explained(Self self, CharacteristicName name,
                                                                                    SubscribeOptions options) {
  return explained(self, "subscribe to " + name.to_string(), subscribe(self, name, options));
}

awaitable<void> Client::State::subscribe_callback(Self self, CharacteristicName name,
                                                  std::function<void(const Notification&)> on_value, SubscribeOptions options) {
  const auto queue = co_await subscribe_explained(self, name, options);
  queue->calls_back = true;
  asio::co_spawn(self->executor, drain(self, queue, std::move(on_value)), asio::detached);
}

awaitable<void> Client::State::drain(Self self, std::shared_ptr<Notifications::Queue> queue,
                                     std::function<void(const Notification&)> on_value) {
  int taken = 0;
  while (const auto value = co_await Notifications::next(queue)) {
    try {
      on_value(*value);
    } catch (...) {
      queue->error = std::current_exception();
      queue->discard();
      break;
    }
    if (++taken % values_a_turn == 0) co_await asio::post(asio::use_awaitable);
  }
  const auto place = self->find_subscription(*queue);
  if (!queue->error || place == self->subscriptions.end() || self->link->closed()) co_return;
  *place->second.live = false;
  co_await self->link->unsubscribe(place->first, self->deadline());
}

awaitable<void> Client::State::unsubscribe(Self self, CharacteristicName name) {
  const auto place = self->find_subscription(name);
  if (place == self->subscriptions.end()) co_return;
  const uint16_t handle = place->first;
  const auto queue = place->second.queue;
  self->remove(*queue);
  queue->discard();
  if (!queue->error && !self->link->closed())
    co_await explained(self, "unsubscribe from " + name.to_string(), self->link->unsubscribe(handle, self->deadline()));
  if (queue->error) std::rethrow_exception(queue->error);
}

awaitable<void> Client::State::renew_subscriptions(Self self) {
  const std::map<uint16_t, Subscription> before = self->subscriptions;
  std::map<uint16_t, Subscription> renewed;
  for (const auto& [handle, old] : before) {
    try {
      const GattCharacteristic characteristic = co_await resolve(self, old.name, self->deadline());
      renewed.insert({characteristic.handle, {old.name, old.kind, old.queue, std::make_shared<bool>(true)}});
    } catch (...) {  // its queue ends below, which says it
    }
  }
  // All at once, since what was one's handle may now be another's. Those that the program has ended meanwhile are no more.
  std::erase_if(renewed,
                [&](const auto& each) { return self->find_subscription(*each.second.queue) == self->subscriptions.end(); });
  for (const auto& [handle, old] : before) self->remove(*old.queue);
  for (const auto& [handle, subscription] : renewed) self->subscriptions.insert({handle, subscription});
  const auto is_renewed = [&](const auto& queue) {
    return std::ranges::any_of(renewed, [&](const auto& each) { return each.second.queue == queue; });
  };
  for (const auto& [handle, old] : before)
    if (!is_renewed(old.queue)) old.queue->end();
  for (const auto& [handle, subscription] : renewed) {
    try {
      co_await self->link->subscribe(handle, subscription.kind, into(subscription), self->deadline());
    } catch (...) {
      self->remove(*subscription.queue);
      subscription.queue->end();
    }
  }
}

}  // namespace moor
