// What is specific to proxies in a hub: two of them, scripted, in virtual time.

#include "connect/virtual_time.hpp"
#include "esphome/advertisements.hpp"
#include "moor/hub.hpp"
#include "radio/esphome/proxy_radio.hpp"
#include "support/scripted_proxy.hpp"

namespace moor {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t sensor = 0xA4CF12345678;

// A proxy that serves its subscriber, and its radio.
struct House {
  House(Clock& clock, const asio::any_io_executor& executor, RadioId id, const std::string& name)
      : proxy(clock, executor, {.name = name}) {
    proxy.on_message([this](const esphome::Message& message) {
      if (message.type == MessageType::subscribe_advertisements) {
        ++subscriptions;
        proxy.send(esphome::ScannerState{.state = esphome::ScannerStateKind::running});
      } else if (message.type == MessageType::subscribe_connections_free) {
        proxy.send(esphome::ConnectionsFree{.free = free, .limit = 3});
      }
    });
    esphome_radio::SessionOptions options;
    options.radio = "esphome://" + name;
    radio = esphome_radio::make_radio(clock, id, options.radio, proxy.connector(), options);
  }
  void hears(int32_t rssi) {
    const auto data = *from_hex("04ff010001");
    esphome::AdvertisementBatch batch;
    batch.add({sensor, rssi, 0, data});
    proxy.send(MessageType::raw_advertisements, batch.payload());
  }

  testing::ScriptedProxy proxy;
  std::unique_ptr<Radio> radio;
  uint32_t free = 3;
  int subscriptions = 0;
};

class HubOfProxies : public testing::VirtualTime {
protected:
  template <typename Story>
  void run(Story story) {
    Hub hub(context_.get_executor(), clock_, std::vector<Radio*>{kitchen_.radio.get(), attic_.radio.get()}, {});
    hub_ = &hub;
    asio::cancellation_signal stop;
    play([&]() -> awaitable<void> {
      asio::co_spawn(context_, hub.run(), asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
      co_await story();
      stop.emit(asio::cancellation_type::all);
    });
  }
  awaitable<void> both_hear(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      co_await clock_.wait_for(1s);
      kitchen_.hears(-50);
      attic_.hears(-70);
    }
    co_await clock_.wait_for(1ms);
  }
  [[nodiscard]] std::vector<std::string> paths() {
    std::vector<std::string> names;
    for (const Path& path : hub_->paths_to(Address(sensor, false))) names.push_back(path.radio->info().name);
    return names;
  }

  House kitchen_{clock_, context_.get_executor(), 0, "kitchen"};
  House attic_{clock_, context_.get_executor(), 1, "attic"};
  Hub* hub_ = nullptr;
};

TEST_F(HubOfProxies, TheBestWithASlotConnects) {
  run([this]() -> awaitable<void> {
    co_await both_hear(5);
    EXPECT_THAT(paths(), ElementsAre("esphome://kitchen", "esphome://attic"));
    kitchen_.proxy.send(esphome::ConnectionsFree{.free = 0, .limit = 3, .allocated = {1, 2, 3}});
    co_await both_hear(1);
    EXPECT_THAT(paths(), ElementsAre("esphome://attic", "esphome://kitchen"));
  });
}

TEST_F(HubOfProxies, OneThatOnlyListensIsNoPath) {
  kitchen_.proxy.options().features = 0x61;
  run([this]() -> awaitable<void> {
    co_await both_hear(5);
    EXPECT_THAT(paths(), ElementsAre("esphome://attic"));
    EXPECT_EQ(hub_->owner(Address(sensor, false)), RadioId{0}) << "it hears best";
  });
}

TEST_F(HubOfProxies, OneThatIsNotReachedIsLeftOutAndNotReset) {
  run([this]() -> awaitable<void> {
    co_await both_hear(5);
    kitchen_.proxy.refuse(true);
    kitchen_.proxy.close();
    co_await both_hear(300);
    EXPECT_THAT(paths(), ElementsAre("esphome://attic"));
    EXPECT_THAT(hub_->explain(Address(sensor, false)), HasSubstr("kitchen"));
    const size_t attempts = kitchen_.proxy.attempts().size();
    EXPECT_LT(attempts, 14U) << "by the session's own pace: a hub that resets it would try more often";
    kitchen_.proxy.refuse(false);
    co_await both_hear(70);
    EXPECT_THAT(paths(), ElementsAre("esphome://kitchen", "esphome://attic"));
  });
}

TEST_F(HubOfProxies, OneThatFallsSilentIsRecovered) {
  run([this]() -> awaitable<void> {
    co_await both_hear(20);
    for (int i = 0; i < 45; ++i) {
      co_await clock_.wait_for(1s);
      attic_.hears(-70);
    }
    EXPECT_EQ(kitchen_.subscriptions, 2) << "after 30 s, on the hub's beat: not after 90";
    EXPECT_EQ(kitchen_.proxy.connections(), 1);
    EXPECT_THAT(paths(), ElementsAre("esphome://attic", "esphome://kitchen")) << "the last resort";
    for (int i = 0; i < 60; ++i) {
      co_await clock_.wait_for(1s);
      attic_.hears(-70);
    }
    EXPECT_EQ(kitchen_.proxy.connections(), 2) << "a new session";
    EXPECT_EQ(attic_.subscriptions, 1);
  });
}

}  // namespace
}  // namespace moor
