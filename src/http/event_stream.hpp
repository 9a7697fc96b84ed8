#pragma once
// Server-sent events to one client (HTML Standard, 9.2). The queue is bounded: a client that reads too slowly loses the oldest events, and is told with an event "lost"
// whose data is {"lost": NUMBER}. All on one executor.

#include "core/event.hpp"

#include <deque>
#include <memory>
#include <string>
#include <string_view>

namespace moor::http {

/// An event as it goes over the wire; shared by all clients that get it.
using EventFrame = std::shared_ptr<const std::string>;

/// @param name  of the event; empty for a plain message. @param data  may have several lines. @param id  what a client that comes back sends as
/// Last-Event-ID; empty for none. Name and id have no line breaks: they are cut there.
[[nodiscard]] EventFrame make_event(std::string_view name, std::string_view data, std::string_view id = {});

struct EventStreamLimits {
  size_t events = 256;
  size_t bytes = size_t{1} << 20U;  ///< of events that wait; a single event may be larger
};

class EventStream {
public:
  explicit EventStream(const boost::asio::any_io_executor& executor, EventStreamLimits limits = EventStreamLimits());

  /// Puts an event into the queue. @returns false if the client is gone, or others were dropped for this one.
  bool send(EventFrame frame);
  bool send(std::string_view name, std::string_view data, std::string_view id = {}) { return send(make_event(name, data, id)); }

  [[nodiscard]] bool closed() const noexcept { return closed_.is_set(); }
  /// Until the client is gone. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_closed() { return closed_.wait(); }
  [[nodiscard]] size_t waiting() const noexcept { return queue_.size(); }
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }

  // For who sends them over the wire.
  /// Waits until there is something to take. Cancellation: total.
  [[nodiscard]] awaitable<void> wait_ready() { return ready_.wait(); }
  /// The oldest events, at least one if there is any, up to about so many bytes. What was lost before them is told first.
  [[nodiscard]] std::string take(size_t about);
  void close();

private:
  EventStreamLimits limits_;
  std::deque<EventFrame> queue_;
  size_t bytes_ = 0;
  uint64_t dropped_ = 0;
  uint64_t untold_ = 0;  // of them
  Event ready_;
  Event closed_;
};

}  // namespace moor::http
