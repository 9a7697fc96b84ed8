#include "connect/virtual_time.hpp"
#include "core/within.hpp"
#include "moor/path_source.hpp"
#include "support/scripted_radio.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::ScriptedRadio;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr Address sensor(0xA4CF12345678, false);

class RadioPathsTest : public moor::testing::VirtualTime {
protected:
  void hears(ScriptedRadio& radio, std::optional<int8_t> rssi_dbm, bool connected = false) {
    radio.known = KnownDevice{.address = sensor, .rssi_dbm = rssi_dbm, .connected = connected};
  }
  std::vector<Radio*> order(bool try_unknown = true) {
    RadioPaths paths(clock_, {&a_, &b_, &c_}, try_unknown);
    std::vector<Radio*> radios;
    for (const Path& path : paths.paths_to(sensor)) radios.push_back(path.radio);
    return radios;
  }

  ScriptedRadio a_{clock_, 1, "a"};
  ScriptedRadio b_{clock_, 2, "b"};
  ScriptedRadio c_{clock_, 3, "c"};
};

TEST_F(RadioPathsTest, ALaterRadioMustHearItFiveDecibelsBetter) {
  hears(a_, int8_t{-60});
  hears(b_, int8_t{-56});
  hears(c_, int8_t{-55});
  EXPECT_THAT(order(), ElementsAre(&c_, &a_, &b_));
}

TEST_F(RadioPathsTest, AConnectedOneIsFirst) {
  hears(a_, int8_t{-40});
  hears(b_, int8_t{-90}, true);
  EXPECT_THAT(order(false), ElementsAre(&b_, &a_));
}

TEST_F(RadioPathsTest, ThoseThatDoNotKnowTheDeviceAreLastIfAtAll) {
  hears(c_, std::nullopt);
  EXPECT_THAT(order(), ElementsAre(&c_, &a_, &b_));
  EXPECT_THAT(order(false), ElementsAre(&c_));
  c_.known.reset();
  EXPECT_THAT(order(false), IsEmpty());
}

TEST_F(RadioPathsTest, ExplainsSlots) {
  hears(a_, int8_t{-40});
  a_.slots_now = {.limit = 3, .free = 2, .holders = {{.device = Address(0x70B3D5000001, false), .label = "", .since = start_}}};
  RadioPaths paths(clock_, {&a_, &b_});
  EXPECT_EQ(paths.explain(sensor), "a has 1 of 3 slots in use: 70:B3:D5:00:00:01 (another program); b does not know the device");
  RadioPaths none(clock_, {});
  EXPECT_THAT(none.explain(sensor), HasSubstr("no radio"));
}

TEST_F(RadioPathsTest, CompletesWhenAnyRadioChanges) {
  RadioPaths paths(clock_, {&a_, &b_});
  beside([](Clock& clock, ScriptedRadio& radio) -> awaitable<void> {
    co_await clock.wait_for(3s);
    radio.notify();
  }(clock_, b_));
  play([&]() -> awaitable<void> {
    EXPECT_TRUE(co_await within(clock_, clock_.now() + 10s, paths.changed(sensor)));
    EXPECT_EQ(elapsed(), 3s);
    EXPECT_FALSE(co_await within(clock_, clock_.now() + 1s, paths.changed(sensor)));
  });
}

}  // namespace
}  // namespace moor
