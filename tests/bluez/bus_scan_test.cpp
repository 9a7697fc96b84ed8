#include "bluez/stage.hpp"
#include "gateway/temporary_folder.hpp"
#include "moor/advertisement.hpp"

#include <gmock/gmock.h>

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using testing::BluezDevice;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct ScanStage : Stage {
  std::unique_ptr<Radio> radio{};
  HeardSink sink{};
  ScanOptions options{};

  void play(std::function<awaitable<void>(ScanStage&)> story) {
    Stage::play([&](Stage&) -> awaitable<void> {
      radio = make_radio(system, "", 4);
      co_await story(*this);
      radio.reset();
    });
  }
  [[nodiscard]] Beside scan() { return beside(radio->scan(options, sink)); }
  BluezDevice& sensor() {
    return bluez->add_device("A4:CF:12:34:56:78")
        .name("Thermo")
        .rssi(-50)
        .manufacturer(0x0499, {0x05, 0x11})
        .advertises_every(1s);
  }
  /// What the scan ends with by itself.
  [[nodiscard]] awaitable<std::optional<RadioNotAvailable>> failure() { return unavailability(radio->scan(options, sink)); }
};

TEST(BusScan, HearsWhatDiscoveryFindsAndEndsIt) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor();
    Beside scan = s.scan();
    co_await s.clock.wait_for(3500ms);
    EXPECT_EQ(s.bluez->discovery_filter(), "DuplicateData=true Transport=le");
    EXPECT_EQ(s.radio->info().name, "bluez:hci0");
    EXPECT_EQ(s.radio->info().detail, "00:00:5E:00:53:00");
    EXPECT_EQ(s.radio->health().state, RadioHealth::State::scanning);
    co_await scan.stop();
    EXPECT_FALSE(s.bluez->is_discovering());
    co_await s.clock.wait_for(1ms);  // the filter is given back without waiting
    EXPECT_EQ(s.bluez->discovery_filter(), "");
    EXPECT_EQ(s.radio->health().state, RadioHealth::State::idle);
    EXPECT_GE(s.sink.sightings.size(), 3U);
    EXPECT_EQ(s.radio->statistics().reports, s.sink.sightings.size());
    const Sighting& first = s.sink.sightings.at(0);
    EXPECT_EQ(first.address, Address(0xA4CF12345678, false));
    EXPECT_EQ(first.rssi_dbm, -50);
    EXPECT_EQ(first.radio, 4);
    EXPECT_EQ(AdvertisementData(first.payload()).local_name(), "Thermo");
    EXPECT_TRUE(AdvertisementData(first.payload()).manufacturer_data(0x0499));
  });
}

TEST(BusScan, Quirk5OfBlueZNothingIsHeardWhenItEnds) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor();
    Beside scan = s.scan();
    co_await s.clock.wait_for(1500ms);
    const size_t heard = s.sink.sightings.size();
    co_await scan.stop();
    co_await s.clock.wait_for(60s);
    EXPECT_EQ(s.sink.sightings.size(), heard);
  });
}

TEST(BusScan, Quirk6OfBlueZConnectingIsNoAdvertisement) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().hidden();
    sensor.appear();
    Beside scan = s.scan();
    co_await s.clock.wait_for(1s);
    const size_t before = s.sink.sightings.size();
    EXPECT_EQ(before, 0U) << "its object was there already";
    sensor.connect();
    sensor.set("Trusted", true);
    sensor.drop();
    co_await s.clock.wait_for(1s);
    EXPECT_EQ(s.sink.sightings.size(), before);
    co_await scan.stop();
  });
}

TEST(BusScan, Quirk8OfBlueZDuplicatesAreAskedForWhateverTheKernelFilters) {
  ScanStage stage;
  stage.options.service_uuids = {Uuid(0x181A)};
  stage.play([](ScanStage& s) -> awaitable<void> {
    Beside scan = s.scan();
    co_await s.clock.wait_for(1s);
    EXPECT_THAT(s.bluez->discovery_filter(), HasSubstr("DuplicateData=true"));
    EXPECT_THAT(s.bluez->discovery_filter(), HasSubstr("UUIDs="));
    co_await scan.stop();
  });
}

TEST(BusScan, Bleak2021StartIsTriedAgainWhileBlueZIsBusy) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.bluez->on("StartDiscovery", testing::in_progress().times(6));
    Beside scan = s.scan();
    co_await s.clock.wait_for(2s);
    EXPECT_TRUE(s.bluez->is_discovering());
    co_await scan.stop();
    s.bluez->on("StartDiscovery", testing::in_progress().always());
    const TimePoint before = s.clock.now();
    const auto busy = co_await s.failure();
    EXPECT_TRUE(busy);
    EXPECT_THAT(busy->context().cause, HasSubstr("InProgress"));
    EXPECT_LE(s.clock.now() - before, 20s + 100ms) << "15 s to start, 5 s to end";
  });
}

