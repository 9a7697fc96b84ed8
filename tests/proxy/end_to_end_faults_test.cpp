// Every fault that a world's file can describe, over a radio itself and over that radio as a proxy: a program sees the same.

#include "proxy/visit.hpp"
#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using sim::DeviceFault;
using sim::RadioFault;
using ::testing::Combine;
using ::testing::IsEmpty;
using ::testing::Values;

using Story = std::function<awaitable<void>(House&, Visit&)>;

struct Case {
  std::string name;
  std::vector<DeviceFault> faults;  // of the first device
  Story story;
  std::optional<sim::Sleep> sleep{};
};

const Address device = device_address(1);

// Two connections, one after the other, with what most programs do. Each in the middle of a second: values that count do not depend on how long a proxy takes.
awaitable<void> two_visits(House& house, Visit& visit) {
  for (int i = 0; i < 2; ++i) {
    co_await house.wait_for_the_minute();
    co_await visit.everything(device);
  }
}

// Connected, services known; then something happens.
awaitable<void> begin(House&, Visit& visit) {
  const bool connected = co_await visit.connect(device);
  if (connected) (void)co_await visit.discover();
}
uint16_t handle(const Visit& visit, Uuid uuid) {
  return visit.services.get_characteristic(uuid).handle;
}

awaitable<void> ten_reads(House& house, Visit& visit) {
  co_await begin(house, visit);
  for (int i = 0; i < 10; ++i) co_await visit.read(handle(visit, plain));
  const std::vector<uint8_t> value{9};
  co_await visit.write(handle(visit, plain), value);
  co_await visit.disconnect();
}

awaitable<void> values_for_a_minute(House& house, Visit& visit) {
  co_await begin(house, visit);
  co_await visit.subscribe(handle(visit, ticking));
  co_await house.wait(60s);
  co_await visit.unsubscribe(handle(visit, ticking));
  // What is counted begins at another second over a proxy, which takes its time.
  for (size_t i = 1; i < visit.values->size(); ++i) {
    const auto number = [&](size_t at) { return static_cast<int64_t>(from_hex((*visit.values)[at]).value().at(0)); };
    visit.lines.push_back(fmt::format("{:+}", number(i) - number(i - 1)));
  }
  co_await visit.disconnect();
}

awaitable<void> until_lost(House& house, Visit& visit) {
  co_await begin(house, visit);
  co_await visit.subscribe(handle(visit, ticking));
  co_await visit.wait_closed();
  co_await house.wait(40s);
  co_await visit.everything(device);
}

DeviceFault fault(DeviceFault::Kind kind, std::optional<int> times = 1, Duration after = {}) {
  DeviceFault made{.kind = kind};
  made.times = times;
  made.after = after;
  return made;
}
DeviceFault connect_error(ConnectReason reason) {
  DeviceFault made = fault(DeviceFault::Kind::connect_error, 1, 300ms);
  made.reason = reason;
  return made;
}
DeviceFault drop(CloseReason reason) {
  DeviceFault made = fault(DeviceFault::Kind::drop);
  made.at = 20s;
  made.close = reason;
  return made;
}
DeviceFault reboot() {
  DeviceFault made = fault(DeviceFault::Kind::reboot, 1, 20s);
  made.every = 30s;
  return made;
}
DeviceFault changed() {
  DeviceFault made = fault(DeviceFault::Kind::services_changed, 1);
  made.every = 30s;
  return made;
}
DeviceFault refused() {
  DeviceFault made = fault(DeviceFault::Kind::operation_error, 3);
  made.att_code = 0x11;
  return made;
}

