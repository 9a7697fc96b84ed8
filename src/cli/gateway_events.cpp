#include "cli/gateway_events.hpp"

#include "beacon/beacon_fields.hpp"
#include "beacon/reading_fields.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"

#include <spdlog/logger.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

json::value text_or_null(const std::string& text) {
  return text.empty() ? json::value() : json::value(text);
}

}  // namespace

double EventPrinter::seconds(TimePoint t) const {
  return rounded(to_seconds(clock_.to_wall(t)), 6);
}

std::string EventPrinter::name_of(const Address& address, TimePoint t) const {
  return gateway_.identities().identify(address, t).text;
}

json::object EventPrinter::begin(const char* event, TimePoint t) const {
  return {{"t", seconds(t)}, {"event", event}};
}

void EventPrinter::print(const json::object& line) const {
  print_line(to_line(line));
  flush_output();
}

void EventPrinter::on_started(const std::optional<std::string>& config, const std::optional<std::string>& store,
                              const std::string& url) {
  json::object line = begin("started", clock_.now());
  line["config"] = config ? json::value(*config) : json::value();
  json::array radios;
  for (const RadioState& radio : gateway_.radios()) radios.emplace_back(radio.name);
  line["radios"] = std::move(radios);
  line["store"] = store ? json::value(*store) : json::value();
  line["url"] = url.empty() ? json::value() : json::value(url);
  print(line);
}

void EventPrinter::on_radio(const RadioState& state) {
  json::object line = begin("radio", clock_.now());
  line["radio"] = state.name;
  line["state"] = to_string(state.phase);
  line["detail"] = state.problem.empty() ? json::value(state.detail) : json::value(state.problem);
  print(line);
}

void EventPrinter::on_statistics() {
  json::object line = begin("statistics", clock_.now());
  line["statistics"] = statistics();
  print(line);
}

void EventPrinter::on_stopped(const std::string& reason) {
  json::object line = begin("stopped", clock_.now());
  line["reason"] = reason;
  line["statistics"] = statistics();
  print(line);
}

json::object EventPrinter::statistics() const {
  const Pipeline& pipeline = gateway_.pipeline();
  json::object dropped;
  dropped["devices"] = pipeline.devices().evicted();
  dropped["beacons"] = pipeline.beacons().statistics().evicted;
  dropped["visits"] = pipeline.visits().dropped();
  dropped["payloads"] = pipeline.statistics().payload_lost;
  json::object object;
  object["adverts"] = gateway_.statistics().sightings;
  object["filtered"] = pipeline.statistics().filtered;
  object["devices"] = pipeline.devices().size();
  object["beacons"] = pipeline.beacons().size();
  object["zone_events"] = zone_events_;
  object["visits"] = visits_;
  if (const auto store = gateway_.store_statistics()) {
    uint64_t written = 0;
    for (size_t kind = 0; kind < store_row_kinds; ++kind) {
      written += store->written[kind];
      dropped[std::string("store_") + store_row_names[kind]] = store->dropped[kind] + store->refused[kind];
    }
    object["stored"] = written;
  }
  object["dropped"] = std::move(dropped);
  return object;
}

void EventPrinter::on_device(DeviceSlot, const Device& device) {
  json::object line = begin("device", device.last_seen);
  line["device"] = name_of(device.address, device.last_seen);
  const auto name = device.data.name();
  line["name"] = name ? json::value(*name) : json::value();
  line["rssi"] = device.rssi.count() > 0 ? json::value(device.rssi.last()) : json::value();
  line["radio"] = gateway_.radios().at(device.radio).name;
  print(line);
}

void EventPrinter::on_decoded(DeviceSlot, const Device& device, const Decoded& decoded, TimePoint t) {
  for (const Reading& reading : decoded.readings()) {
    json::object line = begin("reading", t);
    line["device"] = name_of(device.address, t);
    line["quantity"] = moor::name_of(reading.quantity);
    line["value"] = value_of(reading);
    line["unit"] = unit_of(reading.quantity);
    print(line);
  }
}

void EventPrinter::on_decode_problem(const Device& device, const Decoded& decoded) {
  json::object line = begin("decode_problem", device.last_seen);
  line["device"] = name_of(device.address, device.last_seen);
  line["format"] = decoded.format();
  line["problem"] = to_string(decoded.problem());
  print(line);
}

void EventPrinter::on_beacon(const BeaconEvent& event) {
  if (event.kind == BeaconEvent::Kind::absorbed) return;
  json::object line = begin("beacon", event.time);
  line["device"] = name_of(event.beacon.address, event.time);
  line["change"] = event.kind == BeaconEvent::Kind::appeared ? "appeared" : "expired";
  line["beacon"] = to_json(event.beacon.frame);
  print(line);
}

void EventPrinter::on_zone(const ZoneEvent& event) {
  ++zone_events_;
  json::object line = begin("zone", event.time);
  line["device"] = event.device;
  line["from"] = text_or_null(event.from);
  line["zone"] = text_or_null(event.to);
  line["cause"] = to_string(event.event);
  line["smoothed"] = event.smoothed_dbm ? json::value(rounded(*event.smoothed_dbm, 2)) : json::value();
  line["distance_m"] = event.distance_m ? json::value(rounded(*event.distance_m, 2)) : json::value();
  print(line);
}

void EventPrinter::on_visit(const Visit& visit) {
  ++visits_;
  json::object line = begin("visit", visit.left);
  line["device"] = gateway_.identities().text_of(visit.visitor);
  line["zone"] = gateway_.places().name(visit.zone);
  line["entered"] = seconds(visit.entered);
  line["left"] = seconds(visit.left);
  line["dwell_s"] = rounded(to_seconds(visit.dwell()), 3);
  line["end"] = to_string(visit.end);
  print(line);
}

void EventPrinter::on_traffic(const ZoneTraffic& row) {
  json::object line = begin("traffic", row.from + traffic_interval_);
  line["zone"] = gateway_.places().name(row.zone);
  line["from"] = seconds(row.from);
  line["interval_s"] = to_seconds(traffic_interval_);
  line["entries"] = row.entries;
  line["visitors"] = row.visitors;
  print(line);
}

void EventLog::on_radio(const RadioState& state) {
  if (state.problem.empty())
    log_.info("radio {}: {} ({})", state.name, to_string(state.phase), state.detail);
  else
    log_.warn("radio {}: {}", state.name, state.problem);
}

void EventLog::on_decode_problem(const Device& device, const Decoded& decoded) {
  log_.warn("{}: {} cannot be read: {}", gateway_.identities().identify(device.address, device.last_seen).text, decoded.format(),
            to_string(decoded.problem()));
}

void EventLog::on_zone(const ZoneEvent& event) {
  log_.info("{} {}", event.name.empty() ? event.device : event.name, event.detail);
}

void EventLog::on_visit_ended(const VisitEvent& event) {
  log_.info("{} was {} for {:.0f} s", event.name.empty() ? event.device : event.name, event.zone,
            to_seconds(event.left.value_or(event.entered) - event.entered));
}

void EventLog::on_traffic(const ZoneTraffic& row) {
  log_.info("traffic {}: {} entries of {} visitors", gateway_.places().name(row.zone), row.entries, row.visitors);
}

}  // namespace moor::cli
