#pragma once
// What a client shares with its coroutines. They hold it, so a client may be moved or destroyed while they wait; `abandon` then closes the
// link, which ends them.

#include "connect/notifications.hpp"

#include <map>

namespace moor {

struct Client::State : std::enable_shared_from_this<State> {
  using Self = std::shared_ptr<State>;
  struct Subscription {
    CharacteristicName name;
    SubscribeKind kind;
    std::shared_ptr<Notifications::Queue> queue;
    std::shared_ptr<bool> live;  // false: what the link still delivers is not for this queue
  };

  State(boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<Link> made, GattServices known, ClientOptions wanted,
        ServiceCache* cache);
  void begin();
  void abandon() noexcept;

  [[nodiscard]] TimePoint deadline() const { return clock.now() + options.operation_timeout; }
  [[nodiscard]] const std::string& label() const noexcept;

  // What the link does.
  static awaitable<void> watch(Self self);
  void on_services_changed();
  static awaitable<void> renew_subscriptions(Self self);

  // The table.
  static awaitable<GattCharacteristic> resolve(Self self, CharacteristicName name, TimePoint deadline);
  static awaitable<uint16_t> resolve_descriptor(Self self, CharacteristicName name, Uuid descriptor, TimePoint deadline);
  static awaitable<void> discover(Self self, TimePoint deadline);
  void distrust_table();

  // Operations.
  static awaitable<std::vector<uint8_t>> read(Self self, CharacteristicName name);
  static awaitable<void> write(Self self, CharacteristicName name, std::vector<uint8_t> value, std::optional<WriteKind> kind);
  static awaitable<std::vector<uint8_t>> read_descriptor(Self self, CharacteristicName name, Uuid descriptor);
  static awaitable<void> write_descriptor(Self self, CharacteristicName name, Uuid descriptor, std::vector<uint8_t> value);
  static awaitable<std::shared_ptr<Notifications::Queue>> subscribe(Self self, CharacteristicName name, SubscribeOptions options);
  static awaitable<std::shared_ptr<Notifications::Queue>> subscribe_explained(Self self, CharacteristicName name,
                                                                              SubscribeOptions options);
  static awaitable<void> subscribe_callback(Self self, CharacteristicName name, std::function<void(const Notification&)> on_value,
                                            SubscribeOptions options);
  static awaitable<void> drain(Self self, std::shared_ptr<Notifications::Queue> queue,
                               std::function<void(const Notification&)> on_value);
  static awaitable<void> unsubscribe(Self self, CharacteristicName name);
  static awaitable<bool> clear_cache(Self self);
  static awaitable<void> disconnect(Self self);
  static awaitable<void> close(std::shared_ptr<Link> link, TimePoint deadline);

  [[nodiscard]] static Link::ValueCallback into(const Subscription& subscription);
  [[nodiscard]] std::map<uint16_t, Subscription>::iterator find_subscription(const CharacteristicName& name);
  [[nodiscard]] std::map<uint16_t, Subscription>::iterator find_subscription(const Notifications::Queue& queue);
  void remove(const Notifications::Queue& queue);
  void end_subscriptions();
  void check_open() const;
  /// Throws the current exception again, with what was being done, the device, the radio and advice. @param doing  "read 2a19".
  [[noreturn]] void rethrow_explained(const std::string& doing);
  template <typename Result>
  static awaitable<Result> explained(Self self, std::string doing, awaitable<Result> work);

  boost::asio::any_io_executor executor;
  Clock& clock;
  std::shared_ptr<Link> link;
  GattServices services;
  ClientOptions options;
  ServiceCache* cache;
  bool table_known;
  bool table_fresh = false;    // discovered on this link, past all caches: a name that is missing is missing
  bool table_suspect = false;  // the next discovery goes past the caches
  bool discovering = false;
  std::vector<Event*> waiting_for_discovery{};
  bool closed_by_us = false;
  std::shared_ptr<uint64_t> arrivals = std::make_shared<uint64_t>(0);
  std::map<uint16_t, Subscription> subscriptions{};  // by the handle of the value
};

template <typename Result>
awaitable<Result> Client::State::explained(Self self, std::string doing, awaitable<Result> work) {
  try {
    co_return co_await std::move(work);
  } catch (...) {
    self->rethrow_explained(doing);
  }
}

}  // namespace moor
