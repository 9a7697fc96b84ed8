#pragma once
// Visits: who stayed where for how long, and how many came by. A visit is one stay of one visitor in one zone, from entering to
// leaving; a short break can be joined to it. Traffic is how many entered a zone in an interval, and how many different ones they
// were.
//
// Private by default: neither a visit nor a count holds an address, only a VisitorId. Make those with `Pseudonyms`: their secret
// is drawn anew in every process and they change every day, so nobody can tell whether the visitor of today is the one of
// yesterday.

#include "moor/presence.hpp"

#include <array>
#include <memory>
#include <vector>

namespace moor {

/// A visitor's number; the caller's choice, normally from `Pseudonyms`.
using VisitorId = uint64_t;
/// A place where one can be: a Zone of this gateway, or a room's number. The caller's choice.
using ZoneId = uint32_t;
[[nodiscard]] constexpr ZoneId zone_id(Zone zone) noexcept {
  return static_cast<ZoneId>(zone);
}

/// Numbers for devices that cannot be turned back into addresses: SipHash-2-4 (Aumasson and Bernstein 2012) under a key that is
/// itself made from a secret and the number of the period. The same secret gives the same numbers on every gateway.
class Pseudonyms {
public:
  using Secret = std::array<uint8_t, 16>;

  /// A secret from the system's source of randomness.
  Pseudonyms();
  /// @param rotate_every  periods are counted from 1970; at least a minute. @throws UsageError if it is less.
  explicit Pseudonyms(const Secret& secret, Duration rotate_every = std::chrono::hours(24));

  [[nodiscard]] VisitorId of(const Address& address, TimePoint t) const noexcept;
  /// For an identity that outlives addresses, such as a beacon's id.
  [[nodiscard]] VisitorId of(Bytes identity, TimePoint t) const noexcept;

private:
  Secret secret_;
  Duration rotate_every_;
};

enum class VisitEnd : uint8_t {
  moved,   ///< the visitor entered another zone, or left for none
  lost,    ///< the visitor fell silent
  closed,  ///< `close_all`
};
[[nodiscard]] std::string_view to_string(VisitEnd end) noexcept;

struct Visit {
  VisitorId visitor = 0;
  ZoneId zone = 0;
  TimePoint entered;
  TimePoint left;
  VisitEnd end = VisitEnd::closed;
  uint32_t breaks = 0;  ///< short absences that were joined to it; they are part of the dwell

  [[nodiscard]] Duration dwell() const noexcept { return left - entered; }
  friend bool operator==(const Visit&, const Visit&) = default;
};

/// A visit that goes on, or whose visitor has left and may yet rejoin it. Plain, so that it can be stored and brought back.
struct OpenVisit {
  VisitorId visitor = 0;
  ZoneId zone = 0;
  TimePoint entered;
  std::optional<TimePoint> left;    ///< in a break since
  VisitEnd end = VisitEnd::closed;  ///< why, where `left` is set
  uint32_t breaks = 0;

  friend bool operator==(const OpenVisit&, const OpenVisit&) = default;
};

struct VisitOptions {
  Duration rejoin_within{};     ///< a return to the same zone sooner than this continues the visit; 0: every return is a new one
  size_t max_open = 1'000'000;  ///< visits kept at a time; further ones are dropped and counted

  /// @throws UsageError if the time is negative or nothing can be kept.
  void validate() const;
};

class VisitTracker {
public:
  /// @throws UsageError if the options make no sense.
  explicit VisitTracker(const VisitOptions& options = {});
  VisitTracker(VisitTracker&&) noexcept;
  VisitTracker& operator=(VisitTracker&&) noexcept;
  ~VisitTracker();

  /// Visits that have ended go to `emit`: void(const Visit&), which must not call the tracker. With `rejoin_within` a visit is
  /// emitted when its time for rejoining is over, so visits come out later than they end; a short stay elsewhere during a break
  /// is a visit of its own.
  ///
  /// The visitor is in `zone` from `t` on; leaves the zone where it was. Entering where one is changes nothing.
  template <typename Emit>
  void enter(VisitorId visitor, ZoneId zone, TimePoint t, Emit&& emit) {
    advance(t, emit);
    if (const auto ended = move(visitor, zone, t)) emit(*ended);
  }
  /// The visitor has left its zone at `t`. Nothing happens if it was in none.
  template <typename Emit>
  void leave(VisitorId visitor, TimePoint t, VisitEnd why, Emit&& emit) {
    advance(t, emit);
    if (const auto ended = end(visitor, t, why)) emit(*ended);
  }
  /// Enters and leaves as the events of a PresenceTracker say. A lost visitor left when last heard: the silence is no dwell.
  template <typename Emit>
  void on_reading(VisitorId visitor, const PresenceReading& reading, Emit&& emit) {
    if (reading.event == PresenceEvent::lost) leave(visitor, reading.last_heard, VisitEnd::lost, emit);
    if (reading.event != PresenceEvent::none && reading.zone) enter(visitor, zone_id(*reading.zone), reading.time, emit);
    advance(reading.time, emit);
  }
  /// Lets time pass: emits visits whose visitor can no longer rejoin, in the order of their times.
  template <typename Emit>
  void advance(TimePoint now, Emit&& emit) {
    while (const auto ended = next_expired(now)) emit(*ended);
  }
  /// Ends all visits: those going on at `at`, those in a break when it began.
  template <typename Emit>
  void close_all(TimePoint at, Emit&& emit) {
    for (const Visit& visit : close_open(at)) emit(visit);
  }

