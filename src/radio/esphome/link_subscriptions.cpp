// Subscribing. The proxy is told first (78), so that the device's first value finds its way; then the device, by its configuration descriptor, which
// a proxy with remote caching leaves to its client. The callback is there before either, for values that come before the answers.

#include "radio/esphome/link_requests.hpp"

#include <array>

namespace moor::esphome_radio {

namespace {

using SubscriptionPtr = LinkCore::SubscriptionPtr;

constexpr uint8_t invalid_handle = 0x01;
constexpr uint8_t attribute_not_found = 0x0A;

// Core 5.4, Vol 3, Part G, 3.3.3.3.
std::array<uint8_t, 2> configuration(SubscribeKind kind) noexcept {
  return {static_cast<uint8_t>(kind == SubscribeKind::notification ? 0x01 : 0x02), 0x00};
}
constexpr std::array<uint8_t, 2> off = {0x00, 0x00};

// The best that can be done where nobody can wait any more: what was switched on is switched off, without a look at the answers.
void send_configuration(LinkCore& link, uint16_t descriptor, std::array<uint8_t, 2> value) noexcept {
  try {
    link.send(esphome::WriteDescriptorRequest{.address = link.address(), .handle = descriptor, .data = value});
    link.pending().begin_unawaited({descriptor, RequestKind::write}, link.clock().now());
  } catch (const LinkClosed&) {  // and so it is off
  }
}
void send_disable(LinkCore& link, uint16_t handle) noexcept {
  try {
    link.send(esphome::NotifyRequest{.address = link.address(), .handle = handle, .enable = false});
    link.pending().begin_unawaited({handle, RequestKind::notify}, link.clock().now());
  } catch (const LinkClosed&) {
  }
}

// Puts back what was there before, unless the subscription came to be.
struct Trial {
  Trial(CorePtr on, uint16_t of, SubscriptionPtr subscription)
      : link(std::move(on)), handle(of), before(link->find_subscription(of)), now(std::move(subscription)) {
    link->set_subscription(handle, now);
  }
  Trial(const Trial&) = delete;
  Trial& operator=(const Trial&) = delete;
  ~Trial() {
    if (kept) return;
    link->set_subscription(handle, before);
    if (link->closed()) return;
    if (configured) send_configuration(*link, now->configuration, before ? configuration(before->kind) : off);
    if (enabled && !before) send_disable(*link, handle);
  }
  CorePtr link;
  uint16_t handle;
  SubscriptionPtr before;
  SubscriptionPtr now;
  bool enabled = false;     // the proxy may have been told
  bool configured = false;  // the device may have been told
  bool kept = false;
};

awaitable<void> enable(CorePtr link, uint16_t handle, bool on, TimePoint deadline) {
  std::function<void(LinkCore&)> send = [handle, on](LinkCore& core) {
    core.send(esphome::NotifyRequest{.address = core.address(), .handle = handle, .enable = on});
  };
  const Pending::Key key{handle, RequestKind::notify};
  const Answer answer = co_await ask(link, key, std::move(send), deadline);
  check_answer(*link, answer);
}

awaitable<void> configure(CorePtr link, uint16_t descriptor, std::array<uint8_t, 2> value, TimePoint deadline) {
  std::vector<uint8_t> bytes(value.begin(), value.end());
  co_await write_descriptor(link, descriptor, std::move(bytes), deadline);
}

uint16_t configuration_handle(const LinkCore& link, const GattServices& services, uint16_t handle) {
  const GattCharacteristic* const characteristic = services.find_characteristic_by_value_handle(handle);
  if (characteristic == nullptr) throw_gatt_error(link, invalid_handle, "no characteristic has this handle");
  const GattDescriptor* const found = characteristic->find_descriptor(client_characteristic_configuration);
  if (found == nullptr) throw_gatt_error(link, attribute_not_found, "the characteristic has no configuration descriptor (2902)");
  return found->handle;
}

awaitable<void> begin(CorePtr link, uint16_t handle, SubscriptionPtr subscription, TimePoint deadline) {
  Trial trial(link, handle, subscription);
  const bool is_on = trial.before && trial.before->active;
  if (!is_on) {
    trial.enabled = true;
    co_await enable(link, handle, true, deadline);
  }
  if (!is_on || trial.before->kind != subscription->kind) {
    trial.configured = true;
    try {
      co_await configure(link, subscription->configuration, configuration(subscription->kind), deadline);
    } catch (const GattError&) {
      trial.configured = false;  // the device has refused it
      throw;
    }
  }
  link->check_open();
  subscription->active = true;
  trial.kept = true;
}

// The proxy is told whatever became of the device's answer; of two failures the first counts.
struct Ending {
  Ending(CorePtr on, uint16_t of) : link(std::move(on)), handle(of) {}
  Ending(const Ending&) = delete;
  Ending& operator=(const Ending&) = delete;
  ~Ending() {
    if (!told && !link->closed()) send_disable(*link, handle);
  }
  CorePtr link;
  uint16_t handle;
  bool told = false;
};

awaitable<void> end(CorePtr link, uint16_t handle, uint16_t descriptor, TimePoint deadline) {
  Ending ending(link, handle);
  std::exception_ptr refused;
  try {
    co_await configure(link, descriptor, off, deadline);
  } catch (const GattError&) {
    refused = std::current_exception();
  }
  ending.told = true;
  co_await enable(link, handle, false, deadline);
  if (refused) std::rethrow_exception(refused);
}

awaitable<Turns::Turn> take_turn(CorePtr link, uint16_t handle, TimePoint deadline) {
  std::optional<Turns::Turn> turn = co_await within(link->clock(), deadline, link->subscription_turns(handle).take());
  link->check_open();
  if (!turn) link->throw_timed_out();
  co_return std::move(*turn);
}

}  // namespace

awaitable<void> subscribe(CorePtr link, uint16_t handle, SubscribeKind kind, Link::ValueCallback on_value, TimePoint deadline) {
  link->check_open();
  const Turns::Turn turn = co_await take_turn(link, handle, deadline);
  const GattServices services = co_await find_services(link, deadline);
  const auto subscription = std::make_shared<LinkCore::Subscription>();
  subscription->on_value = std::move(on_value);
  subscription->kind = kind;
  subscription->configuration = configuration_handle(*link, services, handle);
  co_await begin(link, handle, subscription, deadline);
}

awaitable<void> unsubscribe(CorePtr link, uint16_t handle, TimePoint deadline) {
  link->check_open();
  // However this ends, nothing is called after it.
  if (const SubscriptionPtr now = link->find_subscription(handle)) now->muted = true;
  const Turns::Turn turn = co_await take_turn(link, handle, deadline);
  const SubscriptionPtr subscription = link->find_subscription(handle);
  if (!subscription) co_return;
  link->set_subscription(handle, nullptr);
  co_await end(link, handle, subscription->configuration, deadline);
}

}  // namespace moor::esphome_radio
