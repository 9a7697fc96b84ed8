// A shop's gateway over hours or a week of virtual time, while brokers, disks and radios fail: what was told is kept, what was kept is told, and memory
// does not grow. A few hours by default; MOOR_SOAK_HOURS=168 is the week.

#include "core/within.hpp"
#include "gateway/gateway.hpp"
#include "gateway/temporary_folder.hpp"
#include "http/client.hpp"
#include "moor/world.hpp"
#include "publish/publisher.hpp"
#include "soak/fake_broker.hpp"
#include "store/sqlite.hpp"
#include "support/full_disk.hpp"

#include <gtest/gtest.h>
#include <malloc.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/json/parse.hpp>
#include <cstdlib>
#include <iostream>
#include <random>

namespace moor {
namespace {

using namespace std::chrono_literals;
using moor::testing::FakeBroker;
using moor::testing::FakeMqtt;
using moor::testing::FullDisk;
namespace asio = boost::asio;

// What the heap may hold more at any later hour than at the end of the first: caches of SQLite and queues that are filling at that moment.
constexpr size_t heap_slack = 4 << 20;

int hours_wanted() {
  const char* text = std::getenv("MOOR_SOAK_HOURS");
  return text != nullptr ? std::atoi(text) : 3;
}

// Ids of events of one kind: which have arrived, or are kept.
class Ledger {
public:
  void add(uint64_t id) {
    if (id >= seen_.size()) seen_.resize(std::max<size_t>(id + 1, seen_.size() * 2));
    if (seen_[id])
      ++repeats_;
    else
      ++count_;
    seen_[id] = true;
  }
  [[nodiscard]] uint64_t count() const noexcept { return count_; }
  [[nodiscard]] uint64_t repeats() const noexcept { return repeats_; }
  [[nodiscard]] uint64_t missing_in(const Ledger& other) const {
    uint64_t missing = 0;
    for (size_t id = 0; id < seen_.size(); ++id) missing += seen_[id] && (id >= other.seen_.size() || !other.seen_[id]) ? 1U : 0U;
    return missing;
  }

private:
  std::vector<bool> seen_ = std::vector<bool>(4'000'000);  // at once, so that it does not count as growth
  uint64_t count_ = 0;
  uint64_t repeats_ = 0;
};

class Counter final : public GatewayListener {
public:
  void on_zone(const ZoneEvent&) override { ++zones; }
  void on_visit_ended(const VisitEvent&) override { ++ended; }
  uint64_t zones = 0;
  uint64_t ended = 0;
};

class GatewayWeek : public ::testing::Test {
protected:
  GatewayWeek() {
    sim::WorldSpec spec = sim::load_world(MOOR_SOURCE_DIR "/examples/worlds/shop.toml");
    using Kind = sim::RadioFault::Kind;
    for (size_t i = 0; i < spec.radios.size(); ++i) {
      for (const Kind kind : {Kind::dead, Kind::stuck}) {
        sim::RadioFault fault;
        fault.kind = kind;
        fault.at = 20min + 13min * static_cast<int>(i);
        fault.lasts = 5min;
        fault.every = kind == Kind::dead ? 5h : 3h;
        fault.random = true;
        spec.radios[i].faults.push_back(fault);
      }
    }
    world_ = std::make_unique<sim::World>(clock_, spec);
    config_ = parse_config(R"(
[gateway]
name = "shop"
[filter]
min_rssi_dbm = -75
[presence]
reading_interval_s = 2
alpha = 0.2
min_samples = 3
[mqtt]
host = "fake"
)",
                           "soak");
    config_.store.path = folder_ / "moor.db";
    config_.radios.clear();
    for (const sim::RadioEntry& radio : spec.radios) {
      radios_.push_back(world_->make_radio(radio.name, static_cast<RadioId>(radios_.size())));
      config_.radios.push_back({.spec = RadioSpec::parse("bluez"), .active = false});
      config_.zones.push_back({.name = radio.name, .radios = {radios_.back()->info().name}, .min_rssi_dbm = {}});
    }
    broker_.on_message = [this](const mqtt::Message& message) { arrived(message); };
  }

  void arrived(const mqtt::Message& message) {
    const bool is_zone = message.topic == "moor/shop/event/zone";
    if (!is_zone && message.topic != "moor/shop/event/visit") return;
    const auto payload = boost::json::parse(message.payload).as_object();
    (is_zone ? zones_ : visits_).add(payload.at("id").to_number<uint64_t>());
    if (is_zone && std::exchange(broker_goes_, false)) broker_.set_up(false);
  }

