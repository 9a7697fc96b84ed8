#pragma once
// Who was here before a restart, or before another configuration: a device that is heard again soon goes on where it was, as if nothing had
// been, and the visit of one that is not ended when it was last heard.
//
// A machine without I/O: time is a parameter.

#include "gateway/identities.hpp"
#include "gateway/places.hpp"
#include "moor/pipeline.hpp"

namespace moor {

/// What is known of a device, by its identity.
struct PriorDevice {
  std::string identity;
  std::string name;                  ///< as `Identities::name_of`
  std::optional<Address> address{};  ///< only in memory: its identity may have rotated since its visit began
  std::string zone;                  ///< the zone's name; empty: in none
  std::optional<double> smoothed_dbm;
  TimePoint first_seen;
  TimePoint last_seen;
};

/// A visit that had not ended.
struct PriorVisit {
  std::string identity;
  std::string name;
  std::string zone;
  TimePoint entered;
  std::optional<TimePoint> left;  ///< in a break since; without it the visitor is there, or left without anybody noticing
  uint32_t breaks = 0;
};

/// Everybody that a gateway takes over from the one before it.
struct PriorState {
  std::vector<PriorDevice> devices;
  std::vector<PriorVisit> visits;
};

class Returning {
public:
  /// Somebody who did not come back.
  struct Gone {
    PriorDevice device;
    std::optional<PriorVisit> visit;
  };

  explicit Returning(const Places& places, const ZoneOptions& zones) : places_(places), zones_(zones) {}

  /// Takes over what was known. Visits in a break are not among it: see `breaks`.
  void add(PriorState state);
  /// Visits whose visitors had left, and may rejoin them: for the pipeline.
  [[nodiscard]] std::vector<PriorVisit> breaks() { return std::move(breaks_); }
  /// Waiting begins. @param grace_from  a device is waited for until `lost_after` past this moment, or past its own last one if that is later.
  void begin(TimePoint grace_from, Duration lost_after);

  [[nodiscard]] bool empty() const noexcept { return waiting_.empty(); }
  struct Found {
    Recalled recalled;
    std::string identity;  ///< that it had
  };
  /// A device is heard for the first time. @param identity  that it has now. @returns what it goes on with; it is waited for no more.
  [[nodiscard]] std::optional<Found> recall(const Address& address, std::string_view identity, TimePoint now);
  /// Lets time pass. @param gone  void(const Gone&), for those that were somewhere.
  template <typename Emit>
  void advance(TimePoint now, Emit&& gone) {
    while (const auto each = next_gone(now)) gone(*each);
  }
  /// `advance` has nothing to do before this moment.
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  /// Everybody who is still waited for, as at the end of the program: for whoever takes over next.
  [[nodiscard]] PriorState rest() const;

private:
  struct Deadline {
    TimePoint time;
    VisitorId visitor;
  };
  [[nodiscard]] std::optional<Gone> next_gone(TimePoint now);

  const Places& places_;
  ZoneOptions zones_;
  boost::unordered_flat_map<VisitorId, Gone> waiting_;
  boost::unordered_flat_map<Address, VisitorId, std::hash<Address>> by_address_;
  std::vector<PriorVisit> breaks_;
  std::vector<Deadline> deadlines_;  // soonest last
};

}  // namespace moor
