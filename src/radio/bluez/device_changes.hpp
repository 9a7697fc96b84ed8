#pragma once
// Waiting for what becomes of one device of bluetoothd.

#include "core/event.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

class DeviceChanges {
public:
  DeviceChanges(System& system, unsigned adapter, Address device, const boost::asio::any_io_executor& executor);
  DeviceChanges(const DeviceChanges&) = delete;
  DeviceChanges& operator=(const DeviceChanges&) = delete;

  /// Null while bluetoothd does not have it.
  [[nodiscard]] const DeviceObject* object() const noexcept;
  [[nodiscard]] bool is_connected() const noexcept;
  /// Completes at the next change, also one that came since the last time. @returns false where the deadline came first. Cancellation: total.
  [[nodiscard]] awaitable<bool> next(TimePoint deadline);
  /// The same; of changes that come while it waits, only one after which `matters` is true. A connection brings many that nobody waits for.
  [[nodiscard]] awaitable<bool> next(TimePoint deadline, std::function<bool()> matters);
  /// How often its connection has ended, or its object was removed, since this began to look.
  [[nodiscard]] unsigned losses() const noexcept { return losses_; }
  /// Calls that end when the object has been removed, or bluetoothd is gone.
  [[nodiscard]] dbus::CallGroup& calls() noexcept { return calls_; }
  /// Bluetoothd itself is gone, and was back or not.
  [[nodiscard]] bool is_reset() const noexcept { return reset_; }

private:
  void on_event(const ObjectTree::DeviceEvent& event);

  System& system_;
  unsigned adapter_;
  Address device_;
  Event changed_;
  dbus::CallGroup calls_;
  std::function<bool()> matters_;
  bool was_connected_;
  bool reset_ = false;
  unsigned losses_ = 0;
  std::unique_ptr<ObjectTree::Watch> watch_;
};

}  // namespace moor::bluez
