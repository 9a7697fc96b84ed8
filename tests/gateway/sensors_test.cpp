#include "gateway/sensors.hpp"

#include "gateway/gateway.hpp"
#include "gateway/temporary_folder.hpp"
#include "moor/store_reader.hpp"
#include "sim/link_fixture.hpp"
#include "store/sqlite.hpp"

#include <fmt/format.h>
#include <map>
#include <set>

namespace moor {
namespace {

using namespace std::chrono_literals;
using namespace moor::testing;
using ::testing::Contains;
using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Phase = SensorState::Phase;

constexpr Uuid environment(0x181A);
constexpr Uuid temperature(0x2A6E);
constexpr Uuid battery(0x2A19);

/// Advertises its service, and has a temperature of 21.5 °C and a battery of 87 %.
sim::DeviceEntry thermometer(uint64_t number, double x_m = 2) {
  sim::DeviceEntry device = device_at(number, x_m);
  device.advertising->payload = {0x03, 0x03, 0x1A, 0x18};
  sim::Service service{.uuid = environment};
  service.characteristics.push_back({.uuid = temperature});
  service.characteristics.back().properties = {Property::read, Property::notify};
  service.characteristics.back().value = sim::ConstantNumber{21.5};
  service.characteristics.back().format = ValueFormat::parse("s16*0.01 °C");
  service.characteristics.back().notify_every = 10s;
  service.characteristics.push_back({.uuid = battery});
  service.characteristics.back().value = sim::Constant{{87}};
  device.services = {service};
  return device;
}

class Log final : public GatewayListener {
public:
  void on_sensor_value(const SensorValue& value) override { values.push_back(value); }
  void on_sensor(const SensorState& state) override {
    phases[state.sensor].push_back(state.phase);
    if (!state.problem.empty()) problems.insert(state.problem);
  }
  void on_connection(const ConnectionRow& row) override { links.push_back(row); }

  [[nodiscard]] size_t count(std::string_view event) const {
    return static_cast<size_t>(std::ranges::count(links, event, &ConnectionRow::event));
  }
  [[nodiscard]] std::vector<int64_t> seconds_of(const std::string& sensor, TimePoint start) const {
    std::vector<int64_t> all;
    for (const SensorValue& value : values)
      if (value.sensor == sensor) all.push_back((value.time - start) / 1s);
    return all;
  }

  std::vector<SensorValue> values;
  std::map<std::string, std::vector<Phase>> phases;
  std::set<std::string> problems;
  std::vector<ConnectionRow> links;
};

class SensorsTest : public SimTest {
protected:
  using Entry = Sensors::Entry;

  static Entry entry(uint64_t number, std::vector<Uuid> read, bool stay = false, Duration every = 60s) {
    Entry made;
    made.name = fmt::format("sensor {}", number);
    made.device = device_address(number);
    made.read = std::move(read);
    made.stay = stay;
    made.every = every;
    return made;
  }
  /// Runs the sensors of a world for so long; `beside` may change it meanwhile.
  template <typename Story>
  void run(const std::vector<Entry>& entries, Duration duration, Story story) {
    Hub hub(context_.get_executor(), clock_, radios_);
    Sensors sensors(hub, entries, identities_, &owners_);
    sensors_ = &sensors;
    sensors.add_listener(log_);
    hub.add_listener(sensors);
    boost::asio::cancellation_signal stop_hub;
    boost::asio::cancellation_signal stop_sensors;
    bool stopped = false;
    SimTest::play([&]() -> awaitable<void> {
      const auto executor = co_await boost::asio::this_coro::executor;
      boost::asio::co_spawn(executor, hub.run(), boost::asio::bind_cancellation_slot(stop_hub.slot(), [](std::exception_ptr) {}));
      boost::asio::co_spawn(executor, sensors.run(),
                            boost::asio::bind_cancellation_slot(stop_sensors.slot(), [&](std::exception_ptr) {
                              stopped = true;
                              for (const auto& radio : radios_) held_at_end_ += radio->slots().holders.size();
                              stop_hub.emit(boost::asio::cancellation_type::all);
                            }));
      const TimePoint until = clock_.now() + duration;
      co_await story();
      co_await clock_.wait_until(until);
      const auto states = sensors.states();
      states_.assign(states.begin(), states.end());
      stop_sensors.emit(boost::asio::cancellation_type::all);
    });
    EXPECT_TRUE(stopped);
    EXPECT_EQ(held_at_end_, 0U) << "all links are closed before it ends";
    sensors_ = nullptr;
  }
  void run(const std::vector<Entry>& entries, Duration duration) {
    run(entries, duration, []() -> awaitable<void> { co_return; });
  }

