#pragma once
// The queue between the hub and the pipeline. While the program keeps up there is none: a sighting goes through at once. When one round of the
// program's work brings more than a slice of processing, the rest waits, in order and bounded, so that everything else of the program gets its
// turn; and when the queue is full, what is worth least is shed and counted.
//
// A machine without I/O: it asks for a turn, and whoever owns it calls `turn` from the executor's queue, behind all that is ready by then.

#include "moor/sighting.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace moor {

/// What a sighting is worth, the least first: what is shed before what.
enum class Worth : uint8_t {
  other_radio,  ///< from a radio that does not own the device
  recent,       ///< an unchanged payload of a device that was heard within the last second
  repeat,       ///< any other unchanged payload
  news,         ///< a new payload, or a device's first
};
inline constexpr size_t worth_count = 4;
/// "other_radio", "recent", "repeat", "news": the causes by which what was shed is counted.
[[nodiscard]] const char* to_string(Worth worth) noexcept;

struct IntakeOptions {
  size_t capacity = 8192;                                 ///< sightings that wait, 100 bytes each; at least 1
  Duration slice = std::chrono::milliseconds(5);          ///< of processing in one round of the program's work
  Duration recent = std::chrono::seconds(1);              ///< for `Worth::recent`
  Duration problem_after_shed = std::chrono::minutes(1);  ///< for how long what was shed counts as a problem
};

struct IntakeStatistics {
  uint64_t taken = 0;                        ///< that came in
  uint64_t at_once = 0;                      ///< of those, that never waited
  std::array<uint64_t, worth_count> shed{};  ///< by `Worth`
  size_t waiting = 0;
  size_t most_waiting = 0;
  Duration longest_wait{};  ///< of what was processed, to a slice
  [[nodiscard]] uint64_t all_shed() const noexcept;
};

class Intake {
public:
  /// Is given every sighting that is not shed, in the order in which they came. Must not call the intake.
  using Deliver = std::function<void(const Sighting&, bool owned)>;
  /// Time that passes while the program works. Virtual time does not, so nothing ever waits there.
  using Watch = std::function<TimePoint()>;

  /// @throws UsageError for a capacity of 0.
  Intake(IntakeOptions options, Deliver deliver, Watch watch);

  /// @param owned    by the radio that heard it. @param changed  and its payload brings news.
  /// @returns whether `turn` is to be called soon; not again before it was.
  [[nodiscard]] bool put(const Sighting& sighting, bool owned, bool changed);
  /// A new round: processes what waits, for a slice. @returns whether it is to be called again.
  [[nodiscard]] bool turn();
  /// Processes everything that waits, for a clean end.
  void drain();

  [[nodiscard]] const IntakeStatistics& statistics() const noexcept { return statistics_; }
  /// In words while something has been shed lately; empty where all is well. @param now  of the watch.
  [[nodiscard]] std::string problem(TimePoint now) const;

private:
  static constexpr uint32_t none = ~uint32_t{0};
  static constexpr int look_every = 32;  // sightings between two looks at the watch
  // In two lists at once: of all that waits, and of those of its worth, both oldest first.
  struct Link {
    uint32_t before = none;
    uint32_t after = none;
  };
  struct Node {
    Sighting sighting;
    bool owned = false;
    Worth worth = Worth::news;
    TimePoint since;
    Link all;
    Link alike;
  };
  struct List {
    uint32_t first = none;
    uint32_t last = none;
  };

  [[nodiscard]] bool may_go_on();
  [[nodiscard]] Worth worth_of(const Sighting& sighting, bool owned, bool changed);
  void wait(const Sighting& sighting, bool owned, bool changed);
  void keep(const Sighting& sighting, bool owned, Worth worth);
  void remove(uint32_t place) noexcept;
  void deliver_first();
  void shed(Worth worth);
  void begin_slice();
  void append(List& list, Link Node::* link, uint32_t place) noexcept;
  void unlink(List& list, Link Node::* link, uint32_t place) noexcept;

  IntakeOptions options_;
  Deliver deliver_;
  Watch watch_;
  std::vector<Node> nodes_;  // grows up to the capacity
  std::vector<uint32_t> unused_;
  List all_;
  std::array<List, worth_count> alike_{};
  std::unique_ptr<PayloadRing> long_payloads_;                               // of those that wait; the radio's own ring goes on
  boost::unordered_flat_map<Address, TimePoint, std::hash<Address>> heard_;  // devices, while something waits
  TimePoint slice_began_;
  int until_look_ = 0;    // sightings
  bool in_turn_ = false;  // `turn` has been asked for
  bool used_up_ = false;  // the slice
  TimePoint last_shed_ = TimePoint::min();
  IntakeStatistics statistics_;
};

}  // namespace moor
