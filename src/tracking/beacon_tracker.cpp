#include "moor/beacon_tracker.hpp"

#include "moor/error.hpp"

#include <algorithm>
#include <limits>

namespace moor {
namespace {

// The power at 1 m of an Eddystone beacon may lie below what fits; such a number is not plausible either.
std::optional<int8_t> power_for_presence(const BeaconFrame& frame) noexcept {
  const auto power = power_at_1m_dbm(frame);
  if (!power || *power < std::numeric_limits<int8_t>::min()) return std::nullopt;
  return static_cast<int8_t>(*power);
}

}  // namespace

const char* to_string(BeaconEvent::Kind kind) noexcept {
  switch (kind) {
    case BeaconEvent::Kind::appeared: return "appeared";
    case BeaconEvent::Kind::expired: return "expired";
    case BeaconEvent::Kind::absorbed: return "absorbed";
    case BeaconEvent::Kind::evicted: return "evicted";
  }
  return "unknown";
}

BeaconTracker::BeaconTracker(const BeaconTrackerOptions& options) : options_(options), presence_(options.presence) {
  if (options.max_beacons == 0) throw UsageError("max_beacons is 0: no beacon could be tracked");
}

TimePoint BeaconTracker::next_deadline() const noexcept {
  if (oldest_ == none) return TimePoint::max();
  return std::min(entries_[oldest_].beacon.last_seen + options_.presence.lost_after, presence_.next_deadline());
}

void BeaconTracker::forget(DeviceSlot device) noexcept {
  if (device < devices_.capacity()) devices_[device] = {};
}

const TrackedBeacon* BeaconTracker::find(const BeaconIdentity& identity) const noexcept {
  const auto found = by_identity_.find(identity);
  return found == by_identity_.end() ? nullptr : &entries_[found->second].beacon;
}

std::vector<const TrackedBeacon*> BeaconTracker::beacons() const {
  std::vector<const Entry*> entries;
  entries.reserve(size_);
  for (Index index = oldest_; index != none; index = entries_[index].newer) entries.push_back(&entries_[index]);
  std::ranges::sort(entries, {}, &Entry::number);
  std::vector<const TrackedBeacon*> beacons(entries.size());
  std::ranges::transform(entries, beacons.begin(), [](const Entry* entry) { return &entry->beacon; });
  return beacons;
}

const TrackedBeacon* BeaconTracker::next_expired() {
  if (oldest_ == none || entries_[oldest_].beacon.last_seen + options_.presence.lost_after > now_) return nullptr;
  ++statistics_.expired;
  return &remove(oldest_);
}

const TrackedBeacon* BeaconTracker::shrink() {
  if (size_ <= options_.max_beacons) return nullptr;
  ++statistics_.evicted;
  return &remove(oldest_);
}

void BeaconTracker::settle() {
  presence_.advance(now_, [this](const PresenceReading& reading) { apply(reading); });
}

BeaconTracker::Taken BeaconTracker::take(DeviceSlot device, const Sighting& sighting, const BeaconFrame& frame) {
  devices_.reach(device);
  if (const auto identity = BeaconIdentity::of(frame)) return take_identity(devices_[device], *identity, frame, sighting);
  return take_telemetry(devices_[device], std::get<EddystoneTlm>(frame), sighting);
}

BeaconTracker::Taken BeaconTracker::take_identity(DeviceRecord& device, const BeaconIdentity& identity, const BeaconFrame& frame,
                                                  const Sighting& sighting) {
  Taken taken;
  const auto found = by_identity_.find(identity);
  const bool is_new = found == by_identity_.end();
  const Index index = is_new ? add(frame, identity) : found->second;
  TrackedBeacon& beacon = entries_[index].beacon;
  beacon.frame = frame;
  hear(index, sighting);
  if (is_new) taken.appeared = &beacon;
  if (is_alive(device.lone_telemetry)) {
    taken.absorbed = &remove(device.lone_telemetry.index);
    beacon.telemetry = taken.absorbed->telemetry;
    beacon.telemetry_time = taken.absorbed->telemetry_time;
    ++statistics_.absorbed;
  }
  device.identity = reference_to(index);
  return taken;
}

BeaconTracker::Taken BeaconTracker::take_telemetry(DeviceRecord& device, const EddystoneTlm& telemetry,
                                                   const Sighting& sighting) {
  Taken taken;
  const bool is_alone = !is_alive(device.identity);
  const bool is_new = is_alone && !is_alive(device.lone_telemetry);
  if (is_new) device.lone_telemetry = reference_to(add(telemetry, std::nullopt));
  const Index index = is_alone ? device.lone_telemetry.index : device.identity.index;
  TrackedBeacon& beacon = entries_[index].beacon;
  if (is_alone) beacon.frame = telemetry;
  beacon.telemetry = telemetry;
  beacon.telemetry_time = now_;
  hear(index, sighting);
  if (is_new) taken.appeared = &beacon;
  return taken;
}

void BeaconTracker::remember(DeviceSlot device, const Sighting& sighting, const Decoded& decoded) {
  devices_.reach(device);
  DeviceRecord& record = devices_[device];
  Payload& payload = record.payloads[sighting.is_scan_response() ? 1 : 0];
  if (decoded.frames().empty()) {
    payload = {Payload::Says::nothing, {}};
  } else if (decoded.frames().size() == 1 && type_of(decoded.frames()[0]) != BeaconType::eddystone_tlm) {
    payload = {Payload::Says::beacon, record.identity};
  } else {
    payload = {};  // several frames, or telemetry, which never repeats: not worth their place
  }
}

bool BeaconTracker::repeat(DeviceSlot device, const Sighting& sighting) {
  if (device >= devices_.capacity()) return false;
  DeviceRecord& record = devices_[device];
  const Payload& payload = record.payloads[sighting.is_scan_response() ? 1 : 0];
  if (payload.says == Payload::Says::nothing) return true;
  if (payload.says == Payload::Says::unknown || !is_alive(payload.beacon)) return false;
  hear(payload.beacon.index, sighting);
  record.identity = payload.beacon;
  ++statistics_.repeated;
  return true;
}

BeaconTracker::Index BeaconTracker::add(const BeaconFrame& frame, const std::optional<BeaconIdentity>& identity) {
  Index index = first_free_;
  if (index != none) {
    first_free_ = entries_[index].newer;
  } else {
    index = entries_used_++;
    entries_.reach(index);
  }
  Entry& entry = entries_[index];
  entry = Entry{
      .beacon = {.frame = frame, .first_seen = now_, .last_seen = now_}, .identity = identity, .number = ++statistics_.appeared};
  if (identity) by_identity_.emplace(*identity, index);
  link_newest(index);
  ++counts_[frame.index()];
  ++size_;
  return index;
}

const TrackedBeacon& BeaconTracker::remove(Index index) {
  Entry& entry = entries_[index];
  unlink(index);
  if (entry.identity) by_identity_.erase(*entry.identity);
  presence_.forget(index);
  --counts_[entry.beacon.frame.index()];
  --size_;
  entry.number = 0;
  entry.newer = first_free_;
  first_free_ = index;
  gone_ = entry.beacon;
  return gone_;
}

void BeaconTracker::hear(Index index, const Sighting& sighting) {
  TrackedBeacon& beacon = entries_[index].beacon;
  beacon.address = sighting.address;
  beacon.radio = sighting.radio;
  beacon.rssi_dbm = sighting.rssi_dbm;
  beacon.last_seen = now_;
  ++beacon.sightings;
  ++statistics_.sightings;
  if (index != newest_) {
    unlink(index);
    link_newest(index);
  }
  presence_.on_sample(index, now_, sighting.rssi_dbm, power_for_presence(beacon.frame),
                      [this](const PresenceReading& reading) { apply(reading); });
}

void BeaconTracker::link_newest(Index index) noexcept {
  Entry& entry = entries_[index];
  entry.older = newest_;
  entry.newer = none;
  (newest_ == none ? oldest_ : entries_[newest_].newer) = index;
  newest_ = index;
}

void BeaconTracker::unlink(Index index) noexcept {
  const Entry& entry = entries_[index];
  (entry.older == none ? oldest_ : entries_[entry.older].newer) = entry.newer;
  (entry.newer == none ? newest_ : entries_[entry.newer].older) = entry.older;
}

void BeaconTracker::apply(const PresenceReading& reading) noexcept {
  TrackedBeacon& beacon = entries_[reading.slot].beacon;
  beacon.smoothed_dbm = reading.smoothed_dbm;
  beacon.distance = reading.distance;
  beacon.zone = reading.zone;
}

bool BeaconTracker::is_alive(const Reference& reference) const noexcept {
  return reference.index != none && entries_[reference.index].number == reference.number;
}

}  // namespace moor
