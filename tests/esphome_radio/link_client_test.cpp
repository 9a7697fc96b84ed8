// A client of moor over a link through a proxy, with a device of a script behind it.

#include "link_stage.hpp"
#include "moor/client.hpp"
#include "moor/connect.hpp"

#include <boost/asio/post.hpp>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using esphome::MessageType;
using ::testing::ElementsAre;
using Value = std::vector<uint8_t>;

// Answers as firmware does: each request once, in order, an instant later; a write without response too.
class ScriptedDevice {
public:
  explicit ScriptedDevice(LinkStage& on) : on_(on) {
    on.port.on_asked = [this](const Asked& asked) {
      boost::asio::post(on_.context, [this, asked] {
        if (on_.state) answer(asked);
      });
    };
  }
  std::map<uint16_t, Value> values{{value_handle, {0x12, 0x34}}, {plain_handle, {}}};
  std::map<uint16_t, int32_t> refusals{};
  int empty_streams = 0;  // so many times it has not discovered the device

private:
  bool refuse(uint32_t handle) {
    const auto found = refusals.find(static_cast<uint16_t>(handle));
    if (found == refusals.end()) return false;
    on_.tell_error(found->first, found->second);
    return true;
  }
  void answer(const Asked& asked) {
    if (asked.type == MessageType::get_services && empty_streams > 0) {
      --empty_streams;
      on_.tell_services_done();
    } else if (asked.type == MessageType::get_services) {
      on_.tell_services({generic_attribute()});
      on_.tell_services({environment()});
      on_.tell_services_done();
    } else if (asked.type == MessageType::read_request) {
      const auto handle = static_cast<uint16_t>(asked.as<esphome::ReadRequest>().handle);
      if (!refuse(handle)) on_.tell_value(handle, values[handle]);
    } else if (asked.type == MessageType::write_request) {
      const auto request = asked.as<esphome::WriteRequest>();
      const auto handle = static_cast<uint16_t>(request.handle);
      if (refuse(handle)) return;
      values[handle].assign(request.data.begin(), request.data.end());
      on_.tell_written(handle);
    } else if (asked.type == MessageType::write_descriptor_request) {
      const auto request = asked.as<esphome::WriteDescriptorRequest>();
      const auto handle = static_cast<uint16_t>(request.handle);
      if (request.data[0] != 0) on_.tell_notified(value_handle, {1});
      on_.tell_written(handle);
    } else if (asked.type == MessageType::device_request) {
      on_.tell(esphome::ClearCache{.address = sensor.bits(), .success = true});
    } else if (asked.type == MessageType::notify_request) {
      on_.tell_notify(static_cast<uint16_t>(asked.as<esphome::NotifyRequest>().handle));
    }
  }
  LinkStage& on_;
};

// Connects at once, as often as it is asked.
class StagedRadio final : public Radio {
public:
  explicit StagedRadio(LinkStage& on) : on_(on), info_(on.port.radio) { info_.can_connect = true; }
  const RadioInfo& info() const noexcept override { return info_; }
  ScanStatistics statistics() const noexcept override { return {}; }
  awaitable<void> scan(ScanOptions, SightingSink&) override { co_return; }
  awaitable<std::unique_ptr<Link>> connect(Address, LinkOptions) override {
    ++connects;
    on_.open();
    co_return std::move(on_.link);
  }
  int connects = 0;

private:
  LinkStage& on_;
  RadioInfo info_;
};

Client client_of(LinkStage& on) {
  return Client(on.context.get_executor(), on.clock, std::move(on.link), GattServices(), ClientOptions());
}

TEST(EsphomeLinkClient, ReadsWritesAndSubscribesByUuid) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    ScriptedDevice device(on);
    on.owner.on_release = [&on] { on.state->close(CloseReason::local, "released"); };
    Client client = client_of(on);
    const CharacteristicName temperature(Uuid(0x2A6E));
    const CharacteristicName control(Uuid(0x2A3D));
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(0x12, 0x34));
    EXPECT_EQ(client.services().size(), 2U);
    for (uint8_t i = 0; i < 20; ++i) co_await client.write(control, Value(1, i), WriteKind::without_response);
    co_await client.write(control, Value(1, 99));
    EXPECT_THAT(device.values[plain_handle], ElementsAre(99));
    device.refusals[value_handle] = 5;
    EXPECT_EQ((co_await thrown_by<GattError>(client.read(temperature)))->code(), 5);
    Notifications notifications = co_await client.subscribe(temperature);
    on.tell_notified(value_handle, {2});
    const auto first = co_await notifications.next();
    const auto second = co_await notifications.next();
    EXPECT_THAT(first->value, ElementsAre(1));
    EXPECT_THAT(second->value, ElementsAre(2));
    co_await client.unsubscribe(temperature);
    EXPECT_FALSE(on.tell_notified(value_handle, {3}));
    EXPECT_TRUE(co_await thrown_by<RadioNotAvailable>(client.rssi()));
    co_await client.disconnect();
    EXPECT_EQ(client.closed()->reason, CloseReason::local);
    EXPECT_EQ(on.owner.released, 1);
    on.owner.on_release = nullptr;
    on.port.on_asked = nullptr;
  });
}

TEST(EsphomeLinkClient, IsEstablishedAgainWhereTheServicesAreIncomplete) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    ScriptedDevice device(on);
    device.empty_streams = 1;
    on.owner.on_release = [&on] { on.state->close(CloseReason::local, "released"); };
    StagedRadio radio(on);
    RadioPaths paths(on.clock, {&radio});
    Target target{.address = sensor, .name = "Thermometer"};
    std::vector<ConnectReason> failures;
    ConnectOptions options;
    options.on_failed_attempt = [&failures](const FailedAttempt& failed) { failures.push_back(failed.cause.reason); };
    Client client = co_await establish_connection(paths, target, options);
    EXPECT_THAT(failures, ElementsAre(ConnectReason::services_incomplete));
    EXPECT_EQ(radio.connects, 2);
    EXPECT_EQ(client.services().size(), 2U);
    const CharacteristicName temperature(Uuid(0x2A6E));
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(0x12, 0x34));
    co_await client.disconnect();
    on.owner.on_release = nullptr;
    on.port.on_asked = nullptr;
  });
}

TEST(EsphomeLinkClient, SaysThatItIsDisconnected) {
  LinkStage stage;
  stage.play([](LinkStage& on) -> awaitable<void> {
    ScriptedDevice device(on);
    Client client = client_of(on);
    const CharacteristicName temperature(Uuid(0x2A6E));
    EXPECT_THAT(co_await client.read(temperature), ElementsAre(0x12, 0x34));
    device.refusals[value_handle] = -1;
    EXPECT_TRUE(co_await thrown_by<LinkClosed>(client.read(temperature)));
    EXPECT_FALSE(client.is_connected());
    on.port.on_asked = nullptr;
  });
}

}  // namespace
}  // namespace moor::esphome_radio
