// Two of us on this machine's loopback, on a port of the tests, in real time: each wait has a bound, and ends when what it waits for is there.

#include "mdns/own_mdns.hpp"

#include "core/event.hpp"
#include "core/within.hpp"
#include "mdns/network.hpp"
#include "mdns/records.hpp"

#include <gmock/gmock.h>
#include <unistd.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::mdns {
namespace {

using namespace std::chrono_literals;
using ::testing::AllOf;
using ::testing::Contains;
namespace asio = boost::asio;

constexpr Duration patience = 20s;

/// Something of a service's life on the network that runs until it is stopped.
class Running {
public:
  Running(asio::io_context& context, awaitable<void> work) : ended_(context.get_executor()) {
    asio::co_spawn(context, std::move(work),
                   asio::bind_cancellation_slot(signal_.slot(), [this](std::exception_ptr) { ended_.set(); }));
  }
  awaitable<void> stop() {
    signal_.emit(asio::cancellation_type::all);
    co_await ended_.wait();
  }

private:
  Event ended_;
  asio::cancellation_signal signal_;
};

class OwnMdnsTest : public ::testing::Test {
protected:
  using Story = std::function<awaitable<void>()>;

  // Not one port for all tests: they may run side by side, and hear one another.
  Settings settings() const {
    return {.interface = "lo", .port = static_cast<uint16_t>(20'000 + ::getpid() % 20'000), .use_avahi = false};
  }
  std::shared_ptr<Mdns> make() { return make_own_mdns(clock_, settings()); }
  void play(const Story& story) {
    std::exception_ptr failure;
    bool ended = false;
    asio::co_spawn(context_, story(), [&](std::exception_ptr error) {
      failure = error;
      ended = true;
      context_.stop();
    });
    context_.run_for(2min);
    ASSERT_TRUE(ended) << "it hangs";
    if (failure) std::rethrow_exception(failure);
  }
  void note(const BrowseEvent& event) {
    const char* const kind = event.kind == BrowseEvent::Kind::found     ? "found "
                             : event.kind == BrowseEvent::Kind::changed ? "changed "
                                                                        : "gone ";
    heard_.push_back(kind + event.service.instance);
    last_ = event.service;
    changed_.set();
  }
  std::function<void(const std::string&)> note_name() {
    return [this](const std::string& name) {
      names_.push_back(name);
      changed_.set();
    };
  }
  /// Until so much was heard.
  awaitable<void> until(std::function<bool()> enough) {
    const TimePoint deadline = clock_.now() + patience;
    while (!enough() && clock_.now() < deadline) {
      changed_.reset();
      (void)co_await within(clock_, deadline, changed_.wait());
    }
    EXPECT_TRUE(enough()) << ::testing::PrintToString(heard_);
  }
  bool has(const std::string& event) const { return std::find(heard_.begin(), heard_.end(), event) != heard_.end(); }
  static Service kitchen() {
    return {.instance = "kitchen", .host = "", .port = 6053, .addresses = {}, .attributes = {{"mac", "020000000001"}}};
  }

  asio::io_context context_;
  RealClock clock_;
  Event changed_{context_.get_executor()};
  std::vector<std::string> heard_{};
  std::vector<std::string> names_{};
  Service last_{};
};

TEST_F(OwnMdnsTest, FindsWhatAnotherAnnouncesUntilItsGoodbye) {
  play([&]() -> awaitable<void> {
    const auto finder = make(), announcer = make();
    const std::function<void(const BrowseEvent&)> on_event = [this](const BrowseEvent& event) { note(event); };
    Running browsing(context_, finder->browse(service_type, on_event));
    const Service service = kitchen();
    Running announcing(context_, announcer->announce(service_type, service, note_name()));
    co_await until([&] { return has("found kitchen"); });
    EXPECT_EQ(last_.port, 6053);
    EXPECT_EQ(last_.host, "kitchen.local");
    EXPECT_EQ(last_.attributes.at("mac"), "020000000001");
    EXPECT_THAT(last_.addresses, Contains("127.0.0.1"));
    EXPECT_THAT(names_, ::testing::ElementsAre("kitchen"));
    const std::string host = "kitchen.local";
    const auto addresses = co_await finder->resolve(host, clock_.now() + patience);
    EXPECT_THAT(addresses, Contains("127.0.0.1"));
    co_await announcing.stop();
    co_await until([&] { return has("gone kitchen"); });
    co_await browsing.stop();
  });
}

TEST_F(OwnMdnsTest, FindsWhatWasThereBefore) {
  play([&]() -> awaitable<void> {
    const auto finder = make(), announcer = make();
    const Service service = kitchen();
    Running announcing(context_, announcer->announce(service_type, service, note_name()));
    co_await until([&] { return !names_.empty(); });
    const std::function<void(const BrowseEvent&)> on_event = [this](const BrowseEvent& event) { note(event); };
    Running browsing(context_, finder->browse(service_type, on_event));
    co_await until([&] { return has("found kitchen"); });
    co_await browsing.stop();
    co_await announcing.stop();
  });
}

TEST_F(OwnMdnsTest, GivesTheSecondOfANameANumber) {
  play([&]() -> awaitable<void> {
    const auto first = make(), second = make();
    const Service service = kitchen();
    Service other = kitchen();
    other.port = 7000;
    Running one(context_, first->announce(service_type, service, note_name()));
    co_await until([&] { return names_.size() == 1; });
    Running two(context_, second->announce(service_type, other, note_name()));
    co_await until([&] { return names_.size() == 2; });
    EXPECT_THAT(names_, ::testing::ElementsAre("kitchen", "kitchen-2"));
    co_await two.stop();
    co_await one.stop();
  });
}

TEST_F(OwnMdnsTest, SaysNothingOfAHostThatNobodyHas) {
  play([&]() -> awaitable<void> {
    const auto finder = make();
    const std::string host = "nowhere.local";
    const auto addresses = co_await finder->resolve(host, clock_.now() + 100ms);
    EXPECT_THAT(addresses, ::testing::IsEmpty());
  });
}

TEST(Interfaces, AreThoseThatAreAskedFor) {
  const std::vector<Interface> loopback = list_interfaces("lo");
  ASSERT_EQ(loopback.size(), 1u);
  EXPECT_THAT(loopback[0].addresses(), Contains("127.0.0.1"));
  EXPECT_TRUE(list_interfaces("nonexistent0").empty());
  EXPECT_FALSE(list_interfaces("").empty()) << "loopback where there is nothing else";
}

}  // namespace
}  // namespace moor::mdns
