#pragma once
// When a radio is silent, stuck, dead or hanging. A machine without I/O: time is a parameter.

#include "radio/sim/state.hpp"

namespace moor::sim {

/// Scripted and random faults alike. Asked for any moment not before the last one; an earlier one gets the answer of the last.
class RadioFaults {
public:
  RadioFaults(State& state, size_t radio);
  void add(RadioFault fault);
  [[nodiscard]] bool is_dead(TimePoint t) { return has(RadioFault::Kind::dead, t); }
  [[nodiscard]] bool is_deaf(TimePoint t);  ///< dead, silent or stuck
  [[nodiscard]] bool hangs(TimePoint t) { return has(RadioFault::Kind::hang, t); }
  /// The next moment after `t` at which one of the three may change by itself; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_change(TimePoint t);
  /// @returns whether what was wrong is mended: `stuck` by any recovery, `silent` and `hang` by a hard one. Nothing mends `dead`.
  bool recover(TimePoint t, bool hard);

private:
  // One occurrence of a fault; the one before is over, the one after not drawn.
  struct Running {
    RadioFault fault;
    uint64_t number = 0;  // of the fault, for its random times
    uint64_t occurrence = 0;
    TimePoint begin;
    TimePoint end;
  };
  [[nodiscard]] bool has(RadioFault::Kind kind, TimePoint t);
  void follow(Running& running, TimePoint t) const;
  [[nodiscard]] Duration pause_of(const Running& running) const;

  State& state_;
  size_t radio_;
  std::vector<Running> faults_;
};

}  // namespace moor::sim
