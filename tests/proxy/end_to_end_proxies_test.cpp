// moor's client against moor's server: who has the slots and the proxy, what happens when a proxy goes, hangs or is another proxy's.

#include "core/activities.hpp"
#include "moor/capture.hpp"
#include "moor/connect.hpp"
#include "moor/hub.hpp"
#include "moor/session.hpp"
#include "proxy/visit.hpp"
#include "radio/replay/replay_radio.hpp"
#include "sim/link_fixture.hpp"

#include <unistd.h>

namespace moor::testing {
namespace {

using sim::RadioFault;
using ::testing::Each;
using ::testing::IsEmpty;
using ::testing::SizeIs;

sim::WorldSpec devices_world(uint64_t count, int slots = 3) {
  std::vector<sim::DeviceEntry> devices;
  for (uint64_t i = 1; i <= count; ++i) devices.push_back(gatt_device(i));
  return proxy_world(std::move(devices), slots);
}

// So many proxies in one place, each with as many devices next to it as it has slots.
sim::WorldSpec many_proxies(size_t proxies, uint64_t devices) {
  sim::WorldSpec spec = devices_world(devices);
  spec.channel.collisions = false;
  const sim::RadioEntry one = spec.radios.front();
  spec.radios.clear();
  for (size_t i = 0; i < proxies; ++i) {
    spec.radios.push_back(one);
    spec.radios.back().name = fmt::format("proxy-{}", i);
  }
  return spec;
}

// A radio whose links can read, write and subscribe, and nothing more.
class PlainRadio final : public Radio {
public:
  explicit PlainRadio(Radio& radio) : radio_(radio) {}
  [[nodiscard]] const RadioInfo& info() const noexcept override { return radio_.info(); }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return radio_.statistics(); }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    return radio_.scan(std::move(options), sink);
  }
  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    return radio_.connect(device, std::move(options));
  }
  [[nodiscard]] Slots slots() const override { return radio_.slots(); }
  [[nodiscard]] LinkAbilities abilities() const override { return {.pairing = false, .cache_clearing = false}; }

private:
  Radio& radio_;
};

awaitable<std::unique_ptr<Link>> connected(Radio& radio, uint64_t number) {
  LinkOptions options;
  options.label = "test";
  co_return co_await radio.connect(device_address(number), options);
}

awaitable<std::string> failure_of_connecting(Radio& radio, uint64_t number, Duration timeout = 20s) {
  LinkOptions options;
  options.timeout = timeout;
  std::string failure;
  try {
    (void)co_await radio.connect(device_address(number), options);
  } catch (...) {
    failure = why(std::current_exception());
  }
  co_return failure;
}

TEST(EndToEndProxies, SlotsAreExhaustedAndComeBack) {
  House house(devices_world(4));
  house.play([&]() -> awaitable<void> {
    std::vector<std::unique_ptr<Link>> links;
    for (uint64_t i = 1; i <= 3; ++i) links.push_back(co_await connected(house.radio(), i));
    EXPECT_EQ(house.radio().slots().free, 0);
    EXPECT_THAT(house.radio().slots().holders, SizeIs(3));
    const TimePoint began = house.clock().now();
    const std::string failure = co_await failure_of_connecting(house.radio(), 4);
    EXPECT_EQ(failure, "connect error: out of connection slots");
    EXPECT_LE(house.clock().now() - began, 3s);
    links.erase(links.begin());
    co_await house.wait(2s);
    EXPECT_EQ(house.radio().slots().free, 1);
    links.push_back(co_await connected(house.radio(), 4));
    EXPECT_EQ(house.server().status().slots.free, 0);
  });
}

