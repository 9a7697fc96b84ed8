#pragma once
// The gateway: radios in, hub, pipeline, store; it goes on when a radio fails and stops cleanly when it is told to.

#include "gateway/announcer.hpp"
#include "gateway/board.hpp"
#include "gateway/intake.hpp"
#include "gateway/key_counters.hpp"
#include "gateway/radio_states.hpp"
#include "gateway/recorder.hpp"
#include "gateway/sensors.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace moor {

class Event;

/// What came in and what became of it.
struct GatewayStatistics {
  uint64_t sightings = 0;          ///< of all radios
  double per_second = 0;           ///< the same, over the last 10 s
  std::vector<uint64_t> by_radio;  ///< by RadioId
  PipelineStatistics pipeline;     ///< of the radios that own the devices
  IntakeStatistics intake;         ///< what waited and what was shed, by cause
};

/// Something that a person should see to.
struct GatewayProblem {
  std::string what;
  std::string advice;
};

/// What a gateway leaves to the one that takes its place.
struct Handover {
  PriorState state;
  std::vector<CounterRow> counters;
  IdentityHasher hasher;
};

class Gateway final : private HubListener {
public:
  static constexpr Duration slice_interval = std::chrono::seconds(1);  ///< between two slices of what is summed up for the store

  using Radios = std::vector<std::unique_ptr<Radio>>;

  /// Opens the store, if the configuration has one. `config`, `clock` and `radios` must outlive the gateway. The radios are those of
  /// the configuration, in its order, and their ids are their places.
  /// @param before  what another gateway has handed over, whose place this one takes; null where the store says what was before.
  /// @throws StoreError, ConfigError (privacy key), UsageError.
  Gateway(boost::asio::any_io_executor executor, Clock& clock, const GatewayConfig& config, const Radios& radios,
          std::unique_ptr<Handover> before = nullptr);
  ~Gateway() override;

  /// Also told of everything, after the board and the store. Must outlive the gateway.
  void add_listener(GatewayListener& listener);
  /// Tells all of them, and the store, of a link that came, went or failed: one of the explorer; sensors tell of theirs themselves.
  void announce(const ConnectionRow& row);
  /// Called when a radio begins, fails or ends.
  void on_radio(std::function<void(const RadioState&)> callback) { radio_callback_ = std::move(callback); }

  /// Runs until every radio has ended or `stop` is called, then ends visits, writes everything and closes the store. Where it is cancelled and
  /// the next one will know the devices again, by the store and `privacy.key_file`, visits stay open.
  /// @throws CaptureError if a recording was damaged, what the radios threw if none of them ever worked, StoreError if rows could not
  /// be written at the end; all after a clean shutdown.
  /// Cancellation: total, after the shutdown.
  [[nodiscard]] awaitable<void> run();
  /// Ends the run as if all radios had ended.
  void stop();
  /// Another gateway will take the place of this one: where the run is cancelled visits stay open, also without a store.
  void expect_successor() noexcept { has_successor_ = true; }
  /// What the next gateway needs to go on, after `run` was cancelled.
  [[nodiscard]] std::unique_ptr<Handover> hand_over();

  [[nodiscard]] Hub& hub() noexcept { return hub_; }
  [[nodiscard]] Clock& clock() noexcept { return clock_; }
  [[nodiscard]] const Pipeline& pipeline() const noexcept { return pipeline_; }
  [[nodiscard]] const Board& board() const noexcept { return board_; }
  [[nodiscard]] const Places& places() const noexcept { return places_; }
  [[nodiscard]] Store* store() noexcept { return store_.get(); }  ///< null without one
  [[nodiscard]] Identities& identities() noexcept { return identities_; }
  [[nodiscard]] const GatewayConfig& config() const noexcept { return config_; }
  [[nodiscard]] TimePoint started() const noexcept { return started_; }

  /// Connected sensors, see `Sensors::states`. Valid until it is called again.
  [[nodiscard]] std::span<const SensorState> sensors();
  /// One for each radio, by RadioId.
  [[nodiscard]] const std::vector<RadioState>& radios() { return radio_states_.states(clock_.now()); }
  /// The place of the device of that address, also of one that it resolves to by a key.
  [[nodiscard]] std::optional<DeviceSlot> find(const Address& address) { return pipeline_.find(address); }
  /// The radios that hear a device, best first.
  [[nodiscard]] std::vector<Hearing> hearings(const Address& address) const { return hub_.hearings(address); }
  /// Names of all zones: those of [[zone]], else immediate, near and far.
  [[nodiscard]] const std::vector<std::string>& zones() const noexcept { return places_.names(); }
  /// The zone that the device is in; empty for none.
  [[nodiscard]] std::string zone_name(DeviceSlot slot) const { return places_.name(pipeline_.place_of(slot)); }
  [[nodiscard]] GatewayStatistics statistics();
  [[nodiscard]] std::optional<StoreStatistics> store_statistics() const;
  [[nodiscard]] std::vector<GatewayProblem> problems() const;

private:
  [[nodiscard]] awaitable<void> keep_time();
  [[nodiscard]] awaitable<void> shut_down(bool goes_on);
  [[nodiscard]] bool outlives_restart() const noexcept;
  void take_over(PriorState state, const std::vector<CounterRow>& counters);
  [[nodiscard]] std::optional<Recalled> recall(DeviceSlot slot, const Device& device);
  [[nodiscard]] TimePoint next_deadline() const noexcept;
  void advance(TimePoint now);
  void store_slice(TimePoint now);

  void on_advertisement(const Device& device, const Sighting& sighting, bool changed) override;
  void on_heard(const Device& device, const Sighting& sighting) override;
  void on_radio(RadioId radio, const RadioHealth& health) override;
  void process(const Sighting& sighting, bool owned);
  void ask_for_turn();

  boost::asio::any_io_executor executor_;
  Clock& clock_;
  const GatewayConfig& config_;
  Hub hub_;
  Identities identities_;
  Places places_;
  Board board_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Recorder> recorder_;
  KeyRing keys_;
  KeyCounters counters_;
  Returning returning_;
  std::function<void(const RadioState&)> radio_callback_;
  Announcer announcer_;
  Pipeline pipeline_;
  RadioStates radio_states_;
  Intake intake_;
  std::unique_ptr<Sensors> sensors_;  // null without [[sensor]]
  bool owned_ = false;                // what the hub says of the sighting that `on_heard` will bring
  bool changed_ = false;
  std::shared_ptr<void> alive_ = std::make_shared<char>();  // a turn that was asked for may come after the gateway's end
  RateMeter rate_;
  bool has_successor_ = false;
  bool handed_over_ = false;  // to this one, by another that ran before it
  TimePoint started_;
  TimePoint armed_ = TimePoint::max();  // when keep_time will wake
  Event* earlier_ = nullptr;            // wakes it before
  Event* stop_ = nullptr;               // run() waits for it
};

}  // namespace moor
