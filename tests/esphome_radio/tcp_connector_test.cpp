// The connector on loopback, and against a scripted multicast DNS.

#include "mdns/mdns.hpp"
#include "support/play.hpp"

#include "core/within.hpp"
#include "radio/esphome/session.hpp"

#include <gmock/gmock.h>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/ip/v6_only.hpp>

namespace moor::esphome_radio {
namespace {

using namespace std::chrono_literals;
using boost::asio::ip::tcp;
using ::testing::HasSubstr;

class ScriptedMdns final : public mdns::Mdns {
public:
  explicit ScriptedMdns(Clock& clock) : clock_(clock) {}

  awaitable<void> browse(std::string type, std::function<void(const mdns::BrowseEvent&)> on_event) override {
    EXPECT_EQ(type, "_esphomelib._tcp");
    for (const auto& [after, event] : events) {
      co_await clock_.wait_for(after);
      on_event(event);
    }
    co_await clock_.wait_for(24h);
  }
  awaitable<std::vector<std::string>> resolve(std::string host, TimePoint deadline) override {
    asked.push_back(host);
    if (fails) throw Error("no multicast here");
    if (addresses.empty()) co_await clock_.wait_until(deadline);
    co_return addresses;
  }
  awaitable<void> announce(std::string, mdns::Service, std::function<void(const std::string&)>) override { co_return; }

  std::vector<std::pair<Duration, mdns::BrowseEvent>> events;
  std::vector<std::string> addresses;
  std::vector<std::string> asked;
  bool fails = false;

private:
  Clock& clock_;
};

class TcpConnectorTest : public ::testing::Test {
protected:
  /// "connected", or why not; with what it took in virtual time.
  std::string connect(const std::string& host, std::shared_ptr<mdns::Mdns> mdns = nullptr) {
    std::string result;
    const auto connector = make_tcp_connector(clock_, host, std::move(mdns));
    auto attempt = [](Connector& with, TimePoint deadline, std::string& into) -> awaitable<void> {
      try {
        const Socket socket = co_await with.connect(deadline);
        into = socket.is_open() ? "connected" : "closed";
        boost::asio::ip::tcp::no_delay no_delay;
        socket.get_option(no_delay);
        if (!no_delay.value()) into += ", but slow";
      } catch (const boost::system::system_error& error) {
        into = error.code().message();
      } catch (const TimedOut& error) {
        into = error.what();
      }
    };
    moor::testing::play(clock_, context_, attempt(*connector, clock_.now() + 60s, result));
    return result;
  }
  /// When the connector hears of its proxy, in seconds; nothing in an hour: -1.
  double announced_after(const std::string& host, const std::shared_ptr<ScriptedMdns>& mdns) {
    const auto connector = make_tcp_connector(clock_, host, mdns);
    const TimePoint began = clock_.now();
    bool heard = false;
    auto listen = [](Clock& clock, Connector& with, bool& into) -> awaitable<void> {
      into = co_await within(clock, clock.now() + 1h, with.announced());
    };
    moor::testing::play(clock_, context_, listen(clock_, *connector, heard));
    return heard ? to_seconds(clock_.now() - began) : -1;
  }
  tcp::acceptor listen_on(const char* address) { return {context_, tcp::endpoint(boost::asio::ip::make_address(address), 0)}; }
  static std::string port(const tcp::acceptor& acceptor) { return ":" + std::to_string(acceptor.local_endpoint().port()); }
  static mdns::Service service(std::string instance, std::vector<std::string> addresses = {}) {
    const std::string host = instance + ".local";
    return {.instance = std::move(instance), .host = host, .port = 6053, .addresses = std::move(addresses)};
  }

