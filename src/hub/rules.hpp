#pragma once
// The numbers by which a hub decides, of both profiles in one table. Those of the compat profile are the constants of habluetooth 6.26.7;
// why the standard ones differ is in docs/hub.md.

#include "moor/hub.hpp"

namespace moor::hub {

/// A radio within one hub: its place in the hub's list.
using SourceIndex = uint16_t;
inline constexpr SourceIndex no_source = 0xFFFF;

struct Rules {
  HubProfile profile = HubProfile::standard;

  // RSSI of each radio, smoothed: each sample weighs `newest_weight`, and less if it comes sooner than suits `time_constant`.
  double newest_weight = 0.3;
  Duration time_constant = std::chrono::seconds(3);  ///< zero: every sample weighs the same
  uint8_t min_samples = 3;                           ///< before a radio may take a device for its RSSI
  // How far the smoothed level is from its own average over `calm_time`, mean square: how much it wanders without any movement.
  double wander_factor = 3.6;  ///< so many deviations of the difference are no accident; 0: wandering is not looked at
  Duration calm_time = std::chrono::seconds(60);
  Duration wander_time = std::chrono::minutes(5);  ///< over which it is learned
  double wander_first_db = 4.5;                    ///< before anything is known
  double wander_limit_db = 15;                     ///< the most that one sample counts: a movement is not wandering

  // Who owns a device.
  double switch_db = 15;        ///< a challenger must be heard so much better, or more where the levels wander
  double switch_limit_db = 22;  ///< but that is enough, however much they wander
  double reclaim_extra_db = 0;  ///< and so much more if it has lost the device lately
  Duration demoted_for{};       ///< how long that is
  double rarity_limit_db =
      10;  ///< the most that hearing fewer of a device's advertisements than the other radio counts; 0: not at all
  Duration stale_slack = std::chrono::seconds(5);      ///< over the advertising interval
  Duration stale_unknown = std::chrono::seconds(900);  ///< where the interval is not known
  double roam_factor = 1.5;                            ///< of the stale time
  double gone_factor = 2.5;                            ///< of the stale time
  Duration gone_limit = std::chrono::seconds(900);
  double strong_owner_dbm = -70;  ///< an owner that heard the device at least so well keeps it until it is gone

  uint8_t interval_samples = 16;
  bool keeps_learning_intervals = true;  ///< and keeps an interval when the owner changes

  // Which radio connects.
  Duration hearing_expires = std::chrono::seconds(195);  ///< what a radio heard longer ago is no path
  double connecting_penalty = 10;                        ///< for each device that the radio is connecting to
  double failure_penalty = 8;                            ///< for each failure of this device on the radio
  double radio_failure_penalty = 4;                      ///< for each device in turn that failed on the radio since one succeeded
  double last_slot_penalty = 6;                          ///< if exactly one slot is free
  Duration failure_half_life = std::chrono::minutes(5);  ///< zero: failures stay until a success
  Duration row_ends = std::chrono::hours(1);             ///< without a failure; the next one weighs as the first does

  // When a device is gone.
  Duration gone_check = Duration::zero();  ///< checked on this beat; zero: on time
};

inline constexpr Rules standard_rules{};

inline constexpr Rules compat_rules{
    .profile = HubProfile::compat,
    .newest_weight = 0.3,
    .time_constant = Duration::zero(),
    .min_samples = 0,
    .wander_factor = 0,
    .switch_db = 16,
    .reclaim_extra_db = 6,
    .demoted_for = Duration::max(),
    .rarity_limit_db = 0,
    .keeps_learning_intervals = false,
    .connecting_penalty = 1.01,  // these four are factors of the difference between the two best radios
    .failure_penalty = 0.51,
    .radio_failure_penalty = 0,
    .last_slot_penalty = 0.76,
    .failure_half_life = Duration::zero(),
    .gone_check = std::chrono::seconds(300),
};

[[nodiscard]] constexpr const Rules& rules_of(HubProfile profile) noexcept {
  return profile == HubProfile::compat ? compat_rules : standard_rules;
}

/// The rules of the profile, but for what the options say of them.
[[nodiscard]] inline Rules rules_of(const HubOptions& options) noexcept {
  Rules rules = rules_of(options.profile);
  if (!options.switch_db) return rules;
  rules.switch_db = *options.switch_db;
  rules.wander_factor = 0;
  return rules;
}

/// Silence after which what was heard of a device says nothing about now. @param interval  zero where it is not known.
[[nodiscard]] constexpr Duration stale_after(const Rules& rules, Duration interval) noexcept {
  return interval > Duration::zero() ? interval + rules.stale_slack : rules.stale_unknown;
}

/// Whether it is a measurement. Faulty controllers and some proxies say 0 where they have none.
[[nodiscard]] constexpr bool is_usable_rssi(int8_t rssi_dbm) noexcept {
  return rssi_dbm != no_rssi && rssi_dbm != 0;
}

}  // namespace moor::hub
