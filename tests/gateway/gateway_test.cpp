#include "gateway/gateway.hpp"

#include "gateway/temporary_folder.hpp"
#include "moor/store_reader.hpp"
#include "radio/fake_radio.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/io_context.hpp>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeRadio;
using moor::testing::heard;
using ::testing::ElementsAre;
namespace asio = boost::asio;

constexpr uint64_t phone = 0x400000000002;

// Notes what the gateway tells, with the seconds since the start.
class Notes final : public GatewayListener {
public:
  Notes(Gateway& gateway, TimePoint start) : gateway_(gateway), start_(start) {}
  void on_presence(const Device&, const PresenceReading& reading, VisitorId visitor) override {
    if (reading.event == PresenceEvent::none) return;
    identities.push_back(gateway_.identities().text_of(visitor));
    note(reading.time, to_string(reading.event));
  }
  void on_visit(const Visit& visit) override { note(visit.left, "left"); }

  std::vector<std::pair<std::string, double>> events;
  std::vector<std::string> identities;

private:
  void note(TimePoint t, std::string_view what) { events.emplace_back(what, to_seconds(t - start_)); }
  Gateway& gateway_;
  TimePoint start_;
};

class GatewayTest : public ::testing::Test {
protected:
  GatewayTest() {
    config_ = parse_config("[presence]\nreading_interval_s = 0\nlost_after_s = 20\n", "test");
    config_.radios.clear();
  }

  void add_radio(std::vector<FakeRadio::Step> script, std::exception_ptr fails_with = nullptr) {
    radios_.push_back(std::make_unique<FakeRadio>(clock_, std::move(script), fails_with, static_cast<RadioId>(radios_.size())));
    config_.radios.push_back({.spec = RadioSpec::parse("bluez"), .active = true});
  }
  void keep_database() { config_.store.path = folder_ / "moor.db"; }
  // A device that is heard each second.
  static std::vector<FakeRadio::Step> stays(int seconds, int8_t rssi_dbm) {
    return std::vector<FakeRadio::Step>(static_cast<size_t>(seconds), {1s, {heard(phone, rssi_dbm, "020106")}});
  }
  void run(Gateway& gateway) {
    std::exception_ptr error;
    asio::co_spawn(context_, gateway.run(),
                   asio::bind_cancellation_slot(cancel_.slot(), [&](std::exception_ptr e) { error = e; }));
    clock_.run(context_);
    if (error) std::rethrow_exception(error);
  }

