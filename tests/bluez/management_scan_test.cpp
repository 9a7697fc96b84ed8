#include "radio/bluez/management_scan.hpp"

#include "core/within.hpp"
#include "support/allocation_counter.hpp"
#include "support/fake_kernel.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <boost/asio/detached.hpp>

namespace moor::bluez {
namespace {

using hci::ManagementCommand;
using ::testing::ElementsAre;
using testing::FakeKernel;
using namespace std::chrono_literals;
namespace status = hci::management_status;

class Sink final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& each : batch) {
      if (sightings.size() < sightings.capacity()) sightings.push_back(each);
      payload_bytes += each.payload_size();
    }
    ++batches;
  }
  std::vector<Sighting> sightings;
  size_t payload_bytes = 0;
  int batches = 0;
};

class ManagementScan : public ::testing::Test {
protected:
  ManagementScan() { sink.sightings.reserve(1000); }

  /// Scans, and meanwhile does the work; the scan is cancelled when that has ended.
  void scan(ScanOptions options, awaitable<void> meanwhile) {
    auto whole = [](ManagementScan& self, ScanOptions with, awaitable<void> work) -> awaitable<void> {
      auto end_of_work = [](ManagementScan& fixture, awaitable<void> inner, ScanOptions o) -> awaitable<void> {
        const HeardBy by{.id = 7, .statistics = fixture.statistics, .last_heard = fixture.last_heard};
        auto scanning = scan_controller(*fixture.management, fixture.clock, 0, o, by, fixture.sink, "/nowhere");
        using namespace boost::asio;
        const auto executor = co_await this_coro::executor;
        const auto [order, work_error, scan_error] =
            co_await experimental::make_parallel_group(co_spawn(executor, std::move(inner), deferred),
                                                       co_spawn(executor, std::move(scanning), deferred))
                .async_wait(experimental::wait_for_one(), use_awaitable);
        if (order[0] == 1) std::rethrow_exception(scan_error);
        if (work_error) std::rethrow_exception(work_error);
      };
      std::exception_ptr error;
      try {
        co_await end_of_work(self, std::move(work), std::move(with));
      } catch (...) {
        error = std::current_exception();
      }
      self.ended_at = self.clock.now();
      self.management.reset();
      self.kernel.close();
      if (error) std::rethrow_exception(error);
    };
    testing::play(clock, context, whole(*this, std::move(options), std::move(meanwhile)));
  }
  Unavailable failure(ScanOptions options, awaitable<void> meanwhile) {
    try {
      scan(std::move(options), std::move(meanwhile));
    } catch (const RadioNotAvailable& error) {
      EXPECT_FALSE(error.advice().empty());
      return error.reason();
    }
    ADD_FAILURE() << "it went on";
    return Unavailable::unknown;
  }
  awaitable<void> wait(Duration time) { co_await clock.wait_for(time); }
  [[nodiscard]] std::vector<double> times_of(ManagementCommand code) const {
    std::vector<double> times;
    for (const auto& command : kernel.commands)
      if (command.code == code) times.push_back(to_seconds(command.at - TimePoint{}));
    return times;
  }

  VirtualClock clock;
  boost::asio::io_context context;
  FakeKernel kernel{context.get_executor(), clock};
  std::unique_ptr<Management> management = Management::over(kernel.take_socket(), context.get_executor(), clock);
  Sink sink;
  ScanStatistics statistics;
  std::optional<TimePoint> last_heard;
  TimePoint ended_at;
  const std::vector<uint8_t> data{2, 1, 6};
};

