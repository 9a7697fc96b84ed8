// What a gateway goes on with after a restart, and after its configuration was read anew.

#include "gateway/gateway_stage.hpp"

#include "gateway/event_message.hpp"
#include "moor/store_reader.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class RestartTest : public testing::GatewayStage {
protected:
  void SetUp() override { keep_everything(); }
  void keep_everything() {
    keep_database();
    config_.privacy.key_file = folder_ / "identity.key";
  }
  /// One gateway, cancelled after so many seconds.
  void first_run(int seconds) {
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    gateway.add_listener(notes_);
    run_for(gateway, seconds);
  }
  /// The next, until its radios end.
  std::vector<std::string> next_run(const std::vector<Script>& scripts) {
    notes_.lines.clear();
    radios_.clear();
    config_.radios.clear();
    for (const Script& script : scripts) add_radio(script);
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    gateway.add_listener(notes_);
    run(gateway);
    return notes_.lines;
  }
  [[nodiscard]] auto visits() const { return StoreReader(config_.store.path).visits().rows; }
};

TEST_F(RestartTest, WhoIsHeardAgainGoesOnWithoutAnEvent) {
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(100);
  EXPECT_THAT(notes_.lines, ElementsAre("3 none>near rssi"));
  ASSERT_EQ(visits().size(), 1U);
  EXPECT_FALSE(visits()[0].left);

  EXPECT_THAT(next_run({then(silent(10), stays(10, -60))}), ElementsAre("recalled", "visit near 3-120"));
  ASSERT_EQ(visits().size(), 1U);
  EXPECT_EQ(visits()[0].dwell, 117s);
}

TEST_F(RestartTest, WhoDoesNotComeBackLeftWhenLastHeard) {
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(105);
  EXPECT_THAT(next_run({silent(60)}), ElementsAre("100 near>none restart", "visit near 3-100"));
  ASSERT_EQ(visits().size(), 1U);
  EXPECT_TRUE(visits()[0].left);
}

TEST_F(RestartTest, WhoComesTooLateIsNew) {
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(100);
  EXPECT_THAT(next_run({then(silent(21), stays(5, -60))}),
              ElementsAre("99 near>none restart", "visit near 3-99", "124 none>near rssi", "visit near 124-126"));
}

TEST_F(RestartTest, TheAverageGoesOnToo) {
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(100);
  // Three samples of -75 dBm alone are far; an average that comes from -60 dBm stays near.
  const auto lines = next_run({stays(3, -75)});
  EXPECT_THAT(lines, ElementsAre("recalled", "visit near 3-103"));
}

TEST_F(RestartTest, AVisitIsRejoinedOverARestart) {
  config_.presence.rejoin_within = 300s;
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(150);
  EXPECT_THAT(notes_.lines, ElementsAre("3 none>near rssi", "120 near>none lost"));
  EXPECT_THAT(next_run({stays(10, -60)}), ElementsAre("153 none>near rssi", "visit near 3-160"));
  EXPECT_EQ(visits().size(), 1U);
}

TEST_F(RestartTest, WithoutAKeyFileVisitsEndWithTheGateway) {
  config_.privacy.key_file.clear();
  add_radio(then(stays(100, -60), silent(1000)));
  first_run(100);
  EXPECT_THAT(notes_.lines, ElementsAre("3 none>near rssi", "visit near 3-100"));
  EXPECT_THAT(next_run({stays(30, -60)}), ElementsAre("103 none>near rssi", "99 near>none restart", "visit near 103-130"));
}

TEST_F(RestartTest, CountersOfEncryptedDevicesAreKept) {
  GatewayConfig::KeyEntry key{.kind = KeyKind::bthome, .device = Address(0xA4CF12345678, false), .key = {}, .name = {}};
  key.key.bytes.assign(16, 0x42);
  config_.keys = {key};
  KeyRing ring;
  add_keys(config_.keys, ring);
  ring.find(KeyKind::bthome, *key.device)->state.counter = 1234;
  KeyCounters counters(ring);
  const auto rows = counters.changed();
  ASSERT_EQ(rows.size(), 1U);
  EXPECT_EQ(rows[0].kind, "bthome");
  EXPECT_EQ(rows[0].counter, 1234U);
  EXPECT_EQ(rows[0].device.find("A4"), std::string::npos);
  EXPECT_THAT(counters.changed(), IsEmpty());

  KeyRing fresh;
  add_keys(config_.keys, fresh);
  KeyCounters after(fresh);
  after.restore(rows);
  EXPECT_EQ(fresh.find(KeyKind::bthome, *key.device)->state.counter, 1234U);
  EXPECT_THAT(after.changed(), IsEmpty());
}

TEST_F(RestartTest, AGatewayThatTakesAnothersPlaceGoesOnWithEverybody) {
  config_.store.path.clear();
  config_.privacy.key_file.clear();
  config_.presence.rejoin_within = 300s;
  constexpr uint64_t other = 0x400000000003;
  Script both = then(stays(10, -60, other), stays(90, -60));
  add_radio(then(both, silent(1000)));
  std::unique_ptr<Handover> handover;
  {
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    gateway.add_listener(notes_);
    gateway.expect_successor();
    run_for(gateway, 100);
    handover = gateway.hand_over();
  }
  EXPECT_THAT(notes_.lines, ElementsAre("3 none>near rssi", "13 none>near rssi", "30 near>none lost"));
  notes_.lines.clear();
  radios_.clear();
  config_.radios.clear();
  add_radio(then(stays(5, -60), stays(5, -60, other)));
  Gateway gateway(context_.get_executor(), clock_, config_, radios_, std::move(handover));
  gateway.add_listener(notes_);
  run(gateway);
  EXPECT_THAT(notes_.lines, ElementsAre("recalled", "108 none>near rssi", "visit near 3-110", "visit near 13-110"));
}

TEST_F(RestartTest, MessagesAreWrittenOnlyForThoseWhoPublishThem) {
  const ZoneEvent event{
      .time = start_, .device = "shelf", .name = "", .from = "", .to = "near", .cause = "rssi", .smoothed_dbm = -61.26};
  EXPECT_EQ(
      zone_message(event, "shop", clock_),
      R"({"gateway":"shop","kind":"zone","t":"2023-11-14T22:13:20.000Z","device":"shelf","name":null,"from":null,"to":"near",)"
      R"("cause":"rssi","smoothed_rssi_dbm":-61.3,"distance_m":null})");
  const VisitEvent visit{.device = "shelf", .name = "Shelf", .zone = "near", .entered = start_ - 90s, .left = start_};
  EXPECT_EQ(visit_message(visit, "shop", clock_),
            R"({"gateway":"shop","kind":"visit","t":"2023-11-14T22:13:20.000Z","device":"shelf","name":"Shelf","zone":"near",)"
            R"("entered":"2023-11-14T22:11:50.000Z","left":"2023-11-14T22:13:20.000Z","dwell_s":90})");
}

}  // namespace
}  // namespace moor
