#pragma once
// One connection of a client, and what its parts are done with: answers, streams of events (event_session.cpp), WebSockets (socket_session.cpp).

#include "core/alarm.hpp"
#include "http/reply.hpp"
#include "http/state.hpp"
#include "http/stream.hpp"

namespace moor::http {

/// By when the operation under way has to be done; then the stream's operations are cancelled.
class Deadline {
public:
  Deadline(Clock& clock, Stream& stream);
  void set(Duration from_now);
  void clear() noexcept { at_ = TimePoint::max(); }
  [[nodiscard]] bool passed() const noexcept { return passed_; }

private:
  void on_ring();

  Clock& clock_;
  Stream& stream_;
  TimePoint at_ = TimePoint::max();
  bool passed_ = false;
  Alarm alarm_;
};

/// What the sessions of a connection share.
struct Line {
  Line(Server::State& its_server, Socket socket, std::string its_remote, TlsContext context)
      : server(its_server),
        stream(std::move(socket), std::move(context)),
        deadline(server.clock, stream),
        remote(std::move(its_remote)) {}

  /// Writes all of it, each 64 KiB in time. @returns whether it could be written.
  [[nodiscard]] awaitable<bool> write(std::span<const uint8_t> bytes);
  [[nodiscard]] awaitable<bool> write(std::string_view text) {
    return write(std::span(reinterpret_cast<const uint8_t*>(text.data()), text.size()));
  }
  void report(uint64_t request, unsigned status, std::string what) { server.report({remote, request, status, std::move(what)}); }

  Server::State& server;
  Stream stream;
  Deadline deadline;
  std::string remote;
};

/// Serves a stream of events until its handler or the client ends it. The connection is of no more use then.
[[nodiscard]] awaitable<void> serve_events(Line& line, Request request, const StreamHandler& handler);

}  // namespace moor::http
