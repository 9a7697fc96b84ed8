#pragma once
// What the pipeline tells, passed on to all listeners of the gateway, with numbers turned into names once for all of them.

#include "gateway/events.hpp"
#include "gateway/identities.hpp"
#include "gateway/places.hpp"
#include "gateway/returning.hpp"

namespace moor {

class Announcer final : public PipelineListener {
public:
  /// All must outlive it. @param pipeline  that tells; it may still be under construction.
  Announcer(Identities& identities, const Places& places, const Pipeline& pipeline)
      : identities_(identities), places_(places), pipeline_(pipeline) {}

  void add(GatewayListener& listener) { listeners_.push_back(&listener); }
  [[nodiscard]] const std::vector<GatewayListener*>& listeners() const noexcept { return listeners_; }

  /// Somebody of before a restart did not come back.
  void on_gone(const Returning::Gone& gone);
  /// A visit of before a restart has ended, when it says.
  void on_ended(const PriorVisit& visit);

  void on_device(DeviceSlot slot, const Device& device) override;
  void on_recalled(DeviceSlot slot, const Device& device, const Recalled& recalled) override;
  void on_forgotten(DeviceSlot slot, const Device& device) override;
  void on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) override;
  void on_decode_problem(const Device& device, const Decoded& decoded) override;
  void on_beacon(const BeaconEvent& event) override;
  void on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) override;
  void on_move(const Move& move) override;
  void on_visit(const Visit& visit) override;
  void on_visitor_gone(VisitorId visitor) override;
  void on_traffic(const ZoneTraffic& row) override;

private:
  void forget_if_done(VisitorId visitor);

  Identities& identities_;
  const Places& places_;
  const Pipeline& pipeline_;
  std::vector<GatewayListener*> listeners_;
};

}  // namespace moor
