// The API over a gateway in virtual time.

#include "serve/api.hpp"

#include "gateway/gateway_stage.hpp"

#include <boost/json.hpp>
#include <fstream>
#include <set>
#include <sstream>

namespace moor::serve {
namespace {

namespace json = boost::json;
using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

class ApiTest : public testing::GatewayStage {
protected:
  void open() {
    gateway_ = std::make_unique<Gateway>(context_.get_executor(), clock_, config_, radios_);
    api_ = std::make_unique<Api>(context_.get_executor(), *gateway_, ApiOptions());
    api_->add_to(router_);
  }
  // Asks as the server does, that many seconds and a half after the start; several times at once.
  void ask(int second, std::string target, size_t times = 1) {
    const auto begin = [](ApiTest& self, int wait, std::string what, size_t count) -> awaitable<void> {
      co_await self.clock_.wait_until(self.start_ + std::chrono::seconds(wait) + 500ms);
      for (size_t i = 0; i < count; ++i) boost::asio::co_spawn(self.context_, self.answer(what), boost::asio::detached);
    };
    boost::asio::co_spawn(context_, begin(*this, second, std::move(target), times), boost::asio::detached);
  }
  awaitable<void> answer(std::string target) {
    const auto parsed = http::parse_target(target);
    http::Request request;
    request.path = std::get<http::Target>(parsed).path;
    request.query = std::get<http::Target>(parsed).query;
    const auto match = router_.find("GET", std::get<http::Target>(parsed));
    const auto& found = std::get<http::Router::Found>(match);
    request.parameters = found.parameters;
    http::Response response;
    try {
      response = co_await std::get<http::Handler>(found.route->handler)(request);
    } catch (const http::Refusal& refused) {
      response = http::error_response(refused.status(), refused.what(), refused.advice());
    }
    statuses_.push_back(response.status);
    answers_.push_back(json::parse(response.body));
  }
  // One browser, for that long.
  void watch(int from, int until) {
    stream_ = std::make_shared<http::EventStream>(context_.get_executor());
    const auto watched = [](ApiTest& self, int begin) -> awaitable<void> {
      co_await self.clock_.wait_until(self.start_ + std::chrono::seconds(begin));
      const auto match = self.router_.find("GET", std::get<http::Target>(http::parse_target("/api/v1/live")));
      const http::Request request;
      co_await std::get<http::StreamHandler>(std::get<http::Router::Found>(match).route->handler)(request, self.stream_);
    };
    const auto read = [](ApiTest& self, int end) -> awaitable<void> {
      while (self.clock_.now() < self.start_ + std::chrono::seconds(end)) {
        self.seen_ += self.stream_->take(1 << 20);
        co_await self.clock_.wait_for(100ms);
      }
      self.stream_->close();
      self.cancel_live_.emit(boost::asio::cancellation_type::all);
    };
    boost::asio::co_spawn(context_, watched(*this, from), boost::asio::detached);
    boost::asio::co_spawn(context_, read(*this, until), boost::asio::detached);
    boost::asio::co_spawn(context_, api_->run(),
                          boost::asio::bind_cancellation_slot(cancel_live_.slot(), [](std::exception_ptr) {}));
  }
  // The data of each event of a name.
  std::vector<json::value> events(const std::string& name) const {
    std::vector<json::value> found;
    const std::string head = "event: " + name + "\ndata: ";
    for (size_t at = seen_.find(head); at != std::string::npos; at = seen_.find(head, at + 1)) {
      const size_t begin = at + head.size();
      found.push_back(json::parse(seen_.substr(begin, seen_.find('\n', begin) - begin)));
    }
    return found;
  }

