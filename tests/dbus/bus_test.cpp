// Calls, signals and services between the two ends of a pair, in virtual time.

#include "dbus/bus_stage.hpp"
#include "support/allocation_counter.hpp"

#include <boost/asio/post.hpp>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace asio = boost::asio;

TEST_F(BusTest, AnswersWithArguments) {
  play([&]() -> awaitable<void> {
    const Bus::Hold served = server().serve("/desk", false, [](const Message& call, Reply reply) {
      EXPECT_EQ(call.interface(), "org.desk.Desk");
      EXPECT_EQ(call.sender(), "") << "a bus would say who calls, a socket pair does not";
      Reader reader = call.read();
      const uint32_t sum = reader.read_u32() + reader.read_u32();
      reply.done([&](Writer& writer) { writer.u32(sum); });
    });
    Message add = client().new_call(desk, "Add");
    add.write().u32(40).u32(2);
    const Message sum = co_await client().call(std::move(add), in(1s));
    EXPECT_EQ(sum.read().read_u32(), 42u);
    EXPECT_EQ(client().unique_name(), testing::BusDriver::client_name);
    EXPECT_EQ(server().unique_name(), "");
  });
}

TEST_F(BusTest, TellsErrorsByTheirName) {
  play([&]() -> awaitable<void> {
    const Bus::Hold served = server().serve("/desk", false, [](const Message& call, Reply reply) {
      if (call.member() == "Fail") reply.refuse("org.bluez.Error.Failed", "le-connection-abort-by-local");
      if (call.member() == "Busy") reply.refuse("org.bluez.Error.InProgress", "");
      if (call.member() == "Misread") (void)call.read().read_u32();
      // Else the reply is dropped.
    });
    EXPECT_EQ(co_await call("Fail"), "org.bluez.Error.Failed: le-connection-abort-by-local");
    EXPECT_EQ(co_await call("Busy"), "org.bluez.Error.InProgress: org.bluez.Error.InProgress") << "without a text, the name";
    EXPECT_EQ(co_await call("Forget"), "org.freedesktop.DBus.Error.Failed: nobody answers this call");
    EXPECT_EQ(co_await call("Misread"), "org.freedesktop.DBus.Error.Failed: nobody answers this call");
    EXPECT_EQ(co_await call("Fail"), "org.bluez.Error.Failed: le-connection-abort-by-local") << "and goes on";
    pair_.driver->stop("org.desk");
    EXPECT_EQ(co_await call("Fail"),
              "org.freedesktop.DBus.Error.ServiceUnknown: The name org.desk was not provided by any .service files");
    EXPECT_EQ(passed(), 0s);
  });
}

TEST_F(BusTest, ServesAPathOrAllBelowIt) {
  play([&]() -> awaitable<void> {
    std::vector<std::string> asked;
    const auto note = [&](const Message& call, Reply reply) {
      asked.push_back(std::string(call.path()) + " " + std::string(call.member()));
      reply.done();
    };
    Bus::Hold exact = server().serve("/desk", false, note);
    Bus::Hold below = server().serve("/tree", true, note);
    const auto ask = [&](const char* path, const char* interface, const char* method) {
      return testing::outcome(client().call(client().new_call({"org.desk", path, interface}, method), in(1s)));
    };
    EXPECT_EQ(co_await ask("/desk", "org.desk.Desk", "Look"), "answered ");
    EXPECT_EQ(co_await ask("/tree/of/life", "org.desk.Desk", "Look"), "answered ");
    EXPECT_EQ(co_await ask("/tree", "org.freedesktop.DBus.Introspectable", "Introspect"), "answered ");
    EXPECT_EQ(co_await ask("/desk", "org.freedesktop.DBus.Peer", "Ping"), "answered ");
    EXPECT_THAT(co_await ask("/desk/drawer", "org.desk.Desk", "Look"),
                ::testing::StartsWith("org.freedesktop.DBus.Error.Unknown"));
    below = {};
    EXPECT_THAT(co_await ask("/tree/of/life", "org.desk.Desk", "Look"),
                ::testing::StartsWith("org.freedesktop.DBus.Error.Unknown"));
    EXPECT_THAT(asked, ElementsAre("/desk Look", "/tree/of/life Look", "/tree Introspect"));
    EXPECT_THROW((void)server().serve("no path", false, note), MessageMalformed);
    EXPECT_THROW((void)client().new_call({"org.desk", "no path", "org.desk.Desk"}, "Look"), MessageMalformed);
  });
}