TEST_F(ManagementScan, AnActiveScanAddsAMonitorStartsDiscoveryAndEndsBoth) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    EXPECT_TRUE(kernel.is_discovering());
    EXPECT_EQ(kernel.monitors.size(), 1U);
    kernel.found("C0:00:00:00:00:01", -50, data);
    kernel.found("C0:00:00:00:00:02", 127, data, 0x04);
    kernel.found("C0:00:00:00:00:03", -52, std::vector<uint8_t>(40, 0), 0x20);
    co_await clock.wait_for(1s);
  };
  scan({}, work());
  EXPECT_FALSE(kernel.is_discovering());
  EXPECT_TRUE(kernel.monitors.empty());
  ASSERT_EQ(sink.sightings.size(), 3U);
  EXPECT_EQ(sink.batches, 1);
  const Sighting& first = sink.sightings[0];
  EXPECT_EQ(first.address, Address(0xC00000000001, true));
  EXPECT_EQ(first.rssi_dbm, -50);
  EXPECT_EQ(first.radio, 7);
  EXPECT_EQ(first.time, TimePoint{} + 1s);
  EXPECT_EQ(to_hex(first.payload()), "020106");
  EXPECT_EQ(first.properties, AdvertisingProperties::connectable);
  EXPECT_EQ(sink.sightings[1].properties, AdvertisingProperties::none);
  EXPECT_TRUE(sink.sightings[2].is_scan_response());
  EXPECT_EQ(sink.payload_bytes, 3U + 3 + 40);
  EXPECT_EQ(statistics.reports, 3U);
  EXPECT_EQ(statistics.without_rssi, 1U);
  EXPECT_EQ(last_heard, TimePoint{} + 1s);
}

TEST_F(ManagementScan, DiscoveryThatTheKernelEndsGoesOnAtOnce) {
  auto work = [this]() -> awaitable<void> {
    for (int i = 0; i < 3; ++i) {
      co_await clock.wait_for(10240ms);
      kernel.discovering(false);
    }
    co_await clock.wait_for(1s);
  };
  scan({}, work());
  EXPECT_THAT(times_of(ManagementCommand::start_discovery), ElementsAre(0, 10.24, 20.48, 30.72));
}

TEST_F(ManagementScan, ListensToAnotherProgramsDiscoveryAndTakesOverWhenItEnds) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(100ms);
    kernel.found("C0:00:00:00:00:01", -50, data);
    co_await clock.wait_for(2900ms);
    EXPECT_EQ(sink.sightings.size(), 1U);
    kernel.discovering(false);
    co_await clock.wait_for(1s);
    EXPECT_TRUE(kernel.is_discovering());
  };
  kernel.discovering(true);
  scan({}, work());
  EXPECT_EQ(times_of(ManagementCommand::start_discovery).back(), 3.2);
}

TEST_F(ManagementScan, AnothersDiscoveryIsNotStopped) {
  kernel.discovering(true);
  scan({}, wait(3s));
  EXPECT_TRUE(kernel.is_discovering());
  EXPECT_EQ(kernel.count(ManagementCommand::stop_discovery), 0U);
}

TEST_F(ManagementScan, APassiveScanIsOnePatternAndHearsMonitorEvents) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    kernel.found("C0:00:00:00:00:01", -50, data, 0, 0);
    co_await clock.wait_for(1s);
    kernel.monitors_removed();  // bluetoothd was restarted
    co_await clock.wait_for(1s);
    EXPECT_EQ(kernel.monitors.size(), 1U);
  };
  ScanOptions options;
  options.active = false;
  options.patterns = {AdPattern{.type = 0xFF, .offset = 0, .bytes = {0x4C, 0x00}}};
  scan(options, work());
  EXPECT_EQ(sink.sightings.size(), 1U);
  EXPECT_EQ(kernel.count(ManagementCommand::start_discovery), 0U);
  EXPECT_EQ(kernel.count(ManagementCommand::add_patterns_monitor), 2U);
  const auto add = std::ranges::find(kernel.commands, ManagementCommand::add_patterns_monitor, &FakeKernel::Command::code);
  EXPECT_EQ(to_hex(Bytes(add->parameters).first(6)), "01ff00024c00");
  EXPECT_EQ(add->parameters.size(), 1U + 34);
  EXPECT_TRUE(kernel.monitors.empty());
}

TEST_F(ManagementScan, MonitorEventsDuringDiscoveryRepeatOthersAndBrEdrIsNotOurs) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    kernel.found("C0:00:00:00:00:01", -50, data, 0, 1);
    std::vector<uint8_t> classic(14);
    kernel.send(hci::device_found_event, 0, classic);
    co_await clock.wait_for(1s);
  };
  scan({}, work());
  EXPECT_TRUE(sink.sightings.empty());
  EXPECT_EQ(statistics.other, 2U);
}

