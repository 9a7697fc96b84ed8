#pragma once
// What the gateway does, as JSON lines for programs or as log lines for people.

#include "gateway/gateway.hpp"

#include <spdlog/fwd.h>
#include <boost/json/object.hpp>

namespace moor::cli {

/// One JSON line for each event on stdout; docs/cli/gateway.schema.json describes them.
class EventPrinter final : public GatewayListener {
public:
  EventPrinter(Gateway& gateway, Clock& clock, Duration traffic_interval)
      : gateway_(gateway), clock_(clock), traffic_interval_(traffic_interval) {}

  /// @param url  of the dashboard; empty where nothing is served.
  void on_started(const std::optional<std::string>& config, const std::optional<std::string>& store, const std::string& url);
  void on_radio(const RadioState& state);
  void on_statistics();
  void on_stopped(const std::string& reason);

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_decode_problem(const Device& device, const Decoded& decoded) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_zone(const ZoneEvent& event) override;
  void on_visit(const Visit& visit) override;
  void on_traffic(const ZoneTraffic& row) override;

private:
  [[nodiscard]] boost::json::object begin(const char* event, TimePoint t) const;
  void print(const boost::json::object& line) const;
  [[nodiscard]] boost::json::object statistics() const;
  [[nodiscard]] double seconds(TimePoint t) const;
  [[nodiscard]] std::string name_of(const Address& address, TimePoint t) const;

  Gateway& gateway_;
  Clock& clock_;
  Duration traffic_interval_;
  uint64_t zone_events_ = 0;
  uint64_t visits_ = 0;
};

/// A log line on stderr for each zone change and radio.
class EventLog final : public GatewayListener {
public:
  EventLog(Gateway& gateway, spdlog::logger& log) : gateway_(gateway), log_(log) {}

  void on_radio(const RadioState& state);
  void on_decode_problem(const Device& device, const Decoded& decoded) override;
  void on_zone(const ZoneEvent& event) override;
  void on_visit_ended(const VisitEvent& event) override;
  void on_traffic(const ZoneTraffic& row) override;

private:
  Gateway& gateway_;
  spdlog::logger& log_;
};

}  // namespace moor::cli
