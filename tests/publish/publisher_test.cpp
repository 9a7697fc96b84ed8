// The publisher behind a gateway, with a client and an outbox in memory, in virtual time.

#include "publish/publisher.hpp"

#include "http/client.hpp"
#include "publish/fake_client.hpp"
#include "radio/fake_radio.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json.hpp>

namespace moor::publish {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeClient;
using moor::testing::FakeRadio;
using moor::testing::heard;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::Key;
using ::testing::Not;
using ::testing::SizeIs;
namespace asio = boost::asio;
namespace json = boost::json;

constexpr uint64_t tag = 0xA4CF12345678;                           // public
constexpr uint64_t phone = 0x400000000002;                         // of an address that changes
constexpr const char* thermometer = "0201060916D2FC4002CA09015D";  // BTHome: 25.06 °C, battery 93 %

class PublisherTest : public ::testing::Test {
protected:
  PublisherTest() {
    config_ = parse_config(
        "[presence]\nreading_interval_s = 0\nlost_after_s = 20\n[mqtt]\nhost = \"127.0.0.1\"\n[[device]]\naddress = "
        "\"A4:CF:12:34:56:78\"\nname = \"tag\"\n",
        "test");
    config_.radios.clear();
  }
  void add_radio(std::vector<FakeRadio::Step> script) {
    radios_.push_back(std::make_unique<FakeRadio>(clock_, std::move(script), nullptr, static_cast<RadioId>(radios_.size())));
    config_.radios.push_back({.spec = RadioSpec::parse("bluez"), .active = true});
  }
  void run(std::function<void(FakeClient&)> setup, std::vector<std::pair<Duration, std::function<void(FakeClient&)>>> steps) {
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    auto owned = std::make_unique<FakeClient>(context_.get_executor(), max_in_flight_);
    FakeClient& client = *owned;
    Publisher publisher(gateway, context_.get_executor(), std::move(owned), nullptr, {});
    if (setup) setup(client);
    asio::cancellation_signal cancel;
    asio::co_spawn(context_, publisher.run(), asio::bind_cancellation_slot(cancel.slot(), [](std::exception_ptr) {}));
    asio::co_spawn(context_, gateway.run(), [&](std::exception_ptr error) {
      EXPECT_EQ(error, nullptr);
      status_ = publisher.status();
      sent_ = client.sent;
      retained_ = client.retained;
      cancel.emit(asio::cancellation_type::all);
    });
    asio::co_spawn(context_, play(std::move(steps), client), asio::detached);
    clock_.run(context_);
  }
  awaitable<void> play(std::vector<std::pair<Duration, std::function<void(FakeClient&)>>> steps, FakeClient& client) {
    for (auto& [when, what] : steps) {
      co_await clock_.wait_until(start_ + when);
      what(client);
    }
  }
  std::vector<std::string> payloads_of(std::string_view topic) const {
    std::vector<std::string> all;
    for (const mqtt::Message& message : sent_)
      if (message.topic == topic) all.push_back(message.payload);
    return all;
  }
  static std::vector<FakeRadio::Step> visit(uint64_t address, const char* payload, int seconds) {
    std::vector<FakeRadio::Step> script(static_cast<size_t>(seconds), {1s, {heard(address, -60, payload)}});
    script.push_back({60s, {}});
    return script;
  }

