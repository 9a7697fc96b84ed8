// How a connection ends: by the other end, by its owner, inside a call of its own, with its context.

#include "dbus/bus_stage.hpp"

#include <boost/asio/detached.hpp>
#include <boost/asio/post.hpp>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
namespace asio = boost::asio;

using BusEnd = BusTest;

TEST_F(BusEnd, SaysAtOnceThatTheOtherEndIsGone) {
  play([&]() -> awaitable<void> {
    std::vector<Reply> kept;
    const Bus::Hold served =
        server().serve("/desk", false, [&](const Message&, Reply reply) { kept.push_back(std::move(reply)); });
    std::vector<std::string> outcomes;
    for (int i = 0; i < 3; ++i) start_call("Slow", outcomes);
    unsigned told = 0;
    for (int i = 0; i < 2; ++i) asio::co_spawn(context_, client().wait_lost(), [&](std::exception_ptr) { ++told; });
    co_await settle();
    EXPECT_EQ(told, 0u);
    pair_.driver.reset();
    pair_.server.reset();
    co_await settle();
    EXPECT_EQ(told, 2u);
    EXPECT_THAT(outcomes, ElementsAre("lost", "lost", "lost"));
    EXPECT_EQ(passed(), 2ms);
    EXPECT_FALSE(client().is_open());
    EXPECT_EQ(co_await call("Slow"), "lost");
    client().send(client().new_call(desk, "Nothing"));
    co_await client().wait_lost();
    kept.at(0).done();  // to a bus that is no more
  });
}

TEST_F(BusEnd, EndsWhileCallsWait) {
  play([&]() -> awaitable<void> {
    std::vector<std::string> outcomes;
    bool told = false;
    const Bus::Hold served = server().serve("/desk", false, [](const Message&, Reply) {});
    const Bus::OnSignal nobody = [](const Message&) { ADD_FAILURE(); };
    Bus::Hold match = co_await client().match("member='Moved'", nobody, in(1s));
    for (int i = 0; i < 3; ++i) start_call("Slow", outcomes);
    asio::co_spawn(context_, client().wait_lost(), [&](std::exception_ptr) { told = true; });
    asio::post(context_, [&] {
      signal("Moved");
      pair_.client.reset();
    });
    co_await settle();
    EXPECT_TRUE(told);
    EXPECT_THAT(outcomes, ElementsAre("lost", "lost", "lost"));
    EXPECT_FALSE(server().is_open()) << "the other end sees it too";
    match = {};
  });
}

TEST_F(BusEnd, EndsInsideACallOfItsOwn) {
  play([&]() -> awaitable<void> {
    int heard = 0;
    const Bus::OnSignal end = [&](const Message& message) {
      ++heard;
      pair_.client.reset();
      EXPECT_EQ(message.read().read_string(), "last") << "the message is there as long as the call";
    };
    const Bus::Hold first = co_await client().match("member='Moved'", end, in(1s));
    const Bus::Hold second = co_await client().match("member='Moved'", end, in(1s));
    signal("Moved", "last");
    signal("Moved", "too late");
    co_await settle();
    EXPECT_EQ(heard, 1);
  });
}

TEST_F(BusEnd, EndsWithTheContextWhereNobodyWaitsForIt) {
  auto context = std::make_unique<asio::io_context>();
  testing::BusPair pair;
  const auto open = [](testing::BusPair& into, VirtualClock& clock) -> awaitable<void> {
    into = co_await testing::make_bus_pair(clock);
  };
  testing::play(clock_, *context, [&]() -> awaitable<void> {
    co_await open(pair, clock_);
    asio::co_spawn(*context, testing::outcome(pair.client->call(pair.client->new_call(desk, "Slow"), in(10s))), asio::detached);
    co_await clock_.wait_for(1ms);
    pair.driver.reset();
    pair.server.reset();
    pair.client.reset();
  }());
  context.reset();
}

TEST_F(BusEnd, LetsExceptionsOfListenersOut) {
  EXPECT_THROW(play([&]() -> awaitable<void> {
                 const Bus::OnSignal fail = [](const Message&) { throw std::logic_error("a mistake"); };
                 const Bus::Hold match = co_await client().match("member='Moved'", fail, in(1s));
                 signal("Moved");
                 co_await clock_.wait_for(1s);
               }),
               std::logic_error);
  pair_ = {};
}

}  // namespace
}  // namespace moor::dbus
