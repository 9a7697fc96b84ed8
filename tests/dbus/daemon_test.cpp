// A real dbus-daemon, in real time: what a pair of ends cannot show.

#include "dbus/outcome.hpp"
#include "support/dbus_daemon.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <sched.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <cstring>

namespace moor::dbus {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
namespace asio = boost::asio;

/// To its end in real time; at most `limit`, so that a test that hangs fails.
void play(const std::function<awaitable<void>(Clock&)>& story, Duration limit = 30s) {
  asio::io_context context;
  RealClock clock;
  std::exception_ptr error;
  bool ended = false;
  asio::co_spawn(context, story(clock), [&](std::exception_ptr thrown) {
    error = thrown;
    ended = true;
  });
  context.run_for(limit);
  EXPECT_TRUE(ended) << "it hangs";
  if (error) std::rethrow_exception(error);
}

class DaemonTest : public ::testing::Test {
protected:
  void SetUp() override {
    if (!testing::DbusDaemon::is_installed()) GTEST_SKIP() << "there is no dbus-daemon";
  }
};

awaitable<std::string> opening(std::string address, Clock& clock, Duration patience) {
  co_return co_await testing::outcome(Bus::open(std::move(address), clock, clock.now() + patience));
}

/// Not written in place: g++ 12 destroys a braced temporary of a co_await expression twice.
Message call_of(Bus& bus, const std::string& destination, const char* path) {
  return bus.new_call(Target{destination, path, "a.b"}, "Call");
}

TEST_F(DaemonTest, CarriesCallsAndSignals) {
  testing::DbusDaemon daemon;
  play([&](Clock& clock) -> awaitable<void> {
    const auto soon = [&] { return clock.now() + 5s; };
    const auto service = co_await Bus::open(daemon.address(), clock, soon());
    const auto client = co_await Bus::open(daemon.address(), clock, soon());
    EXPECT_THAT(client->unique_name(), ::testing::StartsWith(":1."));
    EXPECT_EQ(co_await client->owner_of("org.bluez", soon()), std::nullopt);
    EXPECT_THAT(co_await testing::outcome(client->call(call_of(*client, "org.bluez", "/"), soon())),
                ::testing::StartsWith("org.freedesktop.DBus.Error.ServiceUnknown"));

    std::vector<std::string> heard;
    const Bus::OnSignal note = [&](const Message& message) { heard.emplace_back(message.read().read_string()); };
    const Bus::Hold match =
        co_await client->match("type='signal',sender='org.bluez',path_namespace='/org/bluez',interface='a.b'", note, soon());
    co_await service->request_name("org.bluez", soon());
    EXPECT_EQ(co_await client->owner_of("org.bluez", soon()), service->unique_name());
    const Bus::Hold served = service->serve("/org/bluez", true, [](const Message& call, Reply reply) {
      const std::string path(call.path());
      reply.done([&](Writer& writer) { writer.path(path); });
    });
    const auto say = [](Bus& bus, const char* path, const char* text) {
      Message message = bus.new_signal(path, "a.b", "Said");
      message.write().string(text);
      bus.send(std::move(message));
    };
    say(*service, "/org/bluez/hci0", "heard");
    say(*service, "/org/other", "of another path");
    say(*client, "/org/bluez/hci0", "of another sender");
    const Message answer = co_await client->call(call_of(*client, "org.bluez", "/org/bluez/hci0"), soon());
    EXPECT_EQ(answer.read().read_path(), "/org/bluez/hci0");
    EXPECT_EQ(answer.sender(), service->unique_name());
    EXPECT_THAT(heard, ElementsAre("heard"));
  });
}

TEST_F(DaemonTest, IsLostAtOnceWhenItIsKilled) {
  testing::DbusDaemon daemon;
  play([&](Clock& clock) -> awaitable<void> {
    const auto soon = [&] { return clock.now() + 20s; };
    const auto service = co_await Bus::open(daemon.address(), clock, soon());
    const auto client = co_await Bus::open(daemon.address(), clock, soon());
    const Bus::Hold served = service->serve("/", true, [&](const Message&, Reply reply) {
      daemon.kill();
      reply.done();
    });
    const TimePoint begin = clock.now();
    EXPECT_EQ(co_await testing::outcome(client->call(call_of(*client, service->unique_name(), "/"), soon())), "lost");
    co_await client->wait_lost();
    co_await service->wait_lost();
    EXPECT_LT(clock.now() - begin, 2s);

    EXPECT_EQ(co_await opening(daemon.address(), clock, 5s), "lost") << "its socket is gone";
    daemon.start();
    EXPECT_EQ(co_await opening(daemon.address(), clock, 5s), "open");
  });
}

TEST_F(DaemonTest, SaysWhetherItRefusesTheUser) {
  testing::DbusDaemon daemon(testing::DbusDaemon::closed_policy);
  play([&](Clock& clock) -> awaitable<void> { EXPECT_EQ(co_await opening(daemon.address(), clock, 5s), "denied"); });
}

TEST_F(DaemonTest, KnowsTheUserOfAnotherNamespace) {
  testing::DbusDaemon daemon;
  const pid_t child = ::fork();
  if (child == 0) {
    if (::unshare(CLONE_NEWUSER) != 0) ::_exit(2);  // unmapped, this user is now 65534
    int result = 1;
    play([&](Clock& clock) -> awaitable<void> { result = co_await opening(daemon.address(), clock, 5s) == "open" ? 0 : 1; });
    ::_exit(result);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  if (WIFEXITED(status) && WEXITSTATUS(status) == 2) GTEST_SKIP() << "no user namespaces here";
  EXPECT_EQ(status, 0);
}

TEST(BusAddress, IsWrongOrLeadsNowhere) {
  play([&](Clock& clock) -> awaitable<void> {
    EXPECT_EQ(co_await opening("unix:path=/nonexistent/bus", clock, 5s), "lost");
    EXPECT_EQ(co_await opening("nonsense", clock, 5s), "lost");
    EXPECT_EQ(co_await opening("", clock, 5s), "lost");
    ::setenv("DBUS_SYSTEM_BUS_ADDRESS", "unix:path=/nonexistent/system", 1);
    EXPECT_EQ(co_await testing::outcome(Bus::open_system(clock, clock.now() + 5s)), "lost");
    ::unsetenv("DBUS_SYSTEM_BUS_ADDRESS");
  });
}

TEST(BusAddress, MayLeadToSomebodyWhoNeverAnswers) {
  char folder[] = "/tmp/moor_mute_XXXXXX";
  ASSERT_NE(::mkdtemp(folder), nullptr);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  const std::string path = std::string(folder) + "/socket";
  std::strncpy(address.sun_path, path.c_str(), sizeof address.sun_path - 1);
  const int listener = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  ASSERT_EQ(::bind(listener, reinterpret_cast<const sockaddr*>(&address), sizeof address), 0);
  ASSERT_EQ(::listen(listener, 4), 0);
  VirtualClock clock;
  asio::io_context context;
  testing::play(clock, context, [&]() -> awaitable<void> {
    const TimePoint begin = clock.now();
    EXPECT_EQ(co_await opening("unix:path=" + path, clock, 25s), "timed out");
    EXPECT_EQ(clock.now() - begin, 25s);
  }());
  ::close(listener);
  std::filesystem::remove_all(folder);
}

}  // namespace
}  // namespace moor::dbus
