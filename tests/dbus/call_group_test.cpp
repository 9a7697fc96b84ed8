#include "dbus/call_group.hpp"

#include "dbus/bus_stage.hpp"

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

awaitable<std::string> outcome_in(Bus& bus, TimePoint deadline, CallGroup& group) {
  try {
    (void)co_await bus.call(bus.new_call(desk, "Slow"), deadline, group);
    co_return "answered";
  } catch (const CallGivenUp&) {
    co_return "given up";
  } catch (const TimedOut&) {
    co_return "timed out";
  }
}

struct CallGroupTest : BusTest {
  void start(CallGroup& group, Duration patience = 60s) {
    boost::asio::co_spawn(context_, outcome_in(client(), in(patience), group),
                          [this](std::exception_ptr, std::string outcome) { outcomes.push_back(std::move(outcome)); });
  }
  Bus::Hold serve() {
    return server().serve("/desk", false, [this](const Message&, Reply reply) { kept.push_back(std::move(reply)); });
  }

  std::vector<std::string> outcomes;
  std::vector<Reply> kept;
};

TEST_F(CallGroupTest, EndsItsCallsAndThoseToCome) {
  play([&]() -> awaitable<void> {
    const Bus::Hold served = serve();
    CallGroup group(context_.get_executor());
    CallGroup other(context_.get_executor());
    start(group);
    start(group);
    start(other);
    co_await settle();
    EXPECT_THAT(outcomes, IsEmpty());
    group.end();
    EXPECT_THAT(outcomes, IsEmpty()) << "nobody goes on before end() has returned";
    co_await settle();
    start(group);
    co_await settle();
    EXPECT_THAT(outcomes, ElementsAre("given up", "given up", "given up"));
    EXPECT_EQ(kept.size(), 3U) << "the last was not sent";
    for (Reply& each : kept) each.done();
    co_await settle();
    EXPECT_THAT(outcomes, ElementsAre("given up", "given up", "given up", "answered"));
    kept.clear();
  });
}

TEST_F(CallGroupTest, KeepsEachCallsOwnDeadline) {
  play([&]() -> awaitable<void> {
    const Bus::Hold served = serve();
    CallGroup group(context_.get_executor());
    start(group, 30s);
    start(group, 10s);  // earlier than the one that was asked for before it
    start(group, 20s);
    co_await clock_.wait_for(9s);
    EXPECT_THAT(outcomes, IsEmpty());
    co_await clock_.wait_for(2s);
    EXPECT_THAT(outcomes, ElementsAre("timed out"));
    kept.at(2).done();
    co_await clock_.wait_for(18s);
    EXPECT_THAT(outcomes, ElementsAre("timed out", "answered"));
    co_await clock_.wait_for(2s);
    EXPECT_THAT(outcomes, ElementsAre("timed out", "answered", "timed out"));
    kept.clear();
  });
}

}  // namespace
}  // namespace moor::dbus