  std::unique_ptr<Gateway> gateway_;
  std::unique_ptr<Api> api_;
  http::Router router_;
  std::vector<unsigned> statuses_;
  std::vector<json::value> answers_;
  std::shared_ptr<http::EventStream> stream_;
  boost::asio::cancellation_signal cancel_live_;
  std::string seen_;
};

TEST_F(ApiTest, ShowsADeviceInItsZone) {
  add_radio(then(stays(10, -60), silent(5)));
  open();
  ask(8, "/api/v1/devices");
  ask(8, "/api/v1/zones");
  ask(8, "/api/v1/status");
  run(*gateway_);
  const json::object& device = answers_.at(0).at("devices").at(0).as_object();
  EXPECT_EQ(device.at("zone"), "near");
  EXPECT_EQ(device.at("rssi"), -60);
  EXPECT_EQ(device.at("address"), nullptr);
  EXPECT_EQ(device.at("sightings"), 8);
  EXPECT_EQ(device.at("last_seen"), "2023-11-14T22:13:28.000Z");
  EXPECT_NEAR(device.at("rate").to_number<double>(), 1, 0.3);
  EXPECT_THAT(device.at("spark").as_array(), SizeIs(30));
  EXPECT_EQ(device.at("spark").at(29), -60);
  const json::value& near = answers_.at(1).at("zones").at(1);
  EXPECT_EQ(near.at("devices").at(0).at("id"), device.at("id"));
  EXPECT_EQ(near.at("today").at("entries"), 1);
  EXPECT_EQ(answers_.at(2).at("store"), nullptr);
  EXPECT_EQ(answers_.at(2).at("virtual"), true);
  EXPECT_EQ(answers_.at(2).at("statistics").at("devices"), 1);
  const json::value shed{{"other_radio", 0}, {"recent", 0}, {"repeat", 0}, {"news", 0}};
  EXPECT_EQ(answers_.at(2).at("statistics").at("shed"), shed);
}

TEST_F(ApiTest, RowsSayWhetherADeviceCanBeConnected) {
  config_.privacy.store_addresses = AddressStorage::all;
  Script script = stays(10, -60);
  for (auto& step : script) {
    step.heard.push_back(testing::heard(phone + 1, -70, "020106"));
    step.heard.back().properties = step.heard.back().properties | AdvertisingProperties::connectable;
  }
  add_radio(then(script, silent(5)));
  open();
  ask(8, "/api/v1/devices");
  ask(8, "/api/v1/devices/40:00:00:00:00:03");
  watch(2, 8);
  run(*gateway_);
  const json::array& rows = answers_.at(0).at("devices").as_array();
  ASSERT_THAT(rows, SizeIs(2));
  EXPECT_EQ(rows.at(0).at("connectable"), false);
  EXPECT_EQ(rows.at(1).at("connectable"), true);
  EXPECT_EQ(answers_.at(1).at("connectable"), true);
  const auto live = events("devices");
  ASSERT_FALSE(live.empty());
  for (const json::value& row : live.front().at("changed").as_array())
    EXPECT_EQ(row.at("connectable").as_bool(), row.at("id") == "40:00:00:00:00:03");
}

TEST_F(ApiTest, TellsTheLastMinutesOfADevice) {
  config_.privacy.store_addresses = AddressStorage::all;
  add_radio(then(stays(10, -60), silent(30)));
  open();
  ask(9, "/api/v1/devices/40:00:00:00:00:02");
  ask(35, "/api/v1/devices/40:00:00:00:00:02/history?seconds=40");
  ask(35, "/api/v1/devices/40%3A00:00:00:00:02");
  run(*gateway_);
  EXPECT_THAT(statuses_, ::testing::ElementsAre(200U, 200U, 200U));
  EXPECT_EQ(answers_.at(0).at("address"), "40:00:00:00:00:02");
  EXPECT_EQ(answers_.at(0).at("advertisement"), "020106");
  EXPECT_THAT(answers_.at(0).at("hearings").as_array(), SizeIs(1));
  EXPECT_THAT(answers_.at(1).at("t").as_array(), SizeIs(10));
  EXPECT_EQ(answers_.at(1).at("rssi").at(0), -60);
  EXPECT_EQ(answers_.at(1).at("zones").at(0).at("zone"), "near");
}

TEST_F(ApiTest, AsksTheStoreWhileItIsWritten) {
  keep_database();
  add_radio(then(stays(10, -60), silent(60)));
  open();
  ask(50, "/api/v1/visits");
  ask(50, "/api/v1/events?zone=near&limit=1");
  ask(50, "/api/v1/dwell?by=zone");
  ask(50, "/api/v1/traffic?by=hour");
  run(*gateway_);
  EXPECT_THAT(statuses_, ::testing::Each(200U));
  EXPECT_EQ(answers_.at(0).at("rows").at(0).at("zone"), "near");
  EXPECT_EQ(answers_.at(1).at("more"), true);
  EXPECT_EQ(answers_.at(2).at("rows").at(0).at("visits"), 1);
  EXPECT_EQ(answers_.at(3).at("rows").at(0).at("entries"), 1);
}

TEST_F(ApiTest, WithoutAStoreThereIsNothingToRemember) {
  add_radio(stays(5, -60));
  open();
  ask(3, "/api/v1/visits");
  ask(3, "/api/v1/devices/x/history?from=2020-01-01");
  run(*gateway_);
  EXPECT_THAT(statuses_, ::testing::Each(404U));
  EXPECT_THAT(json::serialize(answers_.at(0).at("advice")), HasSubstr("[store] path"));
}

TEST_F(ApiTest, QuestionsToTheStoreAreBounded) {
  keep_database();
  add_radio(then(stays(5, -60), silent(30)));
  open();
  ask(20, "/api/v1/visits", StoreQuestions::most_waiting + 4);
  run(*gateway_);
  EXPECT_EQ(std::ranges::count(statuses_, 503U), 4);
  EXPECT_EQ(std::ranges::count(statuses_, 200U), static_cast<std::ptrdiff_t>(StoreQuestions::most_waiting));
}

TEST_F(ApiTest, IsReadyWhileARadioHears) {
  add_radio(then(stays(5, -60), silent(5)));
  open();
  ask(2, "/ready");
  ask(2, "/health");
  run(*gateway_);
  EXPECT_EQ(statuses_.at(0), 200U);
  EXPECT_EQ(answers_.at(0).at("ready"), true);
  EXPECT_EQ(answers_.at(1).at("status"), "alive");
}

TEST_F(ApiTest, LiveDataBeginWithAllAndGoOnWithWhatChanges) {
  add_radio(then(stays(20, -60), then(stays(20, -80), silent(40))));
  open();
  watch(5, 75);
  run(*gateway_);
  const auto devices = events("devices");
  ASSERT_FALSE(devices.empty());
  EXPECT_THAT(devices.front().at("changed").as_array(), SizeIs(1));
  EXPECT_EQ(devices.front().at("changed").at(0).at("zone"), "near");
  // 35 s at one advertisement a second, then silence: nothing is sent of a device that has nothing new.
  EXPECT_GE(devices.size(), 30U);
  EXPECT_LE(devices.size(), 45U);
  const auto zones = events("zone");
  ASSERT_THAT(zones, SizeIs(2));
  EXPECT_EQ(zones.at(0).at("to"), "far");
  EXPECT_EQ(zones.at(1).at("to"), nullptr);
  EXPECT_GE(events("status").size(), 30U);
  EXPECT_EQ(events("status").size(), events("radios").size());
  EXPECT_FALSE(events("visit").empty());
}

TEST_F(ApiTest, AFloodOfDevicesIsSentInPieces) {
  Script script;
  std::vector<Sighting> all;
  for (uint64_t i = 0; i < 1700; ++i) all.push_back(testing::heard(0x400000000000 + i, -60, "020106"));
  script.push_back({1s, all});
  script.push_back({30s, {}});
  add_radio(script);
  open();
  watch(2, 20);
  run(*gateway_);
  size_t changed = 0;
  for (const json::value& event : events("devices")) {
    EXPECT_LE(event.at("changed").as_array().size(), Live::devices_of_event);
    changed += event.at("changed").as_array().size();
  }
  EXPECT_GE(changed, 1700U);
  EXPECT_EQ(seen_.find("event: lost"), std::string::npos);
}

TEST_F(ApiTest, EachRouteIsInTheDocument) {
  add_radio(stays(1, -60));
  open();
  std::ifstream file(std::string(MOOR_SOURCE_DIR) + "/docs/api/openapi.json");
  std::ostringstream text;
  text << file.rdbuf();
  const json::value document = json::parse(text.str());
  std::set<std::string> described;
  for (const auto& path : document.at("paths").as_object())
    for (const auto& method : path.value().as_object())
      described.insert(std::string(method.key()) + " " + std::string(path.key()));
  std::set<std::string> there = {"post /api/v1/login", "get /logout", "get /metrics"};  // of the server, and of the metrics
  for (const auto& route : router_.routes()) there.insert((route.method == "POST" ? "post " : "get ") + route.pattern);
  EXPECT_EQ(there, described);
}

}  // namespace
}  // namespace moor::serve
