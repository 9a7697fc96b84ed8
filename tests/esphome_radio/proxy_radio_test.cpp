#include "radio/esphome/proxy_radio.hpp"

#include "connect/virtual_time.hpp"
#include "esphome/advertisements.hpp"
#include "support/scripted_proxy.hpp"

#include <fmt/format.h>
#include <fstream>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
namespace asio = boost::asio;
using esphome::MessageType;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

constexpr uint64_t sensor = 0xA4CF12345678;

class Heard final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override { count += batch.size(); }
  size_t count = 0;
};

// A radio over a scripted proxy that serves it as firmware does.
class ProxyRadioTest : public moor::testing::VirtualTime {
protected:
  ProxyRadioTest() {
    proxy_.on_message([this](const esphome::Message& message) { answer(message); });
    SessionOptions options;
    options.radio = "esphome://kitchen";
    options.client_info = "moor test";
    options.key = key_;
    radio_ = make_radio(clock_, 7, "esphome://kitchen", proxy_.connector(), std::move(options));
  }

  void answer(const esphome::Message& message) {
    const auto seconds = static_cast<int>(elapsed() / 1s);
    if (message.type == MessageType::subscribe_advertisements) {
      subscribed_at_.push_back(seconds);
      if (serves_) proxy_.send(esphome::ScannerState{.state = esphome::ScannerStateKind::running});
    } else if (message.type == MessageType::unsubscribe_advertisements) {
      unsubscribed_at_.push_back(seconds);
    } else if (message.type == MessageType::subscribe_connections_free) {
      tell_slots();
    } else if (message.type == MessageType::device_request) {
      const auto request = esphome::decode<esphome::DeviceRequest>(message.payload).message;
      const bool up = request.request_type != esphome::DeviceRequestType::disconnect;
      allocated_.clear();
      if (up) allocated_.push_back(request.address);
      tell_slots();
      proxy_.send(esphome::DeviceConnection{.address = request.address, .connected = up, .mtu = 247});
    }
  }
  void tell_slots() { proxy_.send(esphome::ConnectionsFree{3 - static_cast<uint32_t>(allocated_.size()), 3, allocated_}); }
  void advertise() {
    esphome::AdvertisementBatch batch;
    batch.add({sensor, -60, 1, {}});
    proxy_.send(MessageType::raw_advertisements, batch.payload());
  }
  awaitable<void> advertise_for(int seconds) {
    for (int i = 0; i < seconds; ++i) {
      advertise();
      co_await clock_.wait_for(1s);
    }
  }

  void start_scan(bool active = true) {
    ScanOptions options;
    options.active = active;
    asio::co_spawn(context_, radio_->scan(std::move(options), heard_),
                   asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr error) { scan_error_ = error; }));
  }
  void stop_scan() { stop_.emit(asio::cancellation_type::all); }
  [[nodiscard]] std::vector<int> types() const {
    std::vector<int> types;
    for (const auto& each : proxy_.received())
      if (each.type >= MessageType::subscribe_advertisements && each.type != MessageType::device_capabilities_request)
        types.push_back(static_cast<int>(each.type));
    return types;
  }
  awaitable<void> wait(Duration d) { return clock_.wait_for(d); }

  std::shared_ptr<const crypto::SecretKey> key_{};
  moor::testing::ScriptedProxy proxy_{clock_, context_.get_executor()};
  bool serves_ = true;
  std::vector<uint64_t> allocated_;
  std::vector<int> subscribed_at_;
  std::vector<int> unsubscribed_at_;
  Heard heard_;
  asio::cancellation_signal stop_;
  std::exception_ptr scan_error_;
  std::unique_ptr<Radio> radio_;
};

