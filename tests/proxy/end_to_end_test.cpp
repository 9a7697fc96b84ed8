// moor's client against moor's server over every example world, plain and with Noise: a program sees what it sees on the simulated radio itself.

#include "proxy/visit.hpp"
#include "sim/link_fixture.hpp"

namespace moor::testing {
namespace {

using ::testing::Combine;
using ::testing::IsEmpty;
using ::testing::Values;

constexpr auto worlds = {"sleepy_sensor", "flat", "shop", "parade", "esp32", "logger", "proxies", "pairing", "guide"};

sim::WorldSpec example(const char* name) {
  return sim::load_world(std::filesystem::path(MOOR_SOURCE_DIR) / "examples" / "worlds" / (std::string(name) + ".toml"));
}

// Values and devices that stay as they are, so that what a program sees does not depend on when it looks.
sim::WorldSpec at_rest(sim::WorldSpec spec) {
  for (sim::RadioEntry& radio : spec.radios) radio.faults.clear();
  for (sim::DeviceEntry& device : spec.devices) {
    device.faults.clear();
    device.sleep.reset();
    device.movement = spec.radios.front().position;
    for (sim::Service& service : device.services)
      for (sim::Characteristic& each : service.characteristics) {
        each.value = sim::Constant{{1, 2, 3}};
        if (each.notify_every) each.notify_every = 1s;
      }
  }
  return spec;
}

std::string name_of(const ::testing::TestParamInfo<std::tuple<const char*, Way>>& info) {
  return std::string(std::get<0>(info.param)) + (std::get<1>(info.param) == Way::noise ? "_noise" : "_plain");
}

class EndToEndWorld : public ::testing::TestWithParam<std::tuple<const char*, Way>> {};

TEST_P(EndToEndWorld, SightingsAreThoseOfTheRadio) {
  const auto [name, way] = GetParam();
  House house(example(name), Way::direct);
  std::vector<std::unique_ptr<Tap>> taps;
  std::vector<std::unique_ptr<Lines>> heard;
  std::vector<std::unique_ptr<Proxied>> proxies;
  House::Change keyed = [](proxy::Options& options) { options.key = house_key(); };
  if (way == Way::noise) house.change(keyed);
  house.play([&]() -> awaitable<void> {
    std::vector<std::unique_ptr<Beside>> scans;
    for (size_t i = 0; i < house.radios(); ++i) {
      taps.push_back(std::make_unique<Tap>(house.inner(i)));
      proxies.push_back(house.serve(*taps.back(), static_cast<RadioId>(i), fmt::format("proxy-{}", i)));
      heard.push_back(std::make_unique<Lines>());
      const ScanOptions options;
      scans.push_back(std::make_unique<Beside>(house.context(), proxies.back()->radio().scan(options, *heard.back())));
    }
    do {
      co_await house.wait(60s);
    } while (heard[0]->lines.empty() && house.elapsed() < 1h);
    for (const auto& each : scans) co_await each->stop();
    for (const auto& each : proxies) co_await House::stop_serving(*each);
  });
  size_t all = 0;
  for (size_t i = 0; i < taps.size(); ++i) {
    std::vector<std::string> expected = taps[i]->heard.lines;
    ASSERT_GE(expected.size(), heard[i]->lines.size());
    EXPECT_LE(expected.size() - heard[i]->lines.size(), 16U) << "more than the last batch is missing";
    expected.resize(heard[i]->lines.size());
    EXPECT_EQ(heard[i]->lines, expected);
    EXPECT_EQ(proxies[i]->radio_statistics().reports, heard[i]->lines.size());
    all += expected.size();
  }
  EXPECT_GT(all, 0U);
}

TEST_P(EndToEndWorld, DevicesAreWhatTheyAreOverTheRadio) {
  const auto [name, way] = GetParam();
  const sim::WorldSpec spec = at_rest(example(name));
  const auto visited = [&](Way by) {
    House house(spec, by);
    Visit visit(house, house.radio());
    house.play([&]() -> awaitable<void> {
      int visits = 0;
      // A radio that has never heard a device may not know it.
      Lines heard;
      const ScanOptions options;
      Beside scan(house.context(), house.radio().scan(options, heard));
      co_await house.wait(15s);
      for (const sim::DeviceEntry& device : house.world().spec().devices) {
        if (device.services.empty() || ++visits > 12) continue;
        visit.lines.push_back(device.name);
        co_await visit.everything(device.address);
        co_await house.wait(5s);
      }
      co_await scan.stop();
      EXPECT_THAT(house.inner().slots().holders, IsEmpty());
    });
    return visit.text();
  };
  EXPECT_EQ(visited(way), visited(Way::direct));
}

INSTANTIATE_TEST_SUITE_P(All, EndToEndWorld, Combine(::testing::ValuesIn(worlds), Values(Way::plain, Way::noise)), name_of);

}  // namespace
}  // namespace moor::testing
