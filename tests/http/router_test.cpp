#include "http/router.hpp"

#include <gmock/gmock.h>

namespace moor::http {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(Target, IsRefusedWhenItGoesElsewhereOrIsNoText) {
  struct Row {
    std::string text;
    unsigned status;
  };
  const Row rows[] = {
      {"", 400},
      {"*", 400},
      {"index.html", 400},
      {"http://localhost/", 400},
      {"//", 400},
      {"/a//b", 400},
      {"//etc/passwd", 400},
      {"/a/", 400},
      {"/..", 400},
      {"/../etc/passwd", 400},
      {"/a/../../b", 400},
      {"/.", 400},
      {"/a/./b", 400},
      {"/%2e%2e", 400},
      {"/%2E%2e/etc", 400},
      {"/.%2e", 400},
      {"/..%5c..", 400},
      {"/a\\b", 400},
      {"/%00", 400},
      {"/a%00.html", 400},
      {std::string("/a\0b", 4), 400},
      {"/%0d%0aX: y", 400},
      {"/%7f", 400},
      {"/%", 400},
      {"/%4", 400},
      {"/%zz", 400},
      {"/%ff%fe", 400},
      {"/%c0%ae%c0%ae", 400},  // ".." in overlong UTF-8
      {"/a#b", 400},
      {"/a?b=%", 400},
      {"/a?b=%00", 400},
      {"/" + std::string(4096, 'a'), 414},
      {"/a?" + std::string(4096, 'b'), 414},
  };
  for (const Row& row : rows) {
    const auto result = parse_target(row.text);
    const auto* refusal = std::get_if<Refusal>(&result);
    ASSERT_NE(refusal, nullptr) << row.text;
    EXPECT_EQ(refusal->status(), row.status) << row.text;
    EXPECT_FALSE(refusal->advice().empty()) << row.text;
  }
}

TEST(Target, IsBoundedInParts) {
  std::string path;
  for (int i = 0; i < 33; ++i) path += "/a";
  EXPECT_TRUE(std::holds_alternative<Refusal>(parse_target(path)));
  std::string query = "/?";
  for (int i = 0; i < 65; ++i) query += "a=1&";
  EXPECT_TRUE(std::holds_alternative<Refusal>(parse_target(query)));
}

TEST(Target, IsDecodedPartByPart) {
  const auto result = parse_target("/api/v1/devices/A4%3ACF%2f1%C3%A4%20+?name=a%26b&&flag&x=1=2&s=a+b%2B");
  const auto& target = std::get<Target>(result);
  EXPECT_THAT(target.parts, ElementsAre("api", "v1", "devices", "A4:CF/1ä +"));
  EXPECT_EQ(target.path, "/api/v1/devices/A4:CF/1ä +");
  EXPECT_THAT(target.query, ElementsAre(Pair("name", "a&b"), Pair("flag", ""), Pair("x", "1=2"), Pair("s", "a b+")));
}

TEST(Target, MayBeTheRoot) {
  const auto result = parse_target("/?a=1");
  EXPECT_EQ(std::get<Target>(result).path, "/");
  EXPECT_THAT(std::get<Target>(result).parts, IsEmpty());
}

class RouterTest : public ::testing::Test {
protected:
  static Handler named(std::string name) {
    return [name](const Request&) -> awaitable<Response> { co_return text_response(name); };
  }
  [[nodiscard]] Router::Match find(std::string_view method, std::string_view path) const {
    return router.find(method, std::get<Target>(parse_target(path)));
  }
  [[nodiscard]] std::string pattern_of(std::string_view method, std::string_view path) const {
    const auto match = find(method, path);
    if (const auto* found = std::get_if<Router::Found>(&match)) return found->route->method + " " + found->route->pattern;
    if (const auto* wrong = std::get_if<Router::WrongMethod>(&match)) return "405 " + wrong->allow;
    if (const auto* asset = std::get_if<Router::FoundAsset>(&match)) return "asset " + std::string(asset->asset->path);
    return "404";
  }

  static constexpr uint8_t bytes[] = {1};
  static constexpr Asset assets[] = {{"/index.html", bytes, "i", "text/html"},
                                     {"/assets/app-1a2b.js", bytes, "a", "text/javascript", true}};
  Router router;

  void SetUp() override {
    router.get("/api/v1/devices", named("all"));
    router.get("/api/v1/devices/{id}", named("one"));
    router.get("/api/v1/devices/{id}/history", named("history"));
    router.get("/api/v1/devices/own", named("own"));
    router.post("/api/v1/things", named("make"));
    router.get("/api/v1/things", named("list"));
    router.del("/api/v1/things", named("forget"));
    router.events("/api/v1/live", [](const Request&, std::shared_ptr<EventStream>) -> awaitable<void> { co_return; });
    router.assets(assets);
  }
};

TEST_F(RouterTest, FindsWhatIsAskedFor) {
  struct Row {
    const char* method;
    const char* path;
    const char* found;
  };
  const Row rows[] = {
      {"GET", "/api/v1/devices", "GET /api/v1/devices"},
      {"HEAD", "/api/v1/devices", "GET /api/v1/devices"},
      {"GET", "/api/v1/devices/x", "GET /api/v1/devices/{id}"},
      {"GET", "/api/v1/devices/own", "GET /api/v1/devices/own"},
      {"GET", "/api/v1/devices/x%2Fhistory", "GET /api/v1/devices/{id}"},
      {"GET", "/api/v1/devices/x/history", "GET /api/v1/devices/{id}/history"},
      {"GET", "/api/v1/devices/x/other", "404"},
      {"POST", "/api/v1/devices", "405 GET, HEAD, OPTIONS"},
      {"get", "/api/v1/devices", "405 GET, HEAD, OPTIONS"},
      {"PUT", "/api/v1/things", "405 POST, GET, HEAD, DELETE, OPTIONS"},
      {"OPTIONS", "/api/v1/things", "405 POST, GET, HEAD, DELETE, OPTIONS"},
      {"DELETE", "/api/v1/things", "DELETE /api/v1/things"},
      {"GET", "/api/v1/live", "GET /api/v1/live"},
      {"HEAD", "/api/v1/live", "405 GET, OPTIONS"},
      {"GET", "/", "asset /index.html"},
      {"GET", "/devices/x", "asset /index.html"},
      {"GET", "/assets/app-1a2b.js", "asset /assets/app-1a2b.js"},
      {"GET", "/assets/app.js", "404"},
      {"POST", "/index.html", "405 GET, HEAD, OPTIONS"},
      {"GET", "/api", "404"},
      {"GET", "/api/v2/devices", "404"},
      {"GET", "/favicon.ico", "404"},
  };
  for (const Row& row : rows) EXPECT_EQ(pattern_of(row.method, row.path), row.found) << row.method << " " << row.path;
}

TEST_F(RouterTest, GivesTheParametersOfThePattern) {
  const auto match = find("GET", "/api/v1/devices/a%2Fb/history");
  EXPECT_THAT(std::get<Router::Found>(match).parameters, ElementsAre(Pair("id", "a/b")));
}

TEST_F(RouterTest, ReplacesARouteThatIsThere) {
  const size_t before = router.routes().size();
  router.get("/api/v1/devices", named("other"));
  EXPECT_EQ(router.routes().size(), before);
  EXPECT_THROW(router.get("no-slash", named("x")), UsageError);
}

}  // namespace
}  // namespace moor::http
