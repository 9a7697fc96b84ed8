#include "http/stage.hpp"

namespace moor::http {
namespace {

using namespace std::chrono_literals;
using testing::Answer;
using ::testing::HasSubstr;
using ::testing::Not;
using testing::RawClient;
using testing::ServerTest;
using ::testing::StartsWith;

TEST_F(ServerTest, AnswersManyRequestsOfOneConnection) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    for (int i = 0; i < 5; ++i) {
      const Answer answer = co_await raw.get("/hello?name=moor");
      EXPECT_EQ(answer.status, 200U);
      EXPECT_EQ(answer.body, "hello moor");
      EXPECT_EQ(answer.field("X-Request-Id"), std::to_string(i + 1));
    }
    const Answer echo = co_await raw.post("/echo", "body");
    EXPECT_EQ(echo.body, "body");
  });
  EXPECT_EQ(server->statistics().requests, 6U);
  EXPECT_EQ(server->statistics().by_class[2], 6U);
  EXPECT_EQ(server->statistics().connections, 1U);
}

TEST_F(ServerTest, AnswersPipelinedRequestsInTheirOrder) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    std::string many;
    for (int i = 0; i < 40; ++i) many += "GET /hello?name=" + std::to_string(i) + " HTTP/1.1\r\nHost: localhost\r\n\r\n";
    co_await raw.send(many);
    for (int i = 0; i < 40; ++i) {
      const Answer answer = co_await raw.answer();
      EXPECT_EQ(answer.body, "hello " + std::to_string(i));
    }
  });
}

TEST_F(ServerTest, EndsTheConnectionWhereTheClientWantsIt) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const Answer closed = co_await raw.get("/hello", "Connection: close\r\n");
    EXPECT_EQ(closed.field("Connection"), "close");
    const bool ended = co_await raw.read_to_end(1s);
    EXPECT_TRUE(ended);
    RawClient old = client();
    const Answer answer = co_await old.ask("GET /hello HTTP/1.0\r\n\r\n");
    EXPECT_EQ(answer.status, 200U);
    const bool old_ended = co_await old.read_to_end(1s);
    EXPECT_TRUE(old_ended);
  });
}

TEST_F(ServerTest, TellsHeadAndOptions) {
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("HEAD /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const Answer head = co_await raw.answer(false);
    EXPECT_EQ(head.field("Content-Length"), "9");
    const Answer options_answer = co_await raw.ask("OPTIONS /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(options_answer.status, 204U);
    EXPECT_EQ(options_answer.field("Allow"), "GET, HEAD, OPTIONS");
    EXPECT_THAT(options_answer.head, Not(HasSubstr("Access-Control")));
    const Answer wrong = co_await raw.ask("DELETE /hello HTTP/1.1\r\nHost: localhost\r\n\r\n");
    EXPECT_EQ(wrong.status, 405U);
  });
}

TEST_F(ServerTest, AnswersWhatHandlersThrow) {
  router.get("/refused", [](const Request&) -> awaitable<Response> {
    throw Refusal(409, "no", "Do it otherwise.");
    co_return Response{};
  });
  router.get("/usage", [](const Request&) -> awaitable<Response> {
    throw UsageError("limit is a number");
    co_return Response{};
  });
  router.get("/broken", [](const Request&) -> awaitable<Response> {
    throw std::logic_error("secret detail");
    co_return Response{};
  });
  router.get("/slow", [this](const Request&) -> awaitable<Response> {
    co_await clock.wait_for(1h);
    co_return Response{};
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const Answer refused = co_await raw.get("/refused");
    EXPECT_EQ(refused.status, 409U);
    EXPECT_EQ(refused.body, R"({"error":"no","advice":"Do it otherwise."})");
    const Answer usage = co_await raw.get("/usage");
    EXPECT_EQ(usage.status, 400U);
    const Answer broken = co_await raw.get("/broken");
    EXPECT_EQ(broken.status, 500U);
    EXPECT_THAT(broken.body, Not(HasSubstr("secret")));
    const TimePoint begin = clock.now();
    const Answer slow = co_await raw.get("/slow");
    EXPECT_EQ(slow.status, 503U);
    EXPECT_EQ(clock.now() - begin, Duration(30s));
    const Answer after = co_await raw.get("/hello");
    EXPECT_EQ(after.status, 200U);
  });
  EXPECT_EQ(problems.size(), 4U);
}