std::vector<Case> cases() {
  using Kind = DeviceFault::Kind;
  std::vector<Case> all;
  for (const ConnectReason reason :
       {ConnectReason::out_of_slots, ConnectReason::not_established, ConnectReason::closed_by_peer,
        ConnectReason::closed_by_local, ConnectReason::supervision_timeout, ConnectReason::stack_error})
    all.push_back({fmt::format("connect error: {}", to_string(reason)), {connect_error(reason)}, two_visits});
  all.push_back({"services late", {fault(Kind::services_late, 1, 5s)}, two_visits});
  all.push_back({"services wrong", {fault(Kind::services_wrong)}, two_visits});
  all.push_back({"services changed", {changed()}, [](House& house, Visit& visit) -> awaitable<void> {
                   co_await begin(house, visit);
                   bool told = false;
                   visit.link().on_services_changed([&told] { told = true; });
                   co_await house.wait(40s);
                   visit.lines.push_back(told ? "told" : "not told");
                   co_await visit.disconnect();
                   co_await house.wait(2s);
                   co_await two_visits(house, visit);
                 }});
  for (const CloseReason reason : {CloseReason::peer, CloseReason::supervision_timeout, CloseReason::not_established})
    all.push_back({fmt::format("drop: {}", to_string(reason)), {drop(reason)}, until_lost});
  all.push_back({"reboot", {reboot()}, until_lost});
  all.push_back({"operation error", {refused()}, ten_reads});
  all.push_back({"notification lost", {fault(Kind::notification_lost, 7)}, values_for_a_minute});
  all.push_back({"notification doubled", {fault(Kind::notification_doubled, 7)}, values_for_a_minute});
  all.push_back({"leaves while it is connected to", {}, [](House& house, Visit& visit) -> awaitable<void> {
                   Beside leaving(house.context(), [](House& of) -> awaitable<void> {
                     while (!of.world().truth(device).connected) co_await of.wait(10ms);
                     of.world().set_present(device, false);
                     co_await of.wait(60s);
                     of.world().set_present(device, true);
                   }(house));
                   (void)co_await visit.connect(device);
                   co_await leaving.join();
                   if (visit.is_connected()) co_await visit.disconnect();
                   visit.lines.clear();  // how far the attempt came depends on what it does first
                   co_await two_visits(house, visit);
                 }});
  all.push_back({"leaves while it is read", {}, [](House& house, Visit& visit) -> awaitable<void> {
                   co_await begin(house, visit);
                   house.world().set_present(device, false);
                   co_await visit.read(handle(visit, plain));
                   co_await visit.wait_closed();
                   house.world().set_present(device, true);
                   co_await house.wait(10s);
                   co_await two_visits(house, visit);
                 }});
  all.push_back({"falls asleep", {}, until_lost, sim::Sleep{.awake = 40s, .asleep = 20s}});
  all.push_back({"indicates and notifies", {}, [](House& house, Visit& visit) -> awaitable<void> {
                   co_await begin(house, visit);
                   co_await visit.subscribe(handle(visit, indicating), SubscribeKind::indication);
                   co_await visit.subscribe(handle(visit, plain));
                   for (uint8_t i = 0; i < 5; ++i) {
                     const std::vector<uint8_t> value{i, 7};
                     house.world().set_value(device, CharacteristicName(indicating), value);
                     co_await house.wait(1s);
                     house.world().set_value(device, CharacteristicName(plain), value);
                     co_await house.wait(1s);
                   }
                   for (const std::string& each : *visit.values) visit.lines.push_back("value " + each);
                   co_await visit.disconnect();
                 }});
  all.push_back({"is not there", {}, [](House& house, Visit& visit) -> awaitable<void> {
                   house.world().set_present(device, false);
                   for (int i = 0; i < 2; ++i) (void)co_await visit.connect(device, 10s);
                   house.world().set_present(device, true);
                   co_await house.wait(10s);
                   co_await two_visits(house, visit);
                 }});
  return all;
}

std::string transcript(const Case& tried, Way way) {
  sim::DeviceEntry entry = gatt_device(1);
  entry.faults = tried.faults;
  entry.sleep = tried.sleep;
  sim::WorldSpec spec = proxy_world({entry, gatt_device(2)});
  House house(spec, way);
  Visit visit(house, house.radio());
  house.play([&]() -> awaitable<void> {
    Lines heard;
    const ScanOptions options;
    Beside scan(house.context(), house.radio().scan(options, heard));
    co_await house.wait(3s);
    co_await tried.story(house, visit);
    if (visit.is_connected()) visit.let_go();
    co_await house.wait(10s);
    EXPECT_THAT(house.inner().slots().holders, IsEmpty()) << "a slot has leaked";
    EXPECT_THAT(house.radio().slots().holders, IsEmpty()) << "a slot has leaked on the client's side";
    EXPECT_EQ(house.radio().slots().free, 3);
    co_await scan.stop();
  });
  return visit.text();
}

class EndToEndFault : public ::testing::TestWithParam<std::tuple<size_t, Way>> {};

