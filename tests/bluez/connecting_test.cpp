// Connecting over a scripted bluetoothd. The quirks are those of BlueZ that the Python peers found (bleak.md, B.3, of the reference).

#include "link_stage.hpp"
#include "radio/bluez/link_registry.hpp"

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using namespace moor::testing;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(BluezConnect, ConnectsADeviceThatBluetoothdHas) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    const auto link = co_await connected(on, sensor.address);
    EXPECT_EQ(link->info().path, sensor_path);
    EXPECT_EQ(link->info().name, "Thermometer");
    EXPECT_EQ(link->info().radio_name, "bluez:hci0");
    EXPECT_FALSE(link->closed());
    EXPECT_TRUE(sensor.device.is_connected());
    EXPECT_EQ(on.bluez->count("StartDiscovery"), 0U);
    const GattServices services = co_await link->services(on.in(20s));
    EXPECT_EQ(services.size(), 2U);
    EXPECT_NE(services.find_characteristic(CharacteristicName(temperature)), nullptr);
    co_await link->disconnect(on.in(5s));
    EXPECT_FALSE(sensor.device.is_connected());
    EXPECT_EQ(link->closed()->reason, CloseReason::local);
  });
}

TEST(BluezConnect, LooksForADeviceThatBluetoothdDoesNotHave) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.found_after(3s);
    const auto link = co_await connected(on, sensor.address);
    EXPECT_TRUE(sensor.device.is_connected());
    EXPECT_FALSE(on.bluez->is_discovering());
    EXPECT_EQ(on.bluez->count("StopDiscovery"), 1U);
    co_await link->disconnect(on.in(5s));
  });
}

TEST(BluezConnect, SaysThatADeviceIsNotThere) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.hidden();
    const TimePoint began = on.clock.now();
    const auto error = co_await failure_of<DeviceNotFound>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().reason, ConnectReason::device_not_found);
      EXPECT_EQ(error->cause().origin, CauseOrigin::lookup);
      EXPECT_FALSE(error->advice().empty());
    }
    EXPECT_EQ(on.clock.now() - began, 20s);
    EXPECT_FALSE(on.bluez->is_discovering());
    EXPECT_EQ(on.bluez->count("Connect"), 0U);
  });
}

// Quirk 2, bluez#1489: objects of devices that are not bonded vanish when no scan is running, also in the middle of a slow connect.
TEST(BluezConnect, Quirk2KeepsDiscoveringUntilTheDeviceIsConnected) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.bluez->temporary_timeout(1s);
    const Sensor sensor = add_sensor(on);
    sensor.device.found_after(500ms).advertises_every(100ms);
    bool discovering = false;
    sensor.device.on_connect({step::pause(8s), step::run([&] { discovering = on.bluez->is_discovering(); }), step::connected(),
                              step::reply(), step::services(), step::resolved()});
    const auto link = co_await connected(on, sensor.address);
    EXPECT_TRUE(discovering);
    EXPECT_FALSE(on.bluez->is_discovering());
    co_await link->disconnect(on.in(5s));
  });
}

// Quirk 2: the object may have vanished since the device was heard, and Connect is answered with UnknownObject.
TEST(BluezConnect, Quirk2UnknownObjectIsADeviceThatWasNotFound) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on("Connect", fails("org.freedesktop.DBus.Error.UnknownObject", "no such object"));
    const auto error = co_await failure_of<DeviceNotFound>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().origin, CauseOrigin::lookup);
    }
  });
}

// Seen of bluetoothd 5.66 with both ends on the same machine: Connect is answered, and nothing says that the device is connected.
TEST(BluezConnect, AConnectionThatNoSignalTellsOfIsAskedFor) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on_connect({step::connected_unsaid(), step::reply(), step::pause(200ms), step::services(), step::resolved()});
    const TimePoint began = on.clock.now();
    const auto link = co_await connected(on, sensor.address);
    EXPECT_LT(on.clock.now() - began, 1s);
    const uint16_t handle = co_await handle_of(on, *link, temperature);
    EXPECT_THAT(co_await link->read(handle, on.in(5s)), ElementsAre(0x12, 0x34));
    co_await link->disconnect(on.in(5s));
    EXPECT_FALSE(sensor.device.is_connected());
  });
}

// Quirk 4: InterfacesRemoved may come without a word that the device is no longer connected, and the call may never be answered.
TEST(BluezConnect, Quirk4ARemovedObjectEndsTheAttemptAtOnce) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on_connect({step::pause(200ms), step::remove(), step::pause(1h)});
    const TimePoint began = on.clock.now();
    const auto error = co_await failure_of<DeviceNotFound>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    EXPECT_LT(on.clock.now() - began, 3s);
  });
}

