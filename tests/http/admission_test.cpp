#include "http/admission.hpp"

#include <gmock/gmock.h>

namespace moor::http {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;

TEST(Framing, LeavesNoDoubtAboutTheBody) {
  struct Row {
    Headers headers;
    int version;
    unsigned status;
  };
  const Row rows[] = {
      {{}, 11, 0},
      {{{"Content-Length", "5"}}, 11, 0},
      {{{"Transfer-Encoding", "Chunked"}}, 11, 0},
      {{{"Content-Length", "5"}, {"content-length", "5"}}, 11, 400},
      {{{"Content-Length", "5, 5"}}, 11, 400},
      {{{"Content-Length", "+5"}}, 11, 400},
      {{{"Content-Length", "-5"}}, 11, 400},
      {{{"Content-Length", ""}}, 11, 400},
      {{{"Content-Length", "99999999999999999999"}}, 11, 400},
      {{{"Content-Length", "5"}, {"Transfer-Encoding", "chunked"}}, 11, 400},
      {{{"Transfer-Encoding", "chunked"}, {"Transfer-Encoding", "chunked"}}, 11, 400},
      {{{"Transfer-Encoding", "gzip, chunked"}}, 11, 501},
      {{{"Transfer-Encoding", "xchunked"}}, 11, 501},
      {{{"Transfer-Encoding", "chunked"}}, 10, 400},
  };
  for (const Row& row : rows) {
    const auto refusal = check_framing(row.headers, row.version);
    EXPECT_EQ(refusal ? refusal->status() : 0, row.status)
        << row.headers.get("Content-Length") << row.headers.get("Transfer-Encoding");
  }
}

TEST(LimitKey, IsOneForAHost) {
  EXPECT_EQ(limit_key("192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(limit_key("::ffff:192.0.2.1"), "192.0.2.1");
  EXPECT_EQ(limit_key("2001:db8::1"), limit_key("2001:db8::ffff:1"));
  EXPECT_NE(limit_key("2001:db8::1"), limit_key("2001:db8:0:1::1"));
}

class AdmissionTest : public ::testing::Test {
protected:
  AdmissionTest() {
    const Handler handler = [](const Request&) -> awaitable<Response> { co_return Response{}; };
    router.get("/api/v1/devices/{id}", handler);
    router.post("/api/v1/things", handler);
    router.get("/health", handler, Access::open);
    router.websocket("/api/v1/explorer", [](const Request&, WebSocket&) -> awaitable<void> { co_return; });
  }
  Admission ask(std::string method, std::string target, Headers headers = {}) {
    if (headers.count("Host") == 0) headers.add("Host", "localhost");
    return desk.admit(
        {.method = std::move(method), .target = std::move(target), .headers = std::move(headers), .remote = "127.0.0.1"}, now);
  }
  static unsigned status(const Admission& admission) {
    const auto* response = std::get_if<Response>(&admission.outcome);
    return response == nullptr ? 200 : response->status;
  }

  Router router;
  Guard guard{{.token = "t"}};
  AdmissionDesk desk{router, guard, 50};
  TimePoint now{};
  const Headers right{{"Authorization", "Bearer t"}};
};

TEST_F(AdmissionTest, AsksForATokenWhereOneIsNeeded) {
  EXPECT_EQ(status(ask("GET", "/health")), 200U);
  const Admission without = ask("GET", "/api/v1/devices/x");
  EXPECT_EQ(without.verdict, Verdict::unauthenticated);
  EXPECT_EQ(status(without), 401U);
  EXPECT_THAT(std::string(std::get<Response>(without.outcome).headers.get("WWW-Authenticate")), HasSubstr("Bearer"));
  const Admission with = ask("GET", "/api/v1/devices/x%2Fy", right);
  const auto& request = std::get<Admitted>(with.outcome).request;
  EXPECT_TRUE(request.authenticated);
  EXPECT_EQ(request.parameter("id"), "x/y");
}

TEST_F(AdmissionTest, RefusesInOrder) {
  EXPECT_EQ(status(ask("GET", "/nothing")), 404U);
  EXPECT_EQ(status(ask("DELETE", "/api/v1/things", right)), 405U);
  EXPECT_EQ(status(ask("OPTIONS", "/api/v1/things")), 204U);
  EXPECT_EQ(status(ask("GET", "/../x")), 400U);
  EXPECT_EQ(status(ask("GET", "/health", {{"Host", "evil.example"}})), 421U);
  EXPECT_EQ(status(ask("POST", "/api/v1/things", {{"Authorization", "Bearer t"}, {"Origin", "http://evil.example"}})), 403U);
  EXPECT_EQ(status(ask("GET", "/api/v1/explorer", {{"Authorization", "Bearer t"}, {"Origin", "http://evil.example"}})), 403U);
  EXPECT_EQ(status(ask("GET", "/api/v1/devices/x", {{"Authorization", "Bearer t"}, {"Sec-Fetch-Site", "cross-site"}})), 403U);
  EXPECT_EQ(status(ask("POST", "/api/v1/things", {{"Authorization", "Bearer t"}, {"Origin", "http://localhost"}})), 200U);
}

TEST_F(AdmissionTest, LimitsHowOftenAnAddressAsks) {
  for (int i = 0; i < 100; ++i) EXPECT_EQ(status(ask("GET", "/health")), 200U);
  const Admission more = ask("GET", "/health");
  EXPECT_EQ(more.verdict, Verdict::rate_limited);
  EXPECT_EQ(status(more), 429U);
  EXPECT_EQ(std::get<Response>(more.outcome).headers.get("Retry-After"), "1");
  now += 1s;
  EXPECT_EQ(status(ask("GET", "/health")), 200U);
}

TEST_F(AdmissionTest, StopsWhoGuessesTokens) {
  for (int i = 0; i < 10; ++i)
    EXPECT_EQ(status(ask("GET", "/api/v1/devices/x", {{"Authorization", "Bearer " + std::to_string(i)}})), 401U);
  EXPECT_EQ(status(ask("GET", "/api/v1/devices/x", {{"Authorization", "Bearer 11"}})), 429U);
  EXPECT_EQ(status(ask("GET", "/api/v1/devices/x", right)), 429U) << "or guessing on would be worth it";
  now += 7s;
  EXPECT_EQ(status(ask("GET", "/api/v1/devices/x", right)), 200U);
}

}  // namespace
}  // namespace moor::http
