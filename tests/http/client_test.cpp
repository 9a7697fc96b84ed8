#include "http/client.hpp"

#include "http/look_up.hpp"
#include "http/stage.hpp"

#include <latch>

namespace moor::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::ServerTest;

TEST(Url, IsTakenApart) {
  struct Row {
    const char* text;
    bool tls;
    const char* host;
    uint16_t port;
    const char* target;
    const char* shown;
  };
  const Row rows[] = {
      {"http://example.org", false, "example.org", 80, "/", "http://example.org/"},
      {"https://example.org:8443/a/b?c=d#e", true, "example.org", 8443, "/a/b?c=d", "https://example.org:8443/a/b"},
      {"http://[::1]:81/x", false, "::1", 81, "/x", "http://[::1]:81/x"},
      {"http://192.0.2.1?q", false, "192.0.2.1", 80, "/?q", "http://192.0.2.1/"},
  };
  for (const Row& row : rows) {
    const Url url = parse_url(row.text);
    EXPECT_EQ(url.tls, row.tls);
    EXPECT_EQ(url.host, row.host);
    EXPECT_EQ(url.port, row.port);
    EXPECT_EQ(url.target, row.target);
    EXPECT_EQ(url.to_string(), row.shown);
  }
  for (const char* each : {"", "example.org", "ftp://example.org", "http://", "http:///x", "http://user:secret@example.org/",
                           "http://a:99999/", "http://a:0/", "http://a b/", "http://a/\r\nX: y"})
    EXPECT_THROW((void)parse_url(each), UsageError) << each;
}

