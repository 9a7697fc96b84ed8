#pragma once
// Live data, for whoever has the dashboard open: server-sent events. Changes are collected and sent at most twice a second, so that a flood of
// advertisements costs a browser no more than that; while nobody listens, nothing is collected.
//
//   "devices"  {"changed": [Device], "gone": [id]}; to a new client first all devices, at most 500 in one event
//   "zone", "visit", "sensor"  at once
//   "radios"   {"radios": [...]}, "status"  each two seconds
//
// A client that reads too slowly loses the oldest events and is told ("lost"): it should connect again.

#include "core/event.hpp"
#include "http/event_stream.hpp"
#include "serve/device_view.hpp"

#include <deque>
#include <functional>

namespace moor::serve {

class Live final : public GatewayListener {
public:
  static constexpr Duration interval = std::chrono::milliseconds(500);  ///< between two events "devices"
  static constexpr int status_every = 4;                                ///< intervals
  static constexpr size_t devices_of_event = 500;
  static constexpr size_t devices_of_interval = 1000;  ///< the others follow in the next ones

  /// What is told each two seconds.
  struct Summaries {
    std::function<boost::json::value()> radios;
    std::function<boost::json::value()> status;
  };

  /// `gateway` and `devices` outlive it.
  Live(const boost::asio::any_io_executor& executor, Gateway& gateway, const DeviceView& devices, Summaries summaries);

  /// Sends until it is cancelled.
  [[nodiscard]] awaitable<void> run();
  /// One client, until it is gone.
  [[nodiscard]] awaitable<void> serve(std::shared_ptr<http::EventStream> stream);
  [[nodiscard]] size_t clients() const noexcept { return clients_.size(); }

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) override;
  void on_zone(const ZoneEvent& event) override;
  void on_visit_began(const VisitEvent& event) override;
  void on_visit_ended(const VisitEvent& event) override;
  void on_sensor_value(const SensorValue& value) override;
  void on_sensor(const SensorState& state) override;

private:
  class Membership;

  void mark(DeviceSlot slot);
  void send(std::string_view name, const boost::json::value& data);
  void send_changes();
  void note_sent(DeviceSlot slot);
  [[nodiscard]] awaitable<void> send_all(std::shared_ptr<http::EventStream> stream);

  Gateway& gateway_;
  const DeviceView& devices_;
  Summaries summaries_;
  Event somebody_;
  std::vector<std::shared_ptr<http::EventStream>> clients_;
  std::deque<DeviceSlot> changed_;
  std::vector<bool> is_changed_;       // by slot
  std::vector<std::string> sent_ids_;  // by slot: under which id clients know it
  std::vector<std::string> gone_;
};

}  // namespace moor::serve
