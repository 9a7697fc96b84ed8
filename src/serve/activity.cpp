#include "serve/activity.hpp"

#include <algorithm>

namespace moor::serve {

namespace {

constexpr int64_t rate_steps = 5;

int64_t step_of(TimePoint t) noexcept {
  return t.time_since_epoch() / Activity::step;
}

size_t place_of(int64_t step) noexcept {
  return static_cast<size_t>(step) % Activity::steps;
}

}  // namespace

void Activity::on_device(DeviceSlot slot, const Device& device) {
  if (slot >= devices_.size()) devices_.resize(slot + size_t{1});
  Heard& heard = devices_[slot];
  heard = Heard();
  heard.rssi_dbm.fill(no_rssi);
  heard.newest = heard.first = step_of(device.last_seen);
}

void Activity::on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) {
  if (slot >= devices_.size() || sighting.radio != device.radio) return;
  Heard& heard = devices_[slot];
  const int64_t now = step_of(sighting.time);
  if (now + static_cast<int64_t>(steps) <= heard.newest) return;
  for (int64_t each = std::max(heard.newest + 1, now - static_cast<int64_t>(steps) + 1); each <= now; ++each) {
    heard.rssi_dbm[place_of(each)] = no_rssi;
    heard.counts[place_of(each)] = 0;
  }
  heard.newest = std::max(heard.newest, now);
  int8_t& strongest = heard.rssi_dbm[place_of(now)];
  if (sighting.has_rssi() && (strongest == no_rssi || sighting.rssi_dbm > strongest)) strongest = sighting.rssi_dbm;
  uint16_t& count = heard.counts[place_of(now)];
  if (count < UINT16_MAX) ++count;
  if (!sighting.is_scan_response()) heard.connectable = has(sighting.properties, AdvertisingProperties::connectable);
}

std::array<std::optional<int>, Activity::steps> Activity::spark(DeviceSlot slot, TimePoint now) const noexcept {
  std::array<std::optional<int>, steps> found;
  if (slot >= devices_.size()) return found;
  const Heard& heard = devices_[slot];
  const int64_t last = step_of(now);
  for (size_t i = 0; i < steps; ++i) {
    const int64_t each = last - static_cast<int64_t>(steps - 1 - i);
    if (each > heard.newest || each <= heard.newest - static_cast<int64_t>(steps) || each < heard.first) continue;
    if (const int8_t rssi = heard.rssi_dbm[place_of(each)]; rssi != no_rssi) found[i] = rssi;
  }
  return found;
}

double Activity::rate(DeviceSlot slot, TimePoint now) const noexcept {
  if (slot >= devices_.size()) return 0;
  const Heard& heard = devices_[slot];
  const int64_t last = step_of(now);
  const int64_t begin = std::max(heard.first, last - rate_steps);
  uint64_t count = 0;
  for (int64_t each = begin; each <= std::min(last, heard.newest); ++each)
    if (each > heard.newest - static_cast<int64_t>(steps)) count += heard.counts[place_of(each)];
  const double passed_s = to_seconds(now.time_since_epoch() - begin * step);
  return static_cast<double>(count) / std::max(passed_s, 1.0);
}

bool Activity::is_connectable(DeviceSlot slot) const noexcept {
  return slot < devices_.size() && devices_[slot].connectable;
}

}  // namespace moor::serve