  [[nodiscard]] Duration minutes_between(uint64_t least, uint64_t most) {
    return std::chrono::minutes(least + random_() % (most - least + 1));
  }
  // Away for minutes, of four times once for hours; it is back some time before the end.
  awaitable<void> break_the_broker(TimePoint until) {
    for (;;) {
      co_await clock_.wait_for(minutes_between(10, 40));
      const bool for_hours = until - clock_.now() > 5h && random_() % 4 == 0;
      const Duration length = for_hours ? minutes_between(60, 180) : minutes_between(1, 15);
      if (until - clock_.now() < length + 10min) co_return;
      broker_goes_ = true;  // with the next event, which arrives and is not acknowledged
      ++outages_;
      co_await clock_.wait_for(length);
      broker_goes_ = false;
      broker_.set_up(true);
    }
  }
  awaitable<void> fill_the_disk(TimePoint until) {
    for (;;) {
      co_await clock_.wait_for(minutes_between(20, 60));
      const Duration length = minutes_between(1, 5);
      if (until - clock_.now() < length + 10min) co_return;
      const FullDisk full(4096);
      ++full_disks_;
      co_await clock_.wait_for(length);
    }
  }
  awaitable<void> weigh(TimePoint until) {
    while (clock_.now() < until) {
      co_await clock_.wait_for(1h);
      heap_.push_back(::mallinfo2().uordblks);
    }
  }
  // Begins a part of the story.
  void start(awaitable<void> work) {
    asio::co_spawn(context_, std::move(work), [](std::exception_ptr error) {
      if (error) std::rethrow_exception(error);
    });
  }

  static Ledger kept(const std::filesystem::path& path, const char* query) {
    sqlite::Database database(path, sqlite::Access::read_only);
    sqlite::Statement rows(database, query);
    Ledger ledger;
    while (rows.step()) ledger.add(static_cast<uint64_t>(rows.integer(0)));
    return ledger;
  }

  TemporaryFolder folder_;
  VirtualClock clock_{TimePoint(1'770'000'000s)};
  asio::io_context context_;
  std::mt19937_64 random_{7};
  std::unique_ptr<sim::World> world_;
  GatewayConfig config_;
  Gateway::Radios radios_;
  FakeBroker broker_;
  bool broker_goes_ = false;
  Ledger zones_;
  Ledger visits_;
  std::vector<size_t> heap_;
  int outages_ = 0;
  int full_disks_ = 0;
};

TEST_F(GatewayWeek, KeepsAndTellsEverythingWhateverFails) {
  const TimePoint until = clock_.now() + std::chrono::hours(hours_wanted());
  Gateway gateway(context_.get_executor(), clock_, config_, radios_);
  Counter told;
  gateway.add_listener(told);
  publish::Publisher publisher(gateway, context_.get_executor(), std::make_unique<FakeMqtt>(clock_, broker_, 11), nullptr, {});
  StoreStatistics store;
  uint64_t waiting = 0;
  asio::cancellation_signal stop_gateway;
  asio::cancellation_signal stop_publisher;
  asio::co_spawn(context_, gateway.run(), asio::bind_cancellation_slot(stop_gateway.slot(), [&](std::exception_ptr) {}));
  asio::co_spawn(context_, publisher.run(), asio::bind_cancellation_slot(stop_publisher.slot(), [&](std::exception_ptr) {}));
  start(break_the_broker(until));
  start(fill_the_disk(until));
  start(weigh(until));
  const auto end = [&]() -> awaitable<void> {
    co_await clock_.wait_until(until);
    stop_gateway.emit(asio::cancellation_type::all);
    store = *gateway.store_statistics();
    waiting = publisher.status().mqtt->events.waiting;
    stop_publisher.emit(asio::cancellation_type::all);
  };
  start(end());
  clock_.run(context_);

  const Ledger zone_rows = kept(config_.store.path, "SELECT id FROM zone_events");
  const Ledger visit_rows = kept(config_.store.path, "SELECT id FROM visits");
  std::cout << hours_wanted() << " h: " << told.zones << " zone events, " << told.ended << " visits, " << zones_.repeats()
            << " told again, " << outages_ << " outages, " << full_disks_ << " full disks, heap " << heap_.front() / 1024
            << " to " << heap_.back() / 1024 << " KiB\n";
  EXPECT_GT(told.zones, 100U * static_cast<unsigned>(hours_wanted()));
  EXPECT_GT(store.failures, 0U) << "the disk was full";
  EXPECT_GT(zones_.repeats(), 0U) << "what arrived and was not acknowledged comes again";
  EXPECT_EQ(zone_rows.count(), told.zones) << "every event is kept";
  for (size_t kind = 0; kind < store_row_kinds; ++kind) EXPECT_EQ(store.dropped[kind], 0U) << store_row_names[kind];
  EXPECT_EQ(zones_.missing_in(zone_rows), 0U) << "what is told is kept";
  EXPECT_EQ(visits_.missing_in(visit_rows), 0U);
  EXPECT_LE(zone_rows.missing_in(zones_) + visit_rows.missing_in(visits_), waiting + 20)
      << "what is kept is told, but for the last moment's";
  for (size_t hour = 1; hour < heap_.size(); ++hour) EXPECT_LE(heap_[hour], heap_[0] + heap_slack) << "hour " << hour + 1;
}

}  // namespace
}  // namespace moor
