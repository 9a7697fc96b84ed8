// The publisher's machines, without a broker.

#include "publish/event_pump.hpp"
#include "publish/memory_outbox.hpp"
#include "publish/quantities.hpp"
#include "publish/shared_states.hpp"
#include "publish/state_schedule.hpp"
#include "publish/topics.hpp"
#include "publish/webhook_policy.hpp"

#include <gmock/gmock.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <set>

namespace moor::publish {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

TEST(Topics, AreOneLevelEachWhateverTheName) {
  const Topics topics("moor", "Till 2/3");
  EXPECT_EQ(topics.status(), "moor/" + slug("Till 2/3") + "/status");
  EXPECT_EQ(slug("A4:CF:12:34:56:78"), "A4CF12345678");
  EXPECT_EQ(slug("front door"), "front_door");
  EXPECT_EQ(slug("p-0123456789abcdef"), "p-0123456789abcdef");
  for (const char* bad : {"a/b", "a+b", "a#b", "Café", "$SYS", "", "a\tb"}) {
    EXPECT_THAT(slug(bad), ::testing::MatchesRegex("[A-Za-z0-9_-]+")) << bad;
  }
  EXPECT_NE(slug("a/b"), slug("a+b"));
  EXPECT_NE(slug("a/b"), slug("a_b"));
}

TEST(Topics, KnowASharedStateAgain) {
  const Topics topics("moor", "till");
  EXPECT_EQ(topics.device_of(topics.shared_state("front door")), "front_door");
  for (const char* other : {"moor/till/device/x/state", "moor/device//state", "moor/device/x/y/state", "moor/device/x",
                            "other/device/x/state", "moor/device/state"})
    EXPECT_EQ(topics.device_of(other), std::nullopt) << other;
}

OutboxMessage event(uint64_t id) {
  return {.id = id, .kind = "zone", .time = {}, .payload = "{}"};
}

// Sends whatever is next. @returns the ids
std::vector<uint64_t> send_all(EventPump& pump, size_t most = 100) {
  std::vector<uint64_t> ids;
  while (ids.size() < most && pump.next() != nullptr) {
    ids.push_back(pump.next()->id);
    pump.on_sent();
  }
  return ids;
}

TEST(EventPump, PassesWhatIsAcknowledgedWithoutAGap) {
  EventPump pump(4);
  pump.add({event(5), event(6), event(7)});
  EXPECT_EQ(pump.room(), 1U);
  EXPECT_EQ(pump.last(), 7U);
  EXPECT_THAT(send_all(pump), ElementsAre(5, 6, 7));
  EXPECT_EQ(pump.on_settled(6, mqtt::Delivery::acknowledged), std::nullopt);
  EXPECT_EQ(pump.on_settled(5, mqtt::Delivery::acknowledged), 6U);
  EXPECT_EQ(pump.on_settled(5, mqtt::Delivery::acknowledged), std::nullopt);
  EXPECT_EQ(pump.on_settled(7, mqtt::Delivery::refused), 7U);
  EXPECT_EQ(pump.refused(), 1U);
  EXPECT_EQ(pump.room(), 4U);
}

TEST(EventPump, SendsAgainInOrderAfterALoss) {
  EventPump pump(8);
  pump.add({event(1), event(2), event(3), event(4)});
  EXPECT_THAT(send_all(pump, 3), ElementsAre(1, 2, 3));
  EXPECT_EQ(pump.on_settled(2, mqtt::Delivery::acknowledged), std::nullopt);
  EXPECT_EQ(pump.on_settled(1, mqtt::Delivery::lost), std::nullopt);
  pump.on_lost();
  EXPECT_THAT(send_all(pump), ElementsAre(1, 3, 4));
  EXPECT_EQ(pump.on_settled(1, mqtt::Delivery::acknowledged), 2U);
  EXPECT_EQ(pump.on_settled(4, mqtt::Delivery::acknowledged), std::nullopt);
  EXPECT_EQ(pump.on_settled(3, mqtt::Delivery::acknowledged), 4U);
  pump.add({event(3), event(5)});  // one that it has had already
  EXPECT_THAT(send_all(pump), ElementsAre(5));
}

std::vector<OutboxMessage> read(Outbox& outbox, std::string sink, size_t limit = 100, uint64_t after = 0) {
  boost::asio::io_context context;
  std::vector<OutboxMessage> result;
  boost::asio::co_spawn(context, outbox.read(std::move(sink), limit, after),
                        [&](std::exception_ptr, std::vector<OutboxMessage> messages) { result = std::move(messages); });
  context.run();
  return result;
}

TEST(MemoryOutbox, KeepsWhatIsNewestForEachSink) {
  VirtualClock clock(TimePoint(1'700'000'000s));
  MemoryOutbox outbox(clock);
  int calls = 0;
  outbox.on_committed([&] { ++calls; });
  outbox.put("zone", clock.now(), R"({"device":"early"})");  // nobody wants it
  outbox.register_sink("small", 2);
  outbox.register_sink("large", 10);
  for (int i = 0; i < 4; ++i) outbox.put("zone", clock.now(), R"({"device":"x"})");
  EXPECT_EQ(calls, 4);
  EXPECT_THAT(outbox.statistics().sinks.at("small"), (OutboxStatistics::Sink{.waiting = 2, .dropped = 2}));
  EXPECT_THAT(outbox.statistics().sinks.at("large"), (OutboxStatistics::Sink{.waiting = 4, .dropped = 0}));
  const auto messages = read(outbox, "small");
  ASSERT_EQ(messages.size(), 2U);
  EXPECT_EQ(messages[0].payload, R"({"id":1700000000000003,"device":"x"})");
  EXPECT_EQ(read(outbox, "large", 1, messages[0].id).at(0).id, messages[1].id);
  outbox.acknowledge("small", messages[1].id);
  EXPECT_THAT(read(outbox, "small"), IsEmpty());
  outbox.acknowledge("large", messages[1].id + 100);  // more than there is
  outbox.put("visit", clock.now(), "{}");
  EXPECT_EQ(read(outbox, "large").at(0).payload, R"({"id":1700000000000005})");
  outbox.remove_sink("large");
  EXPECT_THAT(read(outbox, "large"), IsEmpty());
}

TEST(SharedStates, AreWrittenByWhoHearsTheDeviceBest) {
  const TimePoint start{};
  struct Case {
    const char* what;
    SharedState other;
    Duration ago;
    bool in_zone;
    std::optional<double> smoothed;
    bool writes;
  };
  const Case cases[] = {
      {"5 dB better is not enough", {"b", -60.0, true}, 1s, true, -55.0, false},
      {"6 dB is", {"b", -60.0, true}, 1s, true, -54.0, true},
      {"the other has lost it", {"b", std::nullopt, false}, 1s, true, -90.0, true},
      {"both have lost it", {"b", std::nullopt, false}, 1s, false, std::nullopt, false},
      {"the other is silent", {"b", -40.0, true}, 61s, true, -90.0, true},
      {"the other is silent, and it is lost", {"b", -40.0, true}, 61s, false, std::nullopt, true},
      {"it was this gateway", {"a", -40.0, true}, 1s, true, -90.0, true},
  };
  for (const Case& each : cases) {
    SharedStates states("a", 60s, 10);
    states.on_state("tag", each.other, start);
    EXPECT_EQ(states.writes("tag", each.in_zone, each.smoothed, start + each.ago), each.writes) << each.what;
  }
  EXPECT_TRUE(SharedStates("a", 60s, 10).writes("tag", false, std::nullopt, start)) << "nobody has written yet";
}

TEST(SharedStates, OfTwoGatewaysOneWritesWhateverTheyHear) {
  SharedStates a("a", 60s, 10);
  SharedStates b("b", 60s, 10);
  uint32_t random = 1;
  int changes = 0;
  const char* last = "";
  for (int second = 0; second < 2000; ++second) {
    const TimePoint now{std::chrono::seconds(second)};
    const auto noise = [&] { return static_cast<double>((random = random * 1664525 + 1013904223) >> 30); };  // 0 to 3 dB
    const auto turn = [&](SharedStates& self, SharedStates& other, const char* name) {
      const double smoothed = -60 - noise();
      if (!self.writes("tag", true, smoothed, now)) return false;
      self.on_removed("tag");
      other.on_state("tag", {name, smoothed, true}, now);
      if (last != std::string_view(name)) ++changes;
      last = name;
      return true;
    };
    const int writers = turn(a, b, "a") + turn(b, a, "b");
    EXPECT_EQ(writers, 1);
  }
  EXPECT_EQ(changes, 1);
}

TEST(StateSchedule, PublishesEachIntervalAndAtOnceWhereItCannotWait) {
  StateSchedule schedule(10s);
  const auto at = [](int s) { return TimePoint(std::chrono::seconds(s)); };
  schedule.touch(3);
  schedule.touch(3);
  EXPECT_EQ(schedule.take(at(0)), 3U);
  EXPECT_EQ(schedule.take(at(0)), std::nullopt);
  schedule.touch(3);
  schedule.touch(1);
  EXPECT_EQ(schedule.take(at(5)), 1U);
  EXPECT_EQ(schedule.take(at(9)), std::nullopt);
  EXPECT_EQ(schedule.take(at(10)), 3U);
  schedule.hurry(3);
  EXPECT_EQ(schedule.take(at(11)), 3U);
  EXPECT_EQ(schedule.take(at(30)), std::nullopt) << "nothing was heard since";
  schedule.touch(3);
  EXPECT_EQ(schedule.take(at(30)), 3U);
  schedule.put_back(3);
  EXPECT_EQ(schedule.take(at(30)), 3U);
  schedule.touch(3);
  schedule.forget(3);
  EXPECT_EQ(schedule.take(at(60)), std::nullopt);
  schedule.touch(3);
  EXPECT_EQ(schedule.take(at(61)), 3U) << "the slot serves another device";
}

TEST(WebhookPolicy, TriesAgainAsLongAsItMayHelp) {
  WebhookPolicy policy(1);
  EXPECT_TRUE(policy.on_attempt(204, std::nullopt).done);
  Duration last{};
  for (int i = 0; i < 20; ++i) {
    const auto next = policy.on_attempt(i % 2 == 0 ? std::optional<unsigned>() : 503U, std::nullopt);
    EXPECT_FALSE(next.done);
    EXPECT_LE(next.wait, 5min);
    if (i < 8) {
      EXPECT_GT(next.wait, last);
    }
    last = next.wait;
  }
  EXPECT_GE(last, 225s);
  EXPECT_EQ(policy.on_attempt(429, 7s).wait, 7s);
  EXPECT_EQ(policy.on_attempt(503, 24h).wait, WebhookPolicy::longest_wait);
  EXPECT_EQ(policy.on_attempt(503, 0s).wait, WebhookPolicy::shortest_wait);
  EXPECT_TRUE(policy.on_attempt(200, std::nullopt).done);
  EXPECT_LE(policy.on_attempt(500, std::nullopt).wait, 1s) << "after a success it begins anew";
}

TEST(WebhookPolicy, GivesUpWhatTheServerDoesNotWant) {
  WebhookPolicy policy(1);
  for (int event = 0; event < 2; ++event) {
    EXPECT_FALSE(policy.on_attempt(400, std::nullopt).done);
    EXPECT_FALSE(policy.on_attempt(408, std::nullopt).done) << "a time-out is no refusal";
    EXPECT_FALSE(policy.on_attempt(301, std::nullopt).done);
    const auto last = policy.on_attempt(404, std::nullopt);
    EXPECT_TRUE(last.done && last.refused);
  }
}

// Units that Home Assistant takes for a device class, from its documentation of sensors. None: the class has no unit.
const std::map<std::string_view, std::set<std::string_view>> units_of_classes = {{"apparent_power", {"VA"}},
                                                                                 {"aqi", {""}},
                                                                                 {"battery", {"%"}},
                                                                                 {"carbon_dioxide", {"ppm"}},
                                                                                 {"conductivity", {"µS/cm"}},
                                                                                 {"current", {"A"}},
                                                                                 {"distance", {"m", "mm"}},
                                                                                 {"duration", {"s"}},
                                                                                 {"energy", {"kWh"}},
                                                                                 {"gas", {"m³"}},
                                                                                 {"humidity", {"%"}},
                                                                                 {"illuminance", {"lx"}},
                                                                                 {"moisture", {"%"}},
                                                                                 {"pm1", {"µg/m³"}},
                                                                                 {"pm10", {"µg/m³"}},
                                                                                 {"pm25", {"µg/m³"}},
                                                                                 {"power", {"W"}},
                                                                                 {"power_factor", {"%", ""}},
                                                                                 {"precipitation", {"mm"}},
                                                                                 {"pressure", {"hPa"}},
                                                                                 {"signal_strength", {"dB", "dBm"}},
                                                                                 {"sound_pressure", {"dB", "dBA"}},
                                                                                 {"speed", {"m/s"}},
                                                                                 {"temperature", {"°C"}},
                                                                                 {"timestamp", {""}},
                                                                                 {"volatile_organic_compounds", {"µg/m³"}},
                                                                                 {"voltage", {"V"}},
                                                                                 {"volume", {"L", "m³"}},
                                                                                 {"volume_flow_rate", {"m³/h"}},
                                                                                 {"volume_storage", {"L"}},
                                                                                 {"water", {"L"}},
                                                                                 {"weight", {"kg"}}};
const std::set<std::string_view> totals_only = {"energy", "gas", "volume", "water"};  // that may not be "measurement"
const std::set<std::string_view> binary_classes = {"battery",
                                                   "battery_charging",
                                                   "carbon_monoxide",
                                                   "cold",
                                                   "connectivity",
                                                   "door",
                                                   "garage_door",
                                                   "gas",
                                                   "heat",
                                                   "light",
                                                   "lock",
                                                   "moisture",
                                                   "motion",
                                                   "moving",
                                                   "occupancy",
                                                   "opening",
                                                   "plug",
                                                   "power",
                                                   "presence",
                                                   "problem",
                                                   "running",
                                                   "safety",
                                                   "smoke",
                                                   "sound",
                                                   "tamper",
                                                   "update",
                                                   "vibration",
                                                   "window"};

TEST(Quantities, AreWhatHomeAssistantTakes) {
  for (size_t i = 0; i < quantity_count; ++i) {
    const auto quantity = static_cast<Quantity>(i);
    const EntityKind kind = entity_kind(quantity);
    SCOPED_TRACE(name_of(quantity));
    switch (kind.platform) {
      case Platform::none: continue;
      case Platform::binary_sensor:
        EXPECT_EQ(kind_of(quantity), QuantityKind::binary);
        EXPECT_TRUE(kind.device_class.empty() || binary_classes.contains(kind.device_class));
        EXPECT_EQ(kind.unit, "");
        break;
      case Platform::event:
        EXPECT_EQ(kind_of(quantity), QuantityKind::event);
        EXPECT_TRUE(kind.device_class.empty() || kind.device_class == "button");
        break;
      case Platform::sensor:
        EXPECT_EQ(kind_of(quantity), QuantityKind::measured);
        if (!kind.device_class.empty()) {
          ASSERT_TRUE(units_of_classes.contains(kind.device_class));
          EXPECT_TRUE(units_of_classes.at(kind.device_class).contains(kind.unit)) << kind.unit;
        }
        EXPECT_FALSE(totals_only.contains(kind.device_class) && kind.state_class == "measurement");
        break;
    }
  }
}

TEST(Quantities, HaveAnEntityUnlessTheySayNothingToPeople) {
  std::set<std::string_view> without;
  for (size_t i = 0; i < quantity_count; ++i)
    if (entity_kind(static_cast<Quantity>(i)).platform == Platform::none) without.insert(name_of(static_cast<Quantity>(i)));
  EXPECT_THAT(without, ElementsAre("fingerprint", "packet_id", "sequence"));
}

TEST(Quantities, HaveNamesForTheSecondOfTheirKind) {
  EXPECT_EQ(reading_key(Quantity::temperature, 0), "temperature");
  EXPECT_EQ(reading_key(Quantity::temperature, 1), "temperature_2");
  EXPECT_EQ(reading_title(Quantity::battery_low, 2), "Battery low 3");
}

}  // namespace
}  // namespace moor::publish
