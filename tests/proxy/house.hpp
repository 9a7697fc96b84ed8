#pragma once
// A simulated world, and its radios as a program has them: by themselves, or each served as a proxy and used by moor's client. One process, virtual time.

#include "moor/world.hpp"
#include "radio/esphome/proxy_radio.hpp"
#include "support/play.hpp"
#include "support/proxy_stage.hpp"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <boost/asio/bind_cancellation_slot.hpp>
#include <boost/asio/cancellation_signal.hpp>
#include <functional>

namespace moor::testing {

using namespace std::chrono_literals;

/// How a program comes to a radio.
enum class Way : uint8_t { direct, plain, noise };

inline std::shared_ptr<const crypto::SecretKey> house_key() {
  std::array<uint8_t, crypto::SecretKey::size> bytes{};
  bytes.fill(7);
  return std::make_shared<const crypto::SecretKey>(std::span<const uint8_t, crypto::SecretKey::size>(bytes));
}

/// A radio served as a proxy, and the radio that moor's client makes of it.
class Proxied {
public:
  Proxied(Clock& clock, const boost::asio::any_io_executor& executor, Radio& inner, RadioId id, const std::string& name,
          proxy::Options options)
      : stage_(clock, executor, inner, named(std::move(options), name)) {
    esphome_radio::SessionOptions session;
    const std::string spec = "esphome://" + name;
    session.radio = spec;
    session.client_info = "moor test";
    session.key = key_;
    radio_ = esphome_radio::make_radio(clock, id, spec, stage_.connector(), std::move(session));
    stage_.start();
  }

  [[nodiscard]] ProxyStage& stage() { return stage_; }
  [[nodiscard]] Radio& radio() { return *radio_; }
  /// The client goes without a word.
  void leave() {
    if (radio_) statistics_ = radio_->statistics();
    radio_.reset();
  }
  /// Of the client, when it had gone.
  [[nodiscard]] const ScanStatistics& radio_statistics() const { return statistics_; }

private:
  proxy::Options named(proxy::Options options, const std::string& name) {
    options.identity.name = name;
    key_ = options.key;
    return options;
  }

  std::shared_ptr<const crypto::SecretKey> key_;
  ProxyStage stage_;
  std::unique_ptr<Radio> radio_;
  ScanStatistics statistics_;
};

class House {
public:
  using Change = std::function<void(proxy::Options&)>;

  explicit House(sim::WorldSpec spec, Way way = Way::plain, Change change = {})
      : way_(way), change_(std::move(change)), world_(clock_, std::move(spec)) {
    for (const sim::RadioEntry& entry : world_.spec().radios) {
      inner_.push_back(world_.make_radio(entry.name, static_cast<RadioId>(inner_.size())));
      if (way != Way::direct) proxies_.push_back(serve(*inner_.back(), static_cast<RadioId>(proxies_.size()), entry.name));
    }
  }
  House(const House&) = delete;
  House& operator=(const House&) = delete;

  /// Of proxies that are served from now on.
  void change(Change change) { change_ = std::move(change); }
  /// Another radio as a proxy, which the test must `stop_serving`.
  [[nodiscard]] std::unique_ptr<Proxied> serve(Radio& radio, RadioId id, const std::string& name) {
    proxy::Options options = proxy_options(way_ == Way::noise ? house_key() : nullptr);
    options.max_clients = 16;
    if (change_) change_(options);
    return std::make_unique<Proxied>(clock_, context_.get_executor(), radio, id, name, std::move(options));
  }
  static awaitable<void> stop_serving(Proxied& proxied) {
    proxied.leave();
    co_await proxied.stage().stop();
  }

  [[nodiscard]] Radio& radio(size_t i = 0) { return proxies_.empty() ? *inner_.at(i) : proxies_.at(i)->radio(); }
  [[nodiscard]] Radio& inner(size_t i = 0) { return *inner_.at(i); }
  [[nodiscard]] Proxied& proxied(size_t i = 0) { return *proxies_.at(i); }
  [[nodiscard]] proxy::Server& server(size_t i = 0) { return proxies_.at(i)->stage().server(); }
  [[nodiscard]] size_t radios() const { return inner_.size(); }
  [[nodiscard]] sim::World& world() { return world_; }
  [[nodiscard]] VirtualClock& clock() { return clock_; }
  [[nodiscard]] boost::asio::io_context& context() { return context_; }
  [[nodiscard]] TimePoint in(Duration d) const { return clock_.now() + d; }
  [[nodiscard]] Duration elapsed() const { return clock_.now() - TimePoint(1h); }
  [[nodiscard]] awaitable<void> wait(Duration d) { return clock_.wait_for(d); }