TEST(BusScan, Bleak2021StopIsTriedAgainWhileBlueZIsBusy) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    Beside scan = s.scan();
    co_await s.clock.wait_for(1s);
    s.bluez->on("StopDiscovery", testing::in_progress().times(5));
    co_await scan.stop();
    EXPECT_FALSE(s.bluez->is_discovering());
    Beside again = s.scan();
    co_await s.clock.wait_for(1s);
    EXPECT_TRUE(s.bluez->is_discovering());
    s.bluez->on("StopDiscovery", testing::in_progress().always());
    const TimePoint before = s.clock.now();
    co_await again.stop();
    EXPECT_LE(s.clock.now() - before, 5s + 1ms);
  });
}

TEST(BusScan, AnAdapterThatStopsMayRefuseToStop) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    for (const char* error : {"Failed", "NotReady"}) {
      Beside scan = s.scan();
      co_await s.clock.wait_for(1s);
      s.bluez->on("StopDiscovery", testing::fails(error, "No discovery started"));
      co_await scan.stop();
    }
  });
}

TEST(BusScan, CancellingWhileItStartsLeavesNoDiscovery) {
  for (const Duration after : {0ms, 1ms, 100ms, 999ms, 1001ms, 1200ms, 2000ms}) {
    ScanStage stage;
    stage.play([after](ScanStage& s) -> awaitable<void> {
      s.bluez->on("StartDiscovery", testing::in_progress().times(7));  // for about a second
      Beside scan = s.scan();
      co_await s.clock.wait_for(after);
      co_await scan.stop();
      co_await s.clock.wait_for(5s);
      EXPECT_FALSE(s.bluez->is_discovering()) << to_seconds(after);
    });
  }
}

TEST(BusScan, TwoScansShareOneDiscovery) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor();
    HeardSink other;
    ScanOptions all;
    Beside first = s.scan();
    Beside second = s.beside(s.radio->scan(all, other));
    co_await s.clock.wait_for(3s);
    EXPECT_EQ(s.bluez->count("StartDiscovery"), 1U);
    EXPECT_EQ(s.sink.sightings.size(), other.sightings.size());
    co_await first.stop();
    EXPECT_TRUE(s.bluez->is_discovering());
    const size_t before = other.sightings.size();
    co_await s.clock.wait_for(3s);
    EXPECT_GT(other.sightings.size(), before);
    co_await second.stop();
    EXPECT_FALSE(s.bluez->is_discovering());
  });
}

TEST(BusScan, Quirk13OfBlueZGoesOnWhenBluetoothdIsBack) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor();
    Beside scan = s.scan();
    co_await s.clock.wait_for(2s);
    co_await s.bluez->stop();
    co_await s.clock.wait_for(30s);
    EXPECT_FALSE(scan.has_ended());
    EXPECT_EQ(s.radio->health().state, RadioHealth::State::unavailable);
    EXPECT_EQ(s.radio->health().problem, "bluetoothd is gone");
    const size_t before = s.sink.sightings.size();
    co_await s.bluez->start();
    co_await s.clock.wait_for(3s);
    EXPECT_TRUE(s.bluez->is_discovering());
    EXPECT_GT(s.sink.sightings.size(), before);
    EXPECT_EQ(s.radio->health().state, RadioHealth::State::scanning);
    co_await scan.stop();
  });
}

TEST(BusScan, AnAdapterThatIsUnpluggedEndsIt) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    Beside removes = s.beside([](ScanStage& st) -> awaitable<void> {
      co_await st.clock.wait_for(2s);
      st.bluez->remove_adapter(0);
    }(s));
    const auto gone = co_await s.failure();
    EXPECT_TRUE(gone && gone->reason() == Unavailable::no_radio);
    co_await removes.join();
  });
}

TEST(BusScan, PowersTheAdapterOn) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.bluez->set_adapter(0, "Powered", false);
    Beside scan = s.scan();
    co_await s.clock.wait_for(2s);
    EXPECT_TRUE(s.bluez->is_discovering());
    co_await scan.stop();
  });
}

TEST(BusScan, GoesOnWhenTheAdapterIsOnAgain) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    Beside scan = s.scan();
    co_await s.clock.wait_for(2s);
    s.bluez->set_adapter(0, "Powered", false);
    co_await s.clock.wait_for(3s);
    EXPECT_FALSE(scan.has_ended()) << "bluetoothd may be restarting";
    s.bluez->set_adapter(0, "Powered", true);
    co_await s.clock.wait_for(2s);
    EXPECT_TRUE(s.bluez->is_discovering());
    s.bluez->set_adapter(0, "Powered", false);
    co_await s.clock.wait_for(11s);
    EXPECT_TRUE(scan.has_ended());
  });
}