// bleak#239, #631: BlueZ gives a connection up at the first disturbance.
TEST(BluezConnect, AbortByLocalIsTriedAgainWithinTheTime) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on("Connect", fails("Failed", "le-connection-abort-by-local").after(300ms).times(3));
    const auto link = co_await connected(on, sensor.address);
    EXPECT_EQ(on.bluez->count("Connect"), 4U);
    EXPECT_FALSE(link->closed());
    co_await link->disconnect(on.in(5s));
  });
}

TEST(BluezConnect, AbortByLocalForEverIsSaidAtTheEndOfTheTime) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on("Connect", fails("Failed", "le-connection-abort-by-local").always());
    const TimePoint began = on.clock.now();
    const auto error = co_await failure_of<ConnectionAborted>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().reason, ConnectReason::aborted_by_local);
      EXPECT_EQ(error->cause().origin, CauseOrigin::system_call);
      EXPECT_THAT(error->cause().text, HasSubstr("le-connection-abort-by-local"));
    }
    EXPECT_LE(on.clock.now() - began, 22s);
    EXPECT_LE(on.bluez->count("Connect"), 60U);
  });
}

TEST(BluezConnect, InProgressIsWaitedForButNotForEver) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on("Connect", in_progress().times(5));
    const auto link = co_await connected(on, sensor.address);
    EXPECT_EQ(on.bluez->count("Connect"), 6U);
    co_await link->disconnect(on.in(5s));
    sensor.device.on("Connect", in_progress().always());
    const TimePoint began = on.clock.now();
    EXPECT_TRUE(co_await failure_of<ConnectError>(connected(on, sensor.address)));
    EXPECT_LE(on.clock.now() - began, 23s);
  });
}

TEST(BluezConnect, AConnectThatNeverAnswersIsCancelledByDisconnect) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on("Connect", never());
    const TimePoint began = on.clock.now();
    const auto error = co_await failure_of<ConnectError>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().reason, ConnectReason::timed_out);
    }
    EXPECT_EQ(on.bluez->count("Disconnect"), 1U);
    EXPECT_LE(on.clock.now() - began, 22s);
  });
}

TEST(BluezConnect, ALinkThatDropsAtOnceIsSaid) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on_connect({step::pause(100ms), step::connected(), step::reply(), step::drop()});
    const auto error = co_await failure_of<ConnectError>(connected(on, sensor.address));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().reason, ConnectReason::disconnected);
    }
  });
}

// Quirk 1, bluez#89: BlueZ keeps the link of a process that has died, and counts nobody. Such a link is taken part in, and not torn down unless asked.
TEST(BluezConnect, Quirk1AConnectionOfAnotherProgramIsTakenPartInAndLeft) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.connected_by_another();
    {
      const auto link = co_await connected(on, sensor.address);
      EXPECT_EQ(on.bluez->count("Connect"), 0U);
      const uint16_t handle = co_await handle_of(on, *link, temperature);
      EXPECT_THAT(co_await link->read(handle, on.in(5s)), ElementsAre(0x12, 0x34));
      co_await link->disconnect(on.in(5s));
      EXPECT_TRUE(link->closed());
    }
    {
      const auto link = co_await connected(on, sensor.address);
    }
    EXPECT_TRUE(sensor.device.is_connected());
    EXPECT_EQ(on.bluez->count("Disconnect"), 0U);
    LinkContext context = context_of(on);
    co_await close_connection(std::move(context), sensor.address, on.in(5s));
    EXPECT_FALSE(sensor.device.is_connected());
  });
}

TEST(BluezConnect, TwoLinksOfThisProcessShareTheConnection) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    const auto first = co_await connected(on, sensor.address);
    const auto second = co_await connected(on, sensor.address);
    co_await first->disconnect(on.in(5s));
    EXPECT_TRUE(sensor.device.is_connected());
    EXPECT_FALSE(second->closed());
    co_await second->disconnect(on.in(5s));
    EXPECT_FALSE(sensor.device.is_connected());
  });
}

TEST(BluezConnect, ADestroyedLinkIsClosedWithoutWaiting) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    {
      const auto link = co_await connected(on, sensor.address);
    }
    co_await on.clock.wait_for(5s);
    EXPECT_FALSE(sensor.device.is_connected());
  });
}

