#include "gateway/announcer.hpp"

#include <fmt/format.h>
#include <algorithm>

namespace moor {

namespace {

const char* to_string(MoveCause cause) noexcept {
  switch (cause) {
    case MoveCause::rssi: return "rssi";
    case MoveCause::radio: return "radio";
    case MoveCause::lost:
    case MoveCause::forgotten: return "lost";
  }
  return "rssi";
}

std::string detail_of(const Move& move, const Places& places) {
  if (move.cause == MoveCause::forgotten) return "lost: forgotten, to make room for others";
  if (!places.has_areas()) return describe(*move.reading);
  const std::string from = places.name(move.from);
  if (move.cause == MoveCause::lost)
    return fmt::format("lost: silent for {:.4g} s, was in {} at {:.1f} dBm", to_seconds(move.time - move.reading->last_heard),
                       from, move.reading->smoothed_dbm);
  const std::string why = move.cause == MoveCause::radio ? "another radio hears it best" : "smoothed";
  const std::string where = !move.from ? "entered " + places.name(move.to)
                            : move.to  ? "changed from " + from + " to " + places.name(move.to)
                                       : "left " + from;
  return fmt::format("{}: {}, {:.1f} dBm", where, why, move.reading->smoothed_dbm);
}

}  // namespace

void Announcer::on_device(DeviceSlot slot, const Device& device) {
  for (GatewayListener* listener : listeners_) listener->on_device(slot, device);
}

void Announcer::on_recalled(DeviceSlot slot, const Device& device, const Recalled& recalled) {
  for (GatewayListener* listener : listeners_) listener->on_recalled(slot, device, recalled);
}

void Announcer::on_gone(const Returning::Gone& gone) {
  const PriorDevice& device = gone.device;
  const ZoneEvent event{.time = device.last_seen,
                        .slot = no_slot,
                        .visitor = Identities::number_of(device.identity),
                        .device = device.identity,
                        .name = device.name,
                        .from = device.zone,
                        .to = {},
                        .event = PresenceEvent::lost,
                        .cause = "restart",
                        .smoothed_dbm = device.smoothed_dbm,
                        .distance_m = {},
                        .detail = "lost: not heard again after a restart, was in " + device.zone};
  for (GatewayListener* listener : listeners_) listener->on_zone(event);
  if (!gone.visit) return;
  PriorVisit visit = *gone.visit;
  visit.left = device.last_seen;
  on_ended(visit);
}

void Announcer::on_ended(const PriorVisit& visit) {
  const VisitEvent ended{.device = visit.identity,
                         .name = visit.name,
                         .zone = visit.zone,
                         .entered = visit.entered,
                         .left = std::max(visit.left.value_or(visit.entered), visit.entered),
                         .breaks = visit.breaks};
  for (GatewayListener* listener : listeners_) listener->on_visit_ended(ended);
}

void Announcer::on_forgotten(DeviceSlot slot, const Device& device) {
  for (GatewayListener* listener : listeners_) listener->on_forgotten(slot, device);
}

void Announcer::on_decoded(DeviceSlot slot, const Device& device, const Decoded& decoded, TimePoint t) {
  for (GatewayListener* listener : listeners_) listener->on_decoded(slot, device, decoded, t);
}

void Announcer::on_decode_problem(const Device& device, const Decoded& decoded) {
  for (GatewayListener* listener : listeners_) listener->on_decode_problem(device, decoded);
}

void Announcer::on_beacon(const BeaconEvent& event) {
  for (GatewayListener* listener : listeners_) listener->on_beacon(event);
}

void Announcer::on_presence(const Device& device, const PresenceReading& reading, VisitorId visitor) {
  for (GatewayListener* listener : listeners_) listener->on_presence(device, reading, visitor);
}

void Announcer::on_move(const Move& move) {
  identities_.name(move.visitor, move.device);
  const ZoneEvent event{
      .time = move.time,
      .slot = move.slot,
      .visitor = move.visitor,
      .device = identities_.text_of(move.visitor),
      .name = identities_.name_of(move.visitor),
      .from = places_.name(move.from),
      .to = places_.name(move.to),
      .event = !move.to    ? PresenceEvent::lost
               : move.from ? PresenceEvent::changed
                           : PresenceEvent::entered,
      .cause = to_string(move.cause),
      .smoothed_dbm = move.reading != nullptr ? std::optional(move.reading->smoothed_dbm) : std::nullopt,
      .distance_m = move.reading != nullptr && move.reading->distance ? std::optional(move.reading->distance->m) : std::nullopt,
      .detail = detail_of(move, places_)};
  for (GatewayListener* listener : listeners_) listener->on_zone(event);
  if (!move.to || move.rejoins) return;
  const VisitEvent visit{.device = event.device, .name = event.name, .zone = event.to, .entered = move.time, .left = {}};
  for (GatewayListener* listener : listeners_) listener->on_visit_began(visit);
}

void Announcer::on_visit(const Visit& visit) {
  const VisitEvent event{.device = identities_.text_of(visit.visitor),
                         .name = identities_.name_of(visit.visitor),
                         .zone = places_.name(visit.zone),
                         .entered = visit.entered,
                         .left = visit.left,
                         .breaks = visit.breaks};
  for (GatewayListener* listener : listeners_) {
    listener->on_visit(visit);
    listener->on_visit_ended(event);
  }
  forget_if_done(visit.visitor);
}

void Announcer::on_visitor_gone(VisitorId visitor) {
  for (GatewayListener* listener : listeners_) listener->on_visitor_gone(visitor);
  identities_.gone(visitor);
  forget_if_done(visitor);
}

// A visit may be told of after its visitor has gone, when the time for rejoining is over.
void Announcer::forget_if_done(VisitorId visitor) {
  if (!identities_.is_present(visitor) && !pipeline_.visits().has_open(visitor)) identities_.forget(visitor);
}

void Announcer::on_traffic(const ZoneTraffic& row) {
  for (GatewayListener* listener : listeners_) listener->on_traffic(row);
}

}  // namespace moor
