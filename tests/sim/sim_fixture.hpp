#pragma once
// A simulated world in virtual time, and somebody who listens to it.

#include "core/within.hpp"
#include "moor/world.hpp"
#include "support/play.hpp"

#include <gtest/gtest.h>
#include <algorithm>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/this_coro.hpp>
#include <exception>
#include <functional>

namespace moor::testing {

using namespace std::chrono_literals;

inline Address device_address(uint64_t number) {
  return Address(0xC00000000000 | number, true);
}

/// Advertises once a second, without any payload, from a place on the x axis.
inline sim::DeviceEntry device_at(uint64_t number, double x_m) {
  sim::DeviceEntry device;
  device.name = "device " + std::to_string(number);
  device.address = device_address(number);
  device.movement = sim::Position{x_m, 0, 0};
  return device;
}

/// A channel that takes away what distance takes, and nothing else.
inline sim::Channel plain_channel() {
  sim::Channel channel;
  channel.shadowing_db = channel.fading_db = channel.orientation_db = channel.body_share = 0;
  return channel;
}

inline sim::WorldSpec plain_world(std::vector<sim::DeviceEntry> devices) {
  sim::WorldSpec spec;
  spec.channel = plain_channel();
  spec.radios.push_back({.name = "hall", .position = {}});
  spec.devices = std::move(devices);
  return spec;
}

/// Keeps what it hears, and what a legacy payload said.
class Listener final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    EXPECT_FALSE(batch.empty());
    ++batches;
    for (const Sighting& sighting : batch) {
      EXPECT_TRUE(heard.empty() || heard.back().time <= sighting.time) << "in the order of time";
      EXPECT_TRUE(clock == nullptr || sighting.time <= clock->now()) << "nothing comes before its time";
      heard.push_back(sighting);
      if (then) then(sighting);
    }
  }
  [[nodiscard]] size_t count(const Address& address) const {
    return static_cast<size_t>(
        std::count_if(heard.begin(), heard.end(), [&](const Sighting& s) { return s.address == address; }));
  }

  Clock* clock = nullptr;
  std::vector<Sighting> heard;
  size_t batches = 0;
  std::function<void(const Sighting&)> then;
};

class SimTest : public ::testing::Test {
protected:
  sim::World& make(sim::WorldSpec spec) {
    radios_.clear();
    world_ = std::make_unique<sim::World>(clock_, std::move(spec));
    for (const sim::RadioEntry& radio : world_->spec().radios)
      radios_.push_back(world_->make_radio(radio.name, static_cast<RadioId>(radios_.size())));
    return *world_;
  }

  /// Runs a coroutine in virtual time to its end; what it throws comes out.
  template <typename Coroutine>
  void play(Coroutine coroutine) {
    moor::testing::play(clock_, context_, coroutine());
  }

  /// Scans with a radio of the world for so long.
  Listener listen(Duration duration, ScanOptions options = {}, size_t radio = 0) {
    Listener listener;
    listener.clock = &clock_;
    play([&] { return scan_for(*radios_[radio], duration, options, listener); });
    return listener;
  }
  awaitable<void> scan_for(Radio& radio, Duration duration, ScanOptions options, SightingSink& sink) {
    boost::asio::cancellation_signal stop;
    std::exception_ptr error;
    bool ended = false;
    const auto executor = co_await boost::asio::this_coro::executor;
    boost::asio::co_spawn(executor, radio.scan(options, sink),
                          boost::asio::bind_cancellation_slot(stop.slot(), [&](std::exception_ptr e) {
                            error = e;
                            ended = true;
                          }));
    co_await clock_.wait_for(duration);
    if (ended && error) std::rethrow_exception(error);
    stop.emit(boost::asio::cancellation_type::all);
    co_await clock_.wait_for(1ms);
    EXPECT_TRUE(ended) << "a scan that is cancelled stops";
  }

  /// The same beside others, on any clock.
  static awaitable<void> scan_until(Clock& clock, Radio& radio, SightingSink& sink, Duration duration) {
    const ScanOptions options;
    (void)co_await within(clock, clock.now() + duration, radio.scan(options, sink));
  }

  Duration elapsed() const { return clock_.now() - start_; }

  TimePoint start_ = TimePoint(1h);
  VirtualClock clock_{start_};
  boost::asio::io_context context_;
  std::unique_ptr<sim::World> world_;
  std::vector<std::unique_ptr<Radio>> radios_;
};

}  // namespace moor::testing