  /// `advance` has nothing to do before this moment.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  [[nodiscard]] std::vector<OpenVisit> open_visits() const;
  /// Takes back a visit of before a restart. @returns whether it was: not if one of that visitor and zone is open, if the visitor
  /// is in another zone, if there is no room (which is counted), or if it ends before it begins.
  [[nodiscard]] bool restore(const OpenVisit& visit);
  /// Whether a visit of this visitor goes on, or is in a break; with `zone`, in that zone.
  [[nodiscard]] bool has_open(VisitorId visitor, std::optional<ZoneId> zone = std::nullopt) const noexcept;
  [[nodiscard]] size_t size() const noexcept;       ///< visits open
  [[nodiscard]] uint64_t dropped() const noexcept;  ///< visits for which there was no room

private:
  struct State;
  [[nodiscard]] std::optional<Visit> move(VisitorId visitor, ZoneId zone, TimePoint t);
  [[nodiscard]] std::optional<Visit> end(VisitorId visitor, TimePoint t, VisitEnd why);
  [[nodiscard]] std::optional<Visit> next_expired(TimePoint now);
  [[nodiscard]] std::vector<Visit> close_open(TimePoint at);

  std::unique_ptr<State> state_;
};

/// Foot traffic of one zone in one interval.
struct ZoneTraffic {
  TimePoint from;  ///< the interval's beginning, a multiple of its length since 1970
  ZoneId zone = 0;
  uint64_t entries = 0;
  uint64_t visitors = 0;  ///< different ones among them

  friend bool operator==(const ZoneTraffic&, const ZoneTraffic&) = default;
};

struct TrafficOptions {
  Duration interval = std::chrono::hours(1);
  size_t max_visitors =
      1'000'000;  ///< pairs of visitor and zone told apart in an interval; entries beyond are dropped and counted

  /// @throws UsageError if the interval is not positive or nothing can be kept.
  void validate() const;
};

/// Counts entries by zone and interval. It remembers who came only until the interval ends.
class TrafficCounter {
public:
  /// @throws UsageError if the options make no sense.
  explicit TrafficCounter(const TrafficOptions& options = {});
  TrafficCounter(TrafficCounter&&) noexcept;
  TrafficCounter& operator=(TrafficCounter&&) noexcept;
  ~TrafficCounter();

  /// Counts an entry; the interval before, if this begins a new one, is emitted first. An entry of an interval that was emitted
  /// already is dropped.
  /// @param emit  void(const ZoneTraffic&): a row for each zone that somebody entered, in the order of the zones.
  template <typename Emit>
  void on_entry(VisitorId visitor, ZoneId zone, TimePoint t, Emit&& emit) {
    advance(t, emit);
    count(visitor, zone, t);
  }
  /// Lets time pass: emits the interval that has ended by `now`.
  template <typename Emit>
  void advance(TimePoint now, Emit&& emit) {
    if (!has_ended(now)) return;
    for (const ZoneTraffic& row : counts()) emit(row);
    clear();
  }

  [[nodiscard]] std::vector<ZoneTraffic> counts() const;   ///< of the interval that goes on
  [[nodiscard]] TimePoint next_deadline() const noexcept;  ///< its end; TimePoint::max() if nobody has come
  [[nodiscard]] uint64_t late() const noexcept;            ///< entries dropped because their interval was over
  [[nodiscard]] uint64_t dropped() const noexcept;         ///< entries for which there was no room

private:
  struct State;
  [[nodiscard]] bool has_ended(TimePoint now) const noexcept;
  void count(VisitorId visitor, ZoneId zone, TimePoint t);
  void clear() noexcept;

  std::unique_ptr<State> state_;
};

}  // namespace moor