TEST(EndToEndProxies, TheNewestClientHasTheProxyAndTheOldOnesLinksGo) {
  House house(devices_world(2));
  house.play([&]() -> awaitable<void> {
    const auto link = co_await connected(house.radio(), 1);
    Lines heard;
    const ScanOptions options;
    Beside scan(house.context(), house.radio().scan(options, heard));
    co_await house.wait(5s);
    EXPECT_FALSE(heard.lines.empty());
    esphome_radio::SessionOptions session;
    session.radio = "esphome://second";
    const auto second = esphome_radio::make_radio(house.clock(), 1, session.radio, house.proxied().stage().connector(), session);
    Lines heard_by_second;
    Beside other(house.context(), second->scan(options, heard_by_second));
    const Closed closed = co_await link->wait_closed();
    EXPECT_EQ(closed.reason, CloseReason::other_host);
    co_await scan.stop();
    co_await house.wait(5s);
    EXPECT_FALSE(heard_by_second.lines.empty());
    EXPECT_EQ(house.inner().slots().free, 3) << "what was made for the first is gone";
    const auto through_second = co_await connected(*second, 2);
    EXPECT_FALSE(through_second->closed());
    co_await other.stop();
  });
}

TEST(EndToEndProxies, AServerThatRestartsIsFoundAgain) {
  House house(devices_world(1), Way::direct);
  house.play([&]() -> awaitable<void> {
    auto first = house.serve(house.inner(), 7, "hall");
    Lines heard;
    const ScanOptions options;
    Beside scan(house.context(), first->radio().scan(options, heard));
    const auto link = co_await connected(first->radio(), 1);
    co_await first->stage().restart();
    EXPECT_TRUE(link->closed());
    EXPECT_EQ(link->closed()->reason, CloseReason::other_host) << "the proxy has said so before it went";
    EXPECT_EQ(house.inner().slots().free, 3);
    const size_t before = heard.lines.size();
    co_await house.wait(70s);
    EXPECT_GT(heard.lines.size(), before) << "its scan goes on";
    const auto again = co_await connected(first->radio(), 1);
    EXPECT_FALSE(again->closed());
    co_await scan.stop();
    co_await House::stop_serving(*first);
  });
}

// A device's links, one after the other, and its services each time.
awaitable<void> visits(House& house, Radio& radio, uint64_t number, int count, int& done, Duration& longest) {
  for (int i = 0; i < count; ++i) {
    const TimePoint began = house.clock().now();
    const auto link = co_await connected(radio, number);
    const GattServices services = co_await link->services(house.in(30s));
    EXPECT_EQ(services.size(), 4U);
    const std::vector<uint8_t> value = co_await link->read(services.get_characteristic(ticking).handle, house.in(30s));
    EXPECT_THAT(value, SizeIs(4));
    co_await link->disconnect(house.in(10s));
    ++done;
    longest = std::max(longest, house.clock().now() - began);
  }
}

// The longest of five visits over each of 20 proxies, but for the first, to which something has happened.
Duration longest_visit(const std::function<void(House&)>& happens) {
  House house(many_proxies(20, 20));
  Duration longest{};
  house.play([&]() -> awaitable<void> {
    for (size_t i = 1; i < 20; ++i) co_await house.radio(i).open(house.in(10s));
    happens(house);
    Activities activities(house.context().get_executor());
    int done = 0;
    std::exception_ptr failed;
    Duration of_the_first{};
    int done_by_the_first = 0;
    for (size_t i = 0; i < 20; ++i)
      activities.start(
          visits(house, house.radio(i), i + 1, 5, i == 0 ? done_by_the_first : done, i == 0 ? of_the_first : longest),
          [&failed, i](std::exception_ptr error) {
            if (error && i > 0) failed = error;
          });
    co_await house.wait(2min);
    co_await activities.stop();
    EXPECT_EQ(done, 19 * 5);
    EXPECT_EQ(failed, nullptr);
  });
  return longest;
}

TEST(EndToEndProxies, OneThatHangsDelaysNoOther) {
  const Duration usual = longest_visit([](House&) {});
  EXPECT_LT(usual, 10s);
  // Its process stands still after a restart: it takes connections, and nobody reads nor answers.
  EXPECT_EQ(longest_visit([](House& house) { house.proxied(0).stage().make_deaf(true); }), usual);
  // Its radio never answers.
  EXPECT_EQ(longest_visit([](House& house) {
              RadioFault fault;
              fault.kind = RadioFault::Kind::hang;
              house.world().add_fault("proxy-0", fault);
            }),
            usual);
}

