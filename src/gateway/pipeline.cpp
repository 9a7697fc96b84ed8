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
    if (!filters_data_) listener_.on_device(heard.slot, device);
  }
  if (filters_data_) {
    const bool passed = !heard.new_device && state.passes;
    if (heard.new_payload || heard.new_device) state.passes = options_.filter.passes(device);
    if (state.passes && !passed) listener_.on_device(heard.slot, device);
    if (!state.passes) {
      ++statistics_.filtered;
      return;
    }
  }
  const auto on_beacon = [this](const BeaconEvent& event) { listener_.on_beacon(event); };
  if (heard.new_payload || (state.beacon != no_beacon && !beacons_.on_repeat(state.beacon, sighting, on_beacon)))
    on_payload(heard, device, sighting, state);
  const auto power =
      state.power_at_1m_dbm == no_tx_power || !options_.trust_beacon_power ? std::nullopt : std::optional(state.power_at_1m_dbm);
  presence_.on_sample(heard.slot, sighting.time, sighting.rssi_dbm, power,
                      [this](const PresenceReading& reading) { on_reading(reading); });
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
    if (const auto power = power_at_1m_dbm(frame); power && is_plausible_power(*power))
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
  if (reading.event == PresenceEvent::none) return;
  const bool continues = reading.zone && visits_.has_open(state.visitor, zone_id(*reading.zone));
  visits_.on_reading(state.visitor, reading, [this](const Visit& visit) { listener_.on_visit(visit); });
  if (reading.zone && !continues)  // who rejoins a visit has not come in again
    traffic_.on_entry(state.visitor, zone_id(*reading.zone), reading.time,
                      [this](const ZoneTraffic& row) { listener_.on_traffic(row); });
  if (reading.event == PresenceEvent::lost) listener_.on_visitor_gone(std::exchange(state.visitor, 0));
}

void Pipeline::forget(DeviceSlot slot, const Device& device) {
  State& state = states_[slot];
  presence_.forget(slot);
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
