#pragma once
// Which sensors hold a link, which take turns, and when. Links are few (3 on an ESP32), making one costs a radio its hearing for seconds, and a
// sensor that does not answer would keep all others waiting; so whoever waited longest goes first, each radio makes one link at a time and rests
// between two, and a failure makes the pause before the next attempt longer.
//
// A machine without I/O: it is told what happened, and `plan` says what to begin and which links to give up.

#include "moor/sighting.hpp"

#include <functional>
#include <map>
#include <vector>

namespace moor {

struct SensorScheduleOptions {
  Duration first_pause = std::chrono::seconds(5);  ///< after a failure, doubled with each
  Duration last_pause = std::chrono::minutes(10);  ///< the longest
  Duration rest = std::chrono::seconds(1);         ///< of a radio between two attempts, at least half of what the last one took
  double busy_per_s = 300;                         ///< sightings of a radio; one that hears more rests `busy_rest`
  Duration busy_rest = std::chrono::seconds(4);
  Duration least_hold = std::chrono::minutes(1);  ///< of a link with subscriptions before it is given up for others
  Duration settled = std::chrono::seconds(30);    ///< a link that was lost later was no failure
  int tolerated_db = 15;                          ///< so much weaker another radio may be while the best is only busy
  Duration look_again = std::chrono::seconds(5);  ///< while somebody waits for a slot that others may give back
};

/// What is asked for one device.
struct SensorWish {
  Duration every = std::chrono::seconds(60);  ///< above 0
  bool stays = true;                          ///< wants to keep its link
  bool subscribes = false;                    ///< has nothing from a short visit
};

/// How a radio is at the moment of planning.
struct SensorRadio {
  RadioId id = 0;
  int limit = 0;  ///< connection slots; 0 where it does not say: then five, less the sensors' own
  int free = 0;
  double sightings_per_s = 0;
};

/// A radio over which a device can be reached.
struct SensorReach {
  RadioId radio = 0;
  int rssi_dbm = 0;
};

using SensorId = uint32_t;

class SensorSchedule {
public:
  enum class Phase : uint8_t {
    idle,     ///< not due
    unheard,  ///< due, but no radio reaches it
    queued,   ///< due, waits for a slot or a radio
    connecting,
    connected,
    leaving,  ///< told to give its link up
    failed,   ///< pauses after a failure
  };
  enum class End : uint8_t {
    served,  ///< a visit that got what it came for, or a link given up when told to
    failed,  ///< it could not be connected, or gave nothing
    lost,    ///< the link was lost
  };
  struct Start {
    SensorId sensor = 0;
    RadioId radio = 0;
    bool hold = false;  ///< keep the link until told to leave
  };
  struct Plan {
    std::vector<Start> starts{};
    std::vector<SensorId> leaves{};     ///< others wait for their slots
    TimePoint next = TimePoint::max();  ///< plan again then at the latest, or when something happens
  };
  /// Best first; empty where nothing reaches it.
  using ReachOf = std::function<std::vector<SensorReach>(SensorId)>;

  explicit SensorSchedule(SensorScheduleOptions options = SensorScheduleOptions()) : options_(options) {}

  /// Due at once. @throws UsageError for an `every` that is not above 0.
  SensorId add(const SensorWish& wish, TimePoint now);
  /// Its link, if it had one, must have ended.
  void remove(SensorId sensor) { sensors_.erase(sensor); }

  [[nodiscard]] Plan plan(TimePoint now, const std::vector<SensorRadio>& radios, const ReachOf& reach_of);

  void on_connected(SensorId sensor, TimePoint now);
  /// Values came.
  void on_served(SensorId sensor, TimePoint now);
  void on_ended(SensorId sensor, TimePoint now, End how);

  [[nodiscard]] Phase phase(SensorId sensor) const { return sensors_.at(sensor).phase; }
  [[nodiscard]] int failures(SensorId sensor) const { return sensors_.at(sensor).failures; }  ///< in a row
  /// Whether it waits for being heard: news of it are a reason to plan again.
  [[nodiscard]] bool is_waiting(SensorId sensor) const;

private:
  struct Sensor {
    SensorWish wish;
    Phase phase = Phase::idle;
    TimePoint due;                            // of the next values, on a grid of `every`
    TimePoint not_before = TimePoint::min();  // after a failure
    TimePoint last_turn = TimePoint::min();   // tried or served: who waited longest goes first
    RadioId radio = 0;
    TimePoint since;  // connecting or connected
    int failures = 0;
    bool was_served = false;  // over this link
  };
  struct RadioUse {
    int attempts = 0;
    int links = 0;  // of sensors, with those that are being made
    TimePoint rests_until = TimePoint::min();
  };
  struct Planning;

  [[nodiscard]] static bool has_link(const Sensor& sensor) noexcept;
  [[nodiscard]] static TimePoint ready_at(const Sensor& sensor) noexcept;
  [[nodiscard]] TimePoint may_leave_at(const Sensor& sensor) const noexcept;
  void place(SensorId id, Sensor& sensor, const std::vector<SensorReach>& reach, Planning& planning);
  void make_room(const std::vector<RadioId>& full, Planning& planning);
  void end_attempt(Sensor& sensor, TimePoint now);
  void fail(Sensor& sensor, TimePoint now);

  SensorScheduleOptions options_;
  std::map<SensorId, Sensor> sensors_;
  std::map<RadioId, RadioUse> radios_;
  std::map<RadioId, double> rates_;  // as of the last plan
  SensorId next_id_ = 0;
};

}  // namespace moor
