#pragma once
// The world as it runs: the parts, and who may ask whom. All on one executor; radios and links share it and keep it alive.

#include "moor/world.hpp"
#include "radio/sim/random.hpp"

#include <boost/unordered/unordered_flat_map.hpp>

namespace moor::sim {

class Air;           // advertisements through the channel to the radios that scan: air.hpp
class ChannelModel;  // RSSI by place and time: channel.hpp
class Peripheral;    // one device: asleep or awake, its values, faults and links: peripheral.hpp
class RadioUnit;     // one radio: its slots and links, what its system knows, its faults: radio_unit.hpp

class State : public std::enable_shared_from_this<State> {
public:
  State(Clock& clock, WorldSpec spec);
  ~State();

  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] const WorldSpec& spec() const noexcept { return spec_; }
  [[nodiscard]] TimePoint start() const noexcept { return start_; }
  [[nodiscard]] Duration elapsed() const noexcept { return clock_.now() - start_; }
  /// Numbers that depend only on the seed and the key, so that asking for one changes no other.
  [[nodiscard]] const Random& random() const noexcept { return random_; }

  [[nodiscard]] ChannelModel& channel() noexcept { return *channel_; }
  [[nodiscard]] Air& air() noexcept { return *air_; }
  [[nodiscard]] size_t device_count() const noexcept { return peripherals_.size(); }
  [[nodiscard]] Peripheral& peripheral(size_t index) noexcept { return *peripherals_[index]; }
  /// As a radio finds it: a public and a random address of the same 48 bits are two addresses. @returns null where the world has no such device.
  [[nodiscard]] Peripheral* find_peripheral(const Address& address) noexcept;
  /// As people name it: by its 48 bits alone. @returns null where the world has no such device.
  [[nodiscard]] Peripheral* find_by_bits(const Address& address) noexcept;
  [[nodiscard]] size_t radio_count() const noexcept { return radios_.size(); }
  [[nodiscard]] RadioUnit& radio(size_t index) noexcept { return *radios_[index]; }
  [[nodiscard]] RadioUnit* find_radio(std::string_view name) noexcept;
  /// @returns whether the radio was still to be had: each is made into a `Radio` once.
  [[nodiscard]] bool take_radio(size_t index) noexcept;

private:
  Clock& clock_;
  WorldSpec spec_;
  TimePoint start_;
  Random random_;
  std::unique_ptr<ChannelModel> channel_;
  std::vector<std::unique_ptr<Peripheral>> peripherals_;
  std::vector<std::unique_ptr<RadioUnit>> radios_;
  std::unique_ptr<Air> air_;
  boost::unordered_flat_map<uint64_t, size_t> devices_by_bits_;
  std::vector<bool> taken_;
};

}  // namespace moor::sim
