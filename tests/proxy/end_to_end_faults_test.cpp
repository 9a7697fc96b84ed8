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
  std::vector<RadioFault> radio_faults{};
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
  sim::WorldSpec spec = proxy_world({entry, gatt_device(2)});
  spec.radios[0].faults = tried.radio_faults;
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

INSTANTIATE_TEST_SUITE_P(All, EndToEndFault, Combine(::testing::Range(size_t{0}, cases().size()), Values(Way::plain, Way::noise)),
                         name_of);

}  // namespace
}  // namespace moor::testing
