#include "cli/presence_arguments.hpp"

namespace moor::cli {

void PresenceArguments::add(std::vector<Option>& options) {
  options.push_back({.name = "--alpha",
                     .value = "A",
                     .help = "Weight of a new reading in the average (default: 0.3)",
                     .target = &alpha,
                     .least = 0,
                     .most = 1});
  options.push_back({.name = "--tau",
                     .value = "S",
                     .help = "Time constant in seconds, instead of --alpha",
                     .target = &tau_s,
                     .least = 0.001,
                     .most = 1e6});
  options.push_back({.name = "--exponent",
                     .value = "N",
                     .help = "Path loss exponent, 2 in the open to 4 through walls (default: 2.5)",
                     .target = &exponent,
                     .least = 0.1,
                     .most = 10});
  options.push_back({.name = "--tx-power",
                     .value = "DBM",
                     .help = "RSSI at 1 m of all devices (default: the beacon's own, else -59)",
                     .target = &tx_power_dbm,
                     .least = -126,
                     .most = -1});
  options.push_back({.name = "--min-samples",
                     .value = "N",
                     .help = "Readings in a row before a zone is assigned (default: 3)",
                     .target = &min_samples,
                     .least = 1,
                     .most = 1000});
  options.push_back({.name = "--near",
                     .value = "DBM",
                     .help = "Above it a device is immediate (default: -55)",
                     .target = &near_dbm,
                     .least = -127,
                     .most = 20});
  options.push_back({.name = "--far",
                     .value = "DBM",
                     .help = "Above it a device is near, else far (default: -70)",
                     .target = &far_dbm,
                     .least = -127,
                     .most = 20});
  options.push_back({.name = "--hysteresis",
                     .value = "DB",
                     .help = "How far below its limit a device must fall to leave a zone (default: 0)",
                     .target = &hysteresis_db,
                     .least = 0,
                     .most = 50});
  options.push_back({.name = "--reading-interval",
                     .value = "S",
                     .help = "One reading, the mean of its samples, per so many seconds (default: every sample)",
                     .target = &reading_interval_s,
                     .least = 0,
                     .most = 86400});
}

PresenceOptions PresenceArguments::options() const {
  PresenceOptions options;
  options.smoothing.alpha = alpha;
  if (tau_s) options.smoothing.tau = from_seconds(*tau_s);
  options.smoothing.reading_interval = from_seconds(reading_interval_s);
  options.path_loss.exponent = exponent;
  if (tx_power_dbm) options.path_loss.default_power_dbm = *tx_power_dbm;
  options.zones.near_dbm = near_dbm;
  options.zones.far_dbm = far_dbm;
  options.zones.hysteresis_db = hysteresis_db;
  options.zones.min_samples = static_cast<uint16_t>(min_samples);
  options.validate();
  return options;
}

}  // namespace moor::cli
