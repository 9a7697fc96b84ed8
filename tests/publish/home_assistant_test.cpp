// What Home Assistant is told, and when; two gateways at one broker.

#include "publish/home_assistant.hpp"

#include "core/json_text.hpp"

#include <gmock/gmock.h>
#include <boost/json.hpp>
#include <cstdlib>
#include <fstream>

namespace moor::publish {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace json = boost::json;

// A broker that keeps what is retained and hands it to all who are connected.
struct World {
  struct Gateway {
    explicit Gateway(const std::string& name, HomeAssistantOptions options = {})
        : topics("moor", name), assistant(topics, options, 1) {}
    Topics topics;
    HomeAssistant assistant;
  };
  void connect(Gateway& gateway) {
    gateways.push_back(&gateway);
    gateway.assistant.on_connected(now);
    for (const auto& [topic, payload] : retained)
      gateway.assistant.on_message({.topic = topic, .payload = payload, .retain = true}, now);
  }
  // Until nobody has anything to say. @returns how many messages there were
  size_t settle() {
    size_t count = 0;
    for (bool again = true; again;) {
      again = false;
      for (Gateway* gateway : gateways) {
        const auto message = gateway->assistant.next(now);
        if (!message) continue;
        again = true;
        if (++count > 1000) throw std::runtime_error("they never agree");
        gateway->assistant.on_published(*message);
        if (message->payload.empty())
          retained.erase(message->topic);
        else
          retained[message->topic] = message->payload;
        for (Gateway* each : gateways) each->assistant.on_message({.topic = message->topic, .payload = message->payload}, now);
      }
    }
    return count;
  }
  json::object config(const std::string& object) const {
    const auto found = retained.find("homeassistant/device/" + object + "/config");
    return found == retained.end() ? json::object() : json::parse(found->second).as_object();
  }
  TimePoint now{std::chrono::hours(24)};
  std::vector<Gateway*> gateways;
  std::map<std::string, std::string> retained;
};

const EntityDevice door{
    .id = "front door", .name = "front door", .model = "BTHome", .configured = true, .readings = {{Quantity::door, 0}}};
const std::string door_object = "moor_front_door";

TEST(HomeAssistant, HearsOfADeviceOnceWhatIsRetainedHasBeenSeen) {
  World world;
  World::Gateway a("a");
  a.assistant.present(door);
  world.connect(a);
  EXPECT_EQ(world.settle(), 0U);
  world.now += 2s;
  EXPECT_EQ(world.settle(), 2U) << "the gateway and the door";
  const json::object config = world.config(door_object);
  EXPECT_EQ(config.at("dev").at("via_device"), "moor_gateway_a");
  EXPECT_TRUE(config.at("cmps").as_object().contains("reading_door"));
  EXPECT_THAT(publishers_of(config), ElementsAre("moor/a/status"));
  a.assistant.present(door);
  EXPECT_EQ(world.settle(), 0U) << "nothing is new";
}

TEST(HomeAssistant, ANewReadingIsANewEntityAndTheOldOnesStay) {
  World world;
  World::Gateway a("a");
  world.connect(a);
  a.assistant.present(door);
  world.now += 2s;
  world.settle();
  EntityDevice more = door;
  more.readings = {{Quantity::battery, 0}};
  a.assistant.present(more);
  EXPECT_EQ(world.settle(), 1U);
  const json::object config = world.config(door_object);
  EXPECT_TRUE(config.at("cmps").as_object().contains("reading_door"));
  EXPECT_TRUE(config.at("cmps").as_object().contains("reading_battery"));
}

TEST(HomeAssistant, TwoGatewaysMakeOneDeviceThatEitherKeepsAvailable) {
  World world;
  World::Gateway a("a");
  World::Gateway b("b");
  EntityDevice door_at_b = door;
  door_at_b.name = "Front door";  // they do not agree on everything
  door_at_b.readings = {{Quantity::battery, 0}};
  a.assistant.present(door);
  b.assistant.present(door_at_b);
  world.connect(a);
  world.now += 2s;
  world.settle();
  world.connect(b);
  world.now += 2s;
  EXPECT_LE(world.settle(), 4U);
  json::object config = world.config(door_object);
  EXPECT_THAT(publishers_of(config), ElementsAre("moor/a/status", "moor/b/status"));
  EXPECT_EQ(config.at("availability_mode"), "any");
  EXPECT_FALSE(config.at("dev").as_object().contains("via_device"));
  EXPECT_TRUE(config.at("cmps").as_object().contains("reading_door"));
  EXPECT_TRUE(config.at("cmps").as_object().contains("reading_battery"));
  EXPECT_EQ(world.config(object_id(door)).at("cmps").as_object().size(), 6U);
  // After a restart of one, with nothing new, there is nothing to say but the gateway itself and its first words.
  world.gateways.clear();
  World::Gateway again("a");
  again.assistant.present(door);
  world.connect(again);
  world.now += 2s;
  EXPECT_LE(world.settle(), 2U);
  EXPECT_THAT(publishers_of(world.config(door_object)), ElementsAre("moor/a/status", "moor/b/status"));
}

TEST(HomeAssistant, IsToldAgainAfterItsBirthWithJitter) {
  World world;
  World::Gateway a("a");
  a.assistant.present(door);
  world.connect(a);
  world.now += 2s;
  world.settle();
  a.assistant.on_message({.topic = "homeassistant/status", .payload = "offline"}, world.now);
  a.assistant.on_message({.topic = "homeassistant/status", .payload = "online", .retain = true}, world.now);
  world.now += 1min;
  EXPECT_EQ(world.settle(), 0U) << "one that was kept is old news";
  a.assistant.on_message({.topic = "homeassistant/status", .payload = "online"}, world.now);
  world.now += 5s;
  EXPECT_EQ(world.settle(), 2U);
}

TEST(HomeAssistant, ADeviceThatLeftTheConfigurationIsRemoved) {
  World world;
  World::Gateway a("a");
  World::Gateway b("b");
  a.assistant.present(door);
  b.assistant.present(door);
  world.connect(a);
  world.connect(b);
  world.now += 2s;
  world.settle();
  world.gateways.clear();
  // Both start again without it, one after the other.
  World::Gateway next_a("a");
  world.connect(next_a);
  world.now += 2s;
  world.settle();
  EXPECT_THAT(publishers_of(world.config(door_object)), ElementsAre("moor/b/status"));
  World::Gateway next_b("b");
  world.connect(next_b);
  world.now += 2s;
  world.settle();
  EXPECT_THAT(world.config(door_object), IsEmpty());
}

TEST(HomeAssistant, ABeaconGoesWhenItIsForgottenAndMayComeBackAfterARestart) {
  const EntityDevice beacon{.id = "70:B3:D5:00:00:01", .name = "", .model = "iBeacon"};
  World world;
  World::Gateway a("a");
  world.connect(a);
  a.assistant.present(beacon);
  world.now += 2s;
  world.settle();
  EXPECT_FALSE(world.config(object_id(beacon)).empty());
  world.gateways.clear();
  World::Gateway again("a");
  world.connect(again);
  world.now += 10s;
  world.settle();
  EXPECT_FALSE(world.config(object_id(beacon)).empty()) << "it may still be heard";
  again.assistant.present(beacon);
  world.now += 2h;
  world.settle();
  EXPECT_FALSE(world.config(object_id(beacon)).empty());
  again.assistant.gone(beacon.id);
  world.settle();
  EXPECT_TRUE(world.config(object_id(beacon)).empty());
}

TEST(HomeAssistant, WithoutDiscoveryWhatThisGatewayPublishedEarlierIsTakenBack) {
  const EntityDevice beacon{.id = "70:B3:D5:00:00:01", .name = "", .model = "iBeacon"};
  const EntityDevice window{.id = "window", .name = "window", .configured = true};
  World world;
  World::Gateway a("a");
  World::Gateway b("b");
  for (const EntityDevice& each : {door, beacon}) a.assistant.present(each);
  for (const EntityDevice& each : {door, window}) b.assistant.present(each);
  world.connect(a);
  world.connect(b);
  world.now += 2s;
  world.settle();
  const std::string foreign = R"({"o":{"name":"other"},"availability":[{"topic":"moor/a/status"}]})";
  world.retained["homeassistant/device/moor_x/config"] = foreign;
  const std::string of_b = world.retained.at("homeassistant/device/moor_window/config");
  world.gateways.clear();
  HomeAssistantOptions off;
  off.discovery = false;
  off.finds_devices = true;
  World::Gateway again("a", off);
  again.assistant.present(door);
  world.connect(again);
  EXPECT_EQ(world.settle(), 0U) << "what is retained may still come";
  world.now += 2s;
  EXPECT_EQ(world.settle(), 3U) << "the gateway, the door and the beacon";
  EXPECT_THAT(publishers_of(world.config(door_object)), ElementsAre("moor/b/status"));
  EXPECT_THAT(world.config(object_id(beacon)), IsEmpty());
  EXPECT_THAT(world.config("moor_gateway_a"), IsEmpty());
  EXPECT_FALSE(world.config("moor_gateway_b").empty());
  EXPECT_EQ(world.retained.at("homeassistant/device/moor_window/config"), of_b);
  EXPECT_EQ(world.retained.at("homeassistant/device/moor_x/config"), foreign);
  again.assistant.on_message({.topic = "homeassistant/status", .payload = "online"}, world.now);
  world.now += 2h;
  EXPECT_EQ(world.settle(), 0U) << "there is nothing left to say";
  EXPECT_EQ(again.assistant.devices(), 0U);
}

TEST(HomeAssistant, IgnoresWhatIsNotMoorsOrNoJson) {
  World world;
  World::Gateway a("a");
  world.retained["homeassistant/device/zigbee_1/config"] = R"({"dev":{}})";
  world.retained["homeassistant/device/moor_x/config"] = "not JSON";
  world.retained["homeassistant/device/moor_y/config"] = R"({"availability":"no list"})";
  world.connect(a);
  world.now += 2s;
  EXPECT_EQ(world.settle(), 1U);
  EXPECT_EQ(world.retained.size(), 4U);
}

// For test_discovery.py, which holds them against what Home Assistant takes.
TEST(Discovery, WritesExamples) {
  const char* const path = std::getenv("MOOR_DISCOVERY_EXAMPLES");
  if (path == nullptr) GTEST_SKIP() << "MOOR_DISCOVERY_EXAMPLES names no file";
  const Topics topics("moor", "till 2");
  EntityDevice everything{
      .id = "A4:CF:12:34:56:78", .name = "Everything", .model = "BTHome", .address = "A4:CF:12:34:56:78", .configured = true};
  for (size_t i = 0; i < quantity_count; ++i)
    for (const uint8_t index : {uint8_t{0}, uint8_t{1}}) everything.readings.emplace(static_cast<Quantity>(i), index);
  EntityOptions never;
  never.expire_after = Duration::zero();
  const json::object all = device_config(everything, topics, {});
  json::array examples;
  examples.push_back(all);
  examples.push_back(device_config(door, topics, never));
  examples.push_back(merged(all, device_config(everything, Topics("moor", "other"), {}), false));
  examples.push_back(gateway_config(topics, {.gateway_name = "till 2"}));
  std::ofstream(path) << to_line(examples);
}

}  // namespace
}  // namespace moor::publish
