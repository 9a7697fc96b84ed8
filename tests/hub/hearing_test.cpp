// What a hub tells of each radio, beyond what the owner of a device hears.

#include "hub/hub_story.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::HubStory;
using moor::testing::ScriptedRadio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

// All that is heard, and what of it was the owner's.
class EachRadio final : public HubListener {
public:
  void on_advertisement(const Device&, const Sighting& sighting, bool) override { add("owned", sighting); }
  void on_heard(const Device& device, const Sighting& sighting) override {
    EXPECT_EQ(device.address, sighting.address);
    add("heard", sighting);
  }
  std::vector<std::string> lines;

private:
  void add(std::string_view what, const Sighting& sighting) {
    lines.push_back(std::string(what) + ' ' + std::to_string(sighting.radio) + ' ' + std::to_string(sighting.rssi_dbm));
  }
};

class HearingTest : public HubStory {
protected:
  HearingTest() { hub_.add_listener(each_); }
  EachRadio each_;
};

TEST_F(HearingTest, EachSightingIsToldInOrderWhoeverOwnsTheDevice) {
  play([this]() -> awaitable<void> {
    co_await wait(1s);
    hall_.hears(of_sensor(-60));
    attic_.hears(of_sensor(-70));
    ear_.hears(of_sensor(-65));
    hall_.hears(of_sensor(-61));
    attic_.hears(of_sensor(-70));  // the same payload again
    EXPECT_EQ(hub_.owner(address()), 10);
  });
  EXPECT_THAT(each_.lines, ElementsAre("owned 10 -60", "heard 10 -60", "heard 11 -70", "heard 12 -65", "owned 10 -61",
                                       "heard 10 -61", "heard 11 -70"));
}

TEST_F(HearingTest, TheNewOwnersSightingIsToldOnceAsHeard) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 20, -80);
    each_.lines.clear();
    co_await hears(attic_, 3, -50);
  });
  EXPECT_THAT(each_.lines, ElementsAre("heard 11 -50", "heard 11 -50", "owned 11 -50", "heard 11 -50"));
}

TEST_F(HearingTest, HearingsAreBestFirstWithWhenEachRadioHeardIt) {
  play([this]() -> awaitable<void> {
    EXPECT_THAT(hub_.hearings(address()), IsEmpty());
    co_await hears(hall_, 1, -70);
    co_await hears(ear_, 1, -75);
    co_await hears(attic_, 1, -60);
    const auto hearings = hub_.hearings(address());
    const auto part = [&](auto member) {
      std::vector<std::decay_t<decltype(hearings[0].*member)>> parts;
      for (const Hearing& each : hearings) parts.push_back(each.*member);
      return parts;
    };
    EXPECT_THAT(part(&Hearing::radio), ElementsAre(11, 10, 12));
    EXPECT_THAT(part(&Hearing::smoothed_dbm), ElementsAre(-60, -70, -75));
    EXPECT_THAT(part(&Hearing::last), ElementsAre(start_ + 3s, start_ + 1s, start_ + 2s));
    EXPECT_EQ(hub_.owner(address()), 10) << "who owns it is another question";
  });
}

TEST_F(HearingTest, ARadioWithoutALevelIsLastAndOneThatIsSilentForLongIsNone) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 1, no_rssi);
    co_await hears(attic_, 1, -90);
    auto hearings = hub_.hearings(address());
    EXPECT_EQ(hearings.size(), 2U);
    EXPECT_EQ(hearings.back().radio, 10);
    EXPECT_EQ(hearings.back().smoothed_dbm, no_rssi);
    co_await wait(194s);  // it is 195 s since the hall heard it
    EXPECT_EQ(hub_.hearings(address()).size(), 2U);
    co_await wait(1ms);
    hearings = hub_.hearings(address());
    EXPECT_EQ(hearings.size(), 1U);
    EXPECT_EQ(hearings.at(0).radio, 11);
  });
}

