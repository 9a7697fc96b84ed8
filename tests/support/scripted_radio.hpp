#pragma once
// A radio that connects as a script says, for tests of what connects again. It records every call, on its clock.

#include "moor/radio.hpp"

#include "core/event.hpp"

#include <boost/asio/this_coro.hpp>
#include <list>

namespace moor::testing {

/// A link on which nothing happens until it is closed.
class ScriptedLink : public Link {
public:
  ScriptedLink(const boost::asio::any_io_executor& executor, Clock& clock, LinkInfo info)
      : clock_(clock), info_(std::move(info)), closing_(executor) {}

  [[nodiscard]] const LinkInfo& info() const noexcept override { return info_; }
  [[nodiscard]] const std::optional<Closed>& closed() const noexcept override { return closed_; }
  [[nodiscard]] awaitable<Closed> wait_closed() override {
    co_await closing_.wait();
    co_return *closed_;
  }
  [[nodiscard]] awaitable<GattServices> services(TimePoint) override { co_return GattServices(); }
  [[nodiscard]] awaitable<std::vector<uint8_t>> read(uint16_t, TimePoint) override { co_return std::vector<uint8_t>(); }
  [[nodiscard]] awaitable<void> write(uint16_t, std::vector<uint8_t>, WriteKind, TimePoint) override { co_return; }
  [[nodiscard]] awaitable<void> subscribe(uint16_t, SubscribeKind, ValueCallback, TimePoint) override { co_return; }
  [[nodiscard]] awaitable<void> unsubscribe(uint16_t, TimePoint) override { co_return; }
  [[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(uint16_t, TimePoint) override {
    co_return std::vector<uint8_t>();
  }
  [[nodiscard]] awaitable<void> write_descriptor(uint16_t, std::vector<uint8_t>, TimePoint) override { co_return; }
  [[nodiscard]] uint16_t mtu() const noexcept override { return 23; }
  [[nodiscard]] awaitable<int8_t> rssi(TimePoint) override { co_return int8_t{-60}; }
  [[nodiscard]] awaitable<ParametersApplied> set_parameters(ConnectionParameters, TimePoint) override {
    co_return ParametersApplied::now;
  }
  [[nodiscard]] awaitable<void> pair(PairingAgent&, TimePoint) override { co_return; }
  [[nodiscard]] awaitable<void> unpair(TimePoint) override { co_return; }
  [[nodiscard]] awaitable<bool> clear_cache(TimePoint) override { co_return true; }
  void on_services_changed(std::function<void()>) override {}
  [[nodiscard]] awaitable<void> disconnect(TimePoint) override {
    if (!closed_) closed_ = Closed{.reason = CloseReason::local, .at = clock_.now()};
    closing_.set();
    co_return;
  }

private:
  Clock& clock_;
  LinkInfo info_;
  std::optional<Closed> closed_;
  Event closing_;
};

/// What an attempt to connect comes to.
struct Outcome {
  std::optional<ConnectCause> cause{};      ///< without one, and without `thrown`: a link
  Duration after{};                         ///< in the attempt
  bool hangs = false;                       ///< until it is cancelled
  std::exception_ptr thrown{};              ///< what is no failure to connect
  std::optional<ConnectCause> discovery{};  ///< there is a link, but its services cannot be discovered
};
inline Outcome fails(ConnectReason reason, Duration after = {}) {
  return {.cause = ConnectCause{.reason = reason}, .after = after};
}

class ScriptedRadio : public Radio {
public:
  struct Call {
    TimePoint at;
    Address device;
    LinkOptions options;
  };

  ScriptedRadio(Clock& clock, RadioId id, std::string name, std::string kind = "fake")
      : clock_(clock), info_{.id = id, .name = std::move(name), .kind = std::move(kind), .detail = {}, .can_connect = true} {}

  /// The outcomes of the attempts in their order; the last one repeats. Without any, every attempt succeeds.
  std::vector<Outcome> outcomes;
  /// In place of `outcomes`.
  std::function<Outcome()> decide;
  std::function<void(const Outcome&)> on_outcome;  ///< at its moment
  std::optional<KnownDevice> known;
  Slots slots_now;
  RadioHealth health_now;
  bool services_known = true;

  std::vector<Call> calls;
  int running = 0;  ///< attempts that have not ended
  int links_made = 0;
  int links_closed = 0;  ///< by `disconnect` or with the object
  int clear_calls = 0;
  int close_calls = 0;

  /// Wakes all that wait in `device_changed`.
  void notify() {
    for (Event* waiter : waiters_) waiter->set();
  }

  [[nodiscard]] const RadioInfo& info() const noexcept override { return info_; }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return {}; }
  [[nodiscard]] awaitable<void> scan(ScanOptions, SightingSink&) override { co_return; }
  [[nodiscard]] Slots slots() const override { return slots_now; }
  [[nodiscard]] RadioHealth health() const override { return health_now; }
  [[nodiscard]] std::optional<KnownDevice> find_device(const Address&) const override { return known; }
  [[nodiscard]] bool has_services(const Address&) const override { return services_known; }
  [[nodiscard]] awaitable<bool> clear_services(Address, TimePoint) override {
    ++clear_calls;
    co_return true;
  }
  [[nodiscard]] awaitable<void> close_connection(Address, TimePoint) override {
    ++close_calls;
    co_return;
  }
  [[nodiscard]] awaitable<void> device_changed(Address) override {
    Event changed(co_await boost::asio::this_coro::executor);
    const Registered registered(waiters_, changed);
    co_await changed.wait();
  }

  [[nodiscard]] awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options) override {
    const auto executor = co_await boost::asio::this_coro::executor;
    calls.push_back({.at = clock_.now(), .device = device, .options = options});
    const Outcome outcome = next_outcome();
    const Running here(running);
    if (outcome.hangs) co_await clock_.wait_until(TimePoint::max());
    if (outcome.after > Duration{}) co_await clock_.wait_for(outcome.after);
    if (on_outcome) on_outcome(outcome);
    if (outcome.thrown) std::rethrow_exception(outcome.thrown);
    if (outcome.cause) throw_connect_error(outcome.cause->text, {}, *outcome.cause);
    LinkInfo link{.device = device, .radio = info_.id, .radio_name = info_.name, .since = clock_.now()};
    if (known) {
      link.path = known->path;
      link.name = known->name;
    }
    ++links_made;
    co_return std::make_unique<Made>(executor, clock_, std::move(link), outcome.discovery, links_closed);
  }

private:
  class Made final : public ScriptedLink {
  public:
    Made(const boost::asio::any_io_executor& executor, Clock& clock, LinkInfo info, std::optional<ConnectCause> discovery,
         int& closed_count)
        : ScriptedLink(executor, clock, std::move(info)), discovery_(std::move(discovery)), closed_count_(closed_count) {}
    ~Made() override {
      if (!closed()) ++closed_count_;
    }
    [[nodiscard]] awaitable<GattServices> services(TimePoint deadline) override {
      if (discovery_) throw_connect_error("scripted discovery", {}, *discovery_);
      co_return co_await ScriptedLink::services(deadline);
    }
    [[nodiscard]] awaitable<void> disconnect(TimePoint deadline) override {
      if (!closed()) ++closed_count_;
      co_await ScriptedLink::disconnect(deadline);
    }

  private:
    std::optional<ConnectCause> discovery_;
    int& closed_count_;
  };
  class Running {
  public:
    explicit Running(int& count) : count_(count) { ++count_; }
    ~Running() { --count_; }
    Running(const Running&) = delete;
    Running& operator=(const Running&) = delete;

  private:
    int& count_;
  };
  class Registered {
  public:
    Registered(std::list<Event*>& all, Event& mine) : all_(all), at_(all.insert(all.end(), &mine)) {}
    ~Registered() { all_.erase(at_); }
    Registered(const Registered&) = delete;
    Registered& operator=(const Registered&) = delete;

  private:
    std::list<Event*>& all_;
    std::list<Event*>::iterator at_;
  };

  Outcome next_outcome() {
    if (decide) return decide();
    if (outcomes.empty()) return {};
    return outcomes[std::min(calls.size(), outcomes.size()) - 1];
  }

  Clock& clock_;
  RadioInfo info_;
  std::list<Event*> waiters_;
};

}  // namespace moor::testing
