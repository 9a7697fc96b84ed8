// avahi-daemon of a script, in virtual time: what it is asked, and what becomes of its answers.

#include "mdns/avahi.hpp"

#include "mdns/records.hpp"
#include "support/bus_pair.hpp"
#include "support/play.hpp"

#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>

namespace moor::mdns {
namespace {

using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
namespace asio = boost::asio;

constexpr const char* avahi = "org.freedesktop.Avahi";

class AvahiTest : public ::testing::Test {
protected:
  using Story = std::function<awaitable<void>()>;

  void play(const Story& story, bool is_there = true) { testing::play(clock_, context_, begin(story, is_there)); }
  awaitable<void> begin(const Story& story, bool is_there) {
    pair_ = co_await testing::make_bus_pair(clock_);
    if (is_there) pair_.driver->start(avahi);
    objects_ =
        pair_.server->serve("/", true, [this](const dbus::Message& call, dbus::Reply reply) { answer(call, std::move(reply)); });
    co_await story();
    objects_ = {};
    pair_ = {};
  }
  // One connection only: of the pair.
  OpenBus open_bus() {
    return [this](Clock&, TimePoint) -> awaitable<std::unique_ptr<dbus::Bus>> { return hand_over(); };
  }
  awaitable<std::unique_ptr<dbus::Bus>> hand_over() { co_return std::move(pair_.client); }

  void answer(const dbus::Message& call, dbus::Reply reply) {
    const std::string member(call.member());
    asked_.push_back(std::string(call.path()) + " " + member);
    if (member == "ServiceBrowserNew") return reply.done([](dbus::Writer& writer) { writer.path("/browser"); });
    if (member == "ServiceResolverNew") {
      const std::string path = "/resolver" + std::to_string(resolvers_++);
      found(path);  // before the answer, as may happen
      return reply.done([&](dbus::Writer& writer) { writer.path(path); });
    }
    if (member == "EntryGroupNew") return reply.done([](dbus::Writer& writer) { writer.path("/group"); });
    if (member == "ResolveHostName") {
      dbus::Reader reader = call.read();
      reader.skip("iis");
      const int32_t protocol = reader.read_i32();
      if (protocol == 1) return reply.refuse("org.freedesktop.Avahi.TimeoutError", "Timeout reached");
      return reply.done([&](dbus::Writer& writer) {
        writer.i32(2).i32(0).string("kitchen.local").i32(protocol).string("192.168.1.20").u32(0);
      });
    }
    if (member == "AddService") {
      dbus::Reader reader = call.read();
      reader.skip("iiu");
      added_.emplace_back(reader.read_string());
    }
    reply.done();
    if (member == "Commit") state_changed(added_.size() <= collisions_ ? 3 : 2);
  }
  void signal(const std::string& path, const char* interface, const char* member,
              const std::function<void(dbus::Writer&)>& arguments) {
    dbus::Message message = pair_.server->new_signal(path, std::string(avahi) + "." + interface, member);
    dbus::Writer writer = message.write();
    arguments(writer);
    pair_.server->send(std::move(message));
  }
  void item(const char* member, const std::string& name) {
    signal("/browser", "ServiceBrowser", member,
           [&](dbus::Writer& writer) { writer.i32(2).i32(0).string(name).string(service_type).string("local").u32(0); });
  }
  void found(const std::string& path) {
    signal(path, "ServiceResolver", "Found", [](dbus::Writer& writer) {
      const std::string text = "mac=020000000001";
      writer.i32(2).i32(0).string("kitchen").string(service_type).string("local").string("kitchen.local").i32(0);
      writer.string("192.168.1.20").u16(6053).open_array("ay");
      writer.bytes(Bytes(reinterpret_cast<const uint8_t*>(text.data()), text.size())).close().u32(0);
    });
  }
  void state_changed(int32_t state) {
    signal("/group", "EntryGroup", "StateChanged", [&](dbus::Writer& writer) { writer.i32(state).string(""); });
  }
  void start(awaitable<void> work) {
    asio::co_spawn(context_, std::move(work), asio::bind_cancellation_slot(stop_.slot(), [this](std::exception_ptr error) {
                     try {
                       if (error) std::rethrow_exception(error);
                     } catch (const AvahiGone&) {
                       outcome_ = "gone";
                     } catch (const boost::system::system_error&) {
                       outcome_ = "cancelled";
                     }
                   }));
  }
  awaitable<void> settle() { return clock_.wait_for(1ms); }

