#pragma once
// What a radio's system knows of devices: heard, connected, bonded, forgotten.

#include "core/bell.hpp"
#include "radio/sim/state.hpp"

namespace moor::sim {

/// BlueZ drops a device that is neither connected nor bonded so long after it was last heard (main.conf: TemporaryTimeout).
inline constexpr Duration temporary_timeout = std::chrono::seconds(30);

class KnownDevices {
public:
  KnownDevices(State& state, size_t radio);
  /// An advertisement was delivered. @param rssi_dbm  of it.
  void heard(size_t device, int8_t rssi_dbm, TimePoint t);
  /// It is kept while somebody connects to it. Once for each beginning and end.
  void set_connecting(size_t device, bool connecting);
  void set_connected(size_t device, bool connected);
  void set_bonded(size_t device, bool bonded);
  [[nodiscard]] bool is_bonded(size_t device) const noexcept { return entries_[device].bonded; }
  /// Forgets a device that is not bonded. @returns whether there was something to forget.
  bool forget(size_t device);
  /// Nothing for one that is forgotten by now.
  [[nodiscard]] std::optional<KnownDevice> find(size_t device) const;
  [[nodiscard]] std::vector<KnownDevice> all() const;
  /// "/org/bluez/hci0/dev_A4_CF_12_34_56_78"; empty for a proxy.
  [[nodiscard]] std::string path(size_t device) const;
  /// Completes at the next change of the device's entry other than its RSSI. Cancellation: total.
  [[nodiscard]] awaitable<void> changed(size_t device);

private:
  struct Entry {
    TimePoint last_heard{};
    int8_t rssi_dbm = no_rssi;
    bool there = false;
    bool connected = false;
    bool bonded = false;
    uint16_t connecting = 0;
  };
  [[nodiscard]] bool is_known(const Entry& entry, TimePoint t) const noexcept;
  [[nodiscard]] bool is_kept(const Entry& entry) const noexcept {
    return entry.connected || entry.bonded || entry.connecting > 0;
  }
  void ring(size_t device);

  State& state_;
  size_t radio_;
  std::vector<Entry> entries_;    // by device
  std::map<size_t, Bell> bells_;  // of devices that somebody has waited for
};

}  // namespace moor::sim
