#pragma once
// One simulated device: whether it is there and awake, what its characteristics are worth, who is connected, and what goes wrong.

#include "radio/sim/state.hpp"

namespace moor::sim {

class Peripheral {
public:
  Peripheral(State& state, size_t index);
  ~Peripheral();

  [[nodiscard]] size_t index() const noexcept { return index_; }
  [[nodiscard]] const DeviceEntry& spec() const noexcept { return state_.spec().devices[index_]; }
  /// There, powered and awake. Asked for any moment not before the last one.
  [[nodiscard]] bool is_reachable(TimePoint t);
  /// And advertising: not connected, or it goes on meanwhile.
  [[nodiscard]] bool is_advertising(TimePoint t);
  /// The next moment after `t` at which `is_reachable` may change by itself; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_change(TimePoint t);
  /// The payload of its n-th advertising event, which takes turns where it has several.
  [[nodiscard]] Bytes payload(uint64_t event) const noexcept;
  [[nodiscard]] Bytes scan_response() const noexcept;
  [[nodiscard]] DeviceTruth& truth() noexcept { return truth_; }

  // What World does to a device, see world.hpp.
  void drop_link(CloseReason reason);
  void set_present(bool present);
  void set_value(const CharacteristicName& characteristic, std::vector<uint8_t> value);
  [[nodiscard]] std::vector<uint8_t> value(const CharacteristicName& characteristic) const;
  void add_fault(DeviceFault fault);

private:
  State& state_;
  size_t index_;
  DeviceTruth truth_;
};

}  // namespace moor::sim