TEST(BusScan, SaysThatAnAdapterStaysOff) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.bluez->set_adapter(0, "Powered", false);
    s.bluez->on("Set", testing::fails("Failed"));
    const auto off = co_await s.failure();
    EXPECT_TRUE(off && off->reason() == Unavailable::powered_off);
    s.bluez->on("Set", testing::fails("Blocked", "Blocked through rfkill"));
    const auto blocked = co_await s.failure();
    EXPECT_TRUE(blocked && blocked->reason() == Unavailable::blocked);
    EXPECT_THAT(blocked->advice(), HasSubstr("rfkill unblock bluetooth"));
  });
}

TEST(BusScan, LooksWhetherRfkillBlocks) {
  TemporaryFolder sysfs;
  std::filesystem::create_directories(sysfs / "class/bluetooth/hci0/rfkill3");
  std::ofstream(sysfs / "class/bluetooth/hci0/rfkill3/soft") << "1\n";
  std::ofstream(sysfs / "class/bluetooth/hci0/rfkill3/hard") << "0\n";
  ScanStage stage;
  stage.sysfs = sysfs.path().string();
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.bluez->set_adapter(0, "Powered", false);
    const auto blocked = co_await s.failure();
    EXPECT_TRUE(blocked && blocked->reason() == Unavailable::blocked);
    EXPECT_EQ(s.bluez->count("Set"), 0U);
  });
}

TEST(BusScan, RecoveringStopsAndStartsDiscovery) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor();
    Beside scan = s.scan();
    co_await s.clock.wait_for(2s);
    s.bluez->forget_calls();
    co_await s.radio->recover(false, s.in(10s));
    co_await s.clock.wait_for(2s);
    EXPECT_EQ(s.bluez->count("StopDiscovery"), 1U);
    EXPECT_EQ(s.bluez->count("StartDiscovery"), 1U);
    EXPECT_FALSE(scan.has_ended());
    co_await s.radio->recover(true, s.in(10s));
    co_await s.clock.wait_for(2s);
    EXPECT_TRUE(s.bluez->is_discovering());
    EXPECT_FALSE(scan.has_ended());
    co_await scan.stop();
  });
}

TEST(PassiveBusScan, ServesAMonitorAndHears) {
  ScanStage stage;
  stage.options.active = false;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.sensor().flags(0x06);
    Beside scan = s.scan();
    co_await s.clock.wait_for(3s);
    EXPECT_EQ(s.bluez->monitors(), 3U) << "of up to seven patterns: bluetoothd 5.66 dies of eight in one";
    EXPECT_FALSE(s.bluez->is_discovering());
    EXPECT_GE(s.sink.sightings.size(), 1U);
    EXPECT_THAT(s.radio->info().limits, HasSubstr("passive"));
    co_await scan.stop();
    EXPECT_EQ(s.bluez->monitors(), 0U);
  });
}

TEST(PassiveBusScan, SaysWhatAnOldBluetoothdLacks) {
  ScanStage stage;
  stage.options.active = false;
  stage.play([](ScanStage& s) -> awaitable<void> {
    s.bluez->on("RegisterMonitor", testing::fails("org.freedesktop.DBus.Error.UnknownMethod"));
    const auto refused = co_await s.failure();
    EXPECT_TRUE(refused);
    EXPECT_THAT(refused->advice(), HasSubstr("5.56"));
    s.bluez->without_monitors(0);
    const auto old = co_await s.failure();
    EXPECT_TRUE(old);
    EXPECT_THAT(old->advice(), HasSubstr("--experimental"));
  });
}

TEST(BluezRadio, KnowsWhatBluetoothdKnows) {
  ScanStage stage;
  stage.play([](ScanStage& s) -> awaitable<void> {
    const Address sensor(0xA4CF12345678, false);
    EXPECT_FALSE(s.radio->find_device(sensor)) << "before anything has been opened";
    s.sensor().hidden().connected_by_another();
    s.bluez->add_device("11:22:33:44:55:66").paired();
    co_await s.system->open(s.in(5s));
    const auto known = s.radio->find_device(sensor);
    EXPECT_TRUE(known && known->connected && !known->bonded);
    EXPECT_EQ(known->name, "Thermo");
    EXPECT_EQ(known->path, "/org/bluez/hci0/dev_A4_CF_12_34_56_78");
    EXPECT_EQ(s.radio->known_devices().size(), 2U);
    const Slots slots = s.radio->slots();
    EXPECT_EQ(slots.limit, 5);
    EXPECT_EQ(slots.free, 4);
    EXPECT_EQ(slots.holders.at(0).label, "");
    Beside changes = s.beside(s.radio->device_changed(sensor));
    co_await s.clock.wait_for(1s);
    EXPECT_FALSE(changes.has_ended());
    co_await s.bluez->stop();
    co_await changes.join();
  });
}

}  // namespace
}  // namespace moor::bluez