TEST_P(EndToEndFault, IsSeenThroughAProxyAsOverTheRadio) {
  const Case tried = cases().at(std::get<0>(GetParam()));
  EXPECT_EQ(transcript(tried, std::get<1>(GetParam())), transcript(tried, Way::direct)) << tried.name;
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<size_t, Way>>& info) {
  std::string name = cases().at(std::get<0>(info.param)).name + (std::get<1>(info.param) == Way::noise ? "_noise" : "_plain");
  std::erase_if(name, [](char c) { return c == ':' || c == '\''; });
  std::ranges::replace(name, ' ', '_');
  return name;
}

// What a radio itself never ends, or ends elsewhere, ends through a proxy in its time, and leaves nothing behind.
struct Bounded {
  std::string name;
  std::optional<DeviceFault> fault{};
  std::optional<RadioFault> radio_fault{};
  bool fails = true;  // what is tried at first
  friend std::ostream& operator<<(std::ostream& out, const Bounded& of) { return out << of.name; }
};

RadioFault for_half_a_minute(RadioFault::Kind kind) {
  RadioFault made{.kind = kind};
  made.at = 10s;
  made.lasts = 30s;
  return made;
}

class EndToEndBounded : public ::testing::TestWithParam<Bounded> {};

TEST_P(EndToEndBounded, EndsInItsTimeAndAllIsWellAfterwards) {
  const auto seen = [](const Bounded& tried, Way way) {
    sim::DeviceEntry entry = gatt_device(1);
    for (sim::Characteristic& each : entry.services.front().characteristics) each.value = sim::Constant{{1, 2, 3, 4}};
    if (tried.fault) entry.faults = {*tried.fault};
    sim::WorldSpec spec = proxy_world({entry, gatt_device(2)});
    if (tried.radio_fault) spec.radios[0].faults = {*tried.radio_fault};
    House house(spec, way);
    std::string text;
    house.play([&]() -> awaitable<void> {
      Lines heard;
      const ScanOptions options;
      Beside scan(house.context(), house.radio().scan(options, heard));
      co_await house.wait(12s);
      {
        Visit first(house, house.radio());
        const TimePoint began = house.clock().now();
        const bool connected = co_await first.connect(device);
        const bool discovered = connected && co_await first.discover();
        if (discovered) co_await first.read(handle(first, plain));
        EXPECT_LT(house.clock().now() - began, 70s);
        const bool has_failed =
            first.text().find("error") != std::string::npos || first.text().find("timed out") != std::string::npos;
        EXPECT_EQ(has_failed, tried.fails) << first.text();
      }
      co_await house.clock().wait_until(TimePoint(1h) + 3min);
      heard.lines.clear();
      co_await house.wait(5s);
      EXPECT_THAT(heard.lines, ::testing::Not(IsEmpty()));
      EXPECT_EQ(house.radio().slots().free, 3);
      EXPECT_EQ(house.inner().slots().free, 3);
      Visit second(house, house.radio());
      co_await house.wait_for_the_minute();
      co_await second.everything(device);
      text = second.text();
      co_await scan.stop();
    });
    return text;
  };
  const Bounded nothing{.name = {}, .fails = false};
  EXPECT_EQ(seen(GetParam(), Way::noise), seen(nothing, Way::direct));
}

INSTANTIATE_TEST_SUITE_P(All, EndToEndBounded,
                         Values(Bounded{"connect_timeout", fault(DeviceFault::Kind::connect_timeout)},
                                Bounded{"connect_hang", fault(DeviceFault::Kind::connect_hang)},
                                Bounded{"removed", fault(DeviceFault::Kind::removed)},
                                Bounded{"services_missing", fault(DeviceFault::Kind::services_missing)},
                                Bounded{"services_very_late", fault(DeviceFault::Kind::services_late, 1, 5min)},
                                Bounded{"operation_hang", fault(DeviceFault::Kind::operation_hang)},
                                Bounded{"radio_silent", {}, for_half_a_minute(RadioFault::Kind::silent), false},
                                Bounded{"radio_stuck", {}, for_half_a_minute(RadioFault::Kind::stuck), false},
                                Bounded{"radio_dead", {}, for_half_a_minute(RadioFault::Kind::dead)},
                                Bounded{"radio_hang", {}, for_half_a_minute(RadioFault::Kind::hang)}),
                         [](const auto& info) { return info.param.name; });

INSTANTIATE_TEST_SUITE_P(All, EndToEndFault, Combine(::testing::Range(size_t{0}, cases().size()), Values(Way::plain, Way::noise)),
                         name_of);

}  // namespace
}  // namespace moor::testing
