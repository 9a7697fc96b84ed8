#pragma once
// One simulated device: whether it is there and awake, what its characteristics are worth, who is connected, and what goes wrong.

#include "core/bell.hpp"
#include "radio/sim/device_faults.hpp"
#include "radio/sim/gatt_server.hpp"
#include "radio/sim/sleep.hpp"
#include "radio/sim/state.hpp"

namespace moor::sim {

class Connection;

class Peripheral {
public:
  Peripheral(State& state, size_t index);
  ~Peripheral();

  [[nodiscard]] size_t index() const noexcept { return index_; }
  [[nodiscard]] const DeviceEntry& spec() const noexcept { return state_.spec().devices[index_]; }
  /// There, powered and awake. Asked for any moment not before the last one.
  [[nodiscard]] bool is_reachable(TimePoint t) {
    advance(t);
    return reachable_;
  }
  /// And advertising: not connected, or it goes on meanwhile.
  [[nodiscard]] bool is_advertising(TimePoint t);
  /// And it would take a connection; one that never advertises does from those that know it.
  [[nodiscard]] bool is_connectable(TimePoint t);
  /// The next moment after `t` at which `is_reachable` may change by itself; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_change(TimePoint t);
  /// Rung at all other changes: links made and gone, presence, faults that are added.
  [[nodiscard]] Bell& changed() noexcept { return changed_; }
  /// The payload of its n-th advertising event, which takes turns where it has several.
  [[nodiscard]] Bytes payload(uint64_t event) const noexcept;
  [[nodiscard]] Bytes scan_response() const noexcept;
  /// Up to the clock's present moment.
  [[nodiscard]] DeviceTruth& truth();

  // What World does to a device, see world.hpp.
  void drop_link(CloseReason reason);
  void set_present(bool present);
  void set_value(const CharacteristicName& characteristic, std::vector<uint8_t> value);
  [[nodiscard]] std::vector<uint8_t> value(const CharacteristicName& characteristic) const;
  void add_fault(DeviceFault fault);

  // For its links.
  [[nodiscard]] GattServer& gatt() const;
  [[nodiscard]] DeviceFaults& faults() noexcept { return faults_; }
  /// How often it has begun anew: it knows no link from before.
  [[nodiscard]] uint64_t boots() const noexcept { return boots_; }
  void link_begins(Connection& link);
  /// @returns the number of the link among the device's.
  uint64_t link_made(TimePoint t);
  /// @param made  whether it came to be. @param dropped  otherwise than by the central.
  void link_ends(Connection& link, TimePoint t, bool made, bool dropped);
  void notification_sent(bool lost) noexcept {
    ++truth_.notifications;
    if (lost) ++truth_.notifications_lost;
  }
  /// The generation of the table that the bonded radio has seen; nothing where there is no bond.
  [[nodiscard]] std::optional<unsigned> bonded_generation(size_t radio) const;
  void bond(size_t radio, unsigned generation) { bonds_[radio] = generation; }
  void forget_bond(size_t radio) { bonds_.erase(radio); }

private:
  void advance(TimePoint t) {
    while (next_ <= t) step();
  }
  void step();
  void happen(const DeviceFault& fault, TimePoint t);
  void update(TimePoint t);
  void touch_links();
  [[nodiscard]] Duration elapsed() const noexcept { return state_.elapsed(); }
  [[nodiscard]] std::vector<std::shared_ptr<Connection>> links() const;

  State& state_;
  size_t index_;
  DeviceTruth truth_;
  SleepSchedule sleep_;
  DeviceFaults faults_;
  mutable std::unique_ptr<GattServer> gatt_;  // made when it is needed: most devices of a crowd are never asked
  std::vector<Connection*> links_;            // each takes itself out
  std::map<size_t, unsigned> bonds_;          // by radio
  Bell changed_;
  bool present_ = true;
  bool reachable_ = true;
  uint64_t boots_ = 0;
  TimePoint down_until_{};  // after a reboot
  TimePoint counted_to_;    // of truth_.reachable
  TimePoint next_;          // the next change by itself
};

}  // namespace moor::sim
