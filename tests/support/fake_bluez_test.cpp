// The scripted bluetoothd itself: what it says is what bluetoothd 5.66 was seen to say, in that order.

#include "support/fake_bluez.hpp"

#include "support/fake_bluez_owner.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>

namespace moor::testing {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

constexpr const char* sensor_path = "/org/bluez/hci0/dev_A4_CF_12_34_56_78";

/// Signals in short: "+dev_A4...", "-dev_A4...", "dev_A4... Connected=true -RSSI".
std::string describe(const dbus::Message& signal) {
  const auto last = [](std::string_view path) { return std::string(path.substr(path.rfind('/') + 1)); };
  dbus::Reader reader = signal.read();
  if (signal.member() == "InterfacesAdded") return "+" + last(reader.read_path());
  if (signal.member() == "InterfacesRemoved") return "-" + last(reader.read_path());
  std::string text = last(signal.path());
  (void)reader.read_string();
  reader.enter_array("{sv}");
  while (reader.enter_dict_entry("sv")) {
    text += " " + std::string(reader.read_string());
    std::string_view type;
    (void)reader.peek(&type);
    if (type == "b") {
      reader.enter_variant("b");
      text += reader.read_bool() ? "=true" : "=false";
      reader.leave();
    } else if (type == "n") {
      reader.enter_variant("n");
      text += "=" + std::to_string(reader.read_i16());
      reader.leave();
    } else if (type == "ay") {
      reader.enter_variant("ay");
      text += "=" + to_hex(reader.read_bytes());
      reader.leave();
    } else {
      reader.skip("v");
    }
    reader.leave();
  }
  reader.leave();
  reader.enter_array("s");
  while (!reader.at_end()) text += " -" + std::string(reader.read_string());
  return text;
}

struct Stage {
  boost::asio::io_context context;
  VirtualClock clock;
  BusPair pair{};
  std::unique_ptr<FakeBluez> bluez{};
  dbus::Bus::Hold properties{}, objects{};
  std::vector<std::string> heard{};

  void play(std::function<awaitable<void>(Stage&)> story) {
    const auto whole = [](Stage& stage, const std::function<awaitable<void>(Stage&)>& act) -> awaitable<void> {
      Clock& time = stage.clock;
      BusPair made = co_await make_bus_pair(time);
      stage.pair = std::move(made);
      stage.bluez = std::make_unique<FakeBluez>(stage.context.get_executor(), stage.clock, *stage.pair.server,
                                                owner_on(*stage.pair.driver));
      stage.bluez->add_adapter();
      co_await stage.bluez->start();
      const auto listen = [&stage](const dbus::Message& signal) { stage.heard.push_back(describe(signal)); };
      stage.properties = co_await stage.pair.client->match(
          "type='signal',interface='org.freedesktop.DBus.Properties',path_namespace='/org/bluez'", listen,
          stage.clock.now() + 5s);
      stage.objects = co_await stage.pair.client->match("type='signal',interface='org.freedesktop.DBus.ObjectManager'", listen,
                                                        stage.clock.now() + 5s);
      std::exception_ptr problem;  // goes on when the buses, which would keep the context busy, have ended
      try {
        co_await act(stage);
      } catch (...) {
        problem = std::current_exception();
      }
      stage.bluez.reset();
      stage.properties = {};
      stage.objects = {};
      stage.pair.client.reset();
      stage.pair.driver.reset();
      stage.pair.server.reset();
      if (problem) std::rethrow_exception(problem);
    };
    testing::play(clock, context, whole(*this, story));
  }
  BluezDevice& sensor() {
    return bluez->add_device("A4:CF:12:34:56:78")
        .name("Thermometer")
        .services({{Uuid(0x181A), {{Uuid(0x2A6E), {"read", "write", "notify"}, {0x12, 0x34}}}}});
  }
  awaitable<dbus::Message> call(
      std::string path, std::string interface, const char* method,
      std::function<void(dbus::Writer&)> arguments = [](dbus::Writer&) {}) {
    const dbus::Target target{.destination = "org.bluez", .path = std::move(path), .interface = std::move(interface)};
    dbus::Message message = pair.client->new_call(target, method);
    dbus::Writer writer = message.write();
    arguments(writer);
    return pair.client->call(std::move(message), clock.now() + 40s);
  }
  /// What was signalled so far is heard, and forgotten.
  awaitable<void> forget() {
    co_await clock.wait_for(1ms);
    heard.clear();
  }
  awaitable<std::string> failure(std::string path, std::string interface, const char* method) {
    std::string why = "none";
    try {
      (void)co_await call(std::move(path), std::move(interface), method);
    } catch (const dbus::CallFailed& error) {
      why = error.name() + ": " + error.what();
    }
    co_return why;
  }
};

TEST(FakeBluez, SaysInOrderWhatADiscoveryFindsAndTakesBack) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().rssi(-50);
    (void)co_await s.call("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery");
    co_await s.clock.wait_for(1s);
    sensor.heard(int8_t{-51});
    (void)co_await s.call("/org/bluez/hci0", "org.bluez.Adapter1", "StopDiscovery");
    co_await s.clock.wait_for(29s);
    EXPECT_TRUE(sensor.exists());
    co_await s.clock.wait_for(2s);
    EXPECT_FALSE(sensor.exists());
  });
  EXPECT_THAT(stage.heard, ElementsAre("hci0 Discovering=true", "+dev_A4_CF_12_34_56_78", "dev_A4_CF_12_34_56_78 RSSI=-51",
                                       "dev_A4_CF_12_34_56_78 -RSSI", "hci0 Discovering=false", "-dev_A4_CF_12_34_56_78"));
}

