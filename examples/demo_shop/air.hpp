#pragma once
// What the gateway's antenna makes of a transmission: nothing, or a sighting with an RSSI that strays as it does in a real shop.

#include "dice.hpp"
#include "moor/path_loss.hpp"
#include "moor/sighting.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace demo_shop {

using moor::Duration;
using moor::TimePoint;

struct Place {
  double x = 0;  ///< metres
  double y = 0;
};
inline double distance_m(Place a, Place b) noexcept {
  return std::hypot(a.x - b.x, a.y - b.y);
}

/// One transmitter as the gateway hears it: log-distance path loss among shelves; shadowing, which changes slowly as people and things
/// move; and fading, which changes from packet to packet.
class Channel {
public:
  static constexpr double exponent = 2.5;
  static constexpr double shadowing_db = 4;  ///< deviation
  static constexpr double fading_db = 6;     ///< at most, to either side
  static constexpr Duration shadowing_lasts = std::chrono::seconds(8);

  explicit Channel(double power_at_1m_dbm) noexcept : power_at_1m_dbm_(power_at_1m_dbm) {}

  /// @param loss_db  what else is in the way, such as a body or a wall. Times must not go back.
  double rssi_dbm(TimePoint t, double distance_m, double loss_db, Dice& dice) noexcept {
    const double kept = std::exp(-moor::to_seconds(t - shadowed_at_) / moor::to_seconds(shadowing_lasts));  // AR(1)
    shadow_ = kept * shadow_ + std::sqrt(1 - kept * kept) * shadowing_db * dice.normal();
    shadowed_at_ = t;
    const double fading = fading_db * (dice.between(-0.5, 0.5) + dice.between(-0.5, 0.5));
    const double antenna_m = std::max(distance_m, 0.2);
    return moor::expected_rssi_dbm(antenna_m, power_at_1m_dbm_, exponent) - loss_db + shadow_ + fading;
  }

private:
  double power_at_1m_dbm_;
  double shadow_ = 0;
  TimePoint shadowed_at_;
};

/// All that the gateway has heard.
class Air {
public:
  static constexpr double sensitivity_dbm = -94;
  static constexpr double caught =
      0.7;  ///< share of the packets: the others collide, or come while the radio is on another channel

  explicit Air(uint64_t seed) noexcept : dice_(seed) {}

  void send(TimePoint t, const moor::Address& from, moor::AdvertisingProperties properties, moor::Bytes payload, Channel& channel,
            double distance_m, double loss_db) {
    const double rssi = std::round(channel.rssi_dbm(t, distance_m, loss_db, dice_));
    if (rssi < sensitivity_dbm || !dice_.chance(caught)) return;
    moor::Sighting sighting;
    sighting.address = from;
    sighting.time = t;
    sighting.rssi_dbm = static_cast<int8_t>(std::min(rssi, -20.0));
    sighting.properties = properties;
    sighting.set_legacy_payload(payload);
    heard_.push_back(sighting);
  }

  [[nodiscard]] const std::vector<moor::Sighting>& in_order() {
    std::ranges::sort(heard_, {}, [](const moor::Sighting& sighting) { return std::pair(sighting.time, sighting.address); });
    return heard_;
  }

private:
  Dice dice_;
  std::vector<moor::Sighting> heard_;
};

inline constexpr auto connectable =
    moor::AdvertisingProperties::legacy | moor::AdvertisingProperties::connectable | moor::AdvertisingProperties::scannable;
inline constexpr auto scan_response = connectable | moor::AdvertisingProperties::scan_response;

}  // namespace demo_shop