  VirtualClock clock_{TimePoint(1h)};
  boost::asio::io_context context_;
  std::shared_ptr<ScriptedMdns> mdns_ = std::make_shared<ScriptedMdns>(clock_);
};

using Kind = mdns::BrowseEvent::Kind;

TEST_F(TcpConnectorTest, ConnectsToAnAddress) {
  const tcp::acceptor server = listen_on("127.0.0.1");
  EXPECT_EQ(connect("127.0.0.1" + port(server)), "connected");
}

TEST_F(TcpConnectorTest, ConnectsOverIpv6) {
  const tcp::acceptor server = listen_on("::1");
  EXPECT_EQ(connect("[::1]" + port(server)), "connected");
}

TEST_F(TcpConnectorTest, ConnectsToANameOfTheSystem) {
  const tcp::acceptor server = listen_on("127.0.0.1");
  EXPECT_EQ(connect("localhost" + port(server)), "connected") << "also where localhost is ::1 first";
}

TEST_F(TcpConnectorTest, SaysThatAPortIsRefused) {
  std::string free_port;
  {
    const tcp::acceptor server = listen_on("127.0.0.1");
    free_port = port(server);
  }
  EXPECT_EQ(connect("127.0.0.1" + free_port), "Connection refused");
}

TEST_F(TcpConnectorTest, SaysThatAHostIsUnknown) {
  EXPECT_THAT(connect("no-such-host.invalid"), HasSubstr("Host not found"));
}

TEST_F(TcpConnectorTest, AsksMulticastDnsForLocalNames) {
  const tcp::acceptor server = listen_on("127.0.0.1");
  mdns_->addresses = {"127.0.0.1"};
  EXPECT_EQ(connect("kitchen.local" + port(server), mdns_), "connected");
  EXPECT_THAT(mdns_->asked, ::testing::ElementsAre("kitchen.local"));
}

TEST_F(TcpConnectorTest, TriesANameWithoutADotAsALocalOneToo) {
  const tcp::acceptor server = listen_on("127.0.0.1");
  mdns_->addresses = {"nonsense", "127.0.0.1"};
  EXPECT_EQ(connect("no-such-kitchen" + port(server), mdns_), "connected");
  EXPECT_THAT(mdns_->asked, ::testing::ElementsAre("no-such-kitchen.local"));
}

TEST_F(TcpConnectorTest, DoesNotAskMulticastDnsForOtherNames) {
  EXPECT_THAT(connect("no-such-host.invalid", mdns_), HasSubstr("Host not found"));
  EXPECT_THAT(mdns_->asked, ::testing::IsEmpty());
}

TEST_F(TcpConnectorTest, LivesWithoutMulticast) {
  mdns_->fails = true;
  EXPECT_THAT(connect("no-such-kitchen", mdns_), HasSubstr("Host not found"));
}

TEST_F(TcpConnectorTest, TriesOneAddressAfterTheOther) {
  const tcp::acceptor server = listen_on("127.0.0.1");
  mdns_->addresses = {"127.0.0.9", "::1", "127.0.0.1"};
  EXPECT_EQ(connect("kitchen.local" + port(server), mdns_), "connected") << "the first two refuse";
}

TEST_F(TcpConnectorTest, BoundsALookupThatNobodyAnswers) {
  const TimePoint began = clock_.now();
  EXPECT_THAT(connect("no-such-kitchen", mdns_), HasSubstr("Host not found"));
  EXPECT_EQ(clock_.now() - began, 5s);
}

// A listener whose queue is full lets further connections hang.
TEST_F(TcpConnectorTest, GivesAnAddressThatHangsFiveSeconds) {
  tcp::acceptor hanging(context_);
  hanging.open(tcp::v4());
  hanging.bind({boost::asio::ip::make_address("127.0.0.2"), 0});
  hanging.listen(0);
  std::vector<tcp::socket> queue;
  for (int i = 0; i < 4; ++i) {
    tcp::socket& each = queue.emplace_back(context_);
    each.open(tcp::v4());
    each.non_blocking(true);
    const tcp::endpoint to = hanging.local_endpoint();
    (void)::connect(each.native_handle(), to.data(), static_cast<socklen_t>(to.size()));
  }
  const TimePoint began = clock_.now();
  EXPECT_THAT(connect("127.0.0.2" + port(hanging)), HasSubstr("127.0.0.2 does not answer on port"));
  EXPECT_EQ(clock_.now() - began, 5s);
}

TEST_F(TcpConnectorTest, IsCancelledWhileItLooksForTheHost) {
  const auto connector = make_tcp_connector(clock_, "kitchen.local", mdns_);
  const TimePoint began = clock_.now();
  auto give_up = [](Clock& clock, Connector& with) -> awaitable<void> {
    const auto made = co_await within(clock, clock.now() + 1s, with.connect(clock.now() + 60s));
    EXPECT_FALSE(made.has_value());
  };
  moor::testing::play(clock_, context_, give_up(clock_, *connector));
  EXPECT_EQ(clock_.now() - began, 1s);
}

TEST_F(TcpConnectorTest, RefusesWhatIsNoAddress) {
  for (const char* each : {"", ":6053", "kitchen:", "kitchen:0", "kitchen:65536", "kitchen:http", "[::1", "[::1]6053",
                           "[kitchen]:6053", "[]", "1:2:x"}) {
    EXPECT_THROW((void)make_tcp_connector(clock_, each, nullptr), UsageError) << each;
  }
  for (const char* each : {"kitchen", "kitchen.local.", "kitchen:6054", "192.168.1.20", "::1", "[::1]", "[fe80::1]:6053"})
    EXPECT_NO_THROW((void)make_tcp_connector(clock_, each, nullptr)) << each;
}

TEST_F(TcpConnectorTest, HearsItsProxyAnnounceItself) {
  mdns_->events = {
      {1s, {Kind::found, service("kitchen")}}, {4s, {Kind::found, service("pantry")}}, {5s, {Kind::changed, service("Kitchen")}}};
  EXPECT_EQ(announced_after("kitchen", mdns_), 10) << "what answers our own question is no news";
  EXPECT_EQ(announced_after("kitchen.local:6053", mdns_), 10);
  EXPECT_EQ(announced_after("hall", mdns_), -1);
}

TEST_F(TcpConnectorTest, HearsItsProxyComeBack) {
  mdns_->events = {{1s, {Kind::gone, service("kitchen")}}, {1s, {Kind::found, service("kitchen")}}};
  EXPECT_EQ(announced_after("kitchen", mdns_), 2);
}

TEST_F(TcpConnectorTest, KnowsItsProxyByTheAddressToo) {
  mdns_->events = {{4s, {Kind::found, service("hall", {"192.168.1.21"})}},
                   {4s, {Kind::found, service("kitchen", {"192.168.1.20"})}}};
  EXPECT_EQ(announced_after("192.168.1.20", mdns_), 8);
}

TEST_F(TcpConnectorTest, HearsNothingWithoutMulticastDns) {
  EXPECT_EQ(announced_after("kitchen", nullptr), -1);
}

}  // namespace
}  // namespace moor::esphome_radio
