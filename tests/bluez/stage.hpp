#pragma once
// A scripted bluetoothd and a System that finds it, in virtual time.

#include "core/event.hpp"
#include "radio/bluez/bluez_radio.hpp"
#include "radio/bluez/system.hpp"
#include "support/fake_bluez.hpp"
#include "support/fake_bluez_owner.hpp"
#include "support/play.hpp"

#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>

namespace moor::bluez {

/// What a radio hears, in order.
struct HeardSink final : SightingSink {
  void on_sightings(std::span<const Sighting> batch) override {
    sightings.insert(sightings.end(), batch.begin(), batch.end());
    if (on_each) on_each(batch.front());
  }
  std::vector<Sighting> sightings{};
  std::function<void(const Sighting&)> on_each{};
};

/// Work beside the story, stopped by its end. @pre the work ends when it is cancelled
class Beside {
public:
  Beside(const boost::asio::any_io_executor& executor, awaitable<void> work) : shared_(std::make_shared<Shared>(executor)) {
    boost::asio::co_spawn(executor, std::move(work),
                          boost::asio::bind_cancellation_slot(shared_->stop.slot(), [shared = shared_](std::exception_ptr error) {
                            shared->error = error;
                            shared->ended.set();
                          }));
  }
  [[nodiscard]] bool has_ended() const { return shared_->ended.is_set(); }
  /// @throws what the work threw, but not that it was cancelled.
  [[nodiscard]] awaitable<void> join() { return join(shared_); }
  [[nodiscard]] awaitable<void> stop() {
    shared_->stop.emit(boost::asio::cancellation_type::all);
    return join(shared_);
  }

private:
  struct Shared {
    explicit Shared(const boost::asio::any_io_executor& executor) : ended(executor) {}
    boost::asio::cancellation_signal stop{};
    Event ended;
    std::exception_ptr error{};
  };
  static awaitable<void> join(std::shared_ptr<Shared> shared) {
    co_await shared->ended.wait();
    try {
      if (shared->error) std::rethrow_exception(shared->error);
    } catch (const boost::system::system_error& error) {
      if (error.code() != boost::asio::error::operation_aborted) throw;
    }
  }
  std::shared_ptr<Shared> shared_;
};

struct Stage {
  boost::asio::io_context context{};
  VirtualClock clock{};
  testing::BusPair pair{};
  std::unique_ptr<testing::FakeBluez> bluez{};
  std::shared_ptr<System> system{};
  std::string sysfs = "/nowhere";
  std::function<void()> before_open{};  ///< may throw BusLost, as where there is no bus
  int opened = 0;                       ///< times that a bus was opened

  /// A bus with bluetoothd on it; the one before is gone.
  [[nodiscard]] awaitable<void> new_bus() {
    bluez.reset();
    pair.driver.reset();
    pair.server.reset();
    pair.client.reset();
    pair = co_await testing::make_bus_pair(clock);
    bluez = std::make_unique<testing::FakeBluez>(context.get_executor(), clock, *pair.server, testing::owner_on(*pair.driver));
  }
  [[nodiscard]] Ports ports() {
    return {.open_bus = [this](Clock&, TimePoint) -> awaitable<std::unique_ptr<dbus::Bus>> {
              ++opened;
              if (before_open) before_open();
              if (!pair.client) throw dbus::BusLost("connection refused");
              co_return std::move(pair.client);
            },
            .open_management = nullptr,
            .sysfs = sysfs,
            .rfkill = "/nowhere"};
  }

  /// @param own  whether bluetoothd runs from the beginning, with an adapter hci0.
  void play(std::function<awaitable<void>(Stage&)> story, bool own = true) {
    const auto whole = [](Stage& stage, const std::function<awaitable<void>(Stage&)>& act, bool starts) -> awaitable<void> {
      co_await stage.new_bus();
      stage.bluez->add_adapter();
      if (starts) co_await stage.bluez->start();
      stage.system = std::make_shared<System>(stage.clock, stage.ports());
      std::exception_ptr error;
      try {
        co_await act(stage);
      } catch (...) {
        error = std::current_exception();
      }
      stage.system.reset();
      stage.bluez.reset();
      stage.pair.driver.reset();
      stage.pair.server.reset();
      stage.pair.client.reset();
      if (error) std::rethrow_exception(error);
    };
    testing::play(clock, context, whole(*this, story, own));
  }
  [[nodiscard]] TimePoint in(Duration how_long) const { return clock.now() + how_long; }
  [[nodiscard]] Beside beside(awaitable<void> work) { return Beside(context.get_executor(), std::move(work)); }
};

/// The RadioNotAvailable that a call ends with; fails the test where it does not.
[[nodiscard]] inline awaitable<std::optional<RadioNotAvailable>> unavailability(awaitable<void> work) {
  try {
    co_await std::move(work);
  } catch (const RadioNotAvailable& error) {
    co_return error;
  }
  co_return std::nullopt;
}

}  // namespace moor::bluez
