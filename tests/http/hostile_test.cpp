#include "http/stage.hpp"

namespace moor::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using ::testing::HasSubstr;
using testing::RawClient;
using testing::ServerTest;

using HostileTest = ServerTest;

struct Row {
  const char* name;
  std::string bytes;
  unsigned status;  // 0: hung up without an answer
};

std::vector<Row> hostile_requests() {
  const std::string host = "Host: localhost\r\n";
  std::string garbage(2000, '\0');
  for (size_t i = 0; i < garbage.size(); ++i) garbage[i] = static_cast<char>(i * 7919 >> 3);
  return {
      {"binary garbage", garbage + "\r\n\r\n", 400},
      {"a TLS hello", std::string("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n", 15), 400},
      {"no version", "GET /hello\r\n" + host + "\r\n", 400},
      {"HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n", 505},
      {"HTTP/3.7", "GET /hello HTTP/3.7\r\n" + host + "\r\n", 505},
      {"a version of letters", "GET /hello HTTP/x.y\r\n" + host + "\r\n", 505},
      {"a bare line feed", "GET /hello HTTP/1.1\n" + host + "\n\r\n\r\n", 505},
      {"a space before the colon", "GET /hello HTTP/1.1\r\nHost : localhost\r\n\r\n", 400},
      {"a NUL in a field", std::string("GET /hello HTTP/1.1\r\nX: a\0b\r\n", 29) + host + "\r\n", 400},
      {"no Host", "GET /hello HTTP/1.1\r\n\r\n", 400},
      {"two Hosts", "GET /hello HTTP/1.1\r\n" + host + host + "\r\n", 400},
      {"another Host", "GET /hello HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421},
      {"an absolute target", "GET http://localhost/hello HTTP/1.1\r\n" + host + "\r\n", 400},
      {"CONNECT", "CONNECT evil.example:25 HTTP/1.1\r\nHost: localhost\r\n\r\n", 400},
      {"TRACE", "TRACE /hello HTTP/1.1\r\n" + host + "\r\n", 405},
      {"traversal", "GET /../../etc/passwd HTTP/1.1\r\n" + host + "\r\n", 400},
      {"encoded traversal", "GET /%2e%2e/%2e%2e/etc/passwd HTTP/1.1\r\n" + host + "\r\n", 400},
      {"a long target", "GET /" + std::string(5000, 'a') + " HTTP/1.1\r\n" + host + "\r\n", 414},
      {"large fields", "GET /hello HTTP/1.1\r\n" + host + "X: " + std::string(9000, 'x') + "\r\n\r\n", 431},
      {"fields without end", "GET /hello HTTP/1.1\r\n" + std::string(60'000, 'x'), 431},
      {"a large body", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 70000\r\n\r\n" + std::string(70'000, 'x'), 413},
      {"a larger body", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 9000000000000\r\n\r\n", 413},
      {"two sizes", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 5\r\n\r\nabcde", 400},
      {"the same size twice", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nContent-Length: 3\r\n\r\nabc", 400},
      {"a list of sizes", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3, 3\r\n\r\nabc", 400},
      {"size and chunks",
       "POST /echo HTTP/1.1\r\n" + host + "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\nGET /x", 400},
      {"chunks and size",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nContent-Length: 3\r\n\r\n0\r\n\r\nGET /x", 400},
      {"chunks twice",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"an unknown coding", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: gzip\r\n\r\n", 501},
      {"a hidden coding", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: \x0b" + "chunked\r\n\r\n0\r\n\r\n", 400},
      {"chunks in 1.0", "POST /echo HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400},
      {"a negative size", "POST /echo HTTP/1.1\r\n" + host + "Content-Length: -1\r\n\r\n", 400},
      {"a broken chunk", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n", 400},
      {"a chunk too long", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\nffffffffffffffffff\r\n", 400},
      {"a chunk without its end", "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n3\r\nabcdef\r\n", 400},
      {"chunks over the limit",
       "POST /echo HTTP/1.1\r\n" + host + "Transfer-Encoding: chunked\r\n\r\n11170\r\n" + std::string(70'000, 'x') +
           "\r\n0\r\n\r\n",
       413},
  };
}

TEST_F(HostileTest, IsAnsweredAndHungUpOn) {
  options.requests_per_s = 1000;
  run([&]() -> awaitable<void> {
    for (const Row& row : hostile_requests()) {
      RawClient raw = client();
      co_await raw.send(row.bytes);
      const Answer answer = co_await raw.answer();
      EXPECT_EQ(answer.status, row.status) << row.name << "\n" << answer.head << answer.body;
      EXPECT_EQ(answer.body.empty() ? "{" : answer.body.substr(0, 1), "{") << row.name;
      if (answer.field("Connection") == "close") {
        const bool ended = co_await raw.read_to_end(30s);
        EXPECT_TRUE(ended) << row.name;
        EXPECT_EQ(raw.received_, "") << row.name << ": what follows is not taken for another request";
      }
      RawClient next = client();
      const Answer fine = co_await next.get("/hello");
      EXPECT_EQ(fine.status, 200U) << "after " << row.name;
    }
  });
}

TEST_F(HostileTest, IsCutOffAnywhere) {
  options.requests_per_s = 100'000;
  const std::string whole = "POST /echo HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n";
  run([&]() -> awaitable<void> {
    for (size_t size = 0; size <= whole.size(); ++size) {
      RawClient raw = client();
      co_await raw.send(whole.substr(0, size));
      raw.finish_sending();
      const Answer answer = co_await raw.answer();
      if (size == whole.size())
        EXPECT_EQ(answer.status, 200U) << "a client may end its half of the connection and wait for the answer";
      else
        EXPECT_TRUE(answer.status == 0 || answer.status == 400) << size << " " << answer.status;
      const bool ended = co_await raw.read_to_end(30s);
      EXPECT_TRUE(ended) << size;
    }
  });
}

TEST_F(HostileTest, HasTenSecondsForItsFields) {
  run([&]() -> awaitable<void> {
    RawClient silent = client();
    const TimePoint begin = clock.now();
    const bool ended = co_await silent.read_to_end(1min);
    EXPECT_TRUE(ended);
    EXPECT_EQ(clock.now() - begin, Duration(10s));

    RawClient slow = client();
    const std::string request = "GET /hello HTTP/1.1\r\nHost: localhost\r\n\r\n";
    const TimePoint slow_begin = clock.now();
    for (const char c : request) {
      co_await slow.send(std::string(1, c));
      co_await clock.wait_for(1s);
    }
    const Answer answer = co_await slow.answer();
    EXPECT_EQ(answer.status, 408U);
    EXPECT_LE(clock.now() - slow_begin, Duration(45s));
  });
  EXPECT_EQ(server->statistics().timed_out, 2U);
}

TEST_F(HostileTest, HasHalfAMinuteForItsBody) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const TimePoint begin = clock.now();
    const Answer answer = co_await raw.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nContent-Length: 10\r\n\r\nabc");
    EXPECT_EQ(answer.status, 408U);
    EXPECT_EQ(clock.now() - begin, Duration(30s));
  });
}

TEST_F(HostileTest, RestsAMinuteBetweenRequests) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    (void)co_await raw.get("/hello");
    co_await clock.wait_for(60s);
    const Answer answer = co_await raw.get("/hello");
    EXPECT_EQ(answer.status, 200U);
    const TimePoint begin = clock.now();
    const bool ended = co_await raw.read_to_end(5min);
    EXPECT_TRUE(ended);
    EXPECT_EQ(clock.now() - begin, Duration(75s));
  });
}

TEST_F(HostileTest, IsToldToGoOnBeforeItsBody) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const Answer go_on =
        co_await raw.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 3\r\n\r\n");
    EXPECT_EQ(go_on.status, 100U);
    const Answer answer = co_await raw.ask("abc");
    EXPECT_EQ(answer.body, "abc");
    const Answer refused =
        co_await raw.ask("POST /echo HTTP/1.1\r\nHost: localhost\r\nExpect: 100-continue\r\nContent-Length: 99999\r\n\r\n");
    EXPECT_EQ(refused.status, 413U);
  });
}

TEST_F(HostileTest, IsLimitedInItsRate) {
  options.requests_per_s = 5;
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    for (int i = 0; i < 10; ++i) {
      const Answer fine = co_await raw.get("/hello");
      EXPECT_EQ(fine.status, 200U);
    }
    const Answer limited = co_await raw.get("/hello");
    EXPECT_EQ(limited.status, 429U);
    EXPECT_EQ(limited.field("Retry-After"), "1");
    co_await clock.wait_for(1s);
    const Answer again = co_await raw.get("/hello");
    EXPECT_EQ(again.status, 200U);
  });
  EXPECT_EQ(server->statistics().rate_limited, 1U);
}

TEST_F(HostileTest, TellsTheLogOnlySoMuch) {
  options.requests_per_s = 1000;
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    for (int i = 0; i < 50; ++i) (void)co_await raw.get("/nothing");
  });
  EXPECT_EQ(problems.size(), 10U);
  EXPECT_EQ(server->statistics().problems_untold, 40U);
}

}  // namespace
}  // namespace moor::http
