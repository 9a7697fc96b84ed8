#include "radio/bluez/management.hpp"

#include "core/within.hpp"
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

class ManagementTest : public ::testing::Test {
protected:
  void play(awaitable<void> work) {
    auto whole = [](ManagementTest& self, awaitable<void> inner) -> awaitable<void> {
      std::exception_ptr error;
      try {
        co_await std::move(inner);
      } catch (...) {
        error = std::current_exception();
      }
      self.management.reset();
      self.kernel.close();
      if (error) std::rethrow_exception(error);
    };
    testing::play(clock, context, whole(*this, std::move(work)));
  }
  /// Lets what was sent arrive.
  awaitable<void> settle() { co_await clock.wait_for(1ms); }
  [[nodiscard]] double seconds() const { return to_seconds(clock.now() - TimePoint{}); }

  VirtualClock clock;
  boost::asio::io_context context;
  FakeKernel kernel{context.get_executor(), clock};
  std::unique_ptr<Management> management = Management::over(kernel.take_socket(), context.get_executor(), clock);
};

TEST_F(ManagementTest, AnAnswerCarriesWhatFollowsTheStatus) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer version{.data = {1, 22, 0}};
    kernel.next(ManagementCommand::read_version, version);
    const auto answer = co_await management->command(ManagementCommand::read_version, no_controller);
    EXPECT_THAT(answer, ElementsAre(1, 22, 0));
    EXPECT_EQ(hci::parse_version(answer)->revision, 22);
  };
  play(work());
}

TEST_F(ManagementTest, ARefusalHasItsStatusAndSaysWhatWasRefused) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer refusal{.status = status::busy, .complete = false};
    kernel.next(ManagementCommand::start_discovery, refusal);
    try {
      co_await management->command(ManagementCommand::start_discovery, 1, hci::discovery_parameters());
      ADD_FAILURE();
    } catch (const ManagementRefused& refused) {
      EXPECT_EQ(refused.status(), status::busy);
      EXPECT_STREQ(refused.what(), "the kernel refused Start Discovery on hci1: busy");
    }
  };
  play(work());
}

TEST_F(ManagementTest, ACommandThatIsNotAnsweredTimesOutAfterTenSecondsAndItsLateAnswerIsDropped) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer late{.data = {1, 1, 1}, .after = 12s};
    kernel.next(ManagementCommand::read_version, late);
    bool timed_out = false;
    try {
      co_await management->command(ManagementCommand::read_version, no_controller);
    } catch (const TimedOut&) {
      timed_out = true;
    }
    EXPECT_TRUE(timed_out);
    EXPECT_EQ(seconds(), 10);
    // The next equal command is under way when the answer to the first one comes.
    const FakeKernel::Answer second{.data = {2, 2, 2}, .after = 3s};
    kernel.next(ManagementCommand::read_version, second);
    EXPECT_THAT(co_await management->command(ManagementCommand::read_version, no_controller), ElementsAre(2, 2, 2));
    EXPECT_EQ(seconds(), 13);
    EXPECT_EQ(management->counts().late_answers, 1U);
  };
  play(work());
}

TEST_F(ManagementTest, AnAnswerThatNeverComesIsNotWaitedForForEver) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer never{.after = Duration::max()};
    const FakeKernel::Answer answer{.data = {3}};
    kernel.next(ManagementCommand::read_version, never);
    int time_outs = 0;
    for (int i = 0; i < 3; ++i) {
      kernel.next(ManagementCommand::read_version, answer);
      try {
        EXPECT_THAT(co_await management->command(ManagementCommand::read_version, no_controller), ElementsAre(3));
      } catch (const TimedOut&) {
        ++time_outs;
      }
    }
    EXPECT_EQ(time_outs, 2) << "the first for want of an answer, the second because its answer was taken for the first one's";
  };
  play(work());
}

