#include "moor/stale.hpp"

#include "connect/path_choice.hpp"
#include "connect/radio_names.hpp"
#include "connect/virtual_time.hpp"
#include "support/fake_adapter.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeAdapter;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

const Address sensor(0xA4CF12345678, false);

TEST(ChoosePath, PrefersALinkThenARadioThatIsClearlyBetter) {
  struct Case {
    const char* what;
    std::vector<PathCandidate> candidates;
    int to_beat;
    std::optional<size_t> expected;
  };
  const std::vector<Case> cases{
      {"nothing", {}, no_rssi_value, std::nullopt},
      {"4 dB are not enough", {{-60}, {-56}}, no_rssi_value, 0},
      {"5 dB are", {{-60}, {-55}}, no_rssi_value, 1},
      {"each against the best before it", {{-60}, {-56}, {-55}}, no_rssi_value, 2},
      {"a link, however weak", {{-30}, {-95, true}}, no_rssi_value, 1},
      {"the first link", {{-30, true}, {-20, true}}, no_rssi_value, 0},
      {"without an RSSI it is the only one", {{}}, no_rssi_value, 0},
      {"without an RSSI another is followed", {{}, {-126}}, no_rssi_value, 1},
      {"the current one is to be beaten", {{-56}}, -60, std::nullopt},
      {"and is", {{-55}}, -60, 0},
  };
  for (const Case& each : cases) EXPECT_EQ(choose_path(each.candidates, each.to_beat), each.expected) << each.what;
}

class StaleTest : public moor::testing::VirtualTime {
protected:
  StaleTest() {
    hall_.known = {{.address = sensor, .name = "Sensor", .path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78", .rssi_dbm = -60}};
    roof_.known = {{.address = sensor, .name = "Sensor", .path = "/org/bluez/hci1/dev_A4_CF_12_34_56_78", .rssi_dbm = -80}};
    proxy_.known = {};
  }
  FakeAdapter hall_{"bluez:hci0", 0};
  FakeAdapter roof_{"bluez:hci1", 1};
  FakeAdapter proxy_{"esphome://attic", 2};
  RadioPaths paths_{clock_, {&hall_, &roof_, &proxy_}};
};

TEST_F(StaleTest, FindsADeviceByAddressAndByRadio) {
  EXPECT_EQ(get_device(paths_, sensor).radio, &hall_);
  EXPECT_EQ(get_device_by_adapter(paths_, sensor, "hci1").radio, &roof_);
  EXPECT_EQ(get_device_by_adapter(paths_, sensor, "bluez:hci1").radio, &roof_);
  EXPECT_FALSE(find_device_by_adapter(paths_, sensor, "esphome://attic"));
  proxy_.known = roof_.known;
  EXPECT_EQ(get_device_by_adapter(paths_, sensor, "attic").radio, &proxy_);
  proxy_.known = {};
  EXPECT_THROW((void)get_device_by_adapter(paths_, sensor, "esphome://attic"), DeviceNotFound);
  EXPECT_THROW((void)get_device_by_adapter(paths_, sensor, "hci9"), UsageError);
  EXPECT_THROW((void)get_device(paths_, Address(1, false)), DeviceNotFound);
  roof_.known[0].connected = true;
  EXPECT_EQ(get_device(paths_, sensor).radio, &roof_);
}

TEST(RadioNames, AWholeNameComesBeforeALastPart) {
  VirtualClock clock;
  FakeAdapter hall("sim:worlds/flat.toml/hci0", 0);
  FakeAdapter other("bluez:hci0", 1);
  FakeAdapter named("hci0", 2);
  FakeAdapter whole_world("sim:worlds/lone.toml", 3);
  RadioPaths two(clock, {&hall, &other});
  RadioPaths all(clock, {&hall, &other, &named, &whole_world});
  EXPECT_EQ(find_radio(two, "hci0"), &hall) << "the first";
  EXPECT_EQ(find_radio(two, "bluez:hci0"), &other);
  EXPECT_EQ(find_radio(all, "hci0"), &named);
  EXPECT_EQ(find_radio(all, "worlds/lone.toml"), &whole_world);
  EXPECT_EQ(find_radio(all, "lone.toml"), &whole_world);
  EXPECT_EQ(find_radio(all, ""), nullptr);
}

TEST_F(StaleTest, FindsABetterRadioOrKeepsTheCurrentOne) {
  EXPECT_FALSE(find_better_device(paths_, sensor, hall_, -60));
  EXPECT_EQ(find_better_device(paths_, sensor, roof_, -80)->radio, &hall_);
  EXPECT_EQ(find_better_device(paths_, sensor, hall_, std::nullopt)->radio, &roof_) << "whose own RSSI is not known";
  roof_.known[0].connected = true;
  EXPECT_EQ(find_better_device(paths_, sensor, hall_, -60)->radio, &roof_);
  EXPECT_FALSE(find_better_device(paths_, sensor, roof_, -80));
}

TEST_F(StaleTest, DescribesADeviceForLogs) {
  FoundDevice found = get_device(paths_, sensor);
  EXPECT_EQ(describe(found), "A4:CF:12:34:56:78 - Sensor -> /org/bluez/hci0");
  EXPECT_EQ(device_source(found), std::nullopt);
  found.device.name = "A4:CF:12:34:56:78";
  EXPECT_EQ(describe(found), "A4:CF:12:34:56:78 -> /org/bluez/hci0");
  found = {&proxy_, {.address = sensor}};
  EXPECT_EQ(describe(found), "A4:CF:12:34:56:78 -> attic");
  EXPECT_EQ(device_source(found), "attic");
  const LinkInfo link{.device = sensor, .radio_name = proxy_.info().name, .path = "the proxy's own name"};
  EXPECT_EQ(describe(link), describe(found)) << "before and after connecting";
  EXPECT_EQ(device_source(link), device_source(found));
  EXPECT_EQ(describe(LinkInfo{.device = sensor, .name = "Sensor"}), "A4:CF:12:34:56:78 - Sensor");
}

TEST_F(StaleTest, EndsLinksThatNobodyUses) {
  hall_.known[0].connected = roof_.known[0].connected = true;
  play([&]() -> awaitable<> {
    const FoundDevice device = get_device(paths_, sensor);
    EXPECT_EQ(co_await close_stale_connections(paths_, device, StaleScope::only_other_radios), 1U);
    EXPECT_THAT(hall_.log, IsEmpty());
    EXPECT_THAT(roof_.log, ElementsAre("close A4:CF:12:34:56:78"));
    const Target target{.address = sensor};
    EXPECT_EQ(co_await close_stale_connections(paths_, target), 1U);
    EXPECT_EQ(co_await close_stale_connections_by_address(paths_, sensor), 0U);
    EXPECT_EQ(co_await close_stale_connections_by_address(paths_, Address(1, false)), 0U);
  });
}

TEST_F(StaleTest, OneRadioThatHangsOrFailsDoesNotKeepTheOthersFromEnding) {
  hall_.known[0].connected = roof_.known[0].connected = true;
  const auto hang = [&]() -> awaitable<void> { return clock_.wait_for(1h); };
  const auto fail = []() -> awaitable<void> {
    throw RadioNotAvailable("gone");
    co_return;
  };
  hall_.on_close = hang;
  play([&]() -> awaitable<> { EXPECT_EQ(co_await close_stale_connections_by_address(paths_, sensor), 1U); });
  EXPECT_EQ(elapsed(), 5s);
  roof_.known[0].connected = true;
  hall_.on_close = fail;
  play([&]() -> awaitable<> { EXPECT_EQ(co_await close_stale_connections_by_address(paths_, sensor), 1U); });
  EXPECT_EQ(elapsed(), 5s);
}

TEST_F(StaleTest, ACancellationIsNotTakenForAFailure) {
  hall_.known[0].connected = true;
  hall_.on_close = [&]() -> awaitable<void> { return clock_.wait_for(1h); };
  boost::asio::cancellation_signal cancel;
  std::exception_ptr thrown;
  bool ended = false;
  boost::asio::co_spawn(context_, close_stale_connections_by_address(paths_, sensor),
                        boost::asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr error, size_t) {
                          thrown = error;
                          ended = true;
                        }));
  play([&]() -> awaitable<> {
    co_await clock_.wait_for(1s);
    cancel.emit(boost::asio::cancellation_type::all);
  });
  EXPECT_TRUE(ended);
  EXPECT_TRUE(thrown);
  EXPECT_EQ(elapsed(), 1s);
}