TEST(EndToEndProxies, ThreeHundredLinksOverAHundredProxies) {
  House house(many_proxies(100, 300), Way::noise);
  std::vector<std::unique_ptr<Link>> links(300);
  house.play([&]() -> awaitable<void> {
    Activities activities(house.context().get_executor());
    int done = 0;
    std::vector<std::string> failures;
    const auto one = [](House& of, std::unique_ptr<Link>& link, size_t i, int& count) -> awaitable<void> {
      link = co_await connected(of.radio(i / 3), i + 1);
      const GattServices services = co_await link->services(of.in(30s));
      EXPECT_EQ(services.size(), 4U);
      ++count;
    };
    for (size_t i = 0; i < 300; ++i)
      activities.start(one(house, links[i], i, done), [&failures](std::exception_ptr error) {
        if (error) failures.push_back(why(error));
      });
    co_await house.wait(1min);
    co_await activities.stop();
    EXPECT_THAT(failures, IsEmpty());
    EXPECT_EQ(done, 300);
    for (size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(house.radio(i).slots().free, 0);
      EXPECT_EQ(house.server(i).status().slots.free, 0);
    }
    for (auto& link : links) link.reset();
    co_await house.wait(15s);
    for (size_t i = 0; i < 100; ++i) {
      EXPECT_EQ(house.radio(i).slots().free, 3);
      EXPECT_EQ(house.server(i).status().slots.free, 3);
      EXPECT_EQ(house.inner(i).slots().free, 3);
    }
  });
}

// Two proxies, one 2 m and one 6 m from the device, and a hub over both.
sim::WorldSpec two_proxies() {
  sim::WorldSpec spec = devices_world(1);
  spec.radios.front().name = "near";
  spec.radios.push_back(spec.radios.front());
  spec.radios.back().name = "far";
  spec.radios.back().position = {7, 0, 0};
  return spec;
}

TEST(EndToEndProxies, AHubOfTwoGoesOverTheBetterAndOverTheOtherWhenThatDies) {
  House house(two_proxies());
  house.play([&]() -> awaitable<void> {
    std::vector<Radio*> radios{&house.radio(0), &house.radio(1)};
    Hub hub(house.context().get_executor(), house.clock(), radios, {});
    Beside running(house.context(), hub.run());
    co_await house.wait(20s);
    const auto paths = hub.paths_to(device_address(1));
    EXPECT_THAT(paths, SizeIs(2));
    EXPECT_EQ(paths.at(0).radio, &house.radio(0));
    EXPECT_GT(paths.at(0).rssi_dbm, paths.at(1).rssi_dbm);

    SessionOptions options;
    options.subscriptions.push_back({.characteristic = CharacteristicName(ticking)});
    std::vector<std::string> values_over;
    const Target target{.address = device_address(1)};
    Session session(hub, target, options);
    session.on_event([&](const SessionEvent& event) {
      if (event.kind == SessionEvent::Kind::value) values_over.push_back(session.client()->link().info().radio_name);
    });
    Beside staying(house.context(), session.run());
    co_await house.wait(30s);
    EXPECT_GT(values_over.size(), 20U);
    EXPECT_THAT(values_over, Each("esphome://near"));
    values_over.clear();

    house.proxied(0).stage().refuse(true);
    co_await house.proxied(0).stage().restart();
    co_await house.wait(60s);
    EXPECT_GT(values_over.size(), 30U);
    EXPECT_THAT(values_over, Each("esphome://far"));
    EXPECT_EQ(session.report().drops, 1U);
    co_await staying.stop();
    co_await running.stop();
  });
}

TEST(EndToEndProxies, AHubOfAProxyAndALocalRadio) {
  House house(two_proxies(), Way::direct);
  house.play([&]() -> awaitable<void> {
    const auto proxied = house.serve(house.inner(1), 1, "far");
    std::vector<Radio*> radios{&house.inner(0), &proxied->radio()};
    Hub hub(house.context().get_executor(), house.clock(), radios, {});
    Beside running(house.context(), hub.run());
    co_await house.wait(20s);
    EXPECT_THAT(hub.paths_to(device_address(1)), SizeIs(2));
    const Target target{.address = device_address(1)};
    Client client = co_await establish_connection(hub, target);
    EXPECT_EQ(client.link().info().radio, 0);
    co_await client.disconnect();
    house.world().add_fault("near", {.kind = RadioFault::Kind::dead});
    co_await house.wait(30s);
    Client other = co_await establish_connection(hub, target);
    EXPECT_EQ(other.link().info().radio_name, "esphome://far");
    co_await other.disconnect();
    co_await running.stop();
    co_await House::stop_serving(*proxied);
  });
}

