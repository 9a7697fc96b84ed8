#include "moor/scanner.hpp"

#include "moor/error.hpp"
#include "radio/fake_radio.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/system/system_error.hpp>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeRadio;
using moor::testing::heard;
using ::testing::ElementsAre;
namespace asio = boost::asio;

constexpr uint64_t sensor = 0xC00000000001;
constexpr uint64_t phone = 0x400000000002;
constexpr std::string_view sensor_adv = "020106 03030f18";
constexpr std::string_view sensor_name = "07094d6f6f722d31";  // "Moor-1"
constexpr std::string_view phone_adv = "020106 05ff4c001001";

class ScannerTest : public ::testing::Test {
protected:
  // Runs a coroutine in virtual time to its end; what it throws comes out.
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    std::exception_ptr error;
    asio::co_spawn(context_, std::move(coroutine), [&](std::exception_ptr e) { error = e; });
    clock_.run(context_);
    if (error) std::rethrow_exception(error);
  }
  Duration elapsed() const { return clock_.now() - start_; }

  TimePoint start_ = TimePoint(1h);
  VirtualClock clock_{start_};
  asio::io_context context_;
  FakeRadio radio_{clock_,
                   {{100ms, {heard(sensor, -50, sensor_adv)}},
                    {1s, {heard(phone, -80, phone_adv), heard(sensor, -54, sensor_name, true)}},
                    {1s, {heard(sensor, -58, sensor_adv), heard(phone, no_rssi, phone_adv)}},
                    {1h, {heard(phone, -81, phone_adv)}}}};
};

TEST_F(ScannerTest, MergesAdvertisementAndScanResponseOfADevice) {
  Scanner scanner(clock_, radio_);
  play([&]() -> awaitable<> { co_await scanner.run(10s); });
  ASSERT_EQ(scanner.devices().size(), 2U);
  const Device& device = scanner.devices()[0];
  EXPECT_EQ(device.data.name(), "Moor-1");
  EXPECT_TRUE(device.data.has_service(Uuid(0x180F)));
  EXPECT_EQ(device.sightings, 3U);
  EXPECT_EQ(device.rssi.count(), 3U);
  EXPECT_DOUBLE_EQ(device.rssi.mean(), -54);
  EXPECT_DOUBLE_EQ(*device.rssi.stddev(), 4);
  EXPECT_EQ(scanner.find(Address(phone, true))->rssi.count(), 1U) << "RSSI 127 is not a sample";
  EXPECT_EQ(elapsed(), 10s);
  EXPECT_EQ(radio_.scans_running, 0) << "the radio has stopped before run() returns";
}

TEST_F(ScannerTest, EndsWhenEveryRadioHasEnded) {
  FakeRadio other(clock_, {{5s, {heard(phone, -40, phone_adv)}}});
  FakeRadio third(clock_, {{7s, {}}});
  Scanner scanner(clock_, std::vector<Radio*>{&other, &third});
  play([&]() -> awaitable<> { co_await scanner.run(); });
  EXPECT_EQ(elapsed(), 7s);
  EXPECT_EQ(scanner.devices().size(), 1U);
}

TEST_F(ScannerTest, GoesOnWhileOneRadioWorks) {
  FakeRadio broken(clock_, {{1s, {}}}, std::make_exception_ptr(RadioNotAvailable("unplugged")));
  Scanner scanner(clock_, std::vector<Radio*>{&broken, &radio_});
  play([&]() -> awaitable<> { co_await scanner.run(10s); });
  EXPECT_EQ(scanner.counters().sightings, 5U);
  EXPECT_EQ(scanner.failures().size(), 1U);
}

TEST_F(ScannerTest, FailsWhenTheLastRadioFails) {
  FakeRadio broken(clock_, {{1s, {heard(phone, -40, phone_adv)}}}, std::make_exception_ptr(RadioNotAvailable("unplugged")));
  Scanner scanner(clock_, broken);
  EXPECT_THROW(play([&]() -> awaitable<> { co_await scanner.run(10s); }), RadioNotAvailable);
  EXPECT_EQ(scanner.counters().sightings, 1U) << "what was heard before is kept";
}

TEST_F(ScannerTest, AFilteredSampleCountsNowhereButInTheCounters) {
  Scanner scanner(clock_, radio_, {.filter = {.min_rssi_dbm = -54}});
  play([&]() -> awaitable<> { co_await scanner.run(10s); });
  ASSERT_EQ(scanner.devices().size(), 1U);
  EXPECT_EQ(scanner.devices()[0].rssi.count(), 2U) << "a sample at the limit passes";
  EXPECT_EQ(scanner.counters().sightings, 5U);
  EXPECT_EQ(scanner.counters().passed, 2U);
}

