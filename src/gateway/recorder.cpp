#include "gateway/recorder.hpp"

#include "beacon/beacon_fields.hpp"
#include "core/json_text.hpp"

#include <cmath>
#include <utility>

namespace moor {

void Recorder::on_forgotten(DeviceSlot slot, const Device& device) {
  store_device(slot, device);
  if (slot < stored_.capacity()) stored_[slot] = {};
  for (size_t quantity = 0; quantity < quantity_count; ++quantity)
    for (uint64_t index = 0; readings_.erase(uint64_t{slot} << 16 | quantity << 8 | index) > 0; ++index) {
    }
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
                          .distance_m = event.distance_m});
}

void Recorder::on_visit_began(const VisitEvent& event) {
  store_.put(VisitRow{.device = event.device, .zone = event.zone, .entered = event.entered, .left = {}});
}

void Recorder::on_visit_ended(const VisitEvent& event) {
  store_.put(VisitRow{.device = event.device, .zone = event.zone, .entered = event.entered, .left = event.left});
}

void Recorder::on_traffic(const ZoneTraffic& row) {
  store_.put(TrafficRow{.interval_start = clock_.to_wall(row.from),
                        .interval = traffic_interval_,
                        .zone = places_.name(row.zone),
                        .entries = row.entries,
                        .distinct = row.visitors});
}

void Recorder::slice(const Pipeline& pipeline, TimePoint) {
  const DeviceTable& devices = pipeline.devices();
  constexpr DeviceSlot slices = 40;        // seconds for all devices, where there are many
  constexpr DeviceSlot least_slice = 100;  // devices
  const DeviceSlot slots = devices.slots();
  for (DeviceSlot left = std::max<DeviceSlot>((slots + slices - 1) / slices, std::min<DeviceSlot>(slots, least_slice)); left > 0;
       --left) {
    if (next_device_ >= slots) next_device_ = 0;
    const DeviceSlot slot = next_device_++;
    if (devices.is_used(slot) && pipeline.passes(slot)) store_device(slot, devices[slot]);
  }
}

void Recorder::sweep(const Pipeline& pipeline) {
  const DeviceTable& devices = pipeline.devices();
  for (DeviceSlot slot = 0; slot < devices.slots(); ++slot)
    if (devices.is_used(slot) && pipeline.passes(slot)) store_device(slot, devices[slot]);
  for (const TrackedBeacon* beacon : pipeline.beacons().beacons()) store_beacon(*beacon);
}

void Recorder::store_device(DeviceSlot slot, const Device& device) {
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
                .sightings = device.sightings - stored.sightings};
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