TEST_F(ServerTest, LogsInWithACookieAndOut) {
  options.token = "open sesame";
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const Answer without = co_await raw.get("/hello");
    EXPECT_EQ(without.status, 401U);
    const Answer wrong = co_await raw.post("/api/v1/login", R"({"token": "open barley"})");
    EXPECT_EQ(wrong.status, 401U);
    const Answer broken = co_await raw.post("/api/v1/login", "{");
    EXPECT_EQ(broken.status, 400U);
    const Answer right = co_await raw.post("/api/v1/login", R"({"token": "open sesame"})");
    EXPECT_EQ(right.status, 200U);
    const std::string cookie = right.field("Set-Cookie");
    const std::string pair = cookie.substr(0, cookie.find(';'));
    const Answer with = co_await raw.get("/hello", "Cookie: " + pair + "\r\n");
    EXPECT_EQ(with.status, 200U);
    const Answer bearer = co_await raw.get("/hello", "Authorization: Bearer open sesame\r\n");
    EXPECT_EQ(bearer.status, 200U);
    const Answer out = co_await raw.get("/logout");
    EXPECT_EQ(out.status, 303U);
    EXPECT_THAT(out.field("Set-Cookie"), StartsWith("moor_token=;"));
  });
  for (const auto& problem : problems) EXPECT_THAT(problem.what, Not(HasSubstr("sesame")));
}

TEST_F(ServerTest, SendsEventsUntilTheHandlerEnds) {
  router.events("/live", [this](const Request& request, std::shared_ptr<EventStream> events) -> awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      events->send("n", std::to_string(i) + std::string(request.find_query("x").value_or("")));
      co_await clock.wait_for(20s);
    }
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("GET /live?x=y HTTP/1.1\r\nHost: localhost\r\n\r\n");
    const bool ended = co_await raw.read_to_end(5min);
    EXPECT_TRUE(ended);
    EXPECT_THAT(raw.received_, HasSubstr("Content-Type: text/event-stream\r\n"));
    EXPECT_THAT(raw.received_, HasSubstr("\r\n13\r\nevent: n\ndata: 0y"));
    EXPECT_THAT(raw.received_, HasSubstr("event: n\ndata: 2y\n\n"));
    EXPECT_THAT(raw.received_, HasSubstr("3\r\n:\n\n\r\n")) << "a heartbeat";
    EXPECT_TRUE(raw.received_.ends_with("0\r\n\r\n"));
  });
  EXPECT_EQ(server->statistics().streams, 0U);
}

TEST_F(ServerTest, EndsAStreamWhoseClientIsGone) {
  bool cancelled = false;
  router.events("/live", [&](const Request&, std::shared_ptr<EventStream> events) -> awaitable<void> {
    struct Leave {
      bool& flag;
      ~Leave() { flag = true; }
    } leave{cancelled};
    co_await events->wait_closed();
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)co_await raw.read_until("\r\n\r\n");
    EXPECT_EQ(server->statistics().streams, 1U);
    raw.close();
    co_await clock.wait_for(1s);
    EXPECT_TRUE(cancelled);
  });
}

TEST_F(ServerTest, TellsASlowClientWhatItHasLost) {
  std::shared_ptr<EventStream> stream;
  router.events("/live", [&](const Request&, std::shared_ptr<EventStream> events) -> awaitable<void> {
    stream = events;
    co_await events->wait_closed();
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)co_await raw.read_until("\r\n\r\n");
    const std::string data(1000, 'x');
    for (int i = 0; i < 20'000; ++i) {
      stream->send("n", std::to_string(i) + " " + data);
      if (i % 100 == 0) co_await clock.wait_for(1ms);
    }
    EXPECT_GT(stream->dropped(), 1000U);
    EXPECT_LE(stream->waiting(), 256U);
    const Clock::Hold hold(clock);  // the kernel's buffers empty in real time
    const bool told = co_await raw.read_until("event: lost\ndata: {\"lost\": ");
    EXPECT_TRUE(told);
    const bool last = co_await raw.read_until("data: 19999 ");
    EXPECT_TRUE(last);
    raw.close();
    stream.reset();
  });
  EXPECT_GT(server->statistics().events_dropped, 1000U);
}

