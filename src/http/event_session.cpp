#include "core/within.hpp"
#include "http/connection.hpp"

#include <boost/asio/buffer.hpp>

namespace moor::http {

namespace asio = boost::asio;

namespace {

constexpr size_t piece = size_t{32} * 1024;
constexpr std::string_view comment = ":\n\n";  // keeps what is between from thinking that nobody is there

std::string as_chunk(const std::string& text) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string size;
  for (size_t left = text.size(); left > 0; left /= 16) size.insert(size.begin(), digits[left % 16]);
  return size + "\r\n" + text + "\r\n";
}

awaitable<bool> write_waiting(Line& line, EventStream& events) {
  while (events.waiting() > 0) {
    const std::string chunk = as_chunk(events.take(piece));
    const bool written = co_await line.write(chunk);
    if (!written) co_return false;
  }
  co_return true;
}

// Until the client takes no more.
awaitable<void> pump(Line& line, EventStream& events) {
  while (true) {
    const bool ready =
        co_await within(line.server.clock, line.server.clock.now() + line.server.options.heartbeat, events.wait_ready());
    bool written = false;
    if (ready) {
      written = co_await write_waiting(line, events);
    } else {
      const std::string chunk = as_chunk(std::string(comment));
      written = co_await line.write(chunk);
    }
    if (!written) co_return;
  }
}

// A client of events says nothing more; what it says is not read into memory.
awaitable<void> watch(Line& line) {
  std::array<char, 256> ignored{};
  boost::system::error_code error;
  while (!error)
    (void)co_await line.stream.async_read_some(asio::buffer(ignored), asio::redirect_error(asio::use_awaitable, error));
}

awaitable<void> until_gone(Line& line, EventStream& events) {
  (void)co_await unless(watch(line), pump(line, events));
}

}  // namespace

awaitable<void> serve_events(Line& line, Request request, const StreamHandler& handler) {
  ReplyFacts facts{.request = request.id, .keep_alive = false, .tls = request.tls, .streamed = true};
  Response response = text_response("");
  response.content_type = "text/event-stream";
  const Reply reply = make_reply(std::move(response), facts);
  const bool begun = co_await line.write(reply.head);
  if (!begun) co_return;

  const auto events = std::make_shared<EventStream>(line.server.executor, line.server.options.stream_limits);
  struct Leave {
    Server::State& server;
    EventStream& events;
    ~Leave() {
      --server.statistics.streams;
      server.statistics.events_dropped += events.dropped();
      events.close();
    }
  } leave{line.server, *events};
  ++line.server.statistics.streams;
  bool ended = false;
  try {
    ended = co_await unless(until_gone(line, *events), handler(request, events));
  } catch (const Error& error) {
    line.report(request.id, 200, request.path + ": " + error.what());
  }
  if (!ended) co_return;
  const bool written = co_await write_waiting(line, *events);
  if (written) (void)co_await line.write(std::string_view("0\r\n\r\n"));
}

}  // namespace moor::http
