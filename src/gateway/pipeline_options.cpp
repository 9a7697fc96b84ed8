#include "gateway/pipeline_options.hpp"

namespace moor {

PipelineOptions pipeline_options(const GatewayConfig& config, const Places& places, KeyRing& keys,
                                 std::function<VisitorId(const Address&, TimePoint)> visitor_of) {
  PresenceOptions presence;
  presence.smoothing.alpha = config.presence.alpha;
  presence.smoothing.tau = config.presence.tau;
  presence.smoothing.reading_interval = config.presence.reading_interval;
  presence.path_loss.exponent = config.presence.exponent;
  presence.path_loss.deviation_db = config.presence.deviation_db;
  if (config.presence.tx_power_dbm) presence.path_loss.default_power_dbm = *config.presence.tx_power_dbm;
  presence.zones.near_dbm = config.presence.near_dbm;
  presence.zones.far_dbm = config.presence.far_dbm;
  presence.zones.hysteresis_db = config.presence.hysteresis_db;
  presence.zones.min_samples = static_cast<uint16_t>(config.presence.min_samples);
  presence.lost_after = config.presence.lost_after;

  PipelineOptions options;
  options.filter = config.filter;
  options.devices = {.max_devices = config.devices.max, .forget_after = config.devices.forget_after};
  options.presence = presence;
  options.beacons = {.presence = presence, .max_beacons = config.beacons.max};
  options.beacons.presence.lost_after = config.beacons.expire_after;
  options.areas = places.areas();
  for (const GatewayConfig::DeviceEntry& device : config.own_devices)
    if (device.address && device.tx_power_dbm) options.powers[device.address->bits()] = static_cast<int8_t>(*device.tx_power_dbm);
  options.visits.rejoin_within = config.presence.rejoin_within;
  options.visits.max_open = config.devices.max;
  options.traffic.interval = config.presence.traffic_interval;
  options.trust_beacon_power = !config.presence.tx_power_dbm;
  options.keys = &keys;
  options.visitor_of = std::move(visitor_of);
  return options;
}

}  // namespace moor