TEST_F(ManagementTest, EqualCommandsWaitForEachOtherAndOthersDoNot) {
  auto work = [this]() -> awaitable<void> {
    std::vector<std::string> done;
    auto one = [this, &done](ManagementCommand code, uint16_t controller, std::string name) -> awaitable<void> {
      const auto answer = co_await management->command(code, controller);
      done.push_back(name + std::to_string(answer.at(0)) + "@" + std::to_string(std::lround(seconds())));
    };
    for (const uint8_t number : std::vector<uint8_t>{1, 2, 3}) {
      const FakeKernel::Answer answer{.data = {number}, .after = 2s};
      kernel.next(ManagementCommand::get_connection_info, answer);
    }
    const FakeKernel::Answer quick{.data = {9}};
    kernel.next(ManagementCommand::disconnect, quick);
    const auto executor = co_await boost::asio::this_coro::executor;
    co_spawn(executor, one(ManagementCommand::get_connection_info, 0, "a"), boost::asio::detached);
    co_spawn(executor, one(ManagementCommand::get_connection_info, 0, "b"), boost::asio::detached);
    co_spawn(executor, one(ManagementCommand::get_connection_info, 1, "c"), boost::asio::detached);
    co_spawn(executor, one(ManagementCommand::disconnect, 0, "d"), boost::asio::detached);
    co_await clock.wait_for(5s);
    EXPECT_THAT(done, ElementsAre("d9@0", "a1@2", "c2@2", "b3@4"));
  };
  play(work());
}

TEST_F(ManagementTest, ACancelledCommandLeavesTheNextItsOwnAnswer) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer slow{.data = {1}, .after = 2s};
    const FakeKernel::Answer quick{.data = {2}, .after = 3s};
    kernel.next(ManagementCommand::read_version, slow);
    kernel.next(ManagementCommand::read_version, quick);
    auto waste = [this]() -> awaitable<void> { co_await management->command(ManagementCommand::read_version, no_controller); };
    EXPECT_FALSE(co_await within(clock, clock.now() + 1s, waste()));
    EXPECT_THAT(co_await management->command(ManagementCommand::read_version, no_controller), ElementsAre(2));
  };
  play(work());
}

TEST_F(ManagementTest, WithoutThePermissionItSaysSoAndAsksOnce) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer denied{.status = status::permission_denied, .complete = false};
    kernel.next(ManagementCommand::get_connections, denied);
    EXPECT_FALSE(co_await management->is_permitted());
    EXPECT_FALSE(co_await management->is_permitted());
    EXPECT_EQ(kernel.commands.size(), 1U);
  };
  play(work());
}

TEST_F(ManagementTest, WithoutAnyControllerItIsStillPermitted) {
  auto work = [this]() -> awaitable<void> {
    kernel.controllers.clear();
    EXPECT_TRUE(co_await management->is_permitted());
  };
  play(work());
}

TEST_F(ManagementTest, BatchesGoToWhoWatchesTheirController) {
  auto work = [this]() -> awaitable<void> {
    std::vector<std::string> heard;
    auto keep = [&heard](std::span<const hci::DeviceFound> batch) {
      std::string text;
      for (const auto& each : batch) text += std::to_string(each.controller) + ":" + std::to_string(each.rssi_dbm) + " ";
      heard.push_back(text);
    };
    const auto first = management->watch_found(0, keep);
    auto second = management->watch_found(1, keep);
    const std::vector<uint8_t> data{2, 1, 6};
    kernel.found("C0:00:00:00:00:01", -50, data);
    kernel.found("C0:00:00:00:00:02", -51, data);
    kernel.found("C0:00:00:00:00:01", -60, data, 0, {}, 1);
    kernel.found("C0:00:00:00:00:03", -52, data, 0, 0);
    kernel.found("C0:00:00:00:00:01", -70, data, 0, {}, 2);
    co_await settle();
    EXPECT_THAT(heard, ElementsAre("0:-50 0:-51 ", "1:-60 ", "0:-52 "));
    second.reset();
    kernel.found("C0:00:00:00:00:01", -61, data, 0, {}, 1);
    co_await settle();
    EXPECT_EQ(heard.size(), 3U);
    EXPECT_EQ(management->counts().found, 6U);
  };
  play(work());
}

TEST_F(ManagementTest, AWatchMayEndItselfAndTheManagementWhileItIsCalled) {
  auto work = [this]() -> awaitable<void> {
    int calls = 0;
    std::unique_ptr<Management::Watch> watch;
    watch = management->watch_found(0, [&](auto) {
      ++calls;
      watch.reset();
      management.reset();
    });
    const std::vector<uint8_t> data{2, 1, 6};
    for (int i = 0; i < 3; ++i) {
      kernel.found("C0:00:00:00:00:01", -50, data);
      kernel.discovering(true);
    }
    co_await settle();
    EXPECT_EQ(calls, 1);
  };
  play(work());
}

