#pragma once
// What Prometheus asks of a gateway at /metrics, in its text format. Most is read when it asks; only what nobody else counts is counted here.

#include "gateway/gateway.hpp"
#include "http/server.hpp"

#include <deque>
#include <map>

namespace moor::serve {

/// How often something took how long. Bounds in seconds.
class DelayHistogram {
public:
  static constexpr std::array<double, 14> bounds_s = {0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05,
                                                      0.1,    0.25,  0.5,    1,     2.5,  5,     10};

  void observe(Duration delay) noexcept;
  [[nodiscard]] uint64_t count() const noexcept;
  [[nodiscard]] double sum_s() const noexcept { return sum_s_; }
  /// Up to and with the bound.
  [[nodiscard]] uint64_t cumulative(size_t bound) const noexcept;

private:
  std::array<uint64_t, bounds_s.size() + 1> counts_{};
  double sum_s_ = 0;
};

struct MetricsOptions {
  std::function<http::ServerStatistics()> server;  ///< null where nothing is served
};

class Metrics final : public GatewayListener {
public:
  /// Listens to the gateway from now on. The gateway outlives its use, and it outlives the gateway's run.
  Metrics(Gateway& gateway, MetricsOptions options);
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// "GET /metrics".
  void add_to(http::Router& router);
  /// Prometheus's text format 0.0.4.
  [[nodiscard]] std::string scrape();
  /// For who publishes: an event was acknowledged so long after it happened.
  void observe_published(Duration delay) noexcept { published_.observe(delay); }

  void on_heard(DeviceSlot slot, const Device& device, const Sighting& sighting) override;
  void on_decode_problem(const Device& device, const Decoded& decoded) override;
  void on_zone(const ZoneEvent& event) override;
  void on_connection(const ConnectionRow& row) override;

private:
  class Page;
  void add_radios(Page& page);
  void add_pipeline(Page& page);
  void add_links(Page& page);
  void add_store(Page& page);
  void add_server(Page& page) const;
  void add_process(Page& page) const;
  void on_committed();
  [[nodiscard]] uint64_t settled_zone_events() const;

  Gateway& gateway_;
  MetricsOptions options_;
  std::map<std::pair<std::string, std::string>, uint64_t> decode_errors_;  // by family and problem
  std::map<std::string, uint64_t> entries_;                                // by zone
  std::map<std::pair<std::string, std::string>, uint64_t> connections_;    // by radio and event
  std::map<std::string, uint64_t> failures_;                               // by reason
  std::deque<TimePoint> uncommitted_;                                      // of zone events, bounded
  uint64_t settled_ = 0;                                                   // zone events that the store has done with
  DelayHistogram processed_;
  DelayHistogram committed_;
  DelayHistogram published_;
};

}  // namespace moor::serve