TEST(FakeBluez, AnswersAConnectBeforeTheServicesAreThere) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().known();
    co_await s.forget();
    (void)co_await s.call(sensor.path(), "org.bluez.Device1", "Connect");
    s.heard.push_back("answered");
    co_await s.clock.wait_for(1s);
    const TimePoint before = s.clock.now();
    (void)co_await s.call(sensor.path(), "org.bluez.Device1", "Disconnect");
    EXPECT_EQ(s.clock.now() - before, 2s);
    co_await s.clock.wait_for(1s);
    EXPECT_THAT(s.bluez->calls(), ElementsAre("dev_A4_CF_12_34_56_78 Connect", "dev_A4_CF_12_34_56_78 Disconnect"));
  });
  EXPECT_THAT(stage.heard, ElementsAre("dev_A4_CF_12_34_56_78 Connected=true", "answered", "+service0001", "+char0002",
                                       "+desc0004", "dev_A4_CF_12_34_56_78 ServicesResolved=true UUIDs",
                                       "dev_A4_CF_12_34_56_78 ServicesResolved=false", "dev_A4_CF_12_34_56_78 Connected=false"));
}

TEST(FakeBluez, EchoesAReadAndNotifies) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().connected_by_another();
    const std::string path = sensor.path_of(Uuid(0x2A6E));
    EXPECT_EQ(path, std::string(sensor_path) + "/service0001/char0002");
    co_await s.forget();
    const auto none = [](dbus::Writer& writer) { writer.no_entries(); };
    const dbus::Message value = co_await s.call(path, "org.bluez.GattCharacteristic1", "ReadValue", none);
    EXPECT_EQ(to_hex(value.read().read_bytes()), "1234");
    sensor.on("StartNotify", answers().first([&sensor] { sensor.notify(Uuid(0x2A6E), {0x00}); }));
    (void)co_await s.call(path, "org.bluez.GattCharacteristic1", "StartNotify");
    sensor.notify(Uuid(0x2A6E), {0x01});
    co_await s.clock.wait_for(1s);
  });
  EXPECT_THAT(stage.heard, ElementsAre("char0002 Value=1234", "char0002 Notifying=true", "char0002 Value=01"));
}

TEST(FakeBluez, ReactsAsTheTestSays) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().known();
    sensor.on("Connect", fails("Failed", "le-connection-abort-by-local").times(2).after(1s));
    s.bluez->on("Connect", in_progress());
    const TimePoint before = s.clock.now();
    for (int i = 0; i < 2; ++i)
      EXPECT_EQ(co_await s.failure(sensor_path, "org.bluez.Device1", "Connect"),
                "org.bluez.Error.Failed: le-connection-abort-by-local");
    EXPECT_EQ(s.clock.now() - before, 2s);
    EXPECT_EQ(co_await s.failure(sensor_path, "org.bluez.Device1", "Connect"),
              "org.bluez.Error.InProgress: Operation already in progress");
    EXPECT_EQ(co_await s.failure(sensor_path, "org.bluez.Device1", "Connect"), "none");
    EXPECT_EQ(s.bluez->count("Connect"), 4);
    EXPECT_EQ(
        co_await s.failure("/org/bluez/hci0/dev_00", "org.bluez.Device1", "Connect"),
        "org.freedesktop.DBus.Error.UnknownObject: Method \"Connect\" with signature \"\" on interface \"org.bluez.Device1\" "
        "doesn't exist\n");
  });
}

TEST(FakeBluez, IsGoneAndBack) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    BluezDevice& bonded = s.bluez->add_device("A4:CF:12:34:56:79").paired();
    BluezDevice& sensor = s.sensor();
    sensor.appear();
    co_await s.forget();
    co_await s.bluez->stop();
    EXPECT_EQ(co_await s.pair.client->owner_of("org.bluez", s.clock.now() + 1s), std::nullopt);
    co_await s.bluez->start();
    EXPECT_TRUE(co_await s.pair.client->owner_of("org.bluez", s.clock.now() + 1s));
    EXPECT_TRUE(bonded.exists());
    EXPECT_FALSE(sensor.exists());
  });
  EXPECT_THAT(stage.heard, IsEmpty());
}

TEST(FakeBluez, AsksTheAgent) {
  Stage stage;
  std::vector<std::string> asked;
  stage.play([&asked](Stage& s) -> awaitable<void> {
    BluezDevice& sensor = s.sensor().connected_by_another().pairs({.kind = BluezPairing::Kind::passkey_entry, .passkey = 123456});
    const auto hold = s.pair.client->serve("/agent", false, [&asked](const dbus::Message& call, dbus::Reply reply) {
      asked.emplace_back(call.member());
      reply.done([](dbus::Writer& writer) { writer.u32(123456); });
    });
    const auto agent = [](dbus::Writer& writer) { writer.path("/agent").string("KeyboardDisplay"); };
    (void)co_await s.call("/org/bluez", "org.bluez.AgentManager1", "RegisterAgent", agent);
    (void)co_await s.call(sensor.path(), "org.bluez.Device1", "Pair");
    EXPECT_TRUE(sensor.is_paired());
  });
  EXPECT_THAT(asked, ElementsAre("RequestPasskey"));
}

}  // namespace
}  // namespace moor::testing