TEST_F(ManagementTest, FramesThatContradictThemselvesAreCountedAndHarmNothing) {
  auto work = [this]() -> awaitable<void> {
    size_t heard = 0;
    const auto watch = management->watch_found(0, [&heard](auto batch) { heard += batch.size(); });
    kernel.send_raw(std::vector<uint8_t>{0x12});                                       // no header
    kernel.send_raw(std::vector<uint8_t>{0x12, 0, 0, 0, 9, 0, 1});                     // says nine bytes, has one
    kernel.send(hci::device_found_event, 0, std::vector<uint8_t>{1, 2, 3});            // no whole address
    kernel.send(hci::management_event::command_complete, 0, std::vector<uint8_t>{1});  // no whole command
    kernel.send_raw(std::vector<uint8_t>(3000, 1));                                    // longer than any frame is
    kernel.found("C0:00:00:00:00:01", -50, std::vector<uint8_t>{2, 1, 6});
    co_await settle();
    EXPECT_EQ(heard, 1U);
    EXPECT_EQ(management->counts().malformed, 5U);
  };
  play(work());
}

TEST_F(ManagementTest, ALostSocketEndsCommandsAndIsToldOnce) {
  auto work = [this]() -> awaitable<void> {
    const FakeKernel::Answer never{.after = Duration::max()};
    kernel.next(ManagementCommand::read_version, never);
    int told = 0;
    const auto watch = management->watch_events([&told](uint16_t event, uint16_t, Bytes) { told += event == closed_event; });
    auto lose = [this]() -> awaitable<void> {
      co_await clock.wait_for(1s);
      kernel.close();
    };
    co_spawn(co_await boost::asio::this_coro::executor, lose(), boost::asio::detached);
    for (int i = 0; i < 2; ++i) {
      try {
        co_await management->command(ManagementCommand::read_version, no_controller);
        ADD_FAILURE();
      } catch (const RadioNotAvailable& error) {
        EXPECT_EQ(error.reason(), Unavailable::no_service);
      }
    }
    EXPECT_FALSE(management->is_open());
    EXPECT_EQ(told, 1);
    EXPECT_EQ(seconds(), 1);
  };
  play(work());
}

TEST_F(ManagementTest, ListsControllersByTheirNumbersAndPassesOverOneThatWent) {
  auto work = [this]() -> awaitable<void> {
    kernel.controllers = {{3, "00:00:00:00:00:03"}, {0, "00:00:00:00:00:10"}, {1, "00:00:00:00:00:11"}};
    const FakeKernel::Answer gone{.status = status::invalid_index};
    kernel.next(ManagementCommand::read_info, gone);
    const auto all = co_await management->controllers();
    EXPECT_EQ(all.size(), 2U);
    EXPECT_EQ(all.at(0).index, 1);
    EXPECT_EQ(all.at(0).address.to_string(), "00:00:00:00:00:11");
    EXPECT_EQ(all.at(0).name, "hall");
    EXPECT_EQ(all.at(1).index, 3);
  };
  play(work());
}

TEST_F(ManagementTest, ConnectionParametersAreLoadedAloneAndThenWithThoseOfOtherDevices) {
  auto work = [this]() -> awaitable<void> {
    const Address one(0xC00000000001, true);
    const Address two(0xC00000000002, true);
    co_await load_connection_parameters(*management, 0, one, fast_parameters);
    co_await load_connection_parameters(*management, 0, two, slow_parameters);
    co_await load_connection_parameters(*management, 0, one, slow_parameters);
    EXPECT_EQ(to_hex(kernel.commands.at(0).parameters),
              "0100"
              "0100000000c0"
              "02"
              "0600"
              "0600"
              "0000"
              "e803");
    EXPECT_EQ(kernel.commands.size(), 5U);
    EXPECT_EQ(to_hex(kernel.commands.at(3).parameters),
              "0100"
              "0100000000c0"
              "02"
              "2003"
              "2003"
              "0000"
              "5802");
    EXPECT_EQ(to_hex(kernel.commands.at(4).parameters),
              "0200"
              "0200000000c0"
              "02"
              "2003"
              "2003"
              "0000"
              "5802"
              "0100000000c0"
              "02"
              "2003"
              "2003"
              "0000"
              "5802");
    for (uint64_t i = 0; i < 100; ++i) co_await load_connection_parameters(*management, 0, Address(i, false), fast_parameters);
    EXPECT_EQ(kernel.commands.back().parameters.size(), 2U + 64 * 15);
    bool refused = false;
    const ConnectionParameters wrong{.latency = 500};
    try {
      co_await load_connection_parameters(*management, 0, one, wrong);
    } catch (const UsageError&) {
      refused = true;
    }
    EXPECT_TRUE(refused);
  };
  play(work());
}

}  // namespace
}  // namespace moor::bluez
