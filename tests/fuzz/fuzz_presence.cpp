// Any options and any samples, from any times: a tracker never contradicts itself, and the visits and counts that follow from it
// add up.

#include "moor/error.hpp"
#include "moor/visits.hpp"
#include "presence/event_follower.hpp"

#include <cstdio>
#include <cstdlib>
#include <string_view>

namespace {

using namespace moor;

void check(bool holds, std::string_view what) {
  if (holds) return;
  std::fprintf(stderr, "%.*s\n", static_cast<int>(what.size()), what.data());
  std::abort();
}

double tenths(ByteReader& reader) {
  return static_cast<int16_t>(reader.le16()) / 10.0;
}

PresenceOptions read_options(ByteReader& reader) {
  PresenceOptions options;
  options.smoothing.alpha = reader.u8() / 200.0;
  if (const uint16_t tau_ms = reader.le16(); tau_ms % 2 == 1) options.smoothing.tau = std::chrono::milliseconds(tau_ms);
  options.smoothing.reading_interval = std::chrono::milliseconds(reader.le16());
  options.smoothing.window_value = static_cast<WindowValue>(reader.u8() % 3);
  options.zones.near_dbm = tenths(reader);
  options.zones.far_dbm = tenths(reader);
  options.zones.hysteresis_db = reader.u8() / 10.0;
  if (const double limit = tenths(reader); limit < 0) options.zones.far_exit_dbm = limit;
  options.zones.min_samples = reader.u8();
  options.lost_after = std::chrono::milliseconds(reader.le32());
  return options;
}

struct Follower {
  explicit Follower(const PresenceOptions& options) : events(options) {}

  void operator()(const PresenceReading& reading) {
    events(reading);
    visits.on_reading(reading.slot, reading, note_visit);
    if (reading.event == PresenceEvent::entered)
      traffic.on_entry(reading.slot, zone_id(*reading.zone), reading.time, [](const ZoneTraffic& row) {
        check(row.visitors > 0 && row.visitors <= row.entries, "more visitors than entries");
      });
  }

  EventFollower events;
  VisitTracker visits{VisitOptions{.rejoin_within = std::chrono::seconds(20), .max_open = 8}};
  TrafficCounter traffic{TrafficOptions{.max_visitors = 4}};
  uint64_t ended = 0;
  std::function<void(const Visit&)> note_visit = [this](const Visit& visit) {
    check(visit.left >= visit.entered, "a visit ends before it begins");
    ++ended;
  };
};

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  ByteReader reader(Bytes(data, size));
  const PresenceOptions options = read_options(reader);
  std::optional<PresenceTracker> tracker;
  try {
    tracker.emplace(options);
  } catch (const UsageError&) {
    return 0;  // refused, as it should be
  }
  Follower follower(options);
  const auto follow = std::ref(follower);
  TimePoint now{};
  while (reader.ok() && reader.remaining() > 0) {
    const uint8_t action = reader.u8();
    const DeviceSlot slot = action % 8;
    switch (action / 64) {
      case 0: now = TimePoint(Duration(static_cast<int64_t>(reader.le64()))); break;  // anywhere on the time line
      case 1: tracker->advance(now, follow); break;
      case 2:
        now += std::chrono::milliseconds(now < TimePoint(std::chrono::hours(1'000'000)) ? reader.le16() : 0);
        [[fallthrough]];
      default: tracker->on_sample(slot, now, tenths(reader), static_cast<int8_t>(reader.u8()), follow);
    }
  }
  tracker->advance(TimePoint::max(), follow);
  follower.visits.close_all(TimePoint::max(), follower.note_visit);
  check(follower.events.complaint().empty(), follower.events.complaint());
  check(tracker->present() == 0 && follower.visits.size() == 0, "somebody is left");
  check(tracker->statistics().entered == tracker->statistics().lost, "not everybody who entered was lost");
  return 0;
}
