#pragma once
// /zones: who is where now, and what came by today. A day begins at midnight UTC.

#include "http/router.hpp"
#include "serve/device_view.hpp"

#include <boost/unordered/unordered_flat_set.hpp>
#include <map>

namespace moor::serve {

/// Visits of today, by zone.
class Today final : public GatewayListener {
public:
  static constexpr size_t max_visitors = 100'000;  ///< told apart in a zone

  struct Zone {
    uint64_t entries = 0;
    boost::unordered_flat_set<uint64_t> visitors;  // hashes of their identities
    uint64_t ended = 0;
    Duration dwell{};  ///< of those that have ended

    [[nodiscard]] std::optional<double> mean_dwell_s() const noexcept;
  };

  explicit Today(const Clock& clock) : clock_(clock) {}

  /// Of the day of `now`; an empty one for a zone in which nobody was.
  [[nodiscard]] const Zone& zone(const std::string& name, TimePoint now);
  /// What was before this process: a visit of today that has ended, or goes on.
  void recall(const std::string& zone, const std::string& device, std::optional<Duration> dwell);
  [[nodiscard]] WallTime midnight(TimePoint now) const noexcept;

  void on_visit_began(const VisitEvent& event) override;
  void on_visit_ended(const VisitEvent& event) override;

private:
  void turn_page(TimePoint now);

  const Clock& clock_;
  WallTime day_{};
  std::map<std::string, Zone> zones_;
  Zone nobody_;
};

/// All outlive the router.
void add_zone_routes(http::Router& router, Gateway& gateway, const DeviceView& devices, Today& today);

}  // namespace moor::serve