  /// Half a second into the next minute of the story.
  [[nodiscard]] awaitable<void> wait_for_the_minute() {
    return clock_.wait_until(TimePoint(1h) + (elapsed() / Duration(1min) + 1) * Duration(1min) + 500ms);
  }

  /// Plays a story, awaitable<void>(), to its end; then all clients leave and all servers stop.
  template <typename Story>
  void play(Story story) {
    testing::play(clock_, context_, [](House& house, Story& told) -> awaitable<void> {
      std::exception_ptr error;
      try {
        co_await told();
      } catch (...) {
        error = std::current_exception();
      }
      for (const auto& each : house.proxies_) co_await stop_serving(*each);
      if (error) std::rethrow_exception(error);
    }(*this, story));
  }

private:
  Way way_;
  Change change_;
  VirtualClock clock_{TimePoint(1h)};
  boost::asio::io_context context_;
  sim::World world_;
  std::vector<std::unique_ptr<Radio>> inner_;
  std::vector<std::unique_ptr<Proxied>> proxies_;
};

/// Work beside a story; to be ended before the story ends.
class Beside {
public:
  Beside(boost::asio::io_context& context, awaitable<void> work) : state_(std::make_shared<State>(context.get_executor())) {
    boost::asio::co_spawn(context, std::move(work),
                          boost::asio::bind_cancellation_slot(state_->stop.slot(), [state = state_](std::exception_ptr error) {
                            state->error = error;
                            state->ended.set();
                          }));
  }
  [[nodiscard]] bool has_ended() const { return state_->ended.is_set(); }
  /// @throws what the work threw.
  [[nodiscard]] awaitable<void> join() { return join(state_); }
  /// Cancels it and waits for its end.
  [[nodiscard]] awaitable<void> stop() { return stop(state_); }

private:
  struct State {
    explicit State(const boost::asio::any_io_executor& executor) : ended(executor) {}
    boost::asio::cancellation_signal stop{};
    Event ended;
    std::exception_ptr error{};
  };
  static awaitable<void> join(std::shared_ptr<State> state) {
    co_await state->ended.wait();
    if (state->error) std::rethrow_exception(state->error);
  }
  static awaitable<void> stop(std::shared_ptr<State> state) {
    state->stop.emit(boost::asio::cancellation_type::all);
    co_await state->ended.wait();
  }
  std::shared_ptr<State> state_;
};

/// Keeps what it hears, each advertisement as a line: "A4:CF:12:00:01:01 -61 0201060303…". Not its time, which a proxy's batches change.
class Lines final : public SightingSink {
public:
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& each : batch)
      lines.push_back(fmt::format("{} {} {} {}", each.address.to_string(), each.address.is_random() ? "random" : "public",
                                  each.rssi_dbm, to_hex(each.payload())));
  }
  std::vector<std::string> lines;
};

/// A radio that hands on to another one, and keeps what passes to whoever scans.
class Tap final : public Radio {
public:
  explicit Tap(Radio& radio) : radio_(radio) {}
  [[nodiscard]] const RadioInfo& info() const noexcept override { return radio_.info(); }
  [[nodiscard]] ScanStatistics statistics() const noexcept override { return radio_.statistics(); }
  [[nodiscard]] awaitable<void> scan(ScanOptions options, SightingSink& sink) override {
    return scan(*this, std::move(options), sink);
  }
  Lines heard;

private:
  struct Both final : SightingSink {
    Both(Lines& to, SightingSink& other) : first(to), second(other) {}
    void on_sightings(std::span<const Sighting> batch) override {
      first.on_sightings(batch);
      second.on_sightings(batch);
    }
    Lines& first;
    SightingSink& second;
  };
  static awaitable<void> scan(Tap& self, ScanOptions options, SightingSink& sink) {
    Both both(self.heard, sink);
    co_await self.radio_.scan(std::move(options), both);
  }
  Radio& radio_;
};

/// Why something failed, in a word that does not depend on who says it.
inline std::string why(const std::exception_ptr& error) {
  try {
    std::rethrow_exception(error);
  } catch (const ConnectError& thrown) {
    return fmt::format("connect error: {}", to_string(thrown.cause().reason));
  } catch (const GattError& thrown) {
    return fmt::format("ATT error 0x{:02x}", thrown.code());
  } catch (const LinkClosed& thrown) {
    return fmt::format("closed: {}", to_string(thrown.closed().reason));
  } catch (const TimedOut&) {
    return "timed out";
  } catch (const PairingFailed& thrown) {
    return fmt::format("pairing: {}", to_string(thrown.problem()));
  } catch (const RadioNotAvailable&) {
    return "radio not available";
  } catch (const std::exception& thrown) {
    return thrown.what();
  }
}

}  // namespace moor::testing