TEST_F(ProxyRadioTest, ScansAndLetsTheProxyGoAfterwards) {
  EXPECT_EQ(radio_->health().state, RadioHealth::State::idle);
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    EXPECT_THAT(types(), ElementsAre(80, 66, 127));
    EXPECT_TRUE(radio_->health().scanning);
    EXPECT_FALSE(radio_->health().last_heard);
    advertise();
    co_await wait(1s);
    EXPECT_EQ(heard_.count, 1U);
    EXPECT_EQ(radio_->statistics().reports, 1U);
    EXPECT_EQ(radio_->health().last_heard, start_ + 1s);
    EXPECT_EQ(radio_->slots().limit, 3);
    stop_scan();
    co_await wait(1s);
    EXPECT_THAT(types(), ElementsAre(80, 66, 127, 87));
    advertise();
    co_await wait(25s);
    EXPECT_EQ(heard_.count, 1U) << "nobody listens any more";
    EXPECT_TRUE(proxy_.is_connected()) << "somebody may look again soon";
    co_await wait(10s);
    EXPECT_FALSE(proxy_.is_connected());
    EXPECT_EQ(proxy_.count(MessageType::disconnect_request), 1) << "with a word";
    start_scan(false);
    co_await wait(1s);
    EXPECT_EQ(proxy_.connections(), 2);
    stop_scan();
  });
  EXPECT_THROW(std::rethrow_exception(scan_error_), boost::system::system_error) << "cancelled";
}

TEST_F(ProxyRadioTest, SaysWhatItIs) {
  proxy_.options().features = 0x61;
  EXPECT_EQ(radio_->info().kind, "esphome");
  play([this]() -> awaitable<void> { co_await radio_->open(clock_.now() + 10s); });
  EXPECT_EQ(radio_->info().name, "esphome://kitchen");
  EXPECT_EQ(radio_->info().detail, "kitchen, 02:00:00:00:00:0A, ESPHome 2026.9.0, API 1.15, not encrypted");
  EXPECT_FALSE(radio_->info().can_connect);
  EXPECT_THAT(radio_->info().limits, HasSubstr("only listens"));
  EXPECT_THAT(types(), ElementsAre(80)) << "who only looks takes the advertisements from nobody";
}

TEST_F(ProxyRadioTest, KnowsItsSlotsOnceItIsOpen) {
  allocated_ = {sensor};
  play([this]() -> awaitable<void> {
    co_await radio_->open(clock_.now() + 10s);
    EXPECT_EQ(elapsed(), Duration::zero());
    const Slots slots = radio_->slots();
    EXPECT_EQ(slots.limit, 3);
    EXPECT_EQ(slots.free, 2);
    EXPECT_EQ(slots.holders.size(), 1U);
    EXPECT_EQ(slots.holders.at(0).device.bits(), sensor);
    EXPECT_EQ(slots.holders.at(0).label, "") << "another program's, or a leaked one";
    EXPECT_TRUE(radio_->find_device(Address(sensor, true))->connected);
    EXPECT_EQ(radio_->known_devices().size(), 1U);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::idle);
    co_await wait(100s);
    EXPECT_FALSE(proxy_.is_connected()) << "another's link is no use of ours";
  });
}

TEST_F(ProxyRadioTest, RecoveryOfOneThatIsNotThereSaysWhy) {
  proxy_.refuse(true);
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    for (const bool hard : {false, true}) {
      std::string said;
      try {
        co_await radio_->recover(hard, clock_.now() + 5s);
      } catch (const RadioNotAvailable& error) {
        said = error.what();
      }
      EXPECT_THAT(said, HasSubstr("kitchen is not reachable"));
    }
    stop_scan();
  });
}

TEST_F(ProxyRadioTest, TakesWhatOldFirmwareSends) {
  proxy_.options().features = 0x07;
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    EXPECT_THAT(types(), ElementsAre(80, 66)) << "it has no modes";
    proxy_.send(esphome::LegacyAdvertisement{.address = sensor, .rssi = -70});
    co_await wait(60s);
    EXPECT_EQ(heard_.count, 1U);
    EXPECT_FALSE(radio_->health().problem.empty() && radio_->health().state != RadioHealth::State::scanning);
    stop_scan();
  });
}

