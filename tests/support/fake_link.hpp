#pragma once
// A device of a script, behind a link: a table of services, values, refusals, and a link that closes when the test says so. Each operation
// takes `latency` of the clock's time.

#include "core/event.hpp"
#include "core/within.hpp"
#include "moor/link.hpp"

#include <map>

namespace moor::testing {

/// What stays when the link is gone: the device, and a log of all that was asked of it.
struct FakeDevice {
  Clock& clock;
  Address address = Address(0xA4CF12345678, false);
  std::string name = "Thermometer";
  GattServices table{};                                  ///< as the device has it now
  std::optional<GattServices> system_table{};            ///< as the radio's system remembers it
  std::map<uint16_t, std::vector<uint8_t>> values{};     ///< by handle
  std::map<uint16_t, uint8_t> refusals{};                ///< ATT error by handle
  std::map<uint16_t, int> silent{};                      ///< so many operations on the handle get no answer
  Duration latency = std::chrono::milliseconds(50);      ///< of an operation
  Duration discovery = std::chrono::milliseconds(1200);  ///< of the whole table
  Duration closing = std::chrono::milliseconds(10);      ///< of a disconnection
  std::vector<std::string> log{};                        ///< "read 3", "subscribe 6 notification", "disconnect", ...
  int links = 0;                                         ///< open
  std::map<uint16_t, Link::ValueCallback> subscribers{};
  std::function<void()> services_changed{};
  std::function<void(CloseReason)> close{};  ///< of the link there is

  explicit FakeDevice(Clock& its_clock) : clock(its_clock) {}
  void notify(uint16_t handle, std::vector<uint8_t> value) {
    const auto found = subscribers.find(handle);
    if (found != subscribers.end() && found->second) found->second(value, clock.now());
  }
  [[nodiscard]] size_t count(std::string_view entry) const {
    return static_cast<size_t>(std::count(log.begin(), log.end(), entry));
  }
};

class FakeLink final : public Link {
public:
  FakeLink(boost::asio::any_io_executor executor, FakeDevice& device)
      : shared_(std::make_shared<Shared>(Shared{std::move(executor), device})) {
    shared_->info = {.device = device.address,
                     .name = device.name,
                     .radio = 0,
                     .radio_name = "fake:hci0",
                     .path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78",
                     .since = device.clock.now()};
    ++device.links;
    device.subscribers.clear();
    device.close = [weak = std::weak_ptr(shared_)](CloseReason reason) {
      if (const auto shared = weak.lock()) shared->close(reason);
    };
  }
  ~FakeLink() override { shared_->close(CloseReason::local); }

  [[nodiscard]] const LinkInfo& info() const noexcept override { return shared_->info; }
  [[nodiscard]] const std::optional<Closed>& closed() const noexcept override { return shared_->closed; }
  [[nodiscard]] awaitable<Closed> wait_closed() override { return wait_closed(shared_); }

