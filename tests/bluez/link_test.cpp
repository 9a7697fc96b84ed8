// Operations on links over a scripted bluetoothd, and their end.

#include "link_stage.hpp"

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using namespace moor::testing;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Values = std::vector<std::vector<uint8_t>>;

struct Open {
  Sensor sensor;
  std::unique_ptr<Link> link;
  uint16_t handle;  // of the temperature
};

awaitable<Open> opened(Stage& on, bool acquire = false) {
  const Sensor sensor = add_sensor(on);
  sensor.device.known();
  auto link = co_await connected(on, sensor.address, acquire);
  const uint16_t handle = co_await handle_of(on, *link, temperature);
  co_return Open{sensor, std::move(link), handle};
}

Link::ValueCallback into(Values& values) {
  return [&values](Bytes value, TimePoint) { values.emplace_back(value.begin(), value.end()); };
}

void check_att(const std::optional<GattError>& error, uint8_t code) {
  ASSERT_TRUE(error);
  EXPECT_EQ(error->code(), code);
}

TEST(BluezLink, ReadsAndWrites) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    EXPECT_THAT(co_await open.link->read(open.handle, on.in(5s)), ElementsAre(0x12, 0x34));
    const uint16_t writable = co_await handle_of(on, *open.link, control);
    std::vector<uint8_t> value(3, 7);
    co_await open.link->write(writable, value, WriteKind::with_response, on.in(5s));
    EXPECT_THAT(open.sensor.device.value(control), ElementsAre(7, 7, 7));
    co_await open.link->write(writable, std::vector<uint8_t>(2, 8), WriteKind::without_response, on.in(5s));
    EXPECT_THAT(open.sensor.device.value(control), ElementsAre(8, 8));
    // A long one with response is bluetoothd's to prepare and execute.
    co_await open.link->write(writable, std::vector<uint8_t>(400, 9), WriteKind::with_response, on.in(5s));
    EXPECT_EQ(open.sensor.device.value(control).size(), 400U);
    co_await open.link->disconnect(on.in(5s));
  });
}

// bluetoothd 5.66 ends a long write that began before the MTU was agreed after its first part, and says that all is well.
TEST(BluezLink, ALongValueWaitsForTheMtu) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    const uint16_t writable = co_await handle_of(on, *open.link, control);
    open.sensor.device.resolve(false);
    co_await on.clock.wait_for(1ms);
    on.bluez->forget_calls();
    co_await open.link->write(writable, std::vector<uint8_t>(20, 1), WriteKind::with_response, on.in(5s));
    const std::vector<uint8_t> value(21, 2);
    EXPECT_TRUE(co_await failure_of<TimedOut>(open.link->write(writable, value, WriteKind::with_response, on.in(5s))));
    EXPECT_EQ(on.bluez->count("WriteValue"), 1U);
    const auto resolve_soon = [](Stage& with, const Sensor& sensor) -> awaitable<void> {
      co_await with.clock.wait_for(300ms);
      sensor.device.resolve();
    };
    Beside resolving(on.context.get_executor(), resolve_soon(on, open.sensor));
    co_await open.link->write(writable, value, WriteKind::with_response, on.in(5s));
    EXPECT_EQ(open.sensor.device.value(control).size(), 21U);
    co_await resolving.join();
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, AValueTooLongForACommandIsNotSent) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    const uint16_t writable = co_await handle_of(on, *open.link, control);
    const size_t most = open.link->mtu() - 3U;
    co_await open.link->write(writable, std::vector<uint8_t>(most, 1), WriteKind::without_response, on.in(5s));
    on.bluez->forget_calls();
    check_att(co_await failure_of<GattError>(
                  open.link->write(writable, std::vector<uint8_t>(most + 1, 1), WriteKind::without_response, on.in(5s))),
              0x0D);
    EXPECT_EQ(on.bluez->count("WriteValue"), 0U);
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, SaysTheMtuOrTheSmallest) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known().mtu(185);
    const auto link = co_await connected(on, sensor.address);
    (void)co_await link->services(on.in(20s));
    EXPECT_EQ(link->mtu(), 185);
    const Sensor old = add_sensor(on, "A4:CF:12:34:56:79");
    old.device.known().mtu(0);
    const auto other = co_await connected(on, old.address);
    (void)co_await other->services(on.in(20s));
    EXPECT_EQ(other->mtu(), 23);
  });
}

