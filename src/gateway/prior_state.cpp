#include "gateway/prior_state.hpp"

namespace moor {

namespace {

// The wall clock may have been set meanwhile: what seems to lie ahead was just now.
TimePoint time_of(WallTime wall, Clock& clock) {
  const TimePoint now = clock.now();
  const WallTime wall_now = clock.to_wall(now);
  return wall >= wall_now ? now : now - (wall_now - wall);
}

}  // namespace

PriorState prior_state(const SavedState& saved, Clock& clock) {
  PriorState state;
  boost::unordered_flat_map<std::string_view, const SavedDevice*> devices;
  for (const SavedDevice& device : saved.devices) {
    devices[device.identity] = &device;
    state.devices.push_back({.identity = device.identity,
                             .name = device.name,
                             .zone = device.zone,
                             .smoothed_dbm = device.smoothed_rssi_dbm,
                             .first_seen = time_of(device.first_seen, clock),
                             .last_seen = time_of(device.last_seen, clock)});
  }
  for (const SavedVisit& visit : saved.visits) {
    const auto device = devices.find(visit.device);
    const bool is_there = device != devices.end() && device->second->zone == visit.zone;
    PriorVisit prior{.identity = visit.device,
                     .name = device == devices.end() ? std::string() : device->second->name,
                     .zone = visit.zone,
                     .entered = time_of(visit.entered, clock),
                     .left = {}};
    if (!is_there) prior.left = std::max(prior.entered, time_of(visit.last_seen, clock));
    state.visits.push_back(std::move(prior));
  }
  return state;
}

void add_present(const Pipeline& pipeline, Identities& identities, const Places& places, PriorState& state) {
  const DeviceTable& devices = pipeline.devices();
  for (DeviceSlot slot = 0; slot < devices.slots(); ++slot) {
    if (!devices.is_used(slot) || !pipeline.passes(slot)) continue;
    const Device& device = devices[slot];
    const VisitorId visitor = pipeline.visitor_of(slot);
    state.devices.push_back(
        {.identity = visitor != 0 ? identities.text_of(visitor) : identities.identify(device.address, device.last_seen).text,
         .name = identities.name_of(device),
         .address = device.address,
         .zone = places.name(pipeline.place_of(slot)),
         .smoothed_dbm = pipeline.presence().smoothed_dbm(slot),
         .first_seen = device.first_seen,
         .last_seen = device.last_seen});
  }
  for (const OpenVisit& visit : pipeline.visits().open_visits())
    state.visits.push_back({.identity = identities.text_of(visit.visitor),
                            .name = identities.name_of(visit.visitor),
                            .zone = places.name(visit.zone),
                            .entered = visit.entered,
                            .left = visit.left,
                            .breaks = visit.breaks});
}

}  // namespace moor