  [[nodiscard]] awaitable<GattServices> services(TimePoint deadline) override {
    if (shared_->device.system_table) co_return *shared_->device.system_table;
    co_await take(shared_, "discover", shared_->device.discovery, deadline);
    shared_->device.system_table = shared_->device.table;
    co_return shared_->device.table;
  }
  [[nodiscard]] awaitable<std::vector<uint8_t>> read(uint16_t handle, TimePoint deadline) override {
    co_await operation("read", handle, deadline);
    co_return shared_->device.values[handle];
  }
  [[nodiscard]] awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, TimePoint deadline) override {
    co_await operation(kind == WriteKind::with_response ? "write" : "command", handle, deadline);
    shared_->device.values[handle] = std::move(value);
  }
  [[nodiscard]] awaitable<void> subscribe(uint16_t handle, SubscribeKind kind, ValueCallback on_value,
                                          TimePoint deadline) override {
    shared_->device.subscribers[handle] = std::move(on_value);
    co_await operation(kind == SubscribeKind::notification ? "notify" : "indicate", handle, deadline);
  }
  [[nodiscard]] awaitable<void> unsubscribe(uint16_t handle, TimePoint deadline) override {
    shared_->device.subscribers.erase(handle);
    co_await operation("unsubscribe", handle, deadline);
  }
  [[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(uint16_t handle, TimePoint deadline) override {
    return read(handle, deadline);
  }
  [[nodiscard]] awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) override {
    return write(handle, std::move(value), WriteKind::with_response, deadline);
  }
  [[nodiscard]] uint16_t mtu() const noexcept override { return 247; }
  [[nodiscard]] awaitable<int8_t> rssi(TimePoint deadline) override {
    co_await operation("rssi", 0, deadline);
    co_return int8_t{-60};
  }
  [[nodiscard]] awaitable<ParametersApplied> set_parameters(ConnectionParameters, TimePoint deadline) override {
    co_await operation("parameters", 0, deadline);
    co_return ParametersApplied::now;
  }
  [[nodiscard]] awaitable<void> pair(PairingAgent&, TimePoint deadline) override { return operation("pair", 0, deadline); }
  [[nodiscard]] awaitable<void> unpair(TimePoint deadline) override { return operation("unpair", 0, deadline); }
  [[nodiscard]] awaitable<bool> clear_cache(TimePoint) override {
    shared_->device.log.emplace_back("clear");
    co_return std::exchange(shared_->device.system_table, std::nullopt).has_value();
  }
  void on_services_changed(std::function<void()> callback) override { shared_->device.services_changed = std::move(callback); }
  [[nodiscard]] awaitable<void> disconnect(TimePoint) override { return disconnect(shared_); }

private:
  struct Shared {
    boost::asio::any_io_executor executor;
    FakeDevice& device;
    LinkInfo info{};
    std::optional<Closed> closed{};
    std::vector<Event*> waiting{};  // for the end of the link

    void close(CloseReason reason) {
      if (closed) return;
      closed = Closed{.reason = reason, .at = device.clock.now()};
      --device.links;
      for (Event* each : waiting) each->set();
    }
  };
  using SharedPointer = std::shared_ptr<Shared>;

  static awaitable<Closed> wait_closed(SharedPointer shared) {
    if (!shared->closed) {
      Event closed(shared->executor);
      shared->waiting.push_back(&closed);
      struct Leave {
        Shared& shared;
        Event* event;
        ~Leave() { std::erase(shared.waiting, event); }
      } leave{*shared, &closed};
      co_await closed.wait();
    }
    co_return *shared->closed;
  }
  static awaitable<void> disconnect(SharedPointer shared) {
    if (shared->closed) co_return;
    shared->device.log.emplace_back("disconnect");
    co_await shared->device.clock.wait_for(shared->device.closing);
    shared->close(CloseReason::local);
  }
  awaitable<void> operation(std::string what, uint16_t handle, TimePoint deadline) {
    const SharedPointer shared = shared_;
    FakeDevice& device = shared->device;
    if (handle != 0) what += " " + std::to_string(handle);
    const bool silent = device.silent[handle] > 0;
    if (silent) --device.silent[handle];
    co_await take(shared, what, silent ? std::chrono::hours(1) : device.latency, deadline);
    if (const auto refused = device.refusals.find(handle); refused != device.refusals.end() && refused->second != 0)
      throw GattError(refused->second, "refused");
  }
  /// An answer after `how_long`, unless the link closes or the deadline comes before it.
  static awaitable<void> take(SharedPointer shared, std::string what, Duration how_long, TimePoint deadline) {
    Clock& clock = shared->device.clock;
    if (shared->closed) throw LinkClosed("closed", *shared->closed);
    shared->device.log.push_back(std::move(what));
    const TimePoint done = clock.now() + how_long;
    if (co_await within(clock, std::min(done, deadline), until_closed(shared))) throw LinkClosed("closed", *shared->closed);
    if (deadline < done) throw TimedOut("no answer");
  }
  static awaitable<void> until_closed(SharedPointer shared) { (void)co_await wait_closed(shared); }

  SharedPointer shared_;
};

/// A table from one line a service: {{0x181A, {{0x2A6E, {Property::read}}}}}. Handles count up from `first`, with a 2902 where it is needed.
struct FakeCharacteristic {
  uint32_t uuid;
  Properties properties;
};
struct FakeService {
  uint32_t uuid;
  std::vector<FakeCharacteristic> characteristics;
};
inline GattServices make_table(const std::vector<FakeService>& services, uint16_t first = 1) {
  std::vector<GattService> table;
  uint16_t handle = first;
  for (const FakeService& each : services) {
    GattService service{.uuid = Uuid(each.uuid), .handle = handle++};
    for (const FakeCharacteristic& one : each.characteristics) {
      ++handle;  // the declaration
      GattCharacteristic characteristic{
          .uuid = Uuid(one.uuid), .handle = handle++, .properties = one.properties, .descriptors = {}, .service = service.uuid};
      if (one.properties.has(Property::notify) || one.properties.has(Property::indicate))
        characteristic.descriptors.push_back({.uuid = client_characteristic_configuration, .handle = handle++});
      service.characteristics.push_back(std::move(characteristic));
    }
    service.end_handle = static_cast<uint16_t>(handle - 1);
    table.push_back(std::move(service));
  }
  return GattServices(std::move(table));
}

}  // namespace moor::testing