TEST_F(BusTest, WaitsForAnswersByTheClock) {
  play([&]() -> awaitable<void> {
    std::vector<Reply> kept;
    const Bus::Hold served =
        server().serve("/desk", false, [&](const Message&, Reply reply) { kept.push_back(std::move(reply)); });
    EXPECT_EQ(co_await call("Slow", 30s), "timed out");
    EXPECT_EQ(passed(), 30s);
    kept.at(0).done();  // an answer that nobody awaits any more
    std::vector<std::string> outcomes;
    start_call("Slow", outcomes);
    co_await clock_.wait_for(4s);
    EXPECT_THAT(outcomes, IsEmpty());
    kept.at(1).done();
    kept.at(1).done();  // answered already: nothing happens
    co_await settle();
    EXPECT_THAT(outcomes, ElementsAre("answered "));
  });
}

TEST_F(BusTest, CancelsACall) {
  play([&]() -> awaitable<void> {
    std::vector<Reply> kept;
    const Bus::Hold served =
        server().serve("/desk", false, [&](const Message&, Reply reply) { kept.push_back(std::move(reply)); });
    asio::cancellation_signal signal;
    std::vector<std::string> outcomes;
    start_call("Slow", outcomes, &signal);
    co_await settle();
    signal.emit(asio::cancellation_type::all);
    co_await settle();
    EXPECT_THAT(outcomes, ElementsAre("cancelled"));
    kept.at(0).done();
    co_await settle();
    EXPECT_TRUE(client().is_open());
  });
}

TEST_F(BusTest, TakesTwoThousandCallsAtOnce) {
  play([&]() -> awaitable<void> {
    unsigned calls = 0;
    const Bus::Hold served = server().serve("/desk", false, [&](const Message&, Reply reply) {
      ++calls;
      reply.done();
    });
    std::vector<std::string> outcomes;
    for (int i = 0; i < 2000; ++i) start_call("Look", outcomes);
    co_await clock_.wait_for(1s);
    EXPECT_EQ(calls, 2000u);
    EXPECT_EQ(std::count(outcomes.begin(), outcomes.end(), "answered "), 2000);
  });
}

TEST_F(BusTest, CarriesMoreThanTheSocketHolds) {
  play([&]() -> awaitable<void> {
    const Bus::Hold served = server().serve("/desk", false, [](const Message& call, Reply reply) {
      const Bytes bytes = call.read().read_bytes();
      reply.done([&](Writer& writer) { writer.bytes(bytes); });
    });
    std::vector<uint8_t> bytes(24u << 20);
    for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 7);
    Message echo = client().new_call(desk, "Echo");
    echo.write().bytes(bytes);
    const Message answer = co_await client().call(std::move(echo), in(1min));
    const Bytes back = answer.read().read_bytes();
    EXPECT_TRUE(std::equal(back.begin(), back.end(), bytes.begin(), bytes.end()));
  });
}

TEST_F(BusTest, CallsBackForSignalsThatFitTheRule) {
  play([&]() -> awaitable<void> {
    std::vector<std::string> heard;
    const auto note = [&](const Message& message) { heard.emplace_back(message.read().read_string()); };
    Bus::Hold match = co_await client().match("type='signal',path_namespace='/desk',member='Moved'", note, in(1s));
    signal("Moved", "a");
    signal("Painted", "b");
    signal("Moved", "c");
    co_await settle();
    EXPECT_THAT(heard, ElementsAre("a", "c"));
    EXPECT_EQ(pair_.driver->rules().size(), 1u);
    signal("Moved", "d");
    match = {};
    co_await settle();
    EXPECT_THAT(heard, ElementsAre("a", "c")) << "nothing after the end, also what was on its way";
    EXPECT_THAT(pair_.driver->rules(), IsEmpty());
  });
}

TEST_F(BusTest, RefusesRulesThatAreNone) {
  play([&]() -> awaitable<void> {
    std::string refused;
    try {
      const Bus::OnSignal nobody = [](const Message&) {};
      (void)co_await client().match("type='sign", nobody, in(1s));
    } catch (const CallFailed& failed) {
      refused = failed.name();
    }
    EXPECT_EQ(refused, "org.freedesktop.DBus.Error.MatchRuleInvalid");
  });
}

