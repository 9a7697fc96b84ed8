#include "gateway/board.hpp"

#include <algorithm>
#include <cmath>
#include <tuple>

namespace moor {

namespace {

// Places for the readings of one device: a hostile one that makes up quantities must not grow without bound.
constexpr size_t most_readings = 64;

void keep(std::vector<CurrentReading>& readings, const Reading& reading, TimePoint t) {
  if (!reading.valid || !std::isfinite(reading.value)) return;
  const CurrentReading current{.quantity = reading.quantity, .index = reading.index, .value = reading.value, .time = t};
  const auto order = [](const CurrentReading& each) { return std::tuple(each.quantity, each.index); };
  const auto place = std::ranges::lower_bound(readings, order(current), {}, order);
  if (place != readings.end() && order(*place) == order(current))
    *place = current;
  else if (readings.size() < most_readings)
    readings.insert(place, current);
}

}  // namespace

const DeviceStatus* Board::find(DeviceSlot slot) const noexcept {
  return slot < devices_.size() ? devices_[slot].get() : nullptr;
}

void Board::on_device(DeviceSlot slot, const Device& device) {
  if (slot >= devices_.size()) devices_.resize(slot + size_t{1});
  devices_[slot] = std::make_unique<DeviceStatus>();
  DeviceStatus& status = *devices_[slot];
  status.identity = identities_.identify(device.address, device.last_seen).text;
  status.first_seen = device.first_seen;
  status.own = identities_.is_own(device.address);
  status.name = identities_.name_of(device);
}

void Board::on_recalled(DeviceSlot slot, const Device&, const Recalled& recalled) {
  DeviceStatus& status = *devices_[slot];
  status.first_seen = std::min(status.first_seen, recalled.first_seen);
  if (!recalled.range) return;
  status.range = recalled.range;
  status.smoothed_dbm = recalled.smoothed_dbm;
  const auto place = places_.has_areas() ? recalled.place : std::optional(zone_id(*recalled.range));
  status.zone = places_.name(place);
  status.zone_since = recalled.entered;
}

void Board::on_forgotten(DeviceSlot slot, const Device&) {
  if (slot < devices_.size()) devices_[slot].reset();
}

void Board::on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) {
  if (slot >= devices_.size() || !devices_[slot]) return;
  DeviceStatus& status = *devices_[slot];
  for (const Reading& reading : decoded.readings()) keep(status.readings, reading, t);
  status.name = identities_.name_of(device);
}

void Board::on_presence(const Device& device, const PresenceReading& reading, VisitorId) {
  if (reading.slot >= devices_.size() || !devices_[reading.slot]) return;
  DeviceStatus& status = *devices_[reading.slot];
  if (reading.event == PresenceEvent::entered) {
    status.identity = identities_.identify(device.address, reading.time).text;
    status.name = identities_.name_of(device);  // it may come with the scan response, after the first advertisement
  }
  status.range = reading.zone;
  status.last_reading = reading.time;
  status.distance = reading.distance;
  if (reading.event == PresenceEvent::lost)
    status.smoothed_dbm.reset();
  else
    status.smoothed_dbm = reading.smoothed_dbm;
}

void Board::on_zone(const ZoneEvent& event) {
  if (event.slot >= devices_.size() || !devices_[event.slot]) return;
  DeviceStatus& status = *devices_[event.slot];
  if (!event.device.empty()) status.identity = event.device;
  status.zone = event.to;
  status.zone_since = event.to.empty() ? std::nullopt : std::optional(event.time);
}

void Board::on_sensor_value(const SensorValue& value) {
  for (const auto& status : devices_) {
    if (!status || status->identity != value.device) continue;
    for (const Reading& reading : value.readings) keep(status->readings, reading, value.time);
    return;
  }
}

}  // namespace moor