TEST_F(ProxyRadioTest, AScanOutlivesTheSession) {
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    advertise();
    co_await wait(1s);
    proxy_.refuse(true);
    proxy_.close();
    co_await wait(10s);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::unavailable);
    EXPECT_THAT(radio_->health().problem, HasSubstr("kitchen is not reachable"));
    EXPECT_EQ(radio_->health().silent_at, TimePoint::max()) << "that is no silence";
    proxy_.refuse(false);
    co_await wait(60s);
    advertise();
    co_await wait(1s);
    EXPECT_EQ(heard_.count, 2U);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::scanning);
    stop_scan();
  });
}

TEST_F(ProxyRadioTest, AWrongKeyEndsAScanThatNeverHeardAnything) {
  std::array<uint8_t, crypto::SecretKey::size> bytes{};
  proxy_.options().key = std::make_shared<const crypto::SecretKey>(bytes);
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    try {
      if (scan_error_) std::rethrow_exception(scan_error_);
      ADD_FAILURE() << "it goes on";
    } catch (const RadioNotAvailable& error) {
      EXPECT_THAT(error.what(), HasSubstr("kitchen wants encryption"));
      EXPECT_THAT(error.advice(), HasSubstr("key="));
      EXPECT_EQ(error.reason(), Unavailable::permission_denied);
    }
    const int attempts = static_cast<int>(proxy_.attempts().size());
    const auto opened = [this]() -> awaitable<void> { co_await radio_->open(clock_.now() + 10s); };
    std::exception_ptr refused;
    try {
      co_await opened();
    } catch (const RadioNotAvailable&) {
      refused = std::current_exception();
    }
    EXPECT_TRUE(refused) << "at once";
    EXPECT_EQ(elapsed(), 1s);
    EXPECT_EQ(static_cast<int>(proxy_.attempts().size()), attempts) << "it is not hammered";
    EXPECT_EQ(radio_->health().state, RadioHealth::State::unavailable);
  });
}

TEST_F(ProxyRadioTest, SaysThatAnotherProgramHoldsIt) {
  serves_ = false;
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(9s);
    EXPECT_EQ(radio_->health().problem, "");
    co_await wait(102s);
    EXPECT_THAT(subscribed_at_, ElementsAre(0, 10, 40, 100));
    const RadioHealth health = radio_->health();
    EXPECT_EQ(health.state, RadioHealth::State::unavailable);
    EXPECT_THAT(health.problem, HasSubstr("another program has the advertisements of kitchen; Close the other one"));
    std::exception_ptr refused;
    LinkOptions named;
    try {
      (void)co_await radio_->connect(Address(sensor, true), named);
    } catch (const RadioNotAvailable& error) {
      refused = std::current_exception();
      EXPECT_THAT(error.what(), HasSubstr("another program"));
    }
    EXPECT_TRUE(refused) << "its answers would go there";
    serves_ = true;
    co_await wait(60s);
    EXPECT_EQ(radio_->health().problem, "");
    stop_scan();
  });
}

TEST_F(ProxyRadioTest, OpensUntilItsDeadline) {
  proxy_.hang(true);
  play([this]() -> awaitable<void> {
    try {
      co_await radio_->open(clock_.now() + 5s);
      ADD_FAILURE() << "it opened";
    } catch (const TimedOut& error) {
      EXPECT_THAT(error.what(), HasSubstr("kitchen"));
    }
    EXPECT_EQ(elapsed(), 5s);
    co_await wait(40s);
    proxy_.hang(false);
    proxy_.refuse(true);
    try {
      co_await radio_->open(clock_.now() + 5s);
      ADD_FAILURE() << "it opened";
    } catch (const RadioNotAvailable& error) {
      EXPECT_EQ(error.reason(), Unavailable::no_service);
      EXPECT_THAT(error.what(), HasSubstr("not reachable"));
    }
    EXPECT_EQ(elapsed(), 50s);
  });
}

TEST_F(ProxyRadioTest, FallsSilentByItsOwnRateAndIsRecovered) {
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    co_await advertise_for(10);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::scanning);
    co_await wait(28s);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::scanning);
    co_await wait(2s);
    EXPECT_EQ(radio_->health().state, RadioHealth::State::silent) << "30 s, where it said something each second";
    EXPECT_FALSE(radio_->health().problem.empty());
    co_await radio_->recover(false, clock_.now() + 5s);
    co_await wait(1s);
    EXPECT_THAT(unsubscribed_at_, ElementsAre(41));
    EXPECT_THAT(subscribed_at_, ElementsAre(0, 41));
    EXPECT_EQ(proxy_.connections(), 1);
    co_await radio_->recover(true, clock_.now() + 20s);
    EXPECT_EQ(proxy_.connections(), 2);
    co_await wait(1s);
    advertise();
    co_await wait(1s);
    EXPECT_EQ(heard_.count, 11U);
    stop_scan();
  });
}

