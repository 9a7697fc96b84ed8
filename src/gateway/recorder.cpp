#include "gateway/recorder.hpp"

#include "beacon/beacon_fields.hpp"
#include "core/json_text.hpp"
#include "gateway/event_message.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

namespace moor {

namespace {

constexpr DeviceSlot round_s = 10;       // each device comes every ten seconds
constexpr DeviceSlot few = 250;          // while there are no more to a slice than these
constexpr DeviceSlot long_round_s = 40;  // else in so many: a minute that is over has to be out before the next is
constexpr Duration beacon_round = std::chrono::seconds(10);
constexpr size_t beacons_at_once = 1000;

}  // namespace

Recorder::Recorder(Store& store, Identities& identities, const Places& places, Clock& clock, const GatewayConfig& config,
                   std::vector<std::string> radios)
    : store_(store),
      identities_(identities),
      places_(places),
      clock_(clock),
      config_(config),
      radios_(std::move(radios)),
      publishes_(!config.mqtt.host.empty() || !config.webhooks.empty()) {}

void Recorder::on_forgotten(DeviceSlot slot, const Device& device) {
  store_device(slot, device, std::nullopt);
  minutes_.forget(slot, [&](const Minutes::Part& part) { store_minute(device, part); });
  if (slot < stored_.capacity()) stored_[slot] = {};
  for (size_t quantity = 0; quantity < quantity_count; ++quantity)
    for (uint64_t index = 0; readings_.erase(uint64_t{slot} << 16 | quantity << 8 | index) > 0; ++index) {
    }
}

void Recorder::on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) {
  minutes_.on_heard(slot, sighting, [&](const Minutes::Part& part) { store_minute(device, part); });
}

void Recorder::on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) {
  for (const Reading& reading : decoded.readings()) {
    if (!reading.valid || !std::isfinite(reading.value)) continue;
    const uint64_t key = uint64_t{slot} << 16 | static_cast<uint64_t>(reading.quantity) << 8 | reading.index;
    const auto [known, added] = readings_.try_emplace(key, StoredReading{reading.value, t});
    if (!added && known->second.value == reading.value && t - known->second.time < repeat_readings_after) continue;
    known->second = {reading.value, t};
    store_.put(ReadingRow{.time = t,
                          .device = identities_.identify(device.address, t).text,
                          .quantity = std::string(name_of(reading.quantity)),
                          .value = reading.value,
                          .unit = std::string(unit_of(reading.quantity))});
  }
}

void Recorder::on_beacon(const BeaconEvent& event) {
  store_beacon(event.beacon);
  if (event.kind == BeaconEvent::Kind::appeared) return;
  if (const auto identity = BeaconIdentity::of(event.beacon.frame)) beacons_.erase(*identity);
}

void Recorder::on_zone(const ZoneEvent& event) {
  store_.put(ZoneEventRow{.time = event.time,
                          .device = event.device,
                          .from = event.from,
                          .to = event.to,
                          .cause = event.cause,
                          .smoothed_rssi_dbm = event.smoothed_dbm,
                          .distance_m = event.distance_m,
                          .message = publishes_ ? zone_message(event, config_.gateway.name, clock_) : std::string()});
}

void Recorder::on_visit_began(const VisitEvent& event) {
  on_visit_ended(event);  // the same row, without its end
}

void Recorder::on_visit_ended(const VisitEvent& event) {
  store_.put(VisitRow{.device = event.device,
                      .zone = event.zone,
                      .entered = event.entered,
                      .left = event.left,
                      .message = publishes_ ? visit_message(event, config_.gateway.name, clock_) : std::string()});
}

void Recorder::on_sensor_value(const SensorValue& value) {
  for (const Reading& reading : value.readings)
    if (reading.valid && std::isfinite(reading.value))
      store_.put(ReadingRow{.time = value.time,
                            .device = value.device,
                            .quantity = std::string(name_of(reading.quantity)),
                            .value = reading.value,
                            .unit = std::string(unit_of(reading.quantity))});
}

void Recorder::on_connection(const ConnectionRow& row) {
  store_.put(row);
}

void Recorder::on_traffic(const ZoneTraffic& row) {
  store_.put(TrafficRow{.interval_start = clock_.to_wall(row.from),
                        .interval = config_.presence.traffic_interval,
                        .zone = places_.name(row.zone),
                        .entries = row.entries,
                        .distinct = row.visitors});
}