TEST(BluezConnect, SaysThatThereIsNoBluetoothd) {
  Stage stage;
  stage.play(
      [](Stage& on) -> awaitable<void> {
        const auto error = co_await failure_of<RadioNotAvailable>(connected(on, *Address::parse(sensor_address)));
        EXPECT_TRUE(error);
        if (error) {
          EXPECT_EQ(error->reason(), Unavailable::no_service);
        }
      },
      false);
}

// Quirk 12: handles and adapters are read out of paths, whatever their number.
TEST(BluezConnect, Quirk12AnAdapterOfAnyNumber) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    on.bluez->add_adapter(10);
    const Sensor sensor = add_sensor(on, sensor_address, 10);
    sensor.device.known();
    LinkContext context = context_of(on);
    context.adapter = 10;
    LinkOptions options;
    const auto link = co_await connect(std::move(context), sensor.address, std::move(options));
    EXPECT_EQ(link->info().path, "/org/bluez/hci10/dev_A4_CF_12_34_56_78");
    const uint16_t handle = co_await handle_of(on, *link, temperature);
    EXPECT_THAT(co_await link->read(handle, on.in(5s)), ElementsAre(0x12, 0x34));
    co_await link->disconnect(on.in(5s));
  });
}

// Quirk 14: dbus-daemon allows 256 connections a user, so all links are over one.
TEST(BluezConnect, Quirk14AHundredLinksOverOneBusConnection) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    std::vector<Sensor> sensors;
    for (int i = 0; i < 100; ++i) {
      char address[18];
      std::snprintf(address, sizeof address, "A4:CF:12:34:56:%02X", static_cast<unsigned>(i));
      sensors.push_back(add_sensor(on, address));
      sensors.back().device.known();
    }
    std::vector<std::unique_ptr<Link>> links(sensors.size());
    const auto use = [](Stage& with, Address address, std::unique_ptr<Link>& into) -> awaitable<void> {
      into = co_await connected(with, address);
      const uint16_t handle = co_await handle_of(with, *into, temperature);
      EXPECT_THAT(co_await into->read(handle, with.in(20s)), ElementsAre(0x12, 0x34));
    };
    std::vector<std::unique_ptr<Beside>> running;
    for (size_t i = 0; i < sensors.size(); ++i)
      running.push_back(std::make_unique<Beside>(on.context.get_executor(), use(on, sensors[i].address, links[i])));
    for (const auto& each : running) co_await each->join();
    EXPECT_EQ(on.opened, 1);
    for (const auto& link : links) EXPECT_FALSE(link->closed());
    links.clear();
    co_await on.clock.wait_for(5s);
    for (const Sensor& sensor : sensors) EXPECT_FALSE(sensor.device.is_connected());
  });
}

// What a cancelled attempt leaves behind: nothing, wherever it was.
void sweep(const std::function<void(Stage&, const Sensor&)>& script, Duration until, Duration every) {
  for (Duration at{}; at <= until; at += every) {
    Stage stage;
    stage.play([&](Stage& on) -> awaitable<void> {
      const Sensor sensor = add_sensor(on);
      script(on, sensor);
      std::unique_ptr<Link> link;
      const auto attempt = [](Stage& with, Address address, std::unique_ptr<Link>& into) -> awaitable<void> {
        into = co_await connected(with, address);
      };
      {
        Beside connecting = on.beside(attempt(on, sensor.address, link));
        co_await on.clock.wait_for(at);
        co_await connecting.stop();
      }
      if (link) co_return;
      EXPECT_FALSE(sensor.device.is_connected()) << "cancelled after " << at.count() << " ns";
      EXPECT_FALSE(on.bluez->is_discovering()) << "cancelled after " << at.count() << " ns";
      co_await on.clock.wait_for(30s);
      EXPECT_FALSE(sensor.device.is_connected()) << "cancelled after " << at.count() << " ns, later";
      EXPECT_FALSE(on.bluez->is_discovering());
      EXPECT_TRUE(on.system->links().entries().empty());
    });
  }
}

TEST(BluezConnect, CancelledAtAnyTimeItLeavesNeitherLinkNorDiscovery) {
  sweep([](Stage&, const Sensor& sensor) { sensor.device.found_after(100ms); }, 1500ms, 20ms);
}

TEST(BluezConnect, CancelledBetweenAbortsItLeavesNothing) {
  sweep(
      [](Stage&, const Sensor& sensor) {
        sensor.device.known();
        sensor.device.on("Connect", fails("Failed", "le-connection-abort-by-local").after(50ms).times(4));
      },
      1s, 15ms);
}

}  // namespace
}  // namespace moor::bluez
