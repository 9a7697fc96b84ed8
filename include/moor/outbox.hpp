#pragma once
// What happened and is to be told to others: messages that a store writes together with the zone event or visit that they are about,
// and hands out once those are durable. Each who publishes them (a sink) has a cursor of its own. A sink gets a message at least once:
// what it acknowledged shortly before a kill comes again, and the `id` in the payload tells that it is the same.

#include "moor/time.hpp"

#include <boost/asio/awaitable.hpp>
#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

namespace moor {

struct OutboxMessage {
  uint64_t id = 0;      ///< in the outbox: rises, without gaps, also over restarts
  std::string kind;     ///< "zone" or "visit"
  WallTime time;        ///< when it happened
  std::string payload;  ///< a JSON object; its `id` is that of the row in zone_events or visits
};

struct OutboxStatistics {
  struct Sink {
    uint64_t waiting = 0;   ///< durable and not acknowledged
    uint64_t dropped = 0;   ///< passed over at the sink's bound, since the store was opened
    Duration oldest_age{};  ///< of those that wait
    friend bool operator==(const Sink&, const Sink&) = default;
  };
  std::map<std::string, Sink> sinks;
};

/// A sink that the file remembers and nobody has registered for so long after the start is gone from the configuration, and is forgotten.
inline constexpr Duration outbox_forgets_after = std::chrono::minutes(1);

/// Every call is made on the store's executor.
class Outbox {
public:
  virtual ~Outbox() = default;

  /// Called on the executor after each transaction that added messages, for as long as the store lives; more than one may be.
  virtual void on_committed(std::function<void()> call) = 0;

  /// Who publishes: it goes on where it was in the last run, a new one begins with what comes next.
  /// @param bound  messages kept for it at most; beyond that it passes over the oldest, which is counted. Registering again changes it.
  virtual void register_sink(std::string sink, size_t bound) = 0;
  /// Nothing is kept for it any more.
  virtual void remove_sink(const std::string& sink) = 0;

  /// The durable messages behind the sink's cursor, and behind `after`, oldest first; nothing for a sink that is not registered, and once the store is
  /// closed. @throws StoreError if the file cannot be read. Cancellation: none, it is short.
  [[nodiscard]] virtual boost::asio::awaitable<std::vector<OutboxMessage>> read(std::string sink, size_t limit,
                                                                                uint64_t after) = 0;
  [[nodiscard]] boost::asio::awaitable<std::vector<OutboxMessage>> read(std::string sink, size_t limit) {
    return read(std::move(sink), limit, 0);
  }

  /// Moves the sink's cursor: all messages up to this one have arrived. It is written with the next transaction, `batch_age` from now at
  /// the latest. Messages that all sinks have passed are deleted.
  virtual void acknowledge(std::string sink, uint64_t through) = 0;

  [[nodiscard]] virtual OutboxStatistics statistics() const = 0;
};

}  // namespace moor
