#include "radio/bluez/system.hpp"

#include "bluez/stage.hpp"
#include "radio/bluez/adapters.hpp"
#include "radio/bluez/unavailable.hpp"

#include <gmock/gmock.h>

namespace moor::bluez {
namespace {

using namespace std::chrono_literals;
using ::testing::HasSubstr;
using ::testing::SizeIs;

TEST(System, OpensOnceForAllWhoAsk) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    Beside first = s.beside(s.system->open(s.in(5s)));
    Beside second = s.beside(s.system->wait_open());
    co_await first.join();
    co_await second.join();
    EXPECT_TRUE(s.system->is_open());
    EXPECT_THAT(s.system->tree().adapters(), SizeIs(1));
    EXPECT_EQ(s.opened, 1);
    EXPECT_EQ(s.bluez->count("/"), 1U);
  });
}

TEST(System, OpensThoughWhoAskedFirstGivesUp) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    s.bluez->on("GetManagedObjects", testing::answers().after(2s));
    Beside first = s.beside(s.system->open(s.in(5s)));
    Beside second = s.beside(s.system->open(s.in(5s)));
    co_await s.clock.wait_for(1s);
    co_await first.stop();
    co_await second.join();
    EXPECT_TRUE(s.system->is_open());
  });
}

TEST(System, SaysWhatIsMissingAndHowToMendIt) {
  Stage stage;
  stage.play(
      [](Stage& s) -> awaitable<void> {
        const auto absent = co_await unavailability(s.system->open(s.in(5s)));
        EXPECT_TRUE(absent);
        if (!absent) co_return;
        EXPECT_EQ(absent->reason(), Unavailable::no_service);
        EXPECT_THAT(absent->advice(), HasSubstr("systemctl start bluetooth"));
        co_await s.bluez->start();
        s.bluez->on("GetManagedObjects", testing::fails("org.freedesktop.DBus.Error.AccessDenied", "Rejected send message"));
        const auto denied = co_await unavailability(s.system->open(s.in(5s)));
        EXPECT_TRUE(denied && denied->reason() == Unavailable::permission_denied);
        EXPECT_THAT(denied->advice(), HasSubstr("usermod -aG bluetooth"));
        s.bluez->on("GetManagedObjects", testing::fails("org.freedesktop.DBus.Error.UnknownMethod"));
        const auto old = co_await unavailability(s.system->open(s.in(5s)));
        EXPECT_TRUE(old && old->reason() == Unavailable::no_service);
        EXPECT_THAT(old->what(), HasSubstr("too old"));
        s.bluez->on("GetManagedObjects", testing::never());
        const auto silent = co_await unavailability(s.system->open(s.in(20s)));
        EXPECT_TRUE(silent && silent->reason() == Unavailable::no_service);
        EXPECT_THAT(silent->advice(), HasSubstr("systemctl restart bluetooth"));
      },
      false);
}

TEST(System, SaysThatThereIsNoBus) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    s.before_open = [] { throw dbus::BusLost("No such file or directory"); };
    const auto none = co_await unavailability(s.system->open(s.in(5s)));
    EXPECT_TRUE(none && none->reason() == Unavailable::no_service);
    EXPECT_THAT(none->advice(), HasSubstr("systemctl start dbus"));
    s.before_open = [] { throw dbus::BusLost("Permission denied", true); };
    const auto denied = co_await unavailability(s.system->open(s.in(5s)));
    EXPECT_TRUE(denied && denied->reason() == Unavailable::permission_denied);
  });
}

TEST(System, Quirk13OfBlueZARestartIsNoticedAtOnce) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    co_await s.system->open(s.in(5s));
    const uint64_t generation = s.system->generation();
    Beside waits = s.beside(s.system->wait_lost(generation));
    const TimePoint before = s.clock.now();
    co_await s.bluez->stop();
    co_await waits.join();
    EXPECT_EQ(s.clock.now(), before);
    EXPECT_FALSE(s.system->is_open());
    EXPECT_EQ(s.system->generation(), generation + 1);
    EXPECT_TRUE(s.system->tree().adapters().empty());
    Beside opens = s.beside(s.system->wait_open());
    co_await s.clock.wait_for(60s);
    EXPECT_FALSE(opens.has_ended());
    EXPECT_LE(s.bluez->count("/"), 3U) << "while nobody owns the name there is nothing to ask";
    co_await s.bluez->start();
    co_await opens.join();
    EXPECT_THAT(s.system->tree().adapters(), SizeIs(1));
    EXPECT_EQ(s.opened, 1) << "the bus was there all the time";
  });
}