TEST_F(ManagementScan, PoweredOffIsATypedError) {
  kernel.powered = false;
  EXPECT_EQ(failure({}, wait(1s)), Unavailable::powered_off);
}

TEST_F(ManagementScan, SwitchedOffMeanwhile) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    kernel.discovering(false);
    kernel.settings(0);
    co_await clock.wait_for(1min);
  };
  EXPECT_EQ(failure({}, work()), Unavailable::powered_off);
}

TEST_F(ManagementScan, UnpluggedMeanwhile) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    kernel.discovering(false);  // as Linux does it
    kernel.settings(0);
    kernel.remove_controller();
    co_await clock.wait_for(1min);
  };
  EXPECT_EQ(failure({}, work()), Unavailable::no_radio);
  EXPECT_EQ(kernel.count(ManagementCommand::stop_discovery), 0U);
}

TEST_F(ManagementScan, NoSuchController) {
  kernel.controllers.clear();
  EXPECT_EQ(failure({}, wait(1min)), Unavailable::no_radio);
}

TEST_F(ManagementScan, WithoutThePermission) {
  const FakeKernel::Answer denied{.status = status::permission_denied};
  kernel.next(ManagementCommand::add_patterns_monitor, denied);
  EXPECT_EQ(failure({}, wait(1min)), Unavailable::permission_denied);
}

TEST_F(ManagementScan, ALostSocketEndsIt) {
  auto work = [this]() -> awaitable<void> {
    co_await clock.wait_for(1s);
    kernel.close();
    management.reset();  // as the system does before it opens another
    co_await clock.wait_for(1min);
  };
  EXPECT_EQ(failure({}, work()), Unavailable::no_service);
  EXPECT_EQ(ended_at, TimePoint{} + 1s);
}

TEST_F(ManagementScan, CancelledWhileDiscoveryIsBeingStartedItStillEndsIt) {
  const FakeKernel::Answer slow{.after = 2s};
  kernel.next(ManagementCommand::start_discovery, slow);
  scan({}, wait(1s));
  EXPECT_THAT(times_of(ManagementCommand::stop_discovery), ElementsAre(2));
  EXPECT_TRUE(kernel.monitors.empty());
}

TEST_F(ManagementScan, EndingIsBounded) {
  const FakeKernel::Answer never{.after = Duration::max()};
  kernel.next(ManagementCommand::stop_discovery, never);
  scan({}, wait(1s));
  EXPECT_EQ(ended_at, TimePoint{} + 6s);
}

TEST_F(ManagementScan, AKernelThatDoesNotAnswerIsGivenUp) {
  const FakeKernel::Answer never{.after = Duration::max()};
  for (int i = 0; i < 8; ++i) kernel.next(ManagementCommand::start_discovery, never);
  EXPECT_EQ(failure({}, wait(10min)), Unavailable::unknown);
  EXPECT_EQ(kernel.count(ManagementCommand::start_discovery), 4U);
}

TEST_F(ManagementScan, TakesNothingFromTheHeapOnceItIsWarm) {
  auto work = [this]() -> awaitable<void> {
    const std::vector<uint8_t> longer(60, 0);
    uint64_t allocated = 0;
    for (int round = 0; round < 20; ++round) {
      for (int i = 0; i < 100; ++i) kernel.found("C0:00:00:00:00:01", -50, i % 2 == 0 ? data : longer);
      const uint64_t before = moor::allocations();
      co_await clock.wait_for(1s);
      allocated = moor::allocations() - before;
    }
    EXPECT_EQ(statistics.reports, 2000U);
    // What the waiting itself takes: the same with nothing to read.
    const uint64_t before = moor::allocations();
    co_await clock.wait_for(1s);
    EXPECT_LE(allocated, moor::allocations() - before);
  };
  scan({}, work());
}

}  // namespace
}  // namespace moor::bluez