void Recorder::slice(const Pipeline& pipeline, TimePoint now) {
  const DeviceTable& devices = pipeline.devices();
  const DeviceSlot slots = devices.slots();
  const DeviceSlot share = std::max(std::min((slots + round_s - 1) / round_s, few), (slots + long_round_s - 1) / long_round_s);
  for (DeviceSlot left = share; left > 0; --left) {
    if (next_device_ >= slots) next_device_ = 0;
    const DeviceSlot slot = next_device_++;
    if (!devices.is_used(slot) || !pipeline.passes(slot)) continue;
    minutes_.take(slot, now, [&](const Minutes::Part& part) { store_minute(devices[slot], part); });
    store_device(slot, devices[slot], pipeline.presence().smoothed_dbm(slot));
  }
  if (now - beacons_at_ < beacon_round) return;
  beacons_at_ = now;
  const auto beacons = pipeline.beacons().beacons();
  for (size_t left = std::min(beacons.size(), beacons_at_once); left > 0; --left) {
    if (next_beacon_ >= beacons.size()) next_beacon_ = 0;
    store_beacon(*beacons[next_beacon_++]);
  }
}

void Recorder::sweep(const Pipeline& pipeline, TimePoint) {
  const DeviceTable& devices = pipeline.devices();
  for (DeviceSlot slot = 0; slot < devices.slots(); ++slot) {
    if (!devices.is_used(slot) || !pipeline.passes(slot)) continue;
    minutes_.forget(slot, [&](const Minutes::Part& part) { store_minute(devices[slot], part); });
    store_device(slot, devices[slot], pipeline.presence().smoothed_dbm(slot));
  }
  for (const TrackedBeacon* beacon : pipeline.beacons().beacons()) store_beacon(*beacon);
}

void Recorder::store_minute(const Device& device, const Minutes::Part& part) {
  const TimePoint minute{std::chrono::minutes(part.minute)};
  const auto wall = std::chrono::floor<std::chrono::minutes>(clock_.to_wall(minute) + std::chrono::seconds(30));
  store_.put(MinuteRow{.minute = wall,
                       .device = identities_.identify(device.address, minute).text,
                       .radio = part.radio < radios_.size() ? radios_[part.radio] : std::string(),
                       .rssi = part.rssi});
}

void Recorder::store_device(DeviceSlot slot, const Device& device, std::optional<double> smoothed_dbm) {
  stored_.reach(slot);
  Stored& stored = stored_[slot];
  if (device.sightings == stored.sightings) return;
  const Identity identity = identities_.identify(device.address, device.last_seen);
  DeviceRow row{.identity = identity.text,
                .address = identity.address,
                .address_kind = device.address.kind(),
                .name = device.data.name().value_or(""),
                .first_seen = device.first_seen,
                .last_seen = device.last_seen,
                .sightings = device.sightings - stored.sightings,
                .smoothed_rssi_dbm = smoothed_dbm};
  const double sum = device.rssi.count() == 0 ? 0 : device.rssi.mean() * device.rssi.count();
  if (const uint32_t samples = device.rssi.count() - stored.samples; samples > 0)
    row.rssi = {.samples = samples,
                .min_dbm = device.rssi.min(),
                .max_dbm = device.rssi.max(),
                .mean_dbm = (sum - stored.sum_dbm) / samples};
  stored = {device.sightings, device.rssi.count(), sum};
  store_.put(std::move(row));
}

void Recorder::store_beacon(const TrackedBeacon& beacon) {
  uint64_t stored = 0;
  if (const auto identity = BeaconIdentity::of(beacon.frame)) {
    uint64_t& known = beacons_[*identity];
    stored = std::exchange(known, beacon.sightings);
  }
  if (beacon.sightings == stored) return;
  store_.put(BeaconRow{.identity = identity_text(beacon.frame, identities_.identify(beacon.address, beacon.last_seen).text),
                       .type = to_string(beacon.type()),
                       .fields_json = to_line(fields_of(beacon.frame)),
                       .tx_power_dbm = power_at_1m_dbm(beacon.frame),
                       .first_seen = beacon.first_seen,
                       .last_seen = beacon.last_seen,
                       .sightings = beacon.sightings - stored});
}

}  // namespace moor
