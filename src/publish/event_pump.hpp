#pragma once
// Events on their way to a broker: in order, several under way at a time, each until it is acknowledged, and again after a connection was lost. What
// has been acknowledged without a gap is passed. Without I/O.

#include "moor/outbox.hpp"
#include "mqtt/client.hpp"

#include <deque>
#include <optional>

namespace moor::publish {

class EventPump {
public:
  /// @param window  events that are held, and under way, at most.
  explicit EventPump(size_t window) : window_(window) {}

  /// How many more may be added.
  [[nodiscard]] size_t room() const noexcept { return window_ - held_.size(); }
  /// The last one that was added; 0 before the first.
  [[nodiscard]] uint64_t last() const noexcept { return last_; }
  void add(std::vector<OutboxMessage> messages);

  /// The one to be sent now; null if there is none. It stays valid until something is settled.
  [[nodiscard]] const OutboxMessage* next() const noexcept;
  /// `next` has been sent.
  void on_sent() noexcept;
  /// @returns the event up to which all have arrived, if that has changed. A refused one has been dealt with too.
  [[nodiscard]] std::optional<uint64_t> on_settled(uint64_t id, mqtt::Delivery delivery);
  /// The connection is gone: what was under way is to be sent again.
  void on_lost() noexcept;

  [[nodiscard]] uint64_t refused() const noexcept { return refused_; }

private:
  struct Held {
    OutboxMessage message;
    bool settled = false;
  };
  size_t window_;
  std::deque<Held> held_;  // by id
  size_t sent_ = 0;        // of them, from the front
  uint64_t last_ = 0;
  uint64_t refused_ = 0;
};

}  // namespace moor::publish
