#pragma once
// One radio of the world: its slots, its links, what its system knows of devices, and what befalls it.

#include "radio/sim/radio_faults.hpp"

namespace moor::sim {

class SimLink;

/// What the radio's system knows of devices: heard, connected, forgotten.
class KnownDevices {
public:
  KnownDevices(State& state, size_t radio) : state_(state), radio_(radio) {}
  /// An advertisement was delivered. @param rssi_dbm  of it.
  void heard(size_t device, int8_t rssi_dbm, TimePoint t);
  void set_connected(size_t device, bool connected);
  void set_bonded(size_t device, bool bonded);
  /// @returns whether there was something to forget.
  bool forget(size_t device);
  [[nodiscard]] std::optional<KnownDevice> find(size_t device) const;
  [[nodiscard]] std::vector<KnownDevice> all() const;
  /// Completes at the next change of the device's entry other than its RSSI.
  [[nodiscard]] awaitable<void> changed(size_t device);

private:
  struct Entry;
  State& state_;
  size_t radio_;
  std::map<size_t, Entry> entries_;
};

class RadioUnit {
public:
  RadioUnit(State& state, size_t index);
  ~RadioUnit();

  [[nodiscard]] const RadioEntry& spec() const noexcept { return state_.spec().radios[index_]; }
  [[nodiscard]] size_t index() const noexcept { return index_; }
  [[nodiscard]] RadioFaults& faults() noexcept { return faults_; }
  [[nodiscard]] KnownDevices& known() noexcept { return known_; }

  /// The connecting half of the radio.
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options, RadioId id);
  [[nodiscard]] awaitable<void> close_connection(Address device, TimePoint deadline);
  [[nodiscard]] Slots slots() const;
  /// Links of this radio end, as when it is unplugged.
  void end_links(CloseReason reason);
  [[nodiscard]] bool is_connecting() const noexcept;  ///< for a radio that cannot scan meanwhile
  /// A fault was added or mended from outside: where the radio is dead now, its links end.
  void faults_changed();

private:
  State& state_;
  size_t index_;
  RadioFaults faults_;
  KnownDevices known_;
};

}  // namespace moor::sim