TEST_F(ServerTest, HangsUpOnAClientThatReadsNothingForHalfAMinute) {
  std::shared_ptr<EventStream> stream;
  router.events("/live", [&](const Request&, std::shared_ptr<EventStream> events) -> awaitable<void> {
    stream = events;
    co_await events->wait_closed();
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    co_await raw.send("GET /live HTTP/1.1\r\nHost: localhost\r\n\r\n");
    (void)co_await raw.read_until("\r\n\r\n");
    for (int i = 0; i < 40; ++i) {
      for (int k = 0; k < 200; ++k) stream->send("n", std::string(1000, 'x'));
      co_await clock.wait_for(1s);
    }
    co_await clock.wait_for(1min);
    EXPECT_TRUE(stream->closed());
    stream.reset();
  });
}

TEST_F(ServerTest, SpeaksWebSocket) {
  router.websocket("/ws", [](const Request&, WebSocket& socket) -> awaitable<void> {
    while (true) {
      const auto text = co_await socket.receive();
      if (!text) break;
      if (*text == "refuse") throw Refusal(403, "not you");
      co_await socket.send("you said " + *text);
    }
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    const Answer plain = co_await raw.get("/ws");
    EXPECT_EQ(plain.status, 426U);
    const std::string upgrade =
        "GET /ws HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
        "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
    RawClient foreign = client();
    const Answer refused = co_await foreign.ask(upgrade + "Origin: http://evil.example\r\n\r\n");
    EXPECT_EQ(refused.status, 403U);
    const Answer switched = co_await raw.ask(upgrade + "Origin: http://localhost\r\n\r\n");
    EXPECT_EQ(switched.status, 101U);
    EXPECT_EQ(switched.field("Sec-WebSocket-Accept"), "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=");
    EXPECT_EQ(server->statistics().web_sockets, 1U);
    const auto masked = [](const std::string& text) {  // with a mask of zeros
      return std::string("\x81") + static_cast<char>(0x80 | text.size()) + std::string(4, '\0') + text;
    };
    co_await raw.send(masked("hello"));
    const bool heard = co_await raw.read_until(std::string("\x81\x0e") + "you said hello");
    EXPECT_TRUE(heard);
    const bool pinged = co_await raw.read_until(std::string("\x89\x00", 2));
    EXPECT_TRUE(pinged);
    co_await raw.send(masked("refuse"));
    const bool closed = co_await raw.read_until("not you");
    EXPECT_TRUE(closed);
    const bool ended = co_await raw.read_to_end(10s);
    EXPECT_TRUE(ended);
  });
}

TEST_F(ServerTest, HangsUpOnAWebSocketThatAnswersNoPing) {
  bool over = false;
  router.websocket("/ws", [&](const Request&, WebSocket& socket) -> awaitable<void> {
    (void)co_await socket.receive();
    over = true;
  });
  run([&]() -> awaitable<void> {
    RawClient raw = client();
    (void)co_await raw.get("/ws",
                           "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: "
                           "dGhlIHNhbXBsZSBub25jZQ==\r\n");
    const bool ended = co_await raw.read_to_end(2min);
    EXPECT_TRUE(ended);
  });
  EXPECT_EQ(server->statistics().web_sockets, 0U);
}

TEST_F(ServerTest, TurnsAwayMoreConnectionsThanItHas) {
  options.max_connections = 2;
  run([&]() -> awaitable<void> {
    RawClient first = client();
    RawClient second = client();
    (void)co_await first.get("/hello");
    (void)co_await second.get("/hello");
    RawClient third = client();
    const Answer answer = co_await third.answer();
    EXPECT_EQ(answer.status, 503U);
    EXPECT_NE(answer.field("Retry-After"), "");
    first.close();
    co_await clock.wait_for(1s);
    RawClient fourth = client();
    const Answer served = co_await fourth.get("/hello");
    EXPECT_EQ(served.status, 200U);
  });
  EXPECT_EQ(server->statistics().refused, 1U);
}

TEST_F(ServerTest, SaysWhoHasThePort) {
  start();
  ServerOptions same = options;
  same.port = server->port();
  Router other;
  try {
    Server second(context.get_executor(), clock, same, other);
    FAIL();
  } catch (const Error& error) {
    EXPECT_THAT(error.what(), HasSubstr("127.0.0.1:" + std::to_string(same.port)));
    EXPECT_THAT(error.advice(), HasSubstr("another port"));
  }
}

TEST_F(ServerTest, IsNotOpenToTheNetworkWithoutTlsAndToken) {
  options.address = "0.0.0.0";
  EXPECT_THROW(start(), UsageError);
  options.token = "t";
  EXPECT_THROW(start(), UsageError);
  options.address = "localhost";
  EXPECT_THROW(start(), UsageError);
}

}  // namespace
}  // namespace moor::http
