#pragma once
// Which attempt comes next, over which radio, and when no more is tried. Without I/O: it is told what failed and what is seen, and says
// what to do.
//
// compat: one radio; the budgets are looked at after the wait.
//
// standard: the radio that was best at the beginning has budgets of its own, all others share theirs, so that a bad radio cannot use up the attempts of the
// good one; each radio has its own wait, so that a radio that need not wait is tried at once. A last failure does not wait.

#include "connect/wait_machine.hpp"

#include <span>
#include <variant>
#include <vector>

namespace moor {

class ConnectMachine {
public:
  using RadioIndex = size_t;  ///< the caller's number of a radio, small
  static constexpr RadioIndex no_radio = SIZE_MAX;
  static constexpr int early_attempts_limit = 16;  ///< that are not counted

  /// A radio that can reach the device.
  struct Candidate {
    RadioIndex radio = 0;
    DeviceView seen{};
  };

  struct Attempt {
    RadioIndex radio = 0;
  };
  struct NoRadio {};  ///< counts as a failed attempt: call `on_failed` with what explains it
  struct ClearServices {
    RadioIndex radio = 0;
  };
  struct Wait {
    TimePoint until;
    bool watch = false;  ///< a change may end it sooner: call `next` then too
  };
  struct GiveUp {};
  using Action = std::variant<Attempt, NoRadio, ClearServices, Wait, GiveUp>;

  /// How a failure was counted, for those who are told of it.
  struct Verdict {
    std::optional<AttemptBudget> counted_as{};
    std::optional<Duration> wait{};
  };

  /// @param max_attempts  for time-outs and errors; less than 1 is 1.
  ConnectMachine(RetryProfile profile, int max_attempts, bool clears_services);

  /// @param best_first  the radios that can reach the device now; compat: at most one, the same each time.
  [[nodiscard]] Action next(TimePoint now, std::span<const Candidate> best_first);
  /// The attempt that `next` asked for has failed, or there was no radio for one.
  /// @param took  how long the attempt took.
  Verdict on_failed(const ConnectCause& cause, Duration took);

  [[nodiscard]] int attempts() const noexcept { return attempts_; }  ///< asked for so far
  struct Counters {
    int timeouts = 0;
    int errors = 0;
    int transient = 0;
  };
  [[nodiscard]] Counters counters() const noexcept;  ///< over all radios

private:
  struct RadioState {
    RadioIndex radio = no_radio;
    Duration lost{};                    // in attempts that failed
    std::optional<RetryRule> failed{};  // the wait begins at the next look
    std::optional<WaitMachine> wait{};
    bool to_clear = false;
    bool early = false;  // the attempt that runs was made early
  };

  [[nodiscard]] RadioState& state_of(RadioIndex radio);
  [[nodiscard]] Counters& budget_of(RadioIndex radio) noexcept;
  [[nodiscard]] bool is_spent(const Counters& counters) const noexcept;
  [[nodiscard]] Action next_without_radio(TimePoint now);
  [[nodiscard]] std::optional<TimePoint> look(RadioState& state, const DeviceView& seen, TimePoint now);
  [[nodiscard]] Action attempt(RadioState& state);

  RetryProfile profile_;
  int max_attempts_;
  bool clears_services_;
  int attempts_ = 0;
  int early_attempts_ = 0;
  std::optional<RadioIndex> first_;  // the one that was the best at the beginning
  Counters first_counters_;
  Counters other_counters_;
  std::vector<RadioState> states_;  // of radios that were tried
  RadioIndex running_ = no_radio;   // whose attempt is awaited
};

}  // namespace moor
