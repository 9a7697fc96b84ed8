#include "http/guard.hpp"

#include <gmock/gmock.h>

namespace moor::http {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

unsigned status_of(const std::optional<Refusal>& refusal) {
  return refusal ? refusal->status() : 0;
}

TEST(Guard, KnowsTheNamesOfLoopback) {
  GuardOptions options;
  options.hosts = {"Moor.home"};
  const Guard guard(options);
  struct Row {
    const char* host;
    unsigned status;
  };
  const Row rows[] = {{"localhost", 0},
                      {"LOCALHOST:8766", 0},
                      {"127.0.0.1:8766", 0},
                      {"127.1.2.3", 0},
                      {"[::1]:80", 0},
                      {"moor.localhost", 0},
                      {"moor.home", 0},
                      {"evil.example", 421},
                      {"localhost.evil.example", 421},
                      {"127.0.0.1.evil.example", 421},
                      {"0.0.0.0", 421},
                      {"[::2]", 421},
                      {"", 400},
                      {"local host", 400},
                      {"a:b", 400},
                      {"a:123456", 400},
                      {"[::1", 400},
                      {"a/b", 400},
                      {"user@localhost", 400},
                      {"xlocalhost", 421},
                      {"[::1]x", 400}};
  for (const Row& row : rows) EXPECT_EQ(status_of(guard.check_host(Headers{{"Host", row.host}}, 11)), row.status) << row.host;
}

TEST(Guard, WantsOneHostField) {
  const Guard guard({});
  EXPECT_EQ(status_of(guard.check_host(Headers{}, 11)), 400U);
  EXPECT_EQ(status_of(guard.check_host(Headers{}, 10)), 0U);
  EXPECT_EQ(status_of(guard.check_host(Headers{{"Host", "localhost"}, {"host", "localhost"}}, 11)), 400U);
}

TEST(Guard, TakesEveryNameBeyondLoopback) {
  const Guard guard({.token = "t", .tls = true, .loopback = false});
  EXPECT_EQ(status_of(guard.check_host(Headers{{"Host", "gateway.shop.example:8766"}}, 11)), 0U);
}

TEST(Guard, RefusesWhatPagesOfOthersSend) {
  const Guard guard({});
  struct Row {
    const char* host;
    const char* origin;
    const char* site;
    bool strict;
    bool refused;
  };
  const Row rows[] = {
      {"localhost:8766", "", "", true, false},  // no browser
      {"localhost:8766", "http://localhost:8766", "same-origin", true, false},
      {"localhost", "http://LOCALHOST:80", "", true, false},
      {"moor.home", "https://moor.home", "", true, false},
      {"localhost:8766", "http://localhost:8767", "same-site", true, true},
      {"localhost:8766", "http://evil.example", "", true, true},
      {"localhost:8766", "http://evil.example", "", false, false},
      {"localhost:8766", "", "cross-site", false, true},
      {"localhost:8766", "null", "", true, true},
      {"localhost:8766", "http://localhost:8766.evil.example", "", true, true},
      {"localhost:8766", "http://localhost:8766/", "", true, true},
      {"localhost:8766", "file://", "", true, true},
      {"localhost:8766", "", "none", false, false},
  };
  for (const Row& row : rows) {
    Headers headers{{"Host", row.host}};
    if (*row.origin != '\0') headers.add("Origin", row.origin);
    if (*row.site != '\0') headers.add("Sec-Fetch-Site", row.site);
    EXPECT_EQ(guard.check_origin(headers, row.strict).has_value(), row.refused)
        << row.host << " " << row.origin << " " << row.site;
  }
}

TEST(Guard, KnowsItsToken) {
  const Guard guard({.token = "secret token"});
  using Claim = Guard::Claim;
  struct Row {
    Headers headers;
    Claim claim;
  };
  const Row rows[] = {
      {{}, Claim::none},
      {{{"Authorization", "Bearer secret token"}}, Claim::right},
      {{{"authorization", "bearer secret token"}}, Claim::right},
      {{{"Authorization", "Bearer secret token "}}, Claim::wrong_token},
      {{{"Authorization", "Bearer secret"}}, Claim::wrong_token},
      {{{"Authorization", "Bearer "}}, Claim::wrong_token},
      {{{"Authorization", "secret token"}}, Claim::wrong_token},
      {{{"Authorization", "Basic c2VjcmV0"}}, Claim::wrong_token},
      {{{"Cookie", "moor_token=secret token"}}, Claim::none},
      {{{"Cookie", "moor_token="}}, Claim::none},
  };
  for (const Row& row : rows) EXPECT_EQ(guard.check(row.headers, false), row.claim);
  EXPECT_EQ(guard.check({}, true), Claim::none) << "no authority was configured";
}

TEST(Guard, GivesACookieThatDoesNotHaveTheToken) {
  const Guard guard({.token = "secret", .tls = true});
  const std::string cookie = guard.cookie();
  EXPECT_THAT(cookie, Not(HasSubstr("secret")));
  for (const char* each : {"HttpOnly", "SameSite=Strict", "Secure", "Path=/"}) EXPECT_THAT(cookie, HasSubstr(each));
  const std::string pair = cookie.substr(0, cookie.find(';'));
  EXPECT_EQ(guard.check(Headers{{"Cookie", "a=b; " + pair + "; c=d"}}, false), Guard::Claim::right);
  EXPECT_EQ(guard.check(Headers{{"Cookie", "x" + pair}}, false), Guard::Claim::none);
  const Guard other({.token = "another"});
  EXPECT_EQ(other.check(Headers{{"Cookie", pair}}, false), Guard::Claim::none);
  EXPECT_THAT(guard.expired_cookie(), HasSubstr("Max-Age=0"));
}

TEST(Guard, TakesACertificateInsteadOfAToken) {
  const Guard guard({.client_authority = true, .tls = true, .loopback = false});
  EXPECT_TRUE(guard.requires_authentication());
  EXPECT_EQ(guard.check({}, true), Guard::Claim::right);
  EXPECT_EQ(guard.check({}, false), Guard::Claim::none);
  EXPECT_FALSE(guard.is_token(""));
}

}  // namespace
}  // namespace moor::http
