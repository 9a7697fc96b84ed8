#include "sim/sim_fixture.hpp"

namespace moor {
namespace {

using namespace moor::testing;

const std::string worlds = MOOR_SOURCE_DIR "/examples/worlds/";

std::vector<std::string> names_of(const std::vector<std::unique_ptr<Radio>>& radios) {
  std::vector<std::string> names;
  for (const auto& radio : radios) names.push_back(radio->info().name.substr(radio->info().name.rfind('/') + 1));
  return names;
}

TEST(OpenRadios, AWorldGivesAllItsRadiosUnlessOneIsPicked) {
  VirtualClock clock;
  const auto all = open_radios({RadioSpec::parse("sim:" + worlds + "shop.toml?speed=max")}, clock);
  EXPECT_EQ(names_of(all), (std::vector<std::string>{"entrance", "clothes", "sports", "checkout"}));
  for (size_t i = 0; i < all.size(); ++i) EXPECT_EQ(all[i]->info().id, i);
  EXPECT_GT(clock.now(), TimePoint(24h * 365 * 50)) << "virtual time begins with the world";
  const auto one = open_radio(RadioSpec::parse("sim:" + worlds + "shop.toml?radio=sports"), 7, clock);
  EXPECT_EQ(one->info().id, 7);
  EXPECT_TRUE(one->info().name.ends_with("shop.toml/sports"));
  EXPECT_TRUE(open_radio(RadioSpec::parse("sim:" + worlds + "sleepy_sensor.toml"), 0, clock)->info().name.ends_with(".toml"));
}

TEST(OpenRadios, SpecsOfOneFileShareItsWorld) {
  VirtualClock clock;
  const auto spec = [](const std::string& folder, const std::string& radio) {
    return RadioSpec::parse("sim:" + folder + "shop.toml?radio=" + radio);
  };
  const auto two = open_radios({spec(worlds, "clothes"), spec(worlds + "../worlds/", "sports")}, clock);
  EXPECT_EQ(names_of(two), (std::vector<std::string>{"clothes", "sports"}));
  EXPECT_THROW((void)open_radios({spec(worlds, "sports"), spec(worlds + "./", "sports")}, clock), UsageError)
      << "one world, so one radio twice";
}

TEST(OpenRadios, SayWhatIsWrong) {
  VirtualClock clock;
  try {
    (void)open_radio(RadioSpec::parse("sim:" + worlds + "shop.toml"), 0, clock);
    ADD_FAILURE() << "four radios are not one";
  } catch (const UsageError& error) {
    EXPECT_EQ(error.advice(), "Pick one with ?radio=NAME: entrance, clothes, sports, checkout.");
  }
  EXPECT_THROW((void)open_radio(RadioSpec::parse("sim:" + worlds + "shop.toml?radio=cellar"), 0, clock), UsageError);
  EXPECT_THROW((void)open_radio(RadioSpec::parse("sim:" + worlds + "nowhere.toml"), 0, clock), ConfigError);
  EXPECT_EQ(open_radio(RadioSpec::parse("esphome://hall"), 0, clock)->info().kind, "esphome") << "it is reached when it is used";
  const auto twice = {RadioSpec::parse("esphome://hall"), RadioSpec::parse("esphome://hall:6053?name=hall")};
  EXPECT_THROW((void)open_radios(twice, clock), UsageError);
}

}  // namespace
}  // namespace moor
