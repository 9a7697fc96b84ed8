#pragma once
// A server on loopback in virtual time, and clients that send what bytes they like.

#include "core/within.hpp"
#include "http/server.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/buffer.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/write.hpp>

namespace moor::http::testing {

namespace asio = boost::asio;

struct Answer {
  unsigned status = 0;  // 0: none came
  std::string head;
  std::string body;

  [[nodiscard]] std::string field(const std::string& name) const {
    const size_t at = head.find("\r\n" + name + ": ");
    if (at == std::string::npos) return {};
    const size_t begin = at + name.size() + 4;
    return head.substr(begin, head.find("\r\n", begin) - begin);
  }
};

class RawClient {
public:
  RawClient(Clock& clock, const asio::any_io_executor& executor, uint16_t port) : clock_(clock), socket_(executor) {
    socket_.connect({asio::ip::address_v4::loopback(), port});
  }

  awaitable<void> send(std::string bytes) {
    boost::system::error_code ignored;  // the server may have hung up already
    (void)co_await asio::async_write(socket_, asio::buffer(bytes), asio::redirect_error(asio::use_awaitable, ignored));
  }
  void finish_sending() { socket_.shutdown(asio::ip::tcp::socket::shutdown_send); }
  void close() { socket_.close(); }
  [[nodiscard]] asio::ip::tcp::socket& socket() noexcept { return socket_; }

  /// Reads until the text has come, or the server ends, or patience does. @returns whether it has come.
  awaitable<bool> read_until(std::string text, Duration patience = std::chrono::seconds(120)) {
    const TimePoint deadline = clock_.now() + patience;
    while (received_.find(text) == std::string::npos) {
      const bool more = co_await read_some(deadline);
      if (!more) co_return false;
    }
    co_return true;
  }
  /// Reads until the server ends the connection. @returns whether it did in time.
  awaitable<bool> read_to_end(Duration patience = std::chrono::seconds(120)) {
    const TimePoint deadline = clock_.now() + patience;
    while (true) {
      const bool more = co_await read_some(deadline);
      if (!more) break;
    }
    co_return ended_;
  }
  awaitable<Answer> answer(bool with_body = true) {
    Answer answer;
    const bool there = co_await read_until("\r\n\r\n");
    if (!there) co_return answer;
    const size_t end = received_.find("\r\n\r\n") + 4;
    answer.head = received_.substr(0, end);
    answer.status = static_cast<unsigned>(std::stoi(answer.head.substr(9, 3)));
    received_.erase(0, end);
    const std::string length = answer.field("Content-Length");
    const size_t size = with_body && !length.empty() ? std::stoul(length) : 0;
    while (received_.size() < size) {
      const bool more = co_await read_some(clock_.now() + std::chrono::seconds(120));
      if (!more) break;
    }
    answer.body = received_.substr(0, size);
    received_.erase(0, size);
    co_return answer;
  }
  awaitable<Answer> ask(std::string request) {
    co_await send(std::move(request));
    Answer result = co_await answer();
    co_return result;
  }
  awaitable<Answer> get(std::string path, std::string fields = {}) {
    Answer result = co_await ask("GET " + path + " HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n");
    co_return result;
  }
  awaitable<Answer> post(std::string path, std::string body, std::string fields = {}) {
    Answer result =
        co_await ask("POST " + path + " HTTP/1.1\r\nHost: localhost\r\nContent-Length: " + std::to_string(body.size()) + "\r\n" +
                     fields + "\r\n" + body);
    co_return result;
  }

  std::string received_;

private:
  awaitable<bool> read_some(TimePoint deadline) {
    std::array<char, 16384> buffer{};
    size_t count = 0;
    boost::system::error_code error;
    auto work = [](auto& socket, auto& into, auto& size, auto& failure) -> awaitable<void> {
      size = co_await socket.async_read_some(asio::buffer(into), asio::redirect_error(asio::use_awaitable, failure));
    };
    const bool in_time = co_await within(clock_, deadline, work(socket_, buffer, count, error));
    if (in_time && error) ended_ = true;
    received_.append(buffer.data(), count);
    co_return in_time && !error;
  }

  Clock& clock_;
  asio::ip::tcp::socket socket_;
  bool ended_ = false;
};

class ServerTest : public ::testing::Test {
protected:
  ServerTest() {
    options.port = 0;
    options.on_problem = [this](const AccessProblem& problem) { problems.push_back(problem); };
    router.get("/hello", [](const Request& request) -> awaitable<Response> {
      co_return text_response("hello " + std::string(request.find_query("name").value_or("you")));
    });
    router.post("/echo", [](const Request& request) -> awaitable<Response> { co_return text_response(request.body); });
  }
  ~ServerTest() override { server.reset(); }

  void start() { server.emplace(context.get_executor(), clock, options, router); }
  /// Runs a test's coroutine against the server, and both to their ends.
  template <typename Work>
  void run(Work work) {
    if (!server) start();
    asio::cancellation_signal stop;
    std::exception_ptr failure;
    asio::co_spawn(context, server->run(), asio::bind_cancellation_slot(stop.slot(), [](const std::exception_ptr&) {}));
    asio::co_spawn(context, work(), [&](const std::exception_ptr& error) {
      failure = error;
      stop.emit(asio::cancellation_type::all);
    });
    clock.run(context);
    if (failure) std::rethrow_exception(failure);
    EXPECT_EQ(server->statistics().open, 0U);
  }
  [[nodiscard]] RawClient client() { return RawClient(clock, context.get_executor(), server->port()); }

  VirtualClock clock{TimePoint{} + std::chrono::hours(24)};
  asio::io_context context;
  ServerOptions options;
  Router router;
  std::vector<AccessProblem> problems;
  std::optional<Server> server;
};

}  // namespace moor::http::testing
