#include "serve/explorer.hpp"

#include "core/activities.hpp"
#include "report/attribute_value.hpp"
#include "serve/answers.hpp"
#include "serve/explorer_link.hpp"

#include <boost/asio/this_coro.hpp>
#include <boost/json/serialize.hpp>
#include <deque>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr size_t most_waiting = 512;  // messages for a client that reads too slowly; beyond, the oldest value goes

// What goes to the client, in its order: answers, and what comes unasked from callbacks, which cannot wait.
class Outgoing {
public:
  explicit Outgoing(const boost::asio::any_io_executor& executor) : ready_(executor) {}

  void answer(const json::object& message) { push(message, false); }
  void tell(const json::object& message) { push(message, true); }
  [[nodiscard]] awaitable<void> send_all(http::WebSocket& socket) {
    for (;;) {
      co_await ready_.wait();
      ready_.reset();
      while (!queue_.empty()) {
        std::string text = std::move(queue_.front().text);
        queue_.pop_front();
        co_await socket.send(std::move(text));
      }
    }
  }

private:
  struct Message {
    std::string text;
    bool droppable;
  };

  void push(const json::object& message, bool droppable) {
    if (queue_.size() >= most_waiting) {
      const auto oldest = std::ranges::find_if(queue_, [](const Message& each) { return each.droppable; });
      if (oldest == queue_.end()) return;
      queue_.erase(oldest);
      ++dropped_;
    }
    json::object whole = message;
    if (dropped_ > 0 && droppable) whole["dropped"] = std::exchange(dropped_, 0);
    queue_.push_back({to_line(whole), droppable});
    ready_.set();
  }

  Event ready_;
  std::deque<Message> queue_;
  uint64_t dropped_ = 0;  // values that the client has not been told of
};

json::object refusal(const json::value& n, std::string_view error, std::string_view advice) {
  return {{"n", n}, {"ok", false}, {"error", error}, {"advice", advice}};
}

// Messages of one client, one after the other.
class Conversation {
public:
  Conversation(Gateway& gateway, const DeviceView& devices, const boost::asio::any_io_executor& executor)
      : devices_(devices),
        outgoing_(executor),
        link_(gateway, devices, [this](const json::object& event) { outgoing_.tell(event); }) {}

  [[nodiscard]] awaitable<void> hold(http::WebSocket& socket) {
    const auto executor = co_await boost::asio::this_coro::executor;
    Activities sending(executor);
    sending.start(outgoing_.send_all(socket), [](std::exception_ptr) {});
    std::exception_ptr ended;
    try {
      co_await talk(socket);
    } catch (...) {
      ended = std::current_exception();
    }
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await sending.stop();
    co_await link_.disconnect();
    if (ended) std::rethrow_exception(ended);
  }

private:
  [[nodiscard]] awaitable<void> talk(http::WebSocket& socket) {
    for (;;) {
      const std::optional<std::string> text = co_await socket.receive();
      if (!text) co_return;
      json::value n;
      try {
        const json::object message = parse_object(*text);
        if (const json::value* const number = message.if_contains("n")) n = *number;
        json::object result = co_await link_.perform(message);
        result["n"] = n;
        result["ok"] = true;
        outgoing_.answer(result);
      } catch (const OutOfConnectionSlots&) {
        json::object told = refusal(n, "no connection slot is free on a radio that reaches the device",
                                    "Disconnect one of the holders, wait, or add a proxy near the device.");
        told["holders"] = link_.holders();
        outgoing_.answer(told);
      } catch (const Error& error) {
        outgoing_.answer(refusal(n, devices_.without_addresses(error.what()), devices_.without_addresses(error.advice())));
      }
    }
  }

  const DeviceView& devices_;
  Outgoing outgoing_;
  ExplorerLink link_;
};

// One of those that may be open at a time.
class Place {
public:
  explicit Place(size_t& taken) : taken_(taken) {
    if (taken_ >= most_explorers)
      throw http::Refusal(503, "too many explorers are open", "Close one of them; each may hold a connection to a device.");
    ++taken_;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  ~Place() { --taken_; }

private:
  size_t& taken_;
};

awaitable<void> explore(Gateway& gateway, const DeviceView& devices, std::shared_ptr<size_t> taken, http::WebSocket& socket) {
  const Place place(*taken);
  const auto executor = co_await boost::asio::this_coro::executor;
  Conversation conversation(gateway, devices, executor);
  co_await conversation.hold(socket);
}

}  // namespace

void add_explorer_route(http::Router& router, Gateway& gateway, const DeviceView& devices) {
  if (!gateway.config().serve.connect) {
    router.get("/api/v1/explorer", [](const http::Request&) -> awaitable<http::Response> {
      throw http::Refusal(403, "the explorer may not connect to devices here",
                          "Set serve.connect = true in the configuration to allow it.");
      co_return http::Response();
    });
    return;
  }
  const auto taken = std::make_shared<size_t>(0);
  router.websocket("/api/v1/explorer", [&gateway, &devices, taken](const http::Request&, http::WebSocket& socket) {
    return explore(gateway, devices, taken, socket);
  });
}

}  // namespace moor::serve
