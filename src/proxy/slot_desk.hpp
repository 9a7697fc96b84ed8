#pragma once
// Who has a connection slot of the proxy: from the accepted request until the link is really closed, not only until somebody asked for that. A slot given out
// earlier would meet the old link (ESPHome's PR 10303). No I/O, no waiting; calls have the time where they need it.

#include "moor/radio.hpp"

#include <map>
#include <optional>
#include <vector>

namespace moor::proxy {

/// What message 81 says.
struct SlotCount {
  uint32_t free = 0;
  uint32_t limit = 0;
  std::vector<uint64_t> allocated{};  ///< addresses in the order of asking; then those that others have
  friend bool operator==(const SlotCount&, const SlotCount&) = default;
};

class SlotDesk {
public:
  /// How long a link may take to close; then its slot is free whatever became of it (ESPHome's PR 16588).
  static constexpr Duration stuck_limit = std::chrono::seconds(10);

  enum class Phase : uint8_t { connecting, up, closing };
  enum class Answer : uint8_t { accepted, no_slot, connecting, up, closing };
  using Ticket = uint64_t;  ///< of one slot given out; never given again
  struct Decision {
    Answer answer{};
    Ticket ticket = 0;  ///< where it was accepted
  };

  /// @param limit  slots at most; the radio may have fewer
  explicit SlotDesk(int limit) noexcept : limit_(limit) {}

  /// @param radio  as it says now: links that others have through it take slots too
  [[nodiscard]] Decision request(const Address& device, TimePoint now, const Slots& radio);
  void on_up(Ticket ticket);
  /// It was asked to close, or has to be given up.
  void on_closing(Ticket ticket, TimePoint now);
  /// @returns whether it still had its slot, which is free now.
  bool on_closed(Ticket ticket);
  /// Frees those that have been closing for too long. @returns their tickets.
  [[nodiscard]] std::vector<Ticket> free_stuck(TimePoint now);
  /// When the next one is to be freed so; TimePoint::max() where none is closing.
  [[nodiscard]] TimePoint next_stuck() const noexcept;

  [[nodiscard]] std::optional<Phase> phase(Ticket ticket) const;
  [[nodiscard]] bool empty() const noexcept { return entries_.empty(); }
  [[nodiscard]] SlotCount count(const Slots& radio) const;
  /// The same for people. @param label  of the holders that are ours
  [[nodiscard]] Slots slots(const Slots& radio, const std::string& label) const;

private:
  struct Entry {
    Address device;
    Phase phase = Phase::connecting;
    TimePoint since{};
    TimePoint closing_since{};
  };
  [[nodiscard]] const Entry* find(uint64_t address) const;
  [[nodiscard]] std::vector<Slots::Holder> others(const Slots& radio) const;

  int limit_;
  std::map<Ticket, Entry> entries_;
  Ticket next_ = 1;
};

}  // namespace moor::proxy