TEST(RetryAfter, IsSecondsOrADate) {
  const WallTime now(std::chrono::seconds(1'795'255'200));  // Sat, 21 Nov 2026 10:00:00 GMT
  EXPECT_EQ(parse_retry_after("120", now), Duration(120s));
  EXPECT_EQ(parse_retry_after("0", now), Duration(0s));
  EXPECT_EQ(parse_retry_after("4000000", now), Duration(24h));
  EXPECT_EQ(parse_retry_after("Sat, 21 Nov 2026 10:01:30 GMT", now), Duration(90s));
  EXPECT_EQ(parse_retry_after("Fri, 20 Nov 2026 10:00:00 GMT", now), Duration(0s));
  for (const char* each : {"", "-1", "soon", "1.5", "99999999999999999999", "Sat, 21 Nov"})
    EXPECT_FALSE(parse_retry_after(each, now)) << each;
}

class ClientTest : public ServerTest {
protected:
  [[nodiscard]] Url url(const std::string& path) const {
    return parse_url("http://127.0.0.1:" + std::to_string(server->port()) + path);
  }
  /// What the request fails with.
  awaitable<HttpFailure> failure_of(Client& from, Url to, Duration patience = 10s) {
    try {
      (void)co_await from.get(std::move(to), Headers(), clock.now() + patience);
    } catch (const HttpError& error) {
      EXPECT_FALSE(error.advice().empty());
      message = error.what();
      co_return error.reason();
    }
    message = "it did not fail";
    co_return HttpFailure::bad_answer;
  }
  /// A server that answers with these bytes.
  awaitable<void> answer_with(std::string bytes) {
    auto socket = co_await acceptor.async_accept(testing::asio::use_awaitable);
    std::array<char, 4096> request{};
    (void)co_await socket.async_read_some(testing::asio::buffer(request), testing::asio::use_awaitable);
    (void)co_await testing::asio::async_write(socket, testing::asio::buffer(bytes), testing::asio::use_awaitable);
  }
  [[nodiscard]] Url fake_url() const {
    return parse_url("http://127.0.0.1:" + std::to_string(acceptor.local_endpoint().port()) + "/secret?token=1");
  }

  testing::asio::ip::tcp::acceptor acceptor{context, {testing::asio::ip::address_v4::loopback(), 0}};
  std::string message;
};

TEST_F(ClientTest, AsksAndIsAnswered) {
  router.post("/hook", [](const Request& request) -> awaitable<Response> {
    EXPECT_EQ(request.headers.get("Authorization"), "Bearer t");
    Response response = text_response("took " + request.body, 503);
    response.headers.add("Retry-After", "7");
    co_return response;
  });
  run([&]() -> awaitable<void> {
    Client from(context.get_executor(), clock);
    const ClientResponse hello = co_await from.get(url("/hello?name=x"), Headers(), clock.now() + 10s);
    EXPECT_EQ(hello.status, 200U);
    EXPECT_EQ(hello.body, "hello x");
    EXPECT_FALSE(hello.retry_after);
    Headers headers{{"Authorization", "Bearer t"}};
    const ClientResponse hook = co_await from.post(url("/hook"), headers, "{}", clock.now() + 10s);
    EXPECT_EQ(hook.status, 503U);
    EXPECT_EQ(hook.body, "took {}");
    EXPECT_EQ(hook.retry_after, Duration(7s));
  });
}

TEST_F(ClientTest, FindsNamesOnAThread) {
  run([&]() -> awaitable<void> {
    ClientOptions with;
    with.lookup = [](const std::string& host) {
      return std::vector<std::string>{host == "moor.home" ? "127.0.0.1" : "192.0.2.1"};
    };
    Client from(context.get_executor(), clock, with);
    Url to = url("/hello");
    to.host = "localhost";
    Client real(context.get_executor(), clock);
    const ClientResponse hello = co_await real.get(to, Headers(), clock.now() + 10s);
    EXPECT_EQ(hello.status, 200U);
    to.host = "moor.home";
    const ClientResponse misdirected = co_await from.get(to, Headers(), clock.now() + 10s);
    EXPECT_EQ(misdirected.status, 421U);
  });
}

TEST_F(ClientTest, SaysWhyThereIsNoAnswer) {
  run([&]() -> awaitable<void> {
    ClientOptions with;
    with.lookup = [](const std::string&) -> std::vector<std::string> { throw std::runtime_error("no such name"); };
    Client from(context.get_executor(), clock, with);
    const Url named = parse_url("http://nobody.example/");
    const HttpFailure no_name = co_await failure_of(from, named);
    EXPECT_EQ(no_name, HttpFailure::name_not_found);
    EXPECT_THAT(message, HasSubstr("nobody.example"));
    acceptor.close();
    const Url closed = parse_url("http://127.0.0.1:1/");
    const HttpFailure refused = co_await failure_of(from, closed);
    EXPECT_EQ(refused, HttpFailure::not_reachable);
  });
}

TEST_F(ClientTest, SaysWhatIsWrongWithAnAnswer) {
  struct Row {
    std::string bytes;
    HttpFailure reason;
  };
  const Row rows[] = {
      {"SSH-2.0-OpenSSH_9.2\r\n", HttpFailure::bad_answer},
      {"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n", HttpFailure::too_large},
      {"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nabc", HttpFailure::bad_answer},
      {"HTTP/1.1 200 OK\r\nX: " + std::string(20'000, 'x') + "\r\n\r\n", HttpFailure::too_large},
      {"HTTP/1.1 200 OK\r\n\r\n" + std::string(100'000, 'x'), HttpFailure::too_large},
      {"", HttpFailure::not_reachable},
  };
  run([&]() -> awaitable<void> {
    Client from(context.get_executor(), clock);
    for (const Row& row : rows) {
      testing::asio::co_spawn(context, answer_with(row.bytes), [](const std::exception_ptr&) {});
      const HttpFailure reason = co_await failure_of(from, fake_url());
      EXPECT_EQ(static_cast<int>(reason), static_cast<int>(row.reason)) << row.bytes.substr(0, 40) << ": " << message;
      EXPECT_THAT(message, Not(HasSubstr("token")));
    }
  });
}

TEST_F(ClientTest, GivesUpAtItsDeadline) {
  run([&]() -> awaitable<void> {
    Client from(context.get_executor(), clock);
    const TimePoint begin = clock.now();
    const HttpFailure reason = co_await failure_of(from, fake_url(), 3s);  // nobody accepts
    EXPECT_EQ(reason, HttpFailure::timed_out);
    EXPECT_EQ(clock.now() - begin, Duration(3s));
  });
}

TEST_F(ClientTest, DoesNotWaitForAHangingLookUp) {
  const auto release = std::make_shared<std::latch>(1);
  {
    testing::asio::io_context own;
    RealClock real;
    ClientOptions with;
    with.lookup = [release](const std::string&) {
      release->wait();
      return std::vector<std::string>{"127.0.0.1"};
    };
    Client from(own.get_executor(), real, with);
    int failed = 0;
    for (int i = 0; i < LookupDesk::max_threads + 2; ++i)
      testing::asio::co_spawn(own, from.get(parse_url("http://slow.example/"), Headers(), real.now() + 20ms),
                              [&failed](const std::exception_ptr& error, const ClientResponse&) { failed += error ? 1 : 0; });
    own.run();
    EXPECT_EQ(failed, LookupDesk::max_threads + 2);
  }
  release->count_down();  // the threads end after the context that they would have told
}

TEST_F(ClientTest, LetsNobodyAddFields) {
  run([&]() -> awaitable<void> {
    Client from(context.get_executor(), clock);
    Headers headers{{"X", "a\r\nY: b"}};
    bool refused = false;
    try {
      (void)co_await from.get(url("/hello"), headers, clock.now() + 1s);
    } catch (const UsageError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  });
}

}  // namespace
}  // namespace moor::http
