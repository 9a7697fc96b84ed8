#pragma once
// A passive scan of bluetoothd: an object of ours says what advertisements must have, and bluetoothd lets the kernel listen for them (BlueZ,
// doc/advertisement-monitor-api.txt). It needs at least one pattern, so that some devices cannot be heard.

#include "core/event.hpp"
#include "moor/radio.hpp"
#include "radio/bluez/system.hpp"

namespace moor::bluez {

/// What most devices have: flags of all usual values, and first bytes of the data of frequent kinds that send no flags.
[[nodiscard]] const std::vector<AdPattern>& usual_patterns();
/// For people: which devices a passive scan with these cannot hear.
[[nodiscard]] std::string_view limits_of_usual_patterns() noexcept;

class AdvertisementMonitor {
public:
  using OnFound = std::function<void(const Address& device)>;

  /// @param on_found   bluetoothd says that a device is there; also of one whose properties do not change.
  /// @param on_change  it is active, or no longer.
  AdvertisementMonitor(System& system, unsigned adapter, std::vector<AdPattern> patterns, OnFound on_found,
                       std::function<void()> on_change);
  AdvertisementMonitor(const AdvertisementMonitor&) = delete;
  AdvertisementMonitor& operator=(const AdvertisementMonitor&) = delete;

  /// Completes when bluetoothd has taken it. @throws RadioNotAvailable, dbus::CallFailed, TimedOut. Cancellation: total; stop it afterwards.
  [[nodiscard]] awaitable<void> start(TimePoint deadline);
  /// Nothing is called any more when it completes. Throws nothing.
  [[nodiscard]] awaitable<void> stop(TimePoint deadline);
  /// bluetoothd does not want it, or not any longer.
  [[nodiscard]] bool is_released() const noexcept { return released_; }

private:
  void on_call(const dbus::Message& call, dbus::Reply reply);
  void write_properties(dbus::Writer& writer, size_t part) const;
  void write_objects(dbus::Writer& writer) const;
  [[nodiscard]] dbus::Message new_call(const char* method);

  System& system_;
  unsigned adapter_;
  std::vector<AdPattern> patterns_;
  OnFound on_found_;
  std::function<void()> on_change_;
  std::string root_;  // of the objects that bluetoothd looks for: root/0, root/1, ..., each with some of the patterns
  dbus::Bus::Hold served_;
  bool registered_ = false;
  bool released_ = false;
};

}  // namespace moor::bluez
