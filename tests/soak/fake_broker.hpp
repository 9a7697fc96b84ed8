#pragma once
// A broker in this process, in virtual time: it can be away, and what was under way then may have arrived or not.

#include "core/event.hpp"
#include "mqtt/client.hpp"

#include <boost/asio/this_coro.hpp>
#include <deque>
#include <random>
#include <vector>

namespace moor::testing {

class FakeBroker {
public:
  /// Takes effect at once; connections are lost.
  void set_up(bool up) {
    up_ = up;
    if (changed_ != nullptr) changed_->set();
  }
  [[nodiscard]] bool is_up() const noexcept { return up_; }
  /// Each message that arrives, also one that comes again.
  std::function<void(const mqtt::Message&)> on_message;

private:
  friend class FakeMqtt;
  bool up_ = true;
  Event* changed_ = nullptr;  // the client waits for it
};

/// The client of one broker.
class FakeMqtt final : public mqtt::Client {
public:
  static constexpr Duration round_trip = std::chrono::milliseconds(2);

  FakeMqtt(Clock& clock, FakeBroker& broker, uint64_t seed) : clock_(clock), broker_(broker), random_(seed) {}

  [[nodiscard]] awaitable<void> run() override {
    Event changed(co_await boost::asio::this_coro::executor);
    struct Leave {
      FakeMqtt& self;
      ~Leave() {
        self.broker_.changed_ = nullptr;
        self.state_.phase = mqtt::Phase::off;
      }
    } leave{*this};
    broker_.changed_ = &changed;
    Duration pause = std::chrono::seconds(1);
    for (;;) {
      set_phase(mqtt::Phase::connecting);
      co_await clock_.wait_for(round_trip);
      if (broker_.is_up()) {
        pause = std::chrono::seconds(1);
        ++statistics_.connections;
        set_phase(mqtt::Phase::connected);
        co_await stay_connected(changed);
        lose_all();
      }
      ++statistics_.failures;
      set_phase(mqtt::Phase::failed);
      co_await clock_.wait_for(pause);
      pause = std::min<Duration>(2 * pause, std::chrono::seconds(60));
    }
  }

  [[nodiscard]] bool publish(mqtt::Message message, Done done) override {
    if (state_.phase != mqtt::Phase::connected || under_way_.size() >= max_in_flight()) return false;
    under_way_.push_back({std::move(message), std::move(done)});
    if (broker_.changed_ != nullptr) broker_.changed_->set();
    return true;
  }
  void subscribe(mqtt::Subscription) override {}
  void on_message(std::function<void(const mqtt::Message&)>) override {}
  void on_state(std::function<void(const mqtt::State&)> call) override { on_state_ = std::move(call); }
  [[nodiscard]] const mqtt::State& state() const noexcept override { return state_; }
  [[nodiscard]] mqtt::Statistics statistics() const noexcept override { return statistics_; }
  [[nodiscard]] size_t max_in_flight() const noexcept override { return 1000; }

private:
  struct UnderWay {
    mqtt::Message message;
    Done done;
  };

  [[nodiscard]] awaitable<void> stay_connected(Event& changed) {
    while (broker_.is_up()) {
      changed.reset();
      if (under_way_.empty()) {
        co_await changed.wait();
        continue;
      }
      co_await clock_.wait_for(round_trip);
      if (!broker_.is_up()) break;
      while (!under_way_.empty()) {
        const UnderWay next = std::move(under_way_.front());
        under_way_.pop_front();
        broker_.on_message(next.message);
        const bool is_acknowledged = broker_.is_up();  // it may have gone with this very message
        statistics_.published += is_acknowledged ? 1 : 0;
        if (next.done) next.done(is_acknowledged ? mqtt::Delivery::acknowledged : mqtt::Delivery::lost);
        if (!is_acknowledged) co_return;
      }
    }
  }
  // Of what was under way, half has arrived, and the sender does not know which.
  void lose_all() {
    for (UnderWay& each : std::exchange(under_way_, {})) {
      if (random_() % 2 == 0) broker_.on_message(each.message);
      if (each.done) each.done(mqtt::Delivery::lost);
    }
  }
  void set_phase(mqtt::Phase phase) {
    state_.phase = phase;
    state_.since = clock_.now();
    if (on_state_) on_state_(state_);
  }

  Clock& clock_;
  FakeBroker& broker_;
  std::mt19937_64 random_;
  mqtt::State state_;
  mqtt::Statistics statistics_;
  std::function<void(const mqtt::State&)> on_state_;
  std::deque<UnderWay> under_way_;
};

}  // namespace moor::testing
