#pragma once
// Who has got how far through the outbox: the policy of src/store/outbox_table.hpp without its file. Ids of messages have no gaps, so a
// cursor tells how many wait.

#include "moor/outbox.hpp"

#include <optional>
#include <span>

namespace moor::store {

/// How far a sink has come: all messages up to `through` are behind it.
struct Position {
  std::string sink;
  uint64_t through = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// What a transaction does to the outbox besides adding messages.
struct OutboxChanges {
  std::vector<Position> positions;  ///< of all sinks; any other that the file knows is forgotten
  uint64_t delete_through = 0;      ///< messages that nobody waits for
  bool keep_messages = true;        ///< false while there is no sink: nothing is added
  bool write_positions = false;     ///< they are not those that the file has
};

/// What the file held, or holds after a transaction.
struct OutboxState {
  uint64_t last_id = 0;                                   ///< of the newest message ever added
  std::vector<Position> positions;                        ///< read when it was opened
  std::map<std::string, std::optional<WallTime>> oldest;  ///< by sink: the time of the first message behind its cursor
};

class Cursors {
public:
  Cursors(const OutboxState& saved, TimePoint now);

  /// @returns whether there is something to write.
  bool add(const std::string& sink, size_t bound);
  bool remove(const std::string& sink);
  bool acknowledge(const std::string& sink, uint64_t through);

  /// Nothing for a sink that is not registered.
  [[nodiscard]] std::optional<uint64_t> position(const std::string& sink) const;

  /// What the next transaction shall do; forgets sinks that nobody registered in time.
  [[nodiscard]] OutboxChanges take(TimePoint now);
  /// The transaction is durable. @returns whether it left something to write: a sink at its bound.
  bool on_committed(const OutboxChanges& done, const OutboxState& state);

  [[nodiscard]] OutboxStatistics statistics(WallTime now) const;

private:
  struct Sink {
    uint64_t through = 0;
    std::optional<size_t> bound;  // none until it is registered
    uint64_t dropped = 0;
    std::optional<WallTime> oldest;
  };
  bool keep_bound(Sink& sink) const noexcept;

  std::map<std::string, Sink> sinks_;
  uint64_t last_id_;
  TimePoint forget_at_;
  std::vector<Position> written_;  // what the file has
};

}  // namespace moor::store