TEST(BluezLink, EveryAttErrorComesThrough) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    for (unsigned code = 1; code <= 0xFF; ++code) {
      if (code == 0xFE) continue;  // bluetoothd says InProgress for it
      const bool says_not_paired = code == 0x0C || code == 0x0F;
      open.sensor.device.on("ReadValue", fails_with_att(static_cast<uint8_t>(code)));
      check_att(co_await failure_of<GattError>(open.link->read(open.handle, on.in(5s))),
                says_not_paired ? uint8_t{0x05} : static_cast<uint8_t>(code));
    }
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, AHandleThatIsNotThereIsInvalid) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    check_att(co_await failure_of<GattError>(open.link->read(0x0999, on.in(5s))), 0x01);
    check_att(co_await failure_of<GattError>(open.link->read_descriptor(0x0999, on.in(5s))), 0x01);
    co_await open.link->disconnect(on.in(5s));
  });
}

// Quirk 15: upstream asks again every 10 ms without end while BlueZ answers InProgress.
TEST(BluezLink, Quirk15InProgressEndsAtTheDeadline) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.on("ReadValue", in_progress().times(4));
    EXPECT_THAT(co_await open.link->read(open.handle, on.in(5s)), ElementsAre(0x12, 0x34));
    open.sensor.device.on("ReadValue", in_progress().always());
    on.bluez->forget_calls();
    const TimePoint deadline = on.in(5s);
    EXPECT_TRUE(co_await failure_of<TimedOut>(open.link->read(open.handle, deadline)));
    EXPECT_EQ(on.clock.now(), deadline);
    EXPECT_LE(on.bluez->count("ReadValue"), 20U);
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, AnOperationWithoutAnswerEndsAtItsDeadlineAndWithTheLink) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.on("ReadValue", never().times(2));
    const TimePoint deadline = on.in(3s);
    EXPECT_TRUE(co_await failure_of<TimedOut>(open.link->read(open.handle, deadline)));
    EXPECT_EQ(on.clock.now(), deadline);
    const auto drop = [](Stage& with, BluezDevice& device) -> awaitable<void> {
      co_await with.clock.wait_for(1s);
      device.drop();
    };
    Beside dropping = on.beside(drop(on, open.sensor.device));
    const TimePoint began = on.clock.now();
    EXPECT_TRUE(co_await failure_of<LinkClosed>(open.link->read(open.handle, on.in(30s))));
    EXPECT_EQ(on.clock.now() - began, 1s);
    co_await dropping.join();
  });
}

TEST(BluezLink, DescriptorsAndTheConfigurationThatBluetoothdKeepsToItself) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    const GattServices services = co_await open.link->services(on.in(5s));
    const GattCharacteristic& characteristic = services.get_characteristic(CharacteristicName(temperature));
    const uint16_t description = characteristic.find_descriptor(Uuid(0x2901))->handle;
    const uint16_t configuration = characteristic.find_descriptor(client_characteristic_configuration)->handle;
    EXPECT_THAT(co_await open.link->read_descriptor(description, on.in(5s)), ElementsAre(0x74));
    std::vector<uint8_t> on_value = {1, 0};
    co_await open.link->write_descriptor(configuration, on_value, on.in(5s));
    EXPECT_TRUE(open.sensor.device.is_notifying(temperature));
    std::vector<uint8_t> off_value = {0, 0};
    co_await open.link->write_descriptor(configuration, off_value, on.in(5s));
    EXPECT_FALSE(open.sensor.device.is_notifying(temperature));
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, NotificationsComeInOrderUntilUnsubscribed) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    Values values;
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
    for (uint8_t i = 0; i < 3; ++i) open.sensor.device.notify(temperature, {i});
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(values, ElementsAre(ElementsAre(0), ElementsAre(1), ElementsAre(2)));
    // Another one takes its place, without asking bluetoothd again.
    Values others;
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(others), on.in(5s));
    EXPECT_EQ(on.bluez->count("StartNotify"), 1U);
    open.sensor.device.notify(temperature, {9});
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(others, ElementsAre(ElementsAre(9)));
    EXPECT_EQ(values.size(), 3U);
    co_await open.link->unsubscribe(open.handle, on.in(5s));
    EXPECT_FALSE(open.sensor.device.is_notifying(temperature));
    co_await open.link->unsubscribe(open.handle, on.in(5s));
    EXPECT_EQ(on.bluez->count("StopNotify"), 1U);
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, AValueBeforeTheAnswerOfStartNotifyIsDelivered) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    Values values;
    const std::string path = open.sensor.device.path_of(temperature);
    open.sensor.device.on("StartNotify", answers().first([&] {
      on.bluez->change(path, "org.bluez.GattCharacteristic1", {{"Value", BluezBytes{5}}});
    }));
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
    EXPECT_THAT(values, ElementsAre(ElementsAre(5)));
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, ARefusedSubscriptionLeavesWhatWasThere) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.on("StartNotify", fails("NotSupported", "Operation is not supported"));
    Values values;
    check_att(
        co_await failure_of<GattError>(open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s))),
        0x06);
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
    open.sensor.device.notify(temperature, {1});
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(values, ElementsAre(ElementsAre(1)));
    co_await open.link->disconnect(on.in(5s));
  });
}

