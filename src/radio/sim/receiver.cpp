#include "radio/sim/receiver.hpp"

#include "radio/sim/channel.hpp"
#include "radio/sim/packet_times.hpp"
#include "radio/sim/radio_unit.hpp"

#include <algorithm>

namespace moor::sim {

namespace {

constexpr double capture_db = 6;  // a packet so much stronger survives another
constexpr double edge_db = 3;     // over which the chance to be received rises from 0 to 1
// Packets so far below the sensitivity destroy nothing that could be heard.
constexpr double interference_db = capture_db;
constexpr uint64_t response_packet = uint64_t{1} << 63;  // scan responses fade apart from the event's other packets

}  // namespace

Receiver::Receiver(State& state, size_t radio) : state_(state), radio_(radio) {
  const double phase = state.random().uniform(Purpose::scan_phase, radio);
  origin_ = state.start() - from_seconds(to_seconds(state.spec().radios[radio].scan_interval) * 3 * phase);
}

void Receiver::begin(RadioId id, ScanOptions options, TimePoint t) {
  id_ = id;
  active_ = options.active;
  begun_ = t;
}

void Receiver::end() {
  begun_.reset();
  pending_.clear();
  ready_.clear();
  ready_devices_.clear();
}

bool Receiver::is_listening(TimePoint start, TimePoint end, uint8_t channel) const noexcept {
  const RadioEntry& radio = state_.spec().radios[radio_];
  const int64_t interval = std::max<int64_t>(1, radio.scan_interval.count());
  const int64_t since = (start - origin_).count();
  const int64_t number = since / interval;  // nothing is heard before the origin, so it is not negative
  if (first_channel + number % advertising_channels != channel) return false;
  return Duration(since - number * interval) + (end - start) <= radio.scan_window;
}

void Receiver::hear(const AdvertisingEvent& event) {
  RadioUnit& unit = state_.radio(radio_);
  const Advertising& advertising = *state_.spec().devices[event.device].advertising;
  const Duration length = advertising.extended ? pointer_length : legacy_length(event.payload.size());
  const Duration spacing = length + gap_after(advertising);
  for (uint8_t i = 0; i < advertising_channels; ++i) {
    const TimePoint start = event.time + spacing * i;
    const auto channel = static_cast<uint8_t>(first_channel + i);
    if (!is_listening(start, start + length, channel)) continue;
    if (unit.faults().is_deaf(event.time) || (!unit.spec().scans_while_connecting && unit.is_connecting())) return;
    const double rssi = state_.channel().packet_rssi_dbm(radio_, event.device, event.time, event.number, channel);
    add({.start = start,
         .end = start + length,
         .event = event,
         .rssi_dbm = rssi,
         .kind = advertising.extended ? Kind::pointer : Kind::legacy,
         .channel = channel,
         .frequency = channel,
         .lost = false});
  }
}

void Receiver::add(Packet packet) {
  const Channel& channel = state_.spec().channel;
  if (packet.rssi_dbm < channel.sensitivity_dbm - interference_db) return;
  longest_ = std::max(longest_, packet.end - packet.start);
  auto place = pending_.end();
  while (place != pending_.begin() && (place - 1)->start > packet.start) --place;
  if (channel.collisions) {
    for (auto other = pending_.rbegin(); other != pending_.rend() && other->start + longest_ > packet.start; ++other) {
      if (other->frequency != packet.frequency || other->end <= packet.start || packet.end <= other->start) continue;
      if (other->rssi_dbm < packet.rssi_dbm + capture_db) other->lost = true;
      if (packet.rssi_dbm < other->rssi_dbm + capture_db) packet.lost = true;
    }
  }
  pending_.insert(place, packet);
}

std::optional<TimePoint> Receiver::settle(TimePoint until) {
  std::optional<TimePoint> last;
  size_t settled = 0;
  for (; settled < pending_.size() && pending_[settled].end <= until; ++settled) {
    const Packet packet = pending_[settled];
    if (packet.lost || !passes_edge(packet, Purpose::reception)) continue;
    const size_t before = ready_.size();
    receive(packet);  // adds packets that begin later
    if (ready_.size() > before) last = packet.end;
  }
  pending_.erase(pending_.begin(), pending_.begin() + static_cast<std::ptrdiff_t>(settled));
  return last;
}

bool Receiver::passes_edge(const Packet& packet, Purpose purpose) const noexcept {
  const double above = packet.rssi_dbm - state_.spec().channel.sensitivity_dbm;
  if (above >= edge_db) return true;
  return state_.random().uniform(purpose, packet.event.device, packet.event.number,
                                 radio_ << 16 | static_cast<uint64_t>(packet.kind) << 8 | packet.channel) < above / edge_db;
}

void Receiver::receive(const Packet& packet) {
  const Advertising& advertising = *state_.spec().devices[packet.event.device].advertising;
  using Properties = AdvertisingProperties;
  const bool has_response = !packet.event.scan_response.empty();
  const Properties connectable = advertising.connectable ? Properties::connectable : Properties::none;
  const Properties legacy = Properties::legacy | connectable;
  switch (packet.kind) {
    case Kind::pointer: return follow_pointer(packet);
    case Kind::extended: return report(packet, packet.event.payload, connectable);
    case Kind::scan_response:
      return report(packet, packet.event.scan_response, legacy | Properties::scannable | Properties::scan_response);
    case Kind::legacy: break;
  }
  // A connectable one is always scannable (ADV_IND); one that is not, where it has a response (ADV_SCAN_IND).
  const bool scannable = advertising.connectable || has_response;
  report(packet, packet.event.payload, legacy | (scannable ? Properties::scannable : Properties::none));
  if (active_ && has_response) ask_for_response(packet);
}

void Receiver::follow_pointer(const Packet& packet) {
  const AdvertisingEvent& event = packet.event;
  Packet auxiliary = packet;
  auxiliary.kind = Kind::extended;
  auxiliary.frequency =
      static_cast<uint8_t>(state_.random().bits(Purpose::data_channel, event.device, event.number) % data_channels);
  auxiliary.start = event.time + auxiliary_offset;
  auxiliary.end = auxiliary.start + extended_length(event.payload.size());
  auxiliary.rssi_dbm = state_.channel().packet_rssi_dbm(radio_, event.device, event.time, event.number, auxiliary.frequency);
  add(auxiliary);
}

void Receiver::ask_for_response(const Packet& packet) {
  // The device hears the request as well as the radio heard the device.
  if (!passes_edge(packet, Purpose::scan_request)) return;
  const AdvertisingEvent& event = packet.event;
  Packet response = packet;
  response.kind = Kind::scan_response;
  response.start = packet.end + inter_frame_space + scan_request_length + inter_frame_space;
  response.end = response.start + legacy_length(event.scan_response.size());
  response.rssi_dbm =
      state_.channel().packet_rssi_dbm(radio_, event.device, event.time, event.number | response_packet, packet.channel);
  add(response);
}

void Receiver::report(const Packet& packet, Bytes payload, AdvertisingProperties properties) {
  Sighting sighting;
  sighting.address = state_.spec().devices[packet.event.device].address;
  sighting.time = packet.start;
  sighting.radio = id_;
  sighting.rssi_dbm = static_cast<int8_t>(std::lround(std::clamp(packet.rssi_dbm, -127.0, 20.0)));
  sighting.properties = properties;
  sighting.channel = packet.channel;
  if (packet.kind == Kind::extended) sighting.sid = 0;
  if (payload.size() > legacy_payload_size && !ring_) ring_ = std::make_unique<PayloadRing>();
  if (ring_)
    sighting.set_payload(payload, *ring_);
  else
    sighting.set_legacy_payload(payload);
  ready_.push_back(sighting);
  ready_devices_.push_back(packet.event.device);
}

}  // namespace moor::sim