// Messages carry unique names; whose a well-known one is, only the bus knows.
TEST_F(BusTest, HearsOnlyTheOwnerOfTheNameInTheRule) {
  play([&]() -> awaitable<void> {
    std::vector<std::string> heard;
    const auto note = [&](const Message& message) { heard.emplace_back(message.read().read_string()); };
    Bus::Hold match = co_await client().match("type='signal',sender='org.desk',member='Moved'", note, in(1s));
    const auto signal_of = [&](const std::string& sender, const std::string& argument) {
      Message message = server().new_signal("/desk", desk.interface, "Moved");
      message.write().string(argument);
      message.set_sender(sender);
      server().send(std::move(message));
    };
    const std::string first = pair_.driver->owner("org.desk");
    signal_of(first, "of the owner");
    signal_of(":1.99", "of another");
    pair_.driver->start("org.desk");  // again, as another process
    signal_of(first, "of the former");
    signal_of(pair_.driver->owner("org.desk"), "of the new owner");
    pair_.driver->stop("org.desk");
    signal_of(":1.99", "of another");
    co_await settle();
    EXPECT_THAT(heard, ElementsAre("of the owner", "of the new owner"));
    match = {};
    co_await settle();
    EXPECT_THAT(pair_.driver->rules(), IsEmpty());

    Bus::Hold before = co_await client().match("type='signal',sender='org.desk',member='Moved'", note, in(1s));
    pair_.driver->start("org.desk");
    signal("Moved", "of one that came later");
    co_await settle();
    EXPECT_EQ(heard.back(), "of one that came later");
  });
}

TEST_F(BusTest, SurvivesWhatItsListenersDo) {
  play([&]() -> awaitable<void> {
    std::vector<std::string> heard;
    Bus::Hold own, other, malformed;
    const Bus::OnSignal end_own = [&](const Message&) {
      heard.emplace_back("own");
      own = {};
      heard.emplace_back("still here");
    };
    const Bus::OnSignal end_other = [&](const Message&) {
      heard.emplace_back("other");
      other = {};
    };
    const Bus::OnSignal misread = [&](const Message& message) {
      heard.emplace_back("misread");
      (void)message.read().read_u64();
    };
    own = co_await client().match("member='One'", end_own, in(1s));
    other = co_await client().match("member='Two'", end_other, in(1s));
    malformed = co_await client().match("member='Three'", misread, in(1s));
    for (int i = 0; i < 2; ++i)
      for (const char* member : {"One", "Two", "Three"}) signal(member);
    co_await settle();
    EXPECT_THAT(heard, ElementsAre("own", "still here", "other", "misread", "misread"));
    EXPECT_TRUE(client().is_open());
  });
}

TEST_F(BusTest, LetsOthersRunDuringAFlood) {
  play([&]() -> awaitable<void> {
    unsigned heard = 0, heard_before = 0, longest = 0;
    const Bus::OnSignal count = [&](const Message&) { ++heard; };
    const Bus::Hold match = co_await client().match("member='Moved'", count, in(1s));
    for (int i = 0; i < 1000; ++i) signal("Moved");
    std::function<void()> other = [&] {
      longest = std::max(longest, heard - heard_before);
      heard_before = heard;
      if (heard < 1000) asio::post(context_, other);
    };
    other();
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard, 1000u);
    EXPECT_LE(longest, 64u);
  });
}

TEST_F(BusTest, HandsSignalsOnWithoutMemoryOfItsOwn) {
  play([&]() -> awaitable<void> {
    unsigned heard = 0;
    size_t after_first = 0, after_last = 0;
    const Bus::OnSignal count = [&](const Message& message) {
      Reader reader = message.read();
      (void)reader.read_string();
      if (++heard == 10) after_first = allocations();
      if (heard == 60) after_last = allocations();
    };
    const Bus::Hold match = co_await client().match("sender='org.desk',member='Moved'", count, in(1s));
    for (int i = 0; i < 60; ++i) signal("Moved");
    co_await clock_.wait_for(1s);
    EXPECT_EQ(heard, 60u);
    EXPECT_EQ(after_last - after_first, 0u);
  });
}

TEST_F(BusTest, TakesNames) {
  play([&]() -> awaitable<void> {
    EXPECT_EQ(co_await client().owner_of("org.desk", in(1s)), pair_.driver->owner("org.desk"));
    EXPECT_EQ(co_await client().owner_of("org.nobody", in(1s)), std::nullopt);
    co_await client().request_name("org.mine", in(1s));
    EXPECT_EQ(co_await client().owner_of("org.mine", in(1s)), client().unique_name());
    std::string refused;
    try {
      co_await client().request_name("org.desk", in(1s));
    } catch (const CallFailed& failed) {
      refused = failed.what();
    }
    EXPECT_EQ(refused, "somebody else is org.desk");
  });
}

}  // namespace
}  // namespace moor::dbus