TEST_F(ScannerTest, PassesTheWishForScanResponsesOn) {
  Scanner scanner(clock_, radio_, {.active = false});
  play([&]() -> awaitable<> { co_await scanner.run(1s); });
  EXPECT_FALSE(radio_.last_options.active);
}

TEST_F(ScannerTest, RefusesDevicesBeyondItsBoundAndSaysSo) {
  Scanner scanner(clock_, radio_, {.max_devices = 1});
  play([&]() -> awaitable<> { co_await scanner.run(10s); });
  EXPECT_EQ(scanner.devices().size(), 1U);
  EXPECT_EQ(scanner.counters().devices_refused, 2U);
}

TEST_F(ScannerTest, TheStreamGivesWhatTheCallbackSees) {
  Scanner scanner(clock_, radio_);
  std::vector<std::string> called;
  std::vector<std::string> streamed;
  scanner.on_sighting([&](const Device& device, const Discovery&) { called.push_back(device.address.to_string()); });
  asio::co_spawn(context_, scanner.run(10s), [](std::exception_ptr error) { EXPECT_FALSE(error); });
  play([&]() -> awaitable<> {
    while (const auto discovery = co_await scanner.next()) streamed.push_back(discovery->sighting.address.to_string());
  });
  EXPECT_EQ(streamed.size(), 5U);
  EXPECT_EQ(streamed, called);
}

TEST_F(ScannerTest, ASlowReaderLosesTheOldestAndIsTold) {
  Scanner scanner(clock_, radio_, {.stream_capacity = 1});
  std::vector<int> rssi;
  asio::co_spawn(context_, scanner.run(10s), [](std::exception_ptr error) { EXPECT_FALSE(error); });
  play([&]() -> awaitable<> {
    while (const auto discovery = co_await scanner.next()) {
      rssi.push_back(discovery->sighting.rssi_dbm);
      co_await clock_.wait_for(5s);
    }
  });
  EXPECT_THAT(rssi, ElementsAre(-50, no_rssi));
  EXPECT_EQ(scanner.counters().stream_dropped, 3U);
}

TEST_F(ScannerTest, FindReturnsAtTheFirstMatch) {
  play([&]() -> awaitable<> {
    const auto found =
        co_await find_device_by_filter(clock_, radio_, [](const Device& d) { return d.data.has_service(Uuid(0x180F)); });
    EXPECT_TRUE(found.has_value());
    EXPECT_EQ(elapsed(), 100ms);
  });
  play([&]() -> awaitable<> {
    const auto found = co_await find_device_by_name(clock_, radio_, "Moor-1");
    EXPECT_EQ(found.value().address, Address(sensor, true));
    EXPECT_EQ(elapsed(), 1200ms) << "the name is only in the scan response: that is why it is slower";
  });
}

TEST_F(ScannerTest, FindGivesNothingAfterItsTime) {
  play([&]() -> awaitable<> {
    const auto found = co_await find_device_by_address(clock_, radio_, Address(0x123456789ABC, false), 3s);
    EXPECT_FALSE(found.has_value());
  });
  EXPECT_EQ(elapsed(), 3s);
}

TEST_F(ScannerTest, FindByAddressDoesNotAskForTheKind) {
  play([&]() -> awaitable<> {
    const auto found = co_await find_device_by_address(clock_, radio_, Address(sensor, false));
    EXPECT_TRUE(found.has_value());
  });
}

TEST_F(ScannerTest, DiscoverReturnsTheDevicesThatPassAtTheEnd) {
  play([&]() -> awaitable<> {
    const ScannerOptions options{.filter = {.name = "Moor-?"}};
    const auto devices = co_await discover(clock_, radio_, 5s, options);
    EXPECT_EQ(devices.size(), 1U);
    EXPECT_EQ(devices.at(0).sightings, 3U) << "what came before the name is the device's too";
  });
}

TEST_F(ScannerTest, CancellingStopsTheRadios) {
  Scanner scanner(clock_, radio_);
  asio::cancellation_signal cancel;
  std::exception_ptr error;
  asio::co_spawn(context_, scanner.run(), asio::bind_cancellation_slot(cancel.slot(), [&](std::exception_ptr e) { error = e; }));
  play([&]() -> awaitable<> {
    co_await clock_.wait_for(2s);
    cancel.emit(asio::cancellation_type::all);
  });
  EXPECT_THROW(std::rethrow_exception(error), boost::system::system_error);
  EXPECT_EQ(radio_.scans_running, 0);
  EXPECT_EQ(elapsed(), 2s);
}

}  // namespace
}  // namespace moor