// Quirk 9: with StartNotify, a read of the same characteristic is echoed as if it had been notified.
TEST(BluezLink, Quirk9TheEchoOfAReadIsNoNotification) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.echoes_reads(true);
    Values values;
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
    EXPECT_THAT(co_await open.link->read(open.handle, on.in(5s)), ElementsAre(0x12, 0x34));
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(values, IsEmpty());
    // Values that are notified while it is read are not lost.
    open.sensor.device.on("ReadValue", answers().after(500ms));
    const auto read = [](Stage& with, Link& link, uint16_t handle) -> awaitable<void> {
      EXPECT_THAT(co_await link.read(handle, with.in(5s)), ElementsAre(0x12, 0x34));
    };
    Beside reading = on.beside(read(on, *open.link, open.handle));
    co_await on.clock.wait_for(100ms);
    open.sensor.device.notify(temperature, {0x55});
    open.sensor.device.notify(temperature, {0x56});
    co_await reading.join();
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(values, ElementsAre(ElementsAre(0x55), ElementsAre(0x56)));
    co_await open.link->disconnect(on.in(5s));
  });
}

// Quirk 9: AcquireNotify is there for who wants it.
TEST(BluezLink, Quirk9AcquiredNotificationsComeThroughASocket) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on, true);
    Values values;
    co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
    EXPECT_EQ(on.bluez->count("AcquireNotify"), 1U);
    EXPECT_EQ(on.bluez->count("StartNotify"), 0U);
    open.sensor.device.notify(temperature, {1});
    open.sensor.device.notify(temperature, {2, 3});
    co_await on.clock.wait_for(1s);
    EXPECT_THAT(values, ElementsAre(ElementsAre(1), ElementsAre(2, 3)));
    co_await open.link->unsubscribe(open.handle, on.in(5s));
    co_await on.clock.wait_for(1s);
    co_await open.link->disconnect(on.in(5s));
  });
}

// BlueZ switches the notifications of a client that is still there on again when the device is connected the next time.
TEST(BluezLink, ANewLinkBeginsWithoutTheSubscriptionsOfTheOneBefore) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    Values values;
    {
      const Open open = co_await opened(on);
      co_await open.link->subscribe(open.handle, SubscribeKind::notification, into(values), on.in(5s));
      co_await open.link->disconnect(on.in(5s));
    }
    co_await on.clock.wait_for(1s);
    EXPECT_EQ(on.bluez->count("StopNotify"), 1U);
    const auto link = co_await connected(on, *Address::parse(sensor_address));
    const uint16_t handle = co_await handle_of(on, *link, temperature);
    co_await link->subscribe(handle, SubscribeKind::notification, into(values), on.in(5s));
    co_await link->disconnect(on.in(5s));
  });
}

// Quirk 3: ServicesResolved may be true before the services are exported.
TEST(BluezLink, Quirk3ServicesThatAreResolvedTooEarlyAreWaitedForAMoment) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on_connect({step::connected(), step::resolved(), step::reply(), step::pause(300ms), step::services()});
    const auto link = co_await connected(on, sensor.address);
    EXPECT_FALSE((co_await link->services(on.in(20s))).empty());
    co_await link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, Quirk3ServicesThatNeverComeAreIncomplete) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Sensor sensor = add_sensor(on);
    sensor.device.known();
    sensor.device.on_connect({step::connected(), step::resolved(), step::reply()});
    const auto link = co_await connected(on, sensor.address);
    const TimePoint began = on.clock.now();
    const auto error = co_await failure_of<ConnectError>(link->services(on.in(20s)));
    EXPECT_TRUE(error);
    if (error) {
      EXPECT_EQ(error->cause().reason, ConnectReason::services_incomplete);
    }
    EXPECT_LE(on.clock.now() - began, 3s);
    co_await link->disconnect(on.in(5s));
  });
}

