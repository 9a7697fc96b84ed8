#pragma once
// What was heard of each device in the last minute: how strong every two seconds, and how often. Only what its own radio heard counts, since
// another one stands elsewhere.

#include "gateway/events.hpp"

#include <array>

namespace moor::serve {

class Activity final : public GatewayListener {
public:
  static constexpr size_t steps = 30;
  static constexpr Duration step = std::chrono::seconds(2);

  /// The strongest RSSI of each step, dBm, the oldest first; nothing where there was none.
  [[nodiscard]] std::array<std::optional<int>, steps> spark(DeviceSlot slot, TimePoint now) const noexcept;
  /// Advertisements in a second, over the last ten seconds or since the device was first heard.
  [[nodiscard]] double rate(DeviceSlot slot, TimePoint now) const noexcept;
  /// Whether its last advertisement said that it can be connected to.
  [[nodiscard]] bool is_connectable(DeviceSlot slot) const noexcept;

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) override;

private:
  struct Heard {
    int64_t newest = 0;  // step since 1970
    int64_t first = 0;
    std::array<int8_t, steps> rssi_dbm{};  // by step modulo `steps`
    std::array<uint16_t, steps> counts{};
    bool connectable = false;
  };
  std::vector<Heard> devices_;
};

}  // namespace moor::serve