  VirtualClock clock_;
  asio::io_context context_;
  testing::BusPair pair_{};
  dbus::Bus::Hold objects_{};
  asio::cancellation_signal stop_;
  std::vector<std::string> asked_{}, added_{}, events_{};
  std::string outcome_{};
  size_t collisions_ = 0;
  int resolvers_ = 0;
};

TEST_F(AvahiTest, BrowsesAndResolves) {
  play([&]() -> awaitable<void> {
    const auto mdns = make_avahi_mdns(clock_, open_bus());
    Service last;
    const std::function<void(const BrowseEvent&)> on_event = [&](const BrowseEvent& event) {
      events_.push_back((event.kind == BrowseEvent::Kind::gone ? "gone " : "found ") + event.service.instance);
      last = event.service;
    };
    start(mdns->browse(service_type, on_event));
    co_await settle();
    item("ItemNew", "kitchen");
    co_await settle();
    EXPECT_THAT(events_, ElementsAre("found kitchen"));
    EXPECT_EQ(last.host, "kitchen.local");
    EXPECT_EQ(last.port, 6053);
    EXPECT_THAT(last.addresses, ElementsAre("192.168.1.20"));
    EXPECT_EQ(last.attributes.at("mac"), "020000000001");
    item("ItemRemove", "kitchen");
    co_await settle();
    EXPECT_THAT(events_, ElementsAre("found kitchen", "gone kitchen"));
    EXPECT_EQ(asked_.back(), "/resolver0 Free");
    stop_.emit(asio::cancellation_type::all);
    co_await settle();
    EXPECT_EQ(outcome_, "cancelled");
  });
}

TEST_F(AvahiTest, EndsWhenTheDaemonDoes) {
  play([&]() -> awaitable<void> {
    const auto mdns = make_avahi_mdns(clock_, open_bus());
    const std::function<void(const BrowseEvent&)> nobody = [](const BrowseEvent&) {};
    start(mdns->browse(service_type, nobody));
    co_await settle();
    EXPECT_EQ(outcome_, "");
    pair_.driver->stop(avahi);
    co_await settle();
    EXPECT_EQ(outcome_, "gone");
  });
}

TEST_F(AvahiTest, IsNotThere) {
  play(
      [&]() -> awaitable<void> {
        const auto mdns = make_avahi_mdns(clock_, open_bus());
        const std::function<void(const BrowseEvent&)> nobody = [](const BrowseEvent&) {};
        start(mdns->browse(service_type, nobody));
        co_await settle();
        EXPECT_EQ(outcome_, "gone");
        EXPECT_THAT(asked_, IsEmpty());
      },
      false);
}

TEST_F(AvahiTest, HasNoBus) {
  play([&]() -> awaitable<void> {
    const OpenBus nothing = [](Clock&, TimePoint) -> awaitable<std::unique_ptr<dbus::Bus>> {
      throw dbus::BusLost("No such file or directory");
      co_return nullptr;
    };
    const auto mdns = make_avahi_mdns(clock_, nothing);
    const std::function<void(const BrowseEvent&)> nobody = [](const BrowseEvent&) {};
    start(mdns->browse(service_type, nobody));
    co_await settle();
    EXPECT_EQ(outcome_, "gone");
  });
}

TEST_F(AvahiTest, ResolvesAHost) {
  play([&]() -> awaitable<void> {
    const auto mdns = make_avahi_mdns(clock_, open_bus());
    const std::string host = "kitchen.local";
    const auto addresses = co_await mdns->resolve(host, clock_.now() + 5s);
    EXPECT_THAT(addresses, ElementsAre("192.168.1.20"));
  });
}

TEST_F(AvahiTest, AnnouncesUnderANameThatIsFree) {
  collisions_ = 1;
  play([&]() -> awaitable<void> {
    const auto mdns = make_avahi_mdns(clock_, open_bus(), "lo");
    const Service service{.instance = "kitchen", .host = "", .port = 6053, .attributes = {{"mac", "020000000001"}}};
    const std::function<void(const std::string&)> on_name = [&](const std::string& name) { events_.push_back(name); };
    start(mdns->announce(service_type, service, on_name));
    co_await settle();
    EXPECT_THAT(added_, ElementsAre("kitchen", "kitchen-2"));
    EXPECT_THAT(events_, ElementsAre("kitchen-2"));
    EXPECT_THAT(asked_, ::testing::Contains("/group Reset"));
    EXPECT_THAT(asked_, ::testing::Contains("/group AddAddress"));
    state_changed(3);
    co_await settle();
    EXPECT_THAT(events_, ElementsAre("kitchen-2", "kitchen-3"));
    stop_.emit(asio::cancellation_type::all);
    co_await settle();
  });
}

}  // namespace
}  // namespace moor::mdns
