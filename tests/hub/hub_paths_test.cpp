#include "hub/hub_story.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::HubStory;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class HubPaths : public HubStory {};
class CompatHubPaths : public HubStory {
protected:
  CompatHubPaths() : HubStory({.profile = HubProfile::compat}) {}
};

TEST_F(HubPaths, BestFirstOfThoseThatCanConnect) {
  play([this]() -> awaitable<void> {
    EXPECT_THAT(path_names(), IsEmpty());
    co_await wait(1s);
    hall_.hears(of_sensor(-70));
    attic_.hears(of_sensor(-60));
    ear_.hears(of_sensor(-40));
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall"));
    EXPECT_EQ(path_over(attic_).rssi_dbm, -60);
    EXPECT_EQ(hub_.paths_to(Address(address().bits(), true)).front().device, address()) << "with the kind that was heard";
  });
}

TEST_F(HubPaths, WhatWasHeardLongAgoIsNoPath) {
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-70));
    for (int i = 0; i < 195; ++i) {
      co_await wait(1s);
      hall_.hears(moor::testing::heard(1, -50, "04ff010001"));  // another device: the radio works
    }
    EXPECT_THAT(path_names(), ElementsAre("hall"));
    co_await wait(1s);
    EXPECT_THAT(path_names(), IsEmpty());
    EXPECT_EQ(hub_.explain(address()),
              "no radio hears A4:CF:12:34:56:78: last heard by hall 3 min 16 s ago at -70 dBm; attic is silent; ear is silent");
  });
}

TEST_F(HubPaths, ARadioWhoseSystemKnowsTheDeviceReachesIt) {
  attic_.known[address()] = {.address = address(), .rssi_dbm = -80, .bonded = true};
  play([this]() -> awaitable<void> {
    EXPECT_THAT(path_names(), ElementsAre("attic"));
    hall_.hears(of_sensor(-50));
    EXPECT_THAT(path_names(), ElementsAre("hall", "attic"));
    attic_.known[address()].connected = true;
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall")) << "a link that is there is the shortest way";
    EXPECT_TRUE(path_over(attic_).connected);
    co_return;
  });
}

TEST_F(HubPaths, NeverAFullRadioWhileAnotherHasASlot) {
  hall_.its_slots = {.limit = 3, .free = 0, .holders = {{Address(0x70B3D5000001, false), "", start_ - 2h}}};
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-40));
    attic_.hears(of_sensor(-95));
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall"));
    EXPECT_EQ(hub_.explain(address()),
              "A4:CF:12:34:56:78 was heard by hall 0 s ago at -40 dBm, attic 0 s ago at -95 dBm; hall has 0 of 3 slots free: "
              "70:B3:D5:00:00:01 since 2 h");
    co_return;
  });
}

TEST_F(HubPaths, ARadioThatSaysItIsUnavailableIsLeftOut) {
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-40));
    hall_.its_health = {.state = RadioHealth::State::unavailable, .problem = "powered off"};
    EXPECT_THAT(path_names(), IsEmpty());
    EXPECT_EQ(hub_.explain(address()),
              "no radio hears A4:CF:12:34:56:78: last heard by hall 0 s ago at -40 dBm; hall is unavailable: powered off");
    co_return;
  });
}

TEST_F(HubPaths, FailuresCountAgainstARadioAndFade) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 3, -60);
    attic_.hears(of_sensor(-65));
    EXPECT_THAT(path_names(), ElementsAre("hall", "attic"));
    const Path path = path_over(hall_);
    hub_.attempt_began(path);
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall")) << "it is busy";
    hub_.attempt_ended(path, false);
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall")) << "it has failed";
    for (int i = 0; i < 84; ++i) {
      co_await hears(hall_, 5, -60);
      attic_.hears(of_sensor(-65));
    }
    EXPECT_THAT(path_names(), ElementsAre("hall", "attic")) << "seven minutes later 4.5 dB of 12 are left";
    hub_.attempt_began(path);
    hub_.attempt_ended(path, true);
    EXPECT_NEAR(path_over(hall_).score, -60, 1e-9) << "a success wipes the slate";
  });
}

TEST_F(CompatHubPaths, FailuresNeverFade) {
  play([this]() -> awaitable<void> {
    hall_.hears(of_sensor(-60));
    attic_.hears(of_sensor(-70));
    const Path path = path_over(hall_);
    for (int i = 0; i < 2; ++i) {
      hub_.attempt_began(path);
      hub_.attempt_ended(path, false);
    }
    for (int i = 0; i < 60; ++i) {
      co_await wait(60s);
      hall_.hears(of_sensor(-60));
      attic_.hears(of_sensor(-70));
    }
    EXPECT_THAT(path_names(), ElementsAre("attic", "hall"));
    EXPECT_NEAR(path_over(hall_).score, -70.2, 1e-9);
  });
}

}  // namespace
}  // namespace moor