  TimePoint start_ = TimePoint(1'700'000'000s);
  VirtualClock clock_{start_};
  asio::io_context context_;
  GatewayConfig config_;
  Gateway::Radios radios_;
  size_t max_in_flight_ = 500;
  PublisherStatus status_;
  std::vector<mqtt::Message> sent_;
  std::map<std::string, std::string> retained_;
};

TEST_F(PublisherTest, PublishesStatesEventsAndEntitiesOfAnOwnDevice) {
  add_radio(visit(tag, thermometer, 30));
  run([](FakeClient& client) { client.connect(); }, {});
  EXPECT_EQ(retained_.at("moor/moor/status"), "online");
  EXPECT_EQ(json::parse(retained_.at("moor/moor/info")).at("name"), "moor");
  const json::value state = json::parse(retained_.at("moor/moor/device/tag/state"));
  EXPECT_EQ(state.at("id"), "tag");
  EXPECT_TRUE(state.at("zone").is_null());
  EXPECT_EQ(retained_.at("moor/device/tag/state"), retained_.at("moor/moor/device/tag/state"));
  std::vector<std::string> moves;
  for (const std::string& payload : payloads_of("moor/moor/event/zone")) {
    const json::value event = json::parse(payload);
    EXPECT_TRUE(event.at("id").is_number());
    moves.push_back(std::string(event.at("from").is_null() ? "-" : event.at("from").as_string().c_str()) + ">" +
                    (event.at("to").is_null() ? "-" : event.at("to").as_string().c_str()));
  }
  EXPECT_THAT(moves, ElementsAre("->near", "near>-"));
  EXPECT_THAT(payloads_of("moor/moor/event/visit"), SizeIs(2));
  EXPECT_THAT(retained_, Contains(Key("homeassistant/device/moor_tag/config")));
  ASSERT_TRUE(status_.mqtt);
  EXPECT_EQ(status_.mqtt->events.waiting, 0U);
  EXPECT_EQ(status_.mqtt->entities, 1U);
  // At zone changes at once, else each ten seconds.
  EXPECT_LE(payloads_of("moor/moor/device/tag/state").size(), 9U);
}

TEST_F(PublisherTest, ReadingsArePartOfTheStateAndOfTheEntities) {
  add_radio(visit(tag, thermometer, 30));
  run([](FakeClient& client) { client.connect(); }, {});
  const json::value state = json::parse(payloads_of("moor/device/tag/state").back());
  EXPECT_EQ(state.at("readings").as_object().size(), 2U) << state;
  EXPECT_DOUBLE_EQ(state.at("readings").at("temperature").to_number<double>(), 25.06);
  EXPECT_TRUE(
      json::parse(retained_.at("homeassistant/device/moor_tag/config")).at("cmps").as_object().contains("reading_temperature"));
}

TEST_F(PublisherTest, WithoutDiscoveryEntitiesOfAnEarlierRunGo) {
  const std::string tag_config = "homeassistant/device/moor_tag/config";
  add_radio(visit(tag, thermometer, 30));
  config_.home_assistant.discovery = false;
  run(
      [&](FakeClient& client) {
        client.connect();
        client.receive({.topic = tag_config,
                        .payload = R"({"o":{"name":"moor"},"availability":[{"topic":"moor/moor/status"}]})",
                        .retain = true});
      },
      {});
  EXPECT_THAT(payloads_of(tag_config), ElementsAre(""));
  for (const auto& [topic, payload] : retained_) EXPECT_TRUE(!topic.starts_with("homeassistant/") || payload.empty()) << topic;
  EXPECT_THAT(retained_, Contains(Key("moor/device/tag/state")));
  EXPECT_EQ(status_.mqtt->entities, 0U);
}

TEST_F(PublisherTest, ADeviceWhoseAddressChangesHasEventsAndNothingThatIsKept) {
  add_radio(visit(phone, "020106", 30));
  run([](FakeClient& client) { client.connect(); }, {});
  EXPECT_THAT(payloads_of("moor/moor/event/zone"), SizeIs(2));
  for (const auto& [topic, payload] : retained_) EXPECT_TRUE(topic.find("/device/r-") == std::string::npos) << topic;
}

TEST_F(PublisherTest, EventsWaitForTheBrokerInOrder) {
  add_radio(visit(tag, "020106", 30));
  run(nullptr, {{5s,
                 [](FakeClient& client) {
                   client.acknowledges = false;
                   client.connect();
                 }},
                {6s, [](FakeClient& client) { client.disconnect(); }},
                {80s, [](FakeClient& client) {
                   client.acknowledges = true;
                   client.connect();
                 }}});
  const auto events = payloads_of("moor/moor/event/zone");
  ASSERT_THAT(events, SizeIs(3)) << "the first one twice, as it was not acknowledged";
  EXPECT_EQ(events[0], events[1]);
  ASSERT_TRUE(status_.mqtt);
  EXPECT_EQ(status_.mqtt->events.waiting, 0U);
}

TEST_F(PublisherTest, AnotherGatewayThatHearsTheDeviceBetterWritesItsSharedState) {
  add_radio(visit(tag, "020106", 30));
  run(
      [](FakeClient& client) {
        client.connect();
        client.receive({.topic = "moor/device/tag/state", .payload = R"({"gateway":"other","smoothed":-50,"zone":"till"})"});
      },
      {{15s, [](FakeClient& client) {
          EXPECT_THAT(client.retained, Not(Contains(Key("moor/device/tag/state"))));
          EXPECT_THAT(client.retained, Contains(Key("moor/moor/device/tag/state")));
          client.receive({.topic = "moor/device/tag/state", .payload = R"({"gateway":"other","smoothed":null,"zone":null})"});
        }}});
  EXPECT_THAT(retained_, Contains(Key("moor/device/tag/state")));
}

TEST_F(PublisherTest, AFullClientLosesNoState) {
  max_in_flight_ = 10;
  std::vector<FakeRadio::Step> script;
  for (int second = 0; second < 5; ++second) {
    std::vector<Sighting> all;
    for (uint64_t i = 0; i < 50; ++i) {
      all.push_back(heard(0x70B3D5000000 + i, -60, "0201060303AAFE"));
      all.back().address = Address(0x70B3D5000000 + i, false);
    }
    script.push_back({1s, all});
  }
  script.push_back({15s, {}});
  add_radio(script);
  run([](FakeClient& client) { client.connect(); }, {});
  EXPECT_GE(status_.mqtt->states, 50U);
}

}  // namespace
}  // namespace moor::publish