TEST(System, Quirk13OfBlueZALostBusIsOpenedAgain) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    co_await s.system->open(s.in(5s));
    co_await s.new_bus();  // the old one ends
    s.bluez->add_adapter(3);
    co_await s.bluez->start();
    int refused = 0;
    s.before_open = [&refused] {
      if (refused++ < 4) throw dbus::BusLost("Connection refused");
    };
    co_await s.system->wait_lost(0);
    EXPECT_FALSE(s.system->is_open());
    const TimePoint before = s.clock.now();
    co_await s.clock.wait_for(60s);
    EXPECT_EQ(s.opened, 1) << "nobody wanted it";
    co_await s.system->wait_open();
    EXPECT_EQ(s.clock.now() - before, 60s + 500ms + 1s + 2s + 4s);
    EXPECT_NE(s.system->tree().find_adapter(3), nullptr);
  });
}

TEST(System, CallsThatABluetoothdTakesWithItEnd) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    co_await s.system->open(s.in(5s));
    s.bluez->on("StartDiscovery", testing::in_progress().times(3));
    const auto make = [&s] { return s.system->new_call("/org/bluez/hci0", "org.bluez.Adapter1", "StartDiscovery"); };
    const TimePoint before = s.clock.now();
    const std::function<dbus::Message()> make_call = make;
    (void)co_await s.system->call_when_free(make_call, s.in(5s));
    EXPECT_EQ(s.clock.now() - before, 70ms) << "10, 20, 40";
    s.bluez->on("StopDiscovery", testing::in_progress().always());
    const auto make_stop = [&s] { return s.system->new_call("/org/bluez/hci0", "org.bluez.Adapter1", "StopDiscovery"); };
    const std::function<dbus::Message()> stop = make_stop;
    bool late = false;
    try {
      (void)co_await s.system->call_when_free(stop, s.in(5s));
    } catch (const TimedOut&) {
      late = true;
    }
    EXPECT_TRUE(late);
    EXPECT_EQ(s.clock.now() - before, 70ms + 5s);
  });
}

TEST(System, Quirk10OfBlueZTheDefaultAdapterIsAlwaysTheSame) {
  Stage stage;
  stage.play([](Stage& s) -> awaitable<void> {
    for (unsigned index : {1U, 2U, 10U}) s.bluez->add_adapter(index);
    s.bluez->set_adapter(0, "Powered", false);
    s.bluez->set_adapter(1, "Roles", std::vector<std::string>{"peripheral"});
    co_await s.system->open(s.in(5s));
    EXPECT_EQ(s.system->adapter_index(""), 2U) << "the lowest that is powered and can connect";
    EXPECT_EQ(s.system->adapter_index("hci10"), 10U);
    for (const char* other : {"hci3", "hci", "hci01x", "sda", "hci-1"})
      EXPECT_THROW((void)s.system->adapter_index(other), RadioNotAvailable) << other;
    const auto adapters = co_await list_adapters(s.system);
    EXPECT_THAT(adapters, SizeIs(4));
    EXPECT_EQ(adapters[1].name, "hci1");
    EXPECT_FALSE(adapters[1].central);
    EXPECT_TRUE(adapters[2].is_default);
    EXPECT_EQ(adapters[3].name, "hci10");
    for (unsigned index : {1U, 2U, 10U}) s.bluez->set_adapter(index, "Powered", false);
    co_await s.clock.wait_for(1s);
    EXPECT_EQ(s.system->adapter_index(""), 0U) << "none is powered: the lowest of all";
  });
}

}  // namespace
}  // namespace moor::bluez
