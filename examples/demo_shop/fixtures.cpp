#include "fixtures.hpp"

#include "moor/beacon.hpp"

#include <string_view>

namespace demo_shop {
namespace {

using namespace std::chrono_literals;

constexpr int8_t power_at_1m_dbm = -59;
constexpr int8_t power_at_0m_dbm = power_at_1m_dbm + moor::eddystone_loss_at_1m_db;
constexpr auto our_uuid = moor::Uuid(0x6D6F6F7264656D6F, 0x8073686F70000001);
constexpr std::array<uint8_t, 10> our_namespace = {'m', 'o', 'o', 'r', ' ', 's', 'h', 'o', 'p', 0};

/// A temperature that goes up and down between two ends, as a fridge's does.
struct Thermometer {
  double low_c;
  double high_c;
  Duration period;

  [[nodiscard]] double at(Duration since_begin) const noexcept {
    const double phase = static_cast<double>((since_begin % period).count()) / static_cast<double>(period.count());
    return low_c + (high_c - low_c) * (phase < 0.5 ? 2 * phase : 2 - 2 * phase);
  }
};

struct Fixture {
  Place place;
  moor::BeaconFrame frame;
  std::string_view name = {};  ///< in the scan response; none without
  std::optional<Thermometer> thermometer = {};
};

moor::EddystoneUid uid(uint8_t number) {
  return {.namespace_id = our_namespace, .instance_id = {0, 0, 0, 0, 0, number}, .power_0m_dbm = power_at_0m_dbm};
}
moor::IBeacon ibeacon(uint16_t minor) {
  return {.uuid = our_uuid, .major = 1, .minor = minor, .power_dbm = power_at_1m_dbm};
}

std::vector<Fixture> fixtures() {
  const Thermometer room = {20.5, 21.5, 10min};
  return {
      {shelves[0], ibeacon(101)},
      {shelves[1], *moor::EddystoneUrl::parse("https://shop.example/tea", power_at_0m_dbm), {}, room},
      {shelves[2], ibeacon(102)},
      {shelves[3], ibeacon(103)},
      {shelves[4], uid(1), {}, room},
      {shelves[5], ibeacon(104)},
      {shelves[6], uid(2), {}, room},
      {shelves[7], ibeacon(105)},
      {{19, 19}, uid(11), "Freezer", Thermometer{-19.5, -17, 4min}},
      {{1, 11}, uid(12), "Fridge", Thermometer{3, 6, 3min}},
      {{5, 1}, uid(13), "Entrance", Thermometer{14, 19, 2min}},
      {{11.7, 4.2}, uid(14), "Counter", room},
  };
}

/// An identity once a second; from those who have a thermometer, telemetry in its place each ten.
class Beacon {
public:
  static constexpr Duration interval = 1s;
  static constexpr Duration max_delay = 10ms;  ///< of an advertisement, drawn anew for each (Core 5.4, Vol 6, Part B, 4.4.2.2.1)
  static constexpr Duration response_after = 400us;
  static constexpr uint32_t telemetry_each = 10;

  Beacon(const Fixture& fixture, Dice& dice)
      : fixture_(fixture),
        address_(dice.bits() | uint64_t{0b11} << 46, true),
        identity_(moor::encode_advertisement(fixture.frame)),
        battery_mv_(static_cast<uint16_t>(dice.between(2800, 3050))),
        uptime_(moor::from_seconds(dice.between(1e5, 1e7))) {
    if (!fixture.name.empty()) response_.complete_name(fixture.name);
  }

  void play(TimePoint begin, TimePoint end, Dice& dice, Air& air) {
    const double distance = distance_m(fixture_.place, gateway);
    const auto delay = [&] { return moor::from_seconds(dice.between(0, moor::to_seconds(max_delay))); };
    uint32_t sent = 0;
    for (TimePoint t = begin + moor::from_seconds(dice.between(0, 1)); t < end; t += interval + delay(), ++sent) {
      const bool is_telemetry = fixture_.thermometer && sent % telemetry_each == telemetry_each - 1;
      air.send(t, address_, connectable, is_telemetry ? telemetry(t - begin, sent) : identity_, channel_, distance, 0);
      if (!response_.bytes().empty())
        air.send(t + response_after, address_, scan_response, response_.bytes(), channel_, distance, 0);
    }
  }

private:
  [[nodiscard]] std::vector<uint8_t> telemetry(Duration since_begin, uint32_t sent) const {
    using Uptime = moor::EddystoneTlm::Uptime;
    const Duration uptime = uptime_ + since_begin;
    const auto minutes = std::chrono::floor<std::chrono::minutes>(since_begin).count();
    return moor::encode_advertisement(moor::EddystoneTlm{.battery_mv = static_cast<uint16_t>(battery_mv_ - minutes),
                                                         .temperature_c = fixture_.thermometer->at(since_begin),
                                                         .advertisements = static_cast<uint32_t>(uptime_ / interval) + sent,
                                                         .uptime = std::chrono::duration_cast<Uptime>(uptime)});
  }

  Fixture fixture_;
  moor::Address address_;
  std::vector<uint8_t> identity_;
  moor::AdvertisementBuilder response_;
  uint16_t battery_mv_;
  Duration uptime_;
  Channel channel_{power_at_1m_dbm};
};

}  // namespace

void play_fixtures(TimePoint begin, TimePoint end, Dice& dice, Air& air) {
  for (const Fixture& fixture : fixtures()) Beacon(fixture, dice).play(begin, end, dice, air);
}

}  // namespace demo_shop
