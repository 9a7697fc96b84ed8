// [[zone]]: areas around radios, own devices and their power, through the whole gateway.

#include "gateway/gateway_stage.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class ZonesTest : public testing::GatewayStage {
protected:
  std::vector<std::string> play(const std::vector<Script>& scripts) {
    for (const Script& script : scripts) add_radio(script);
    Gateway gateway(context_.get_executor(), clock_, config_, radios_);
    gateway.add_listener(notes_);
    run(gateway);
    for (const GatewayProblem& problem : gateway.problems()) problems_.push_back(problem.what);
    return notes_.lines;
  }
  // Two radios that hear the device at these levels, once a second.
  static std::vector<Script> levels(const std::vector<std::pair<int, std::pair<int8_t, int8_t>>>& parts) {
    std::vector<Script> scripts(2);
    for (const auto& [seconds, level] : parts) {
      scripts[0] = then(scripts[0], stays(seconds, level.first));
      scripts[1] = then(scripts[1], stays(seconds, level.second));
    }
    return scripts;
  }
  static constexpr const char* two_areas =
      "[[zone]]\nname = \"shop\"\nradios = [\"bluez:hci0\"]\n[[zone]]\nname = \"store room\"\nradios = [\"bluez:hci1\"]\n";

  std::vector<std::string> problems_;
};

TEST_F(ZonesTest, WithoutZonesTheyAreImmediateNearAndFar) {
  add_radio(stays(1, -60));
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  EXPECT_THAT(gateway.zones(), ElementsAre("immediate", "near", "far"));
}

TEST_F(ZonesTest, AVisitIsAStayWithTheRadioThatOwnsTheDevice) {
  configure(two_areas);
  const auto lines = play(levels({{60, {-50, -80}}, {60, {-80, -50}}}));
  ASSERT_EQ(lines.size(), 4U) << ::testing::PrintToString(lines);
  EXPECT_EQ(lines[0], "3 none>shop rssi");
  EXPECT_THAT(lines[1], ::testing::EndsWith(" shop>store room radio"));
  EXPECT_LE(std::stoi(lines[1]), 75) << "it is followed within 15 s";
  EXPECT_THAT(lines[2], ::testing::StartsWith("visit shop 3-"));
  EXPECT_THAT(lines[3], ::testing::StartsWith("visit store room "));
}

TEST_F(ZonesTest, BetweenTwoRadiosNobodyGoesBackAndForth) {
  configure(two_areas);
  std::vector<std::pair<int, std::pair<int8_t, int8_t>>> parts;
  for (int i = 0; i < 300; ++i)
    parts.push_back({4, i % 2 == 0 ? std::pair<int8_t, int8_t>{-60, -68} : std::pair<int8_t, int8_t>{-68, -60}});
  const auto lines = play(levels(parts));
  EXPECT_EQ(lines.size(), 2U) << ::testing::PrintToString(lines);
}

TEST_F(ZonesTest, AWeakDeviceIsInNoZone) {
  configure("[[zone]]\nname = \"desk\"\nradios = [\"bluez:hci0\"]\nmin_rssi_dbm = -55\n");
  EXPECT_THAT(play({then(stays(20, -70), then(stays(40, -45), stays(40, -80)))}),
              ElementsAre(::testing::EndsWith("none>desk rssi"), ::testing::EndsWith("desk>none rssi"),
                          ::testing::StartsWith("visit desk ")));
}

TEST_F(ZonesTest, ALostDeviceLeavesItsArea) {
  configure(two_areas);
  EXPECT_THAT(play({then(stays(10, -60), silent(100)), {}}),
              ElementsAre("3 none>shop rssi", "30 shop>none lost", "visit shop 3-10"));
}

TEST_F(ZonesTest, ARadioThatIsNotThereIsAProblem) {
  configure("[[zone]]\nname = \"attic\"\nradios = [\"esphome://attic\"]\n");
  EXPECT_THAT(play({stays(10, -60)}), IsEmpty());
  EXPECT_THAT(problems_, ElementsAre(::testing::HasSubstr("attic: esphome://attic")));
}

TEST_F(ZonesTest, AnOwnDeviceIsCalledByItsNameAndHasThePowerThatIsSaidOfIt) {
  configure("[[device]]\naddress = \"40:00:00:00:00:02\"\nname = \"trolley\"\ntx_power_dbm = -40\n");
  add_radio(stays(10, -60));
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  gateway.add_listener(notes_);
  run(gateway);
  const auto slot = gateway.find(Address(phone, true));
  ASSERT_TRUE(slot);
  const DeviceStatus* status = gateway.board().find(*slot);
  ASSERT_NE(status, nullptr);
  EXPECT_EQ(status->identity, "trolley");
  EXPECT_EQ(status->name, "trolley");
  EXPECT_TRUE(status->own);
  ASSERT_TRUE(status->distance);
  EXPECT_NEAR(status->distance->m, 6.3, 0.1) << "10^((-40 + 60) / 25)";
}

TEST_F(ZonesTest, RadiosTellWhatTheyHearAndHowOften) {
  add_radio(stays(30, -60));
  add_radio(stays(29, -75));
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  run(gateway);
  EXPECT_EQ(gateway.statistics().sightings, 59U);
  EXPECT_EQ(gateway.statistics().pipeline.sightings, 30U) << "of the radio that owns the device";
  EXPECT_NEAR(gateway.radios().at(0).per_second, 1, 0.11);
  EXPECT_EQ(gateway.radios().at(1).sightings, 29U);
  EXPECT_EQ(gateway.radios().at(1).phase, RadioState::Phase::ended);
  const auto hearings = gateway.hearings(Address(phone, true));
  ASSERT_EQ(hearings.size(), 2U);
  EXPECT_EQ(hearings[0].radio, 0);
  EXPECT_NEAR(hearings[1].smoothed_dbm, -75, 0.01);
}

}  // namespace
}  // namespace moor
