#pragma once
// The last minutes of each device: RSSI and its average, second by second, and the zones. Rings are lent out: at most `max_rings` devices have
// one (2.7 KiB each, 5.3 MiB in all), of the others only the last minute is known (activity.hpp). A device gets one when it has a reading and one is free
// or its owner has been silent for a minute; who is asked for gets one in any case, from the device that nobody has asked for the longest.

#include "gateway/events.hpp"

#include <array>
#include <deque>
#include <memory>

namespace moor::serve {

class History final : public GatewayListener {
public:
  static constexpr size_t points = 900;  ///< one a second
  static constexpr size_t max_zones = 64;

  struct Point {
    int64_t second = 0;  ///< of moor's time, since 1970
    std::optional<int> rssi_dbm;
    std::optional<double> smoothed_dbm;
  };
  struct Stay {
    TimePoint from;
    std::optional<TimePoint> to;  ///< empty while it lasts
    std::string zone;
  };
  struct Answer {
    bool kept = false;  ///< it has a ring, from now on at least
    std::vector<Point> points;
    std::vector<Stay> stays;
  };

  explicit History(size_t max_rings = 2000) : max_rings_(max_rings) {}

  /// What is known from `from` on, oldest first. The device is kept from now on.
  [[nodiscard]] Answer ask(DeviceSlot slot, TimePoint from, TimePoint now);
  [[nodiscard]] size_t rings() const noexcept { return rings_.size(); }

  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;
  void on_zone(const ZoneEvent& event) override;

private:
  static constexpr uint32_t none = ~uint32_t{0};
  struct Ring {
    DeviceSlot slot = none;
    int64_t newest = 0;  // second; 0 before the first reading
    TimePoint asked = TimePoint::min();
    std::array<int8_t, points> rssi_dbm{};         // by second modulo `points`
    std::array<int16_t, points> smoothed_tenth{};  // tenths of dBm
    std::deque<Stay> stays;
  };

  [[nodiscard]] Ring* find(DeviceSlot slot) noexcept;
  [[nodiscard]] Ring* lend(DeviceSlot slot, int64_t second);
  Ring& give(size_t ring, DeviceSlot slot);
  static void advance(Ring& ring, int64_t second) noexcept;

  size_t max_rings_;
  std::vector<std::unique_ptr<Ring>> rings_;
  std::vector<uint32_t> ring_of_;  // by slot
  size_t hand_ = 0;                // where the search for a silent owner goes on
};

}  // namespace moor::serve
