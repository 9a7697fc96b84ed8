#pragma once
// What there is of a link: its device's object, whether it is closed and why, who gets its values. Operations that are under way hold it, so that the link may be
// destroyed meanwhile. It does not wait: the object tree tells it what happens.

#include "core/event.hpp"
#include "hci/management_events.hpp"
#include "radio/bluez/bluez_link.hpp"
#include "radio/bluez/link_registry.hpp"

#include <deque>
#include <map>

namespace moor::bluez {

/// Values of a characteristic through a socket, until it is destroyed.
class AcquiredNotify;

class LinkState : public std::enable_shared_from_this<LinkState> {
public:
  /// @pre the device is connected
  LinkState(LinkContext context, Address device, std::unique_ptr<LinkRegistry::Place> place,
            boost::asio::any_io_executor executor);
  LinkState(const LinkState&) = delete;
  LinkState& operator=(const LinkState&) = delete;
  ~LinkState();
  /// Looks at what happens from now on. After the constructor, since it shares itself.
  void begin();

  [[nodiscard]] System& system() noexcept { return *context_.system; }
  [[nodiscard]] Clock& clock() noexcept { return context_.system->clock(); }
  [[nodiscard]] const LinkContext& context() const noexcept { return context_; }
  [[nodiscard]] const LinkInfo& info() const noexcept { return info_; }
  [[nodiscard]] const boost::asio::any_io_executor& executor() const noexcept { return executor_; }
  /// Null where bluetoothd no longer has it.
  [[nodiscard]] const DeviceObject* object() const noexcept;
  [[nodiscard]] ErrorContext error_context() const;

  [[nodiscard]] const std::optional<Closed>& closed() const noexcept { return closed_; }
  /// Completes when it is closed. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_closed() { return calls_.wait_ended(); }
  /// What is asked of the device, which ends when it is closed.
  [[nodiscard]] dbus::CallGroup& calls() noexcept { return calls_; }
  /// @throws LinkClosed
  void check_open() const;
  [[noreturn]] void throw_timed_out() const;
  /// Nothing happens where it is closed. Subscriptions end, here and in bluetoothd.
  void close(CloseReason reason, std::string text);
  /// Whether disconnecting is for this link to do: the connection was made by this process, and no other link of it takes part.
  [[nodiscard]] bool ends_connection() const;
  /// Tells bluetoothd to disconnect, without waiting.
  void send_disconnect();
  /// Somebody disconnects it: others wait.
  [[nodiscard]] bool is_closing() const noexcept { return closing_; }
  void set_closing();

  /// Of a value's handle. @throws GattError 0x01 where there is none.
  [[nodiscard]] const CharacteristicObject& characteristic(uint16_t value_handle) const;
  struct Descriptor {
    const DescriptorObject* object = nullptr;
    uint16_t characteristic = 0;  ///< handle of its characteristic's value
  };
  [[nodiscard]] Descriptor descriptor(uint16_t handle) const;
  [[nodiscard]] uint16_t mtu() const noexcept;
  /// The table has been given away: from now on it matters whether it changes.
  void table_delivered();
  void on_services_changed(std::function<void()> callback) { services_changed_ = std::move(callback); }

  // Values. Handles are those of the value.
  struct Subscription {
    Link::ValueCallback on_value;              // empty where somebody configured it by hand
    bool active = false;                       // bluetoothd has it
    std::shared_ptr<AcquiredNotify> socket{};  // where values come through it
  };
  [[nodiscard]] std::shared_ptr<Subscription> find_subscription(uint16_t handle) const;
  void set_subscription(uint16_t handle, std::shared_ptr<Subscription> subscription);
  void remove_subscription(uint16_t handle);
  /// Counts who of this process is notified of the characteristic. @returns whether it was the first, or the last.
  [[nodiscard]] bool count_notifying(uint16_t handle);
  [[nodiscard]] bool uncount_notifying(uint16_t handle);
  void deliver(uint16_t handle, Bytes value, TimePoint t);
  /// While a read is under way, values of the characteristic are held back: one may be the echo of what was read.
  void begin_read(uint16_t handle) { ++reads_[handle].under_way; }
  /// @param value  what was read; null where it failed.
  void end_read(uint16_t handle, const std::vector<uint8_t>* value);

private:
  struct Held {
    std::vector<uint8_t> value;
    TimePoint t;
  };
  struct Reads {
    int under_way = 0;
    std::deque<Held> held;
  };
  void on_event(const ObjectTree::DeviceEvent& event);
  void on_management(uint16_t event, uint16_t controller, Bytes parameters);
  void on_value(uint16_t handle, Bytes value);
  void close_for_loss(bool removed);
  void close_soon(bool removed);
  void look_at_services();
  void release_subscriptions();
  [[nodiscard]] uint64_t services_fingerprint() const noexcept;

  LinkContext context_;
  LinkInfo info_;
  boost::asio::any_io_executor executor_;
  std::unique_ptr<LinkRegistry::Place> place_;
  std::optional<Closed> closed_;
  dbus::CallGroup calls_;
  bool closing_ = false;
  std::optional<hci::DeviceDisconnected::Reason> disconnect_reason_;  // the kernel's
  std::map<uint16_t, std::shared_ptr<Subscription>> subscriptions_;
  std::map<uint16_t, Reads> reads_;
  std::optional<uint64_t> delivered_services_;
  bool services_check_posted_ = false;
  std::function<void()> services_changed_;
  std::unique_ptr<ObjectTree::Watch> watch_;
  std::unique_ptr<Management::Watch> management_watch_;
};

using LinkPtr = std::shared_ptr<LinkState>;

}  // namespace moor::bluez
