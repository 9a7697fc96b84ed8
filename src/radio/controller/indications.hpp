#pragma once
// Indications, of which one may be under way until the client confirms it (Core 5.4, Vol 3, Part F, 3.3.2). A machine without I/O.

#include "moor/time.hpp"

#include <cstdint>
#include <deque>
#include <optional>
#include <vector>

namespace moor::controller {

class Indications {
public:
  using Pdu = std::vector<uint8_t>;

  /// @returns what to send now: the PDU, or nothing where another one is under way. A client that has not confirmed for 30 s gets none any more
  /// (Core 5.4, Vol 3, Part F, 3.3.3).
  [[nodiscard]] std::optional<Pdu> push(Pdu pdu, TimePoint now);
  /// @returns the next one, to be sent now.
  [[nodiscard]] std::optional<Pdu> on_confirmed(TimePoint now);
  /// That were never sent: too many waited, or nobody confirmed.
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }

private:
  std::optional<TimePoint> sent_at_;  // of the one under way
  std::deque<Pdu> waiting_;
  uint64_t dropped_ = 0;
};

}  // namespace moor::controller
