#include "moor/pipeline.hpp"

#include <algorithm>
#include <utility>

namespace moor {

Pipeline::Pipeline(const PipelineOptions& options, PipelineListener& listener)
    : options_(options),
      listener_(listener),
      filters_data_(!options.filter.name.empty() || !options.filter.services.empty() || !options.filter.manufacturers.empty()),
      devices_(options.devices),
      presence_(options.presence),
      beacons_(options.beacons),
      visits_(options.visits),
      traffic_(options.traffic) {
  options_.areas.validate();
  if (!options_.visitor_of) options_.visitor_of = [](const Address& address, TimePoint) { return address.bits() + 1; };
}

void Pipeline::on_sightings(std::span<const Sighting> batch) {
  for (const Sighting& sighting : batch) on_sighting(sighting);
}

void Pipeline::on_sighting(const Sighting& sighting) {
  ++statistics_.sightings;
  if (sighting.payload_lost()) ++statistics_.payload_lost;
  if (sighting.time > now_) advance(sighting.time);
  if (options_.keys != nullptr && !options_.keys->addresses().empty()) {
    if (const auto* owner = options_.keys->addresses().resolve(sighting.address)) {
      Sighting resolved = sighting;  // all that follows knows the device by its lasting address
      resolved.address = owner->identity;
      return on_device_sighting(resolved);
    }
  }
  on_device_sighting(sighting);
}

void Pipeline::on_device_sighting(const Sighting& sighting) {
  if (!options_.filter.passes(sighting)) {
    ++statistics_.filtered;
    return;
  }
  const auto heard = devices_.apply(sighting, [this](DeviceSlot slot, const Device& device) { forget(slot, device); });
  states_.reach(heard.slot);
  State& state = states_[heard.slot];
  const Device& device = devices_[heard.slot];
  if (heard.new_device) {
    state = State();
    if (!filters_data_) begin(heard.slot, device);
  }
  if (filters_data_) {
    const bool passed = !heard.new_device && state.passes;
    if (heard.new_payload || heard.new_device) state.passes = options_.filter.passes(device);
    if (state.passes && !passed) begin(heard.slot, device);
    if (!state.passes) {
      ++statistics_.filtered;
      return;
    }
  }
  const auto on_beacon = [this](const BeaconEvent& event) { listener_.on_beacon(event); };
  if (heard.new_payload || (state.beacon != no_beacon && !beacons_.on_repeat(state.beacon, sighting, on_beacon)))
    on_payload(heard, device, sighting, state);
  const bool has_power = state.power_at_1m_dbm != no_tx_power && (options_.trust_beacon_power || state.has_own_power);
  const auto power = has_power ? std::optional(state.power_at_1m_dbm) : std::nullopt;
  presence_.on_sample(heard.slot, sighting.time, sighting.rssi_dbm, power,
                      [this](const PresenceReading& reading) { on_reading(reading); });
}

void Pipeline::begin(DeviceSlot slot, const Device& device) {
  State& state = states_[slot];
  if (const auto power = options_.powers.find(device.address.bits()); power != options_.powers.end()) {
    state.power_at_1m_dbm = power->second;
    state.has_own_power = true;
  }
  if (!options_.areas.empty()) areas_.reach(slot);
  listener_.on_device(slot, device);
  const std::optional<Recalled> before = options_.recall ? options_.recall(slot, device) : std::nullopt;
  if (!before) return;
  if (before->range) {
    state.visitor = before->visitor;
    presence_.restore(slot, *before->range, before->smoothed_dbm, device.last_seen);
    if (!options_.areas.empty() && before->place) areas_[slot].restore(*before->place, device.radio);
    if (const auto place = place_of(slot); place && before->entered)
      (void)visits_.restore(
          {.visitor = before->visitor, .zone = *place, .entered = *before->entered, .left = {}, .breaks = before->breaks});
  }
  listener_.on_recalled(slot, device, *before);
}

std::optional<DeviceSlot> Pipeline::find(const Address& address) {
  if (options_.keys != nullptr && !options_.keys->addresses().empty())
    if (const auto* owner = options_.keys->addresses().resolve(address)) return devices_.find(owner->identity);
  return devices_.find(address);
}

std::optional<ZoneId> Pipeline::place_of(DeviceSlot slot) const noexcept {
  if (!options_.areas.empty()) return slot < areas_.capacity() ? areas_[slot].zone() : std::nullopt;
  const std::optional<Zone> zone = presence_.zone(slot);
  return zone ? std::optional(zone_id(*zone)) : std::nullopt;
}

void Pipeline::on_payload(const DeviceTable::Heard& heard, const Device& device, const Sighting& sighting, State& state) {
  ++statistics_.decoded;
  const DecodeContext context{.address = sighting.address, .time = sighting.time, .keys = options_.keys};
  decode(AdvertisementData(sighting.payload()), context, decoded_);
  if (decoded_.problem() != DecodeProblem::none && decoded_.problem() != state.problem) {
    state.problem = decoded_.problem();
    listener_.on_decode_problem(device, decoded_);
  }
  if (!decoded_.empty()) {
    state.format = decoded_.format().data();
    state.format_size = static_cast<uint8_t>(decoded_.format().size());
    if (heard.new_payload) listener_.on_decoded(heard.slot, device, decoded_, sighting.time);
  }
  if (decoded_.frames().empty() && state.beacon == no_beacon) return;
  for (const BeaconFrame& frame : decoded_.frames())
    if (const auto power = power_at_1m_dbm(frame); power && is_plausible_power(*power) && !state.has_own_power)
      state.power_at_1m_dbm = static_cast<int8_t>(*power);
  if (state.beacon == no_beacon) {
    if (free_beacons_.empty()) {
      state.beacon = beacon_devices_++;
    } else {
      state.beacon = free_beacons_.back();
      free_beacons_.pop_back();
    }
  }
  beacons_.on_decoded(state.beacon, sighting, decoded_, [this](const BeaconEvent& event) { listener_.on_beacon(event); });
}

void Pipeline::on_reading(const PresenceReading& reading) {
  State& state = states_[reading.slot];
  const Device& device = devices_[reading.slot];
  if (reading.event == PresenceEvent::entered && state.visitor == 0)
    state.visitor = options_.visitor_of(device.address, reading.time);
  listener_.on_presence(device, reading, state.visitor);
  Move change{.time = reading.time,
              .slot = reading.slot,
              .device = device,
              .visitor = state.visitor,
              .from = {},
              .to = {},
              .cause = reading.event == PresenceEvent::lost ? MoveCause::lost : MoveCause::rssi,
              .reading = &reading};
  if (options_.areas.empty()) {
    if (reading.event == PresenceEvent::none) return;
    if (reading.from) change.from = zone_id(*reading.from);
    if (reading.zone) change.to = zone_id(*reading.zone);
    move(change);
  } else if (reading.event == PresenceEvent::lost) {
    change.from = areas_[reading.slot].leave();
    if (change.from) move(change);
  } else if (reading.zone) {
    AreaMachine& area = areas_[reading.slot];
    const auto changed = reading.event == PresenceEvent::entered
                             ? area.begin(device.radio, reading.smoothed_dbm, options_.areas)
                             : area.on_reading(device.radio, reading.smoothed_dbm, options_.areas);
    if (!changed) return;
    change.from = changed->from;
    change.to = changed->to;
    if (changed->from && changed->other_radio) change.cause = MoveCause::radio;
    move(change);
  }
  if (reading.event == PresenceEvent::lost) listener_.on_visitor_gone(std::exchange(state.visitor, 0));
}

void Pipeline::move(Move& move) {
  move.rejoins = move.to && visits_.has_open(move.visitor, *move.to);
  listener_.on_move(move);
  const auto ended = [this](const Visit& visit) { listener_.on_visit(visit); };
  if (move.to) {
    visits_.enter(move.visitor, *move.to, move.time, ended);
  } else if (move.from) {
    const bool lost = move.cause == MoveCause::lost;  // the silence is no dwell
    visits_.leave(move.visitor, lost ? move.reading->last_heard : move.time, lost ? VisitEnd::lost : VisitEnd::moved, ended);
  }
  visits_.advance(move.time, ended);
  if (move.to && !move.rejoins)  // who rejoins a visit has not come in again
    traffic_.on_entry(move.visitor, *move.to, move.time, [this](const ZoneTraffic& row) { listener_.on_traffic(row); });
}

void Pipeline::forget(DeviceSlot slot, const Device& device) {
  State& state = states_[slot];
  if (const auto place = place_of(slot))
    listener_.on_move({.time = std::max(now_, device.last_seen),
                       .slot = slot,
                       .device = device,
                       .visitor = state.visitor,
                       .from = place,
                       .to = {},
                       .cause = MoveCause::forgotten});
  presence_.forget(slot);
  if (slot < areas_.capacity()) areas_[slot] = AreaMachine();
  if (state.visitor != 0) {
    visits_.leave(state.visitor, device.last_seen, VisitEnd::lost, [this](const Visit& visit) { listener_.on_visit(visit); });
    listener_.on_visitor_gone(state.visitor);
  }
  if (state.beacon != no_beacon) {
    beacons_.forget(state.beacon);
    free_beacons_.push_back(state.beacon);
  }
  if (state.passes) listener_.on_forgotten(slot, device);
  state = State();
}

void Pipeline::advance(TimePoint now) {
  now_ = std::max(now_, now);
  presence_.advance(now, [this](const PresenceReading& reading) { on_reading(reading); });
  beacons_.advance(now, [this](const BeaconEvent& event) { listener_.on_beacon(event); });
  visits_.advance(now, [this](const Visit& visit) { listener_.on_visit(visit); });
  traffic_.advance(now, [this](const ZoneTraffic& row) { listener_.on_traffic(row); });
  devices_.advance(now, [this](DeviceSlot slot, const Device& device) { forget(slot, device); });
}

TimePoint Pipeline::next_deadline() const noexcept {
  return std::min({presence_.next_deadline(), beacons_.next_deadline(), visits_.next_deadline(), traffic_.next_deadline(),
                   devices_.next_deadline()});
}

void Pipeline::close(TimePoint now) {
  advance(now);
  visits_.close_all(now, [this](const Visit& visit) { listener_.on_visit(visit); });
  for (const ZoneTraffic& row : traffic_.counts()) listener_.on_traffic(row);
}

}  // namespace moor