TEST_F(ProxyRadioTest, ConnectsAndKeepsTheSubscriptionForItsLinks) {
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    LinkOptions options;
    std::unique_ptr<Link> link = co_await radio_->connect(Address(sensor, true), options);
    EXPECT_TRUE(radio_->find_device(Address(sensor, false))->connected) << "whatever kind of address is asked for";
    EXPECT_EQ(radio_->slots().free, 2);
    stop_scan();
    co_await wait(100s);
    EXPECT_THAT(unsubscribed_at_, IsEmpty()) << "that would end the link";
    EXPECT_TRUE(proxy_.is_connected());
    EXPECT_FALSE(link->closed());
    co_await link->disconnect(clock_.now() + 5s);
    link.reset();
    co_await wait(1s);
    EXPECT_THAT(unsubscribed_at_, ElementsAre(101));
    EXPECT_FALSE(radio_->find_device(Address(sensor, true)));
    co_await wait(40s);
    EXPECT_FALSE(proxy_.is_connected());
  });
}

TEST_F(ProxyRadioTest, RefusesToConnectThroughOneThatOnlyListens) {
  proxy_.options().features = 0x61;
  play([this]() -> awaitable<void> {
    try {
      LinkOptions options;
      (void)co_await radio_->connect(Address(sensor, true), options);
      ADD_FAILURE() << "it connected";
    } catch (const RadioNotAvailable& error) {
      EXPECT_EQ(error.reason(), Unavailable::cannot_connect);
    }
  });
}

TEST_F(ProxyRadioTest, LeavesNothingBehind) {
  play([this]() -> awaitable<void> {
    start_scan();
    co_await wait(1s);
    stop_scan();
    co_await wait(1s);
    radio_.reset();
    co_await wait(1s);
    EXPECT_FALSE(proxy_.is_connected());
  });
  EXPECT_EQ(elapsed(), 3s) << "nothing waits any more";
}

TEST_F(ProxyRadioTest, ASinkThatThrowsEndsItsScanAndNotTheSession) {
  class Broken final : public SightingSink {
  public:
    void on_sightings(std::span<const Sighting>) override { throw std::runtime_error("broken pipe"); }
  } broken;
  play([&]() -> awaitable<void> {
    std::exception_ptr ended;
    ScanOptions plain;
    asio::co_spawn(context_, radio_->scan(std::move(plain), broken), [&](std::exception_ptr error) { ended = error; });
    start_scan();
    co_await wait(1s);
    advertise();
    co_await wait(1s);
    EXPECT_THROW(std::rethrow_exception(ended), std::runtime_error);
    EXPECT_EQ(heard_.count, 1U);
    EXPECT_EQ(proxy_.connections(), 1);
    stop_scan();
  });
}

TEST(ProxyKey, IsReadFromItsFile) {
  VirtualClock clock;
  const std::string path = ::testing::TempDir() + "moor_proxy_key";
  const auto spec = RadioSpec::parse("esphome://kitchen?key_file=" + path);
  EXPECT_THROW((void)make_radio(clock, spec, 0, nullptr), UsageError) << "there is none";
  std::ofstream(path) << "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=\n";
  EXPECT_EQ(make_radio(clock, spec, 0, nullptr)->info().name, "esphome://kitchen");
  std::ofstream(path) << "no key";
  EXPECT_THROW((void)make_radio(clock, spec, 0, nullptr), UsageError);
  EXPECT_THROW((void)make_radio(clock, RadioSpec::parse("esphome://kitchen?key=c2hvcnQ="), 0, nullptr), UsageError);
}

}  // namespace
}  // namespace moor::esphome_radio