// Honest about what it is: it hears and does not connect.
TEST(EndToEndProxies, ARecordingServedAsAProxy) {
  const auto path = std::filesystem::temp_directory_path() / fmt::format("moor-end-to-end-{}.btsnoop", ::getpid());
  {
    BtsnoopWriter writer(path);
    for (int i = 0; i < 100; ++i) {
      Sighting sighting;
      sighting.address = device_address(1 + static_cast<uint64_t>(i % 3));
      sighting.time = TimePoint(1h) + i * 50ms;
      sighting.rssi_dbm = static_cast<int8_t>(i % 10 == 0 ? no_rssi : -40 - i % 50);
      sighting.set_legacy_payload(from_hex("0201060303aafe").value());
      writer.write(sighting);
    }
    writer.flush();
  }
  House house(devices_world(0), Way::direct);
  Lines heard;
  house.play([&]() -> awaitable<void> {
    RadioSpec spec;
    spec.kind = RadioSpec::Kind::replay;
    spec.target = path.string();
    const auto recording = open_replay(spec, 0, house.clock());
    Tap tap(*recording);
    const auto proxied = house.serve(tap, 0, "attic");
    const ScanOptions options;
    Beside scan(house.context(), proxied->radio().scan(options, heard));
    co_await house.wait(30s);
    EXPECT_THAT(heard.lines, SizeIs(100));
    EXPECT_EQ(heard.lines, tap.heard.lines);
    EXPECT_EQ(proxied->radio().statistics().without_rssi, 10U) << "none is not the best of all";
    EXPECT_FALSE(proxied->radio().info().can_connect);
    EXPECT_FALSE(proxied->radio().abilities().pairing);
    const std::string failure = co_await failure_of_connecting(proxied->radio(), 1);
    EXPECT_EQ(failure, "radio not available");
    co_await scan.stop();
    co_await House::stop_serving(*proxied);
  });
  std::filesystem::remove(path);
}

TEST(EndToEndProxies, AProxyOfAProxy) {
  const auto seen = [](int proxies) {
    House house(devices_world(1), Way::direct);
    std::string text;
    house.play([&]() -> awaitable<void> {
      std::vector<std::unique_ptr<Proxied>> chain;
      Radio* last = &house.inner();
      for (int i = 0; i < proxies; ++i) {
        chain.push_back(house.serve(*last, static_cast<RadioId>(i), fmt::format("proxy-{}", i)));
        last = &chain.back()->radio();
      }
      co_await last->open(house.in(20s));
      co_await house.wait(5s);
      Visit visit(house, *last);
      co_await house.wait_for_the_minute();
      co_await visit.everything(device_address(1));
      text = visit.text();
      co_await house.wait(5s);
      EXPECT_EQ(house.inner().slots().free, 3);
      for (auto each = chain.rbegin(); each != chain.rend(); ++each) co_await House::stop_serving(**each);
    });
    return text;
  };
  const std::string direct = seen(0);
  EXPECT_EQ(seen(1), direct);
  EXPECT_EQ(seen(2), direct);
}

TEST(EndToEndProxies, AProxyOfAnotherClaimsNoMoreThanThatOneCan) {
  House house(devices_world(1), Way::direct);
  house.play([&]() -> awaitable<void> {
    PlainRadio inner(house.inner());
    const auto first = house.serve(inner, 0, "first");
    const auto second = house.serve(first->radio(), 1, "second");
    co_await house.wait(1s);
    co_await second->radio().open(house.in(10s));
    const LinkAbilities abilities = second->radio().abilities();
    EXPECT_FALSE(abilities.pairing);
    EXPECT_FALSE(abilities.cache_clearing);
    EXPECT_FALSE(abilities.parameters);
    EXPECT_TRUE(second->radio().info().can_connect);
    co_await House::stop_serving(*second);
    co_await House::stop_serving(*first);
  });
}

}  // namespace
}  // namespace moor::testing
