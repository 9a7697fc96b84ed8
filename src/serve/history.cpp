#include "serve/history.hpp"

#include <algorithm>
#include <cmath>

namespace moor::serve {

namespace {

constexpr int16_t no_smoothed = INT16_MIN;
constexpr int64_t silence_s = 60;
constexpr size_t looks = 8;  // at owners, for one reading of a device without a ring
constexpr auto length = static_cast<int64_t>(History::points);

int64_t second_of(TimePoint t) noexcept {
  return t.time_since_epoch() / std::chrono::seconds(1);
}

size_t place_of(int64_t second) noexcept {
  return static_cast<size_t>(second) % History::points;
}

}  // namespace

History::Ring* History::find(DeviceSlot slot) noexcept {
  if (slot >= ring_of_.size() || ring_of_[slot] == none) return nullptr;
  return rings_[ring_of_[slot]].get();
}

History::Ring& History::give(size_t ring, DeviceSlot slot) {
  Ring& given = *rings_[ring];
  if (given.slot != none) ring_of_[given.slot] = none;
  if (slot >= ring_of_.size()) ring_of_.resize(slot + size_t{1}, none);
  ring_of_[slot] = static_cast<uint32_t>(ring);
  given.slot = slot;
  given.newest = 0;
  given.asked = TimePoint::min();
  given.stays.clear();
  return given;
}

History::Ring* History::lend(DeviceSlot slot, int64_t second) {
  if (rings_.size() < max_rings_) {
    rings_.push_back(std::make_unique<Ring>());
    return &give(rings_.size() - 1, slot);
  }
  for (size_t look = 0; look < std::min(looks, rings_.size()); ++look) {
    hand_ = (hand_ + 1) % rings_.size();
    const Ring& ring = *rings_[hand_];
    if (ring.slot == none || ring.newest + silence_s < second) return &give(hand_, slot);
  }
  return nullptr;
}

void History::advance(Ring& ring, int64_t second) noexcept {
  const int64_t begin = std::max(ring.newest + 1, second - length + 1);
  for (int64_t each = begin; each <= second; ++each) {
    ring.rssi_dbm[place_of(each)] = no_rssi;
    ring.smoothed_tenth[place_of(each)] = no_smoothed;
  }
  ring.newest = std::max(ring.newest, second);
}

void History::on_forgotten(DeviceSlot slot, const Device&) {
  Ring* const ring = find(slot);
  if (ring == nullptr) return;
  ring->slot = none;
  ring->newest = 0;
  ring_of_[slot] = none;
}

void History::on_presence(const Device&, const PresenceReading& reading, VisitorId) {
  const int64_t second = second_of(reading.time);
  Ring* ring = find(reading.slot);
  if (ring == nullptr) ring = lend(reading.slot, second);
  if (ring == nullptr || second + length <= ring->newest) return;
  advance(*ring, second);
  if (reading.rssi_dbm) ring->rssi_dbm[place_of(second)] = static_cast<int8_t>(std::lround(*reading.rssi_dbm));
  if (reading.event != PresenceEvent::lost)
    ring->smoothed_tenth[place_of(second)] = static_cast<int16_t>(std::lround(reading.smoothed_dbm * 10));
}

void History::on_zone(const ZoneEvent& event) {
  Ring* const ring = find(event.slot);
  if (ring == nullptr) return;
  if (!ring->stays.empty() && !ring->stays.back().to) ring->stays.back().to = event.time;
  if (!event.to.empty()) ring->stays.push_back({event.time, std::nullopt, event.to});
  const TimePoint oldest = event.time - std::chrono::seconds(length);
  while (ring->stays.size() > max_zones || (!ring->stays.empty() && ring->stays.front().to && *ring->stays.front().to < oldest))
    ring->stays.pop_front();
}

History::Answer History::ask(DeviceSlot slot, TimePoint from, TimePoint now) {
  Answer answer;
  Ring* ring = find(slot);
  if (ring == nullptr) ring = lend(slot, second_of(now));
  if (ring == nullptr && !rings_.empty()) {
    const auto least = std::ranges::min_element(rings_, {}, [](const auto& each) { return each->asked; });
    ring = &give(static_cast<size_t>(least - rings_.begin()), slot);
  }
  if (ring == nullptr) return answer;
  answer.kept = true;
  ring->asked = now;
  for (int64_t each = std::max(second_of(from), ring->newest - length + 1); each <= ring->newest && ring->newest != 0; ++each) {
    const int8_t rssi = ring->rssi_dbm[place_of(each)];
    const int16_t smoothed = ring->smoothed_tenth[place_of(each)];
    if (rssi == no_rssi && smoothed == no_smoothed) continue;
    Point point{.second = each, .rssi_dbm = std::nullopt, .smoothed_dbm = std::nullopt};
    if (rssi != no_rssi) point.rssi_dbm = rssi;
    if (smoothed != no_smoothed) point.smoothed_dbm = smoothed / 10.0;
    answer.points.push_back(point);
  }
  for (const Stay& stay : ring->stays)
    if (!stay.to || *stay.to >= from) answer.stays.push_back(stay);
  return answer;
}

}  // namespace moor::serve