TEST_F(HearingTest, HealthIsWhatListenersWereTold) {
  hall_.fails_to_scan = 1;
  play([this]() -> awaitable<void> {
    attic_.hears(of_sensor(-60));
    EXPECT_EQ(hub_.health(10).state, RadioHealth::State::unavailable);
    EXPECT_FALSE(hub_.health(10).scanning);
    EXPECT_THAT(hub_.health(10).problem, HasSubstr("no adapter hall; Plug it in."));
    EXPECT_EQ(hub_.health(11).state, RadioHealth::State::scanning);
    co_await wait(2s);
    EXPECT_EQ(hub_.health(10).state, RadioHealth::State::scanning);
    EXPECT_TRUE(hub_.health(10).scanning);
    EXPECT_EQ(hub_.health(10).problem, "");
    for (int i = 0; i < 100; ++i) co_await hears(attic_, 1, -60);
    EXPECT_EQ(hub_.health(10).state, RadioHealth::State::silent);
    EXPECT_EQ(hub_.health(11).state, RadioHealth::State::scanning);
  });
}

HubOptions with_passive_attic() {
  HubOptions options;
  options.passive = {11};
  return options;
}

class PassiveRadios : public HubStory {
protected:
  explicit PassiveRadios(const HubOptions& options = with_passive_attic()) : HubStory(options) {}
  [[nodiscard]] std::vector<bool> active() {
    play([this]() -> awaitable<void> { co_await wait(1s); });
    std::vector<bool> each;
    for (const ScriptedRadio* radio : {&hall_, &attic_, &ear_}) each.push_back(radio->last_options.active);
    return each;
  }
};

TEST_F(PassiveRadios, OnlyTheOthersAskForScanResponses) {
  EXPECT_THAT(active(), ElementsAre(true, false, true));
}

HubOptions all_passive() {
  HubOptions options;
  options.active = false;
  return options;
}

class AllPassive : public PassiveRadios {
protected:
  AllPassive() : PassiveRadios(all_passive()) {}
};

TEST_F(AllPassive, NoRadioAsksWhereTheHubDoesNot) {
  EXPECT_THAT(active(), ElementsAre(false, false, false));
}

HubOptions quick_to_change() {
  HubOptions options;
  options.switch_db = 5;
  return options;
}

class QuickOwners : public HubStory {
protected:
  QuickOwners() : HubStory(quick_to_change()) {}
};

TEST_F(QuickOwners, ARadioOwnsADeviceThatItHearsBetterBySoMuchAsIsSaid) {
  play([this]() -> awaitable<void> {
    co_await hears(hall_, 10, -70);
    co_await hears(attic_, 10, -66);
    EXPECT_EQ(hub_.owner(address()), 10);
    co_await hears(attic_, 10, -60);
    EXPECT_EQ(hub_.owner(address()), 11);
  });
}

HubOptions two_devices() {
  HubOptions options;
  options.devices = {.max_devices = 2, .forget_after = 20min};
  return options;
}

class FewDevices : public HubStory {
protected:
  FewDevices() : HubStory(two_devices()) {}
  static Address numbered(uint64_t number) { return Address(number, false); }
  void hears_number(uint64_t number) {
    Sighting sighting = of_sensor(-60);
    sighting.address = numbered(number);
    hall_.hears(sighting);
  }
};

TEST_F(FewDevices, TheLongestSilentMakesRoom) {
  play([this]() -> awaitable<void> {
    for (uint64_t number = 1; number <= 3; ++number) {
      co_await wait(1s);
      hears_number(number);
    }
    EXPECT_EQ(hub_.find(numbered(1)), nullptr);
    EXPECT_NE(hub_.find(numbered(2)), nullptr);
    EXPECT_NE(hub_.find(numbered(3)), nullptr);
  });
}

TEST_F(FewDevices, ASilentDeviceIsForgottenInTheTimeThatIsSaid) {
  play([this]() -> awaitable<void> {
    co_await wait(1s);
    hears_number(1);
    co_await wait(20min - 1s);
    EXPECT_NE(hub_.find(numbered(1)), nullptr);
    co_await wait(2s);
    EXPECT_EQ(hub_.find(numbered(1)), nullptr);
  });
}

}  // namespace
}  // namespace moor
