#pragma once
// The gateway: radios in, pipeline, store; it goes on when a radio fails and stops cleanly when it is told to.

#include "gateway/config.hpp"
#include "gateway/identities.hpp"
#include "gateway/recorder.hpp"
#include "moor/pipeline.hpp"

#include <boost/asio/any_io_executor.hpp>

namespace moor {

class Event;

/// How a radio of the gateway is doing.
struct RadioState {
  enum class Phase : uint8_t { waiting, scanning, ended, failed };
  std::string name;
  std::string detail;
  Phase phase = Phase::waiting;
  uint64_t sightings = 0;
  int failures = 0;     ///< in a row
  std::string problem;  ///< why it is not scanning, with advice; empty if it is
};
[[nodiscard]] const char* to_string(RadioState::Phase phase) noexcept;

class Gateway final : private PipelineListener {
public:
  static constexpr Duration sweep_interval = std::chrono::seconds(10);  ///< between the store's sums of devices and beacons
  static constexpr Duration first_retry = std::chrono::seconds(1);      ///< after a radio has failed, doubled to `last_retry`
  static constexpr Duration last_retry = std::chrono::seconds(60);

  using Radios = std::vector<std::unique_ptr<Radio>>;

  /// Opens the store, if the configuration has one. `config`, `clock` and `radios` must outlive the gateway. The radios are those of
  /// the configuration, in its order.
  /// @throws StoreError, ConfigError (privacy key), UsageError.
  Gateway(boost::asio::any_io_executor executor, Clock& clock, const GatewayConfig& config, const Radios& radios);
  ~Gateway() override;

  /// Also told of everything, after the store. Must outlive the gateway.
  void add_listener(PipelineListener& listener) { listeners_.push_back(&listener); }
  /// Called when a radio begins, fails or ends.
  void on_radio(std::function<void(const RadioState&)> callback) { radio_callback_ = std::move(callback); }

  /// Runs until it is cancelled or every radio has ended, then ends visits, writes everything and closes the store.
  /// @throws CaptureError if a recording was damaged, RadioNotAvailable if none of the radios ever worked, StoreError if rows could not
  /// be written at the end; all after a clean shutdown.
  /// Cancellation: total, after the shutdown.
  [[nodiscard]] awaitable<void> run();

  [[nodiscard]] const Pipeline& pipeline() const noexcept { return pipeline_; }
  [[nodiscard]] Identities& identities() noexcept { return identities_; }
  [[nodiscard]] const std::vector<RadioState>& radios() const noexcept { return states_; }
  [[nodiscard]] const GatewayConfig& config() const noexcept { return config_; }
  [[nodiscard]] std::optional<StoreStatistics> store_statistics() const;
  [[nodiscard]] TimePoint started() const noexcept { return started_; }

private:
  class RadioSink;

  [[nodiscard]] awaitable<void> run_radio(size_t index);
  [[nodiscard]] awaitable<void> keep_time();
  [[nodiscard]] awaitable<void> shut_down();
  void on_batch(size_t index, std::span<const Sighting> batch);
  void forget_if_done(VisitorId visitor);
  void set_phase(size_t index, RadioState::Phase phase, std::string problem = {});

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_decode_problem(const Device& device, const Decoded& decoded) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;
  void on_visit(const Visit& visit) override;
  void on_visitor_gone(VisitorId visitor) override;
  void on_traffic(const ZoneTraffic& row) override;

  Clock& clock_;
  const GatewayConfig& config_;
  const Radios& radios_;
  Identities identities_;
  std::unique_ptr<Store> store_;
  std::unique_ptr<Recorder> recorder_;
  std::vector<PipelineListener*> listeners_;
  KeyRing keys_;
  std::function<void(const RadioState&)> radio_callback_;
  Pipeline pipeline_;
  std::vector<RadioState> states_;
  std::exception_ptr failure_;
  TimePoint started_;
  TimePoint armed_ = TimePoint::max();  // when keep_time will wake
  Event* earlier_ = nullptr;            // wakes it before
};

}  // namespace moor