// bleak#1489, #1841: ServicesResolved never comes.
TEST(BluezLink, ServicesEndWithDisconnectRemovalAndDeadline) {
  for (const int how : {0, 1, 2}) {
    Stage stage;
    stage.play([how](Stage& on) -> awaitable<void> {
      const Sensor sensor = add_sensor(on);
      sensor.device.known();
      std::vector<ConnectStep> steps = {step::connected(), step::reply()};
      steps.push_back(step::pause(how == 2 ? Duration(1h) : Duration(2s)));
      if (how == 0) steps.push_back(step::drop());
      if (how == 1) steps.push_back(step::remove());
      sensor.device.on_connect(steps);
      const auto link = co_await connected(on, sensor.address);
      const TimePoint began = on.clock.now();
      if (how == 2) {
        EXPECT_TRUE(co_await failure_of<TimedOut>(link->services(on.in(10s))));
        EXPECT_EQ(on.clock.now() - began, 10s);
      } else {
        EXPECT_TRUE(co_await failure_of<LinkClosed>(link->services(on.in(10s))));
        EXPECT_LE(on.clock.now() - began, 3s);
      }
    });
  }
}

// Quirk 4: InterfacesRemoved without a change of Connected.
TEST(BluezLink, Quirk4RemovalOfTheObjectClosesTheLink) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.remove();
    const Closed closed = co_await open.link->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::unknown);
    EXPECT_EQ(closed.text, "bluetoothd has removed the device");
  });
}

// Quirk 13: upstream, clients stayed "connected" for ever when bluetoothd or the bus was gone.
TEST(BluezLink, Quirk13ARestartOfBluetoothdClosesAllLinks) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    co_await on.bluez->stop();
    const Closed closed = co_await open.link->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::radio_lost);
    EXPECT_TRUE(co_await failure_of<LinkClosed>(open.link->read(open.handle, on.in(5s))));
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, AnAdapterThatIsUnpluggedClosesItsLinks) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    on.bluez->remove_adapter(0);
    EXPECT_EQ((co_await open.link->wait_closed()).reason, CloseReason::radio_lost);
  });
}

TEST(BluezLink, ConcurrentDisconnectsShareOne) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    on.bluez->forget_calls();
    Beside first = on.beside(open.link->disconnect(on.in(5s)));
    Beside second = on.beside(open.link->disconnect(on.in(5s)));
    co_await first.join();
    co_await second.join();
    EXPECT_EQ(on.bluez->count("Disconnect"), 1U);
    EXPECT_EQ(open.link->closed()->reason, CloseReason::local);
  });
}

TEST(BluezLink, ADisconnectWithoutAnswerEndsAtItsDeadline) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    open.sensor.device.on("Disconnect", never());
    const TimePoint deadline = on.in(5s);
    co_await open.link->disconnect(deadline);
    EXPECT_EQ(on.clock.now(), deadline);
    EXPECT_TRUE(open.link->closed());
  });
}

TEST(BluezLink, SaysWhenTheServicesHaveChanged) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    int changes = 0;
    open.link->on_services_changed([&] { ++changes; });
    open.sensor.device.remove_services();
    co_await on.clock.wait_for(1s);
    EXPECT_GE(changes, 1);
    const int before = changes;
    open.sensor.device.add_services();
    open.sensor.device.resolve();
    co_await on.clock.wait_for(1s);
    EXPECT_GT(changes, before);
    EXPECT_FALSE((co_await open.link->services(on.in(5s))).empty());
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, RssiAndParametersNeedTheManagementSocket) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    const auto rssi = co_await failure_of<RadioNotAvailable>(open.link->rssi(on.in(5s)));
    const auto parameters = co_await failure_of<RadioNotAvailable>(open.link->set_parameters(fast_parameters, on.in(5s)));
    EXPECT_TRUE(rssi && parameters);
    if (rssi) {
      EXPECT_FALSE(rssi->advice().empty());
    }
    co_await open.link->disconnect(on.in(5s));
  });
}

TEST(BluezLink, ClearingTheCacheForgetsADeviceThatIsNotBonded) {
  Stage stage;
  stage.play([](Stage& on) -> awaitable<void> {
    const Open open = co_await opened(on);
    EXPECT_TRUE(co_await open.link->clear_cache(on.in(5s)));
    EXPECT_TRUE(open.link->closed());
    EXPECT_FALSE(open.sensor.device.exists());
    const Sensor bonded = add_sensor(on, "A4:CF:12:34:56:79");
    bonded.device.paired().known();
    const auto link = co_await connected(on, bonded.address);
    EXPECT_FALSE(co_await link->clear_cache(on.in(5s)));
    EXPECT_FALSE(link->closed());
    EXPECT_TRUE(bonded.device.exists());
  });
}

}  // namespace
}  // namespace moor::bluez