  TimePoint start_ = TimePoint(1'700'000'000s);
  VirtualClock clock_{start_};
  asio::io_context context_;
  asio::cancellation_signal cancel_;
  GatewayConfig config_;
  Gateway::Radios radios_;
  TemporaryFolder folder_;
};

TEST_F(GatewayTest, TellsOfALossWhenNothingIsHeardAnyMore) {
  auto script = stays(5, -60);
  script.push_back({1h, {}});
  add_radio(script);
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  Notes notes(gateway, start_);
  gateway.add_listener(notes);
  run(gateway);
  EXPECT_THAT(notes.events, ElementsAre(std::pair("entered", 3.0), std::pair("lost", 25.0), std::pair("left", 5.0)));
}

TEST_F(GatewayTest, EndsVisitsWhenTheRadiosEnd) {
  add_radio(stays(10, -60));
  keep_database();
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  run(gateway);
  EXPECT_EQ(gateway.pipeline().visits().size(), 0U);
  StoreReader reader(config_.store.path);
  const auto visits = reader.visits().rows;
  ASSERT_EQ(visits.size(), 1U);
  EXPECT_TRUE(visits[0].left.has_value());
}

TEST_F(GatewayTest, TriesARadioAgainWithGrowingPauses) {
  add_radio({{1s, {}}}, std::make_exception_ptr(RadioNotAvailable("no adapter", {.advice = "plug one in"})));
  add_radio({{300s, {heard(phone, -60, "020106")}}});
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  std::vector<double> tries;
  gateway.on_radio([&](const RadioState& state) {
    if (state.phase == RadioState::Phase::failed) {
      tries.push_back(to_seconds(clock_.now() - start_));
      EXPECT_EQ(state.problem, "no adapter; plug one in");
    }
  });
  asio::co_spawn(
      context_,
      [&]() -> awaitable<> {
        co_await clock_.wait_for(200s);
        cancel_.emit(asio::cancellation_type::all);
      },
      asio::detached);
  EXPECT_THROW(run(gateway), boost::system::system_error);
  EXPECT_THAT(tries, ElementsAre(1, 3, 6, 11, 20, 37, 70, 131, 192)) << "1 s scanning, then pauses of 1, 2, 4 ... 60 s";
}

TEST_F(GatewayTest, ADamagedRecordingIsAnErrorAfterTheRest) {
  add_radio(stays(5, -60), std::make_exception_ptr(CaptureError("cut", 17)));
  add_radio({{60s, {}}});
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  EXPECT_THROW(run(gateway), CaptureError);
  EXPECT_EQ(clock_.now(), start_ + 60s) << "the other radio went on";
  EXPECT_EQ(gateway.pipeline().statistics().sightings, 5U);
}

TEST_F(GatewayTest, AVisitEndsUnderTheIdentityThatItBeganWith) {
  config_.privacy.rotate_every = 1h;
  add_radio(stays(2 * 3600, -60));
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  Notes notes(gateway, start_);
  gateway.add_listener(notes);
  const std::string before = gateway.identities().identify(Address(phone, true), start_).text;
  run(gateway);
  EXPECT_THAT(notes.identities, ElementsAre(before));
  EXPECT_NE(gateway.identities().identify(Address(phone, true), start_ + 2h).text, before);
}

TEST_F(GatewayTest, AReturnWithinTheTimeForRejoiningIsOneVisitUnderOneIdentity) {
  config_.presence.rejoin_within = 60s;
  keep_database();
  auto script = stays(10, -60);
  script.push_back({40s, {}});  // lost after 20 s of them
  const auto back = stays(10, -60);
  script.insert(script.end(), back.begin(), back.end());
  script.push_back({300s, {}});
  add_radio(script);
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  Notes notes(gateway, start_);
  gateway.add_listener(notes);
  run(gateway);
  EXPECT_THAT(notes.events, ElementsAre(std::pair("entered", 3.0), std::pair("lost", 30.0), std::pair("entered", 53.0),
                                        std::pair("lost", 80.0), std::pair("left", 60.0)));
  StoreReader reader(config_.store.path);
  const auto visits = reader.visits().rows;
  ASSERT_EQ(visits.size(), 1U);
  EXPECT_EQ(visits[0].device, notes.identities.at(0));
  EXPECT_EQ(visits[0].dwell, 57s);
  const auto traffic = reader.traffic().rows;
  ASSERT_EQ(traffic.size(), 1U);
  EXPECT_EQ(traffic[0].entries, 1U) << "who comes back has not come in again";
}

TEST_F(GatewayTest, APhoneWhoseKeyIsKnownIsOneDeviceUnderItsNameWhateverItsAddress) {
  constexpr Irk irk = {0xEC, 0x02, 0x34, 0xA3, 0x57, 0xC8, 0xAD, 0x05, 0x34, 0x10, 0x10, 0xA6, 0x0A, 0x39, 0x7D, 0x9B};
  GatewayConfig::KeyEntry entry{.kind = KeyKind::irk, .device = {}, .key = {}, .name = "Anna's phone"};
  entry.key.bytes.assign(irk.begin(), irk.end());
  config_.keys = {entry};
  keep_database();
  std::vector<FakeRadio::Step> script;
  for (uint32_t second = 0; second < 60; ++second)  // a new address every 10 s
    script.push_back({1s, {heard(make_resolvable(irk, second / 10).bits(), -60, "020106")}});
  add_radio(script);
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  Notes notes(gateway, start_);
  gateway.add_listener(notes);
  run(gateway);
  EXPECT_THAT(notes.identities, ElementsAre("Anna's phone"));
  StoreReader reader(config_.store.path);
  ASSERT_EQ(reader.devices().rows.size(), 1U);
  EXPECT_EQ(reader.devices().rows[0].identity, "Anna's phone");
  EXPECT_EQ(reader.visits().rows.at(0).dwell, 57s);
}

TEST_F(GatewayTest, ForgetsDevicesThatFellSilent) {
  config_.devices.forget_after = 600s;
  auto script = stays(3, -60);
  script.push_back({3h, {}});
  add_radio(script);
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  run(gateway);
  EXPECT_EQ(gateway.pipeline().devices().size(), 0U);
  EXPECT_EQ(gateway.pipeline().devices().forgotten(), 1U);
}

TEST_F(GatewayTest, WhatIsStoredOfADeviceAddsUpToAllThatWasHeard) {
  keep_database();
  add_radio(stays(95, -60));  // several sweeps
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  run(gateway);
  StoreReader reader(config_.store.path);
  const auto devices = reader.devices().rows;
  ASSERT_EQ(devices.size(), 1U);
  EXPECT_EQ(devices[0].sightings, 95U);
  EXPECT_EQ(devices[0].rssi->samples, 95U);
  EXPECT_DOUBLE_EQ(devices[0].rssi->mean_dbm, -60);
}

}  // namespace
}  // namespace moor