TEST_F(StaleTest, ClearsTheCacheAndKeepsBonds) {
  ServiceCache cache;
  cache.store(sensor, GattServices(std::vector<GattService>(1)));
  roof_.known[0].bonded = true;
  play([&]() -> awaitable<> {
    EXPECT_TRUE(co_await clear_cache(paths_, sensor));
    EXPECT_THAT(hall_.log, ElementsAre("forget A4:CF:12:34:56:78"));
    EXPECT_FALSE(co_await clear_cache(paths_, sensor)) << "what is left is bonded";
    EXPECT_EQ(roof_.known.size(), 1U);
    EXPECT_TRUE(co_await clear_cache(paths_, sensor, &cache));
    EXPECT_EQ(cache.size(), 0U);
    roof_.on_forget = [](const Address&) { throw RadioNotAvailable("gone"); };
    EXPECT_FALSE(co_await clear_cache(paths_, sensor));
    EXPECT_FALSE(co_await clear_cache(paths_, Address(1, false)));
  });
}

TEST_F(StaleTest, AScannerKnowsWhatTheSystemKnows) {
  hall_.known.push_back({.address = Address(2, true), .name = "a name that is longer than the thirty-one bytes of a payload"});
  Scanner scanner(clock_, hall_);
  EXPECT_EQ(restore_discoveries(scanner, hall_), 2U);
  EXPECT_EQ(restore_discoveries(scanner, roof_), 0U) << "known already";
  const Device* const device = scanner.find(sensor);
  ASSERT_NE(device, nullptr);
  EXPECT_EQ(device->data.name(), "Sensor");
  EXPECT_EQ(device->rssi.last(), -60);
  EXPECT_EQ(device->sightings, 0U);
  EXPECT_EQ(scanner.find(Address(2, true))->data.name(), "a name that is longer than th");
  EXPECT_EQ(scanner.counters().sightings, 0U);
}

}  // namespace
}  // namespace moor