  Identities identities_{PrivacyOptions{.store_addresses = AddressStorage::all}};
  AddressResolver owners_;
  Log log_;
  Sensors* sensors_ = nullptr;
  std::vector<SensorState> states_;
  size_t held_at_end_ = 0;
};

TEST_F(SensorsTest, VisitsReadAndLeave) {
  make(proxy_world({thermometer(1)}));
  run({entry(1, {temperature, battery})}, 5min);
  ASSERT_THAT(log_.values, SizeIs(10)) << "two values each minute";
  EXPECT_EQ(log_.values[0].decoded, "21.50 °C");
  ASSERT_THAT(log_.values[0].readings, SizeIs(1));
  EXPECT_EQ(log_.values[0].readings[0].quantity, Quantity::temperature);
  EXPECT_DOUBLE_EQ(log_.values[0].readings[0].value, 21.5);
  EXPECT_EQ(log_.values[0].device, device_address(1).to_string());
  EXPECT_EQ(log_.values[1].decoded, "87 %");
  EXPECT_EQ(log_.count("connected"), 5U);
  EXPECT_EQ(log_.count("disconnected"), 5U);
  EXPECT_EQ(log_.links[0].label, "sensor 1");
  EXPECT_EQ(log_.links[0].radio, radios_[0]->info().name);
  EXPECT_GT(log_.links[0].took, 0s);
  ASSERT_THAT(states_, SizeIs(1));
  EXPECT_EQ(states_[0].phase, Phase::waiting);
  EXPECT_THAT(states_[0].problem, IsEmpty());
  EXPECT_EQ(states_[0].report.connections, 5U);
  EXPECT_EQ(states_[0].report.drops, 0U);
  EXPECT_EQ(states_[0].report.values, 10U);
}

TEST_F(SensorsTest, AStayingSensorKeepsItsLinkAndGetsWhatItSubscribed) {
  make(proxy_world({thermometer(1)}));
  Entry wanted = entry(1, {battery}, true);
  wanted.subscribe = {temperature};
  run({wanted}, 5min);
  EXPECT_EQ(log_.count("connected"), 1U);
  EXPECT_EQ(states_[0].phase, Phase::connected);
  EXPECT_EQ(states_[0].radio, radios_[0]->info().name);
  EXPECT_GT(states_[0].report.uptime(), 0.95);
  EXPECT_EQ(std::ranges::count(log_.values, true, &SensorValue::notified), 29);
  EXPECT_EQ(std::ranges::count(log_.values, battery, &SensorValue::characteristic), 5);
}

TEST_F(SensorsTest, ALostLinkIsToldAndMadeAgain) {
  make(proxy_world({thermometer(1)}));
  run({entry(1, {battery}, true)}, 5min, [&]() -> awaitable<void> {
    co_await clock_.wait_for(100s);
    world_->drop_link(device_address(1), CloseReason::supervision_timeout);
  });
  EXPECT_EQ(log_.count("connected"), 2U);
  EXPECT_EQ(states_[0].report.drops, 1U);
  EXPECT_EQ(states_[0].phase, Phase::connected);
  EXPECT_THAT(states_[0].problem, IsEmpty());
  EXPECT_THAT(log_.problems, Contains(HasSubstr("supervision timeout")));
  const auto lost = std::ranges::find(log_.links, std::string("disconnected"), &ConnectionRow::event);
  ASSERT_NE(lost, log_.links.end());
  EXPECT_THAT(lost->cause, HasSubstr("supervision timeout"));
}

TEST_F(SensorsTest, AMissingCharacteristicIsSaidWithARemedyAndTriedMoreAndMoreRarely) {
  make(proxy_world({thermometer(1)}));
  run({entry(1, {Uuid(0x2A37)})}, 10min);
  EXPECT_THAT(log_.values, IsEmpty());
  EXPECT_EQ(states_[0].phase, Phase::failed);
  EXPECT_THAT(states_[0].problem, HasSubstr("Heart Rate Measurement (2a37)"));
  EXPECT_THAT(states_[0].problem, HasSubstr("moor explore C0:00:00:00:00:01"));
  EXPECT_LE(log_.count("connected"), 8U) << "pauses of 5, 10, 20, ... s";
  EXPECT_GE(log_.count("connected"), 6U);
}

TEST_F(SensorsTest, OneOfTwoCharacteristicsIsBetterThanNone) {
  make(proxy_world({thermometer(1)}));
  run({entry(1, {Uuid(0x2A37), battery}), entry(2, {Uuid(0x2A37)}, true)}, 3min);
  EXPECT_THAT(log_.seconds_of("sensor 1", start_), SizeIs(3));
  EXPECT_EQ(states_[0].phase, Phase::waiting);
  EXPECT_THAT(states_[0].problem, HasSubstr("2a37"));
}

TEST_F(SensorsTest, AStayingSensorThatGivesNothingIsLeft) {
  make(proxy_world({thermometer(1)}));
  run({entry(1, {Uuid(0x2A37)}, true)}, 3min);
  EXPECT_EQ(states_[0].phase, Phase::failed);
  EXPECT_THAT(states_[0].problem, HasSubstr("2a37"));
}

TEST_F(SensorsTest, WhoIsNotThereIsWaitedForAndCostsNothing) {
  make(proxy_world({thermometer(1)}));
  world_->set_present(device_address(1), false);
  run({entry(1, {battery})}, 20min, [&]() -> awaitable<void> {
    co_await clock_.wait_for(10min);
    EXPECT_THAT(sensors_->states()[0].problem, HasSubstr("no radio hears it"));
    EXPECT_EQ(sensors_->states()[0].phase, Phase::waiting);
    EXPECT_THAT(log_.links, IsEmpty());
    world_->set_present(device_address(1), true);
  });
  EXPECT_THAT(log_.values, SizeIs(10)) << "once a minute since it is there";
  EXPECT_LE((log_.values[0].time - start_) / 1s, 606);
}

TEST_F(SensorsTest, ASleeperIsReadWheneverItIsAwake) {
  sim::DeviceEntry sleeper = thermometer(1);
  sleeper.sleep = sim::Sleep{.awake = 20s, .asleep = 280s};
  make(proxy_world({sleeper}));
  run({entry(1, {battery})}, 1h);
  std::set<int64_t> windows;
  for (const int64_t second : log_.seconds_of("sensor 1", start_)) windows.insert(second / 300);
  EXPECT_GE(windows.size(), 11U) << "12 times awake";
}

TEST_F(SensorsTest, DevicesOfAServiceAreFoundUpToTheirNumber) {
  make(proxy_world({thermometer(1), thermometer(2), thermometer(3), device_at(4, 1)}));
  Entry all;
  all.name = "fridges";
  all.service = environment;
  all.max_devices = 2;
  all.read = {temperature};
  all.stay = false;
  Entry none = entry(9, {battery});
  none.device.reset();
  none.service = Uuid(0x180D);
  run({all, none}, 3min);
  ASSERT_THAT(states_, SizeIs(3));
  EXPECT_EQ(states_[0].sensor, "fridges");
  EXPECT_TRUE(states_[0].address.has_value());
  EXPECT_NE(states_[0].address, states_[1].address);
  EXPECT_EQ(states_[2].sensor, "sensor 9");
  EXPECT_FALSE(states_[2].address.has_value());
  EXPECT_THAT(log_.seconds_of("fridges", start_), SizeIs(6));
}

TEST_F(SensorsTest, AKeyTellsTheDeviceBehindAnAddressThatChanges) {
  const Irk irk{1, 2, 3};
  std::vector<sim::DeviceEntry> devices;
  for (uint32_t i = 0; i < 2; ++i) {
    devices.push_back(thermometer(1));
    devices.back().address = make_resolvable(irk, 100 + i);
  }
  make(proxy_world(devices));
  owners_.add("Watch", irk, device_address(1));
  world_->set_present(devices[1].address, false);
  run({entry(1, {battery})}, 10min, [&]() -> awaitable<void> {
    co_await clock_.wait_for(5min);
    world_->set_present(devices[0].address, false);
    world_->set_present(devices[1].address, true);
  });
  EXPECT_GE(log_.values.size(), 9U);
  for (const SensorValue& value : log_.values) EXPECT_EQ(value.address, device_address(1));
  EXPECT_THAT(states_, SizeIs(1));
  EXPECT_EQ(world_->truth(devices[1].address).connects, 5U);
}

TEST_F(SensorsTest, TwentySensorsOnThreeSlotsAreAllServedInTime) {
  std::vector<sim::DeviceEntry> devices;
  std::vector<Entry> entries;
  for (uint64_t i = 1; i <= 20; ++i) {
    devices.push_back(thermometer(i, 1 + 0.1 * static_cast<double>(i)));
    devices.back().advertising->interval = 500ms;
    entries.push_back(entry(i, {battery}, i % 4 == 0));
  }
  make(proxy_world(devices, 3));
  size_t most_held = 0;
  run(entries, 20min, [&]() -> awaitable<void> {
    for (int i = 0; i < 2000; ++i) {
      co_await clock_.wait_for(500ms);
      most_held = std::max(most_held, radios_[0]->slots().holders.size());
    }
  });
  EXPECT_EQ(most_held, 2U) << "one slot stays free";
  for (uint64_t i = 1; i <= 20; ++i) {
    std::set<int64_t> minutes;
    for (const int64_t second : log_.seconds_of(fmt::format("sensor {}", i), start_)) minutes.insert(second / 60);
    EXPECT_GE(minutes.size(), 19U) << i;
  }
  EXPECT_EQ(log_.count("failed"), 0U);
}

TEST_F(SensorsTest, ADeviceThatHangsDoesNotKeepOthersFromTheirValues) {
  sim::DeviceEntry bad = thermometer(1);
  bad.faults.push_back({.kind = sim::DeviceFault::Kind::connect_hang});
  make(proxy_world({bad, thermometer(2), thermometer(3)}));
  run({entry(1, {battery}, true), entry(2, {battery}), entry(3, {battery})}, 30min);
  EXPECT_EQ(states_[0].phase, Phase::failed);
  EXPECT_THAT(states_[0].problem, HasSubstr("link"));
  for (const char* sensor : {"sensor 2", "sensor 3"}) EXPECT_GE(log_.seconds_of(sensor, start_).size(), 28U) << sensor;
}

TEST_F(SensorsTest, AnotherRadioServesWhileOneIsDead) {
  sim::WorldSpec spec = proxy_world({thermometer(1)});
  spec.radios.push_back(spec.radios[0]);
  spec.radios[1].name = "attic";
  spec.radios[1].position = {6, 0, 0};
  spec.radios[0].faults.push_back({.kind = sim::RadioFault::Kind::dead, .at = 5min, .lasts = 10min});
  make(spec);
  run({entry(1, {battery}, true)}, 30min);
  EXPECT_GE(states_[0].report.uptime(), 0.95);
  EXPECT_EQ(states_[0].phase, Phase::connected);
  std::set<std::string> radios;
  for (const ConnectionRow& row : log_.links) radios.insert(row.radio);
  EXPECT_THAT(radios, SizeIs(2));
}

TEST_F(SensorsTest, OfAGatewayAreInItsStoreAndOnItsBoard) {
  make(proxy_world({thermometer(1)}));
  const TemporaryFolder folder;
  GatewayConfig config =
      parse_config("[[sensor]]\nname = \"Fridge\"\ndevice = \"C0:00:00:00:00:01\"\nread = [\"2a6e\"]\nstay = false\n", "test");
  config.store.path = folder / "moor.db";
  Gateway gateway(context_.get_executor(), clock_, config, radios_);
  gateway.add_listener(log_);
  boost::asio::cancellation_signal stop;
  std::string identity;
  SimTest::play([&]() -> awaitable<void> {
    boost::asio::co_spawn(context_, gateway.run(), boost::asio::bind_cancellation_slot(stop.slot(), [](std::exception_ptr) {}));
    co_await clock_.wait_for(5min);
    const auto slot = gateway.find(device_address(1));
    const DeviceStatus* status = slot ? gateway.board().find(*slot) : nullptr;
    EXPECT_TRUE(status != nullptr);
    if (status != nullptr) {
      identity = status->identity;
      EXPECT_THAT(status->readings, SizeIs(1));
    }
    EXPECT_EQ(gateway.sensors()[0].report.connections, 5U);
    EXPECT_EQ(gateway.statistics().intake.taken, gateway.statistics().sightings);
    stop.emit(boost::asio::cancellation_type::all);
  });
  EXPECT_THAT(log_.values, SizeIs(5));
  const StoreReader reader(config.store.path);
  const auto readings = reader.readings().rows;
  ASSERT_FALSE(readings.empty());
  EXPECT_EQ(readings[0].quantity, "temperature");
  EXPECT_EQ(readings[0].device, identity) << "the device as it is known by its advertisements";
  sqlite::Database database(config.store.path, sqlite::Access::read_only);
  EXPECT_EQ(database.integer_of("SELECT count(*) FROM connections WHERE label = 'Fridge'"), 10) << "came and went";
}

}  // namespace
}  // namespace moor
