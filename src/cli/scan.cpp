// moor scan: what is in the air.

#include "beacon/beacon_fields.hpp"
#include "beacon/reading_fields.hpp"
#include "cli/commands.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/decoder.hpp"
#include "moor/path_loss.hpp"
#include "moor/zone.hpp"
#include "report/advertisement_json.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

constexpr Duration default_duration = std::chrono::seconds(15);

json::object to_json(const RssiStatistics& rssi) {
  if (rssi.count() == 0) return {{"min", nullptr}, {"max", nullptr}, {"mean", nullptr}, {"stddev", nullptr}};
  const auto deviation = rssi.stddev();
  return {{"min", rssi.min()},
          {"max", rssi.max()},
          {"mean", rounded(rssi.mean(), 3)},
          {"stddev", deviation ? json::value(rounded(*deviation, 3)) : json::value()}};
}

// What the latest frames of a device say, a frame sent in turn with others too.
Decoded decode_all(const Device& device) {
  const DecodeContext context{.address = device.address, .time = device.last_seen};
  Decoded decoded;
  for (Bytes part : {device.data.advertisement(), device.data.scan_response(), device.data.kept()}) {
    decode(AdvertisementData(part), context, decoded);
    if (!decoded.empty()) break;
  }
  return decoded;
}

std::optional<double> distance_of(const Device& device, const BeaconFrame* frame) {
  if (device.rssi.count() == 0) return std::nullopt;
  const auto power = frame != nullptr ? power_at_1m_dbm(*frame) : std::nullopt;
  return estimate_distance(device.rssi.mean(), power, PathLoss{}).m;
}

template <typename T>
json::value nullable(const std::optional<T>& value) {
  return value ? json::value(*value) : json::value();
}

// Who it is and what it says, as the report and each line of --follow have it.
void add_identity(json::object& object, const Device& device) {
  object["address"] = device.address.to_string();
  object["address_type"] = device.address.is_random() ? "random" : "public";
  object["address_kind"] = to_string(device.address.kind());
  object["name"] = nullable(device.data.name());
}

void add_data(json::object& object, const Device& device) {
  json::array uuids;
  for (const Uuid& uuid : device.data.service_uuids()) uuids.emplace_back(uuid.to_string());
  json::object manufacturers;
  for (const ManufacturerData& data : device.data.manufacturer_data())
    manufacturers[fmt::format("{:04x}", data.company)] = to_hex(data.data);
  json::object services;
  for (const ServiceData& data : device.data.service_data()) services[data.service.to_string()] = to_hex(data.data);
  object["tx_power"] = nullable(device.data.tx_power_dbm());
  object["service_uuids"] = std::move(uuids);
  object["manufacturer_data"] = std::move(manufacturers);
  object["service_data"] = std::move(services);
}

void add_meaning(json::object& object, const Decoded& decoded) {
  const BeaconFrame* frame = main_frame(decoded);
  object["beacon"] = frame != nullptr ? json::value(to_json(*frame)) : json::value();
  object["format"] = decoded.empty() ? json::value() : json::value(decoded.format());
  object["readings"] = readings_of(decoded);
  object["attributes"] = attributes_of(decoded);
}

// A beacon says who it is, another format what it measures.
std::string words_for(const Decoded& decoded) {
  const BeaconFrame* frame = main_frame(decoded);
  return frame != nullptr ? summary_of(*frame) : words_of(decoded);
}

json::object to_json(const Device& device, const RadioSession& session) {
  const Decoded decoded = decode_all(device);
  const BeaconFrame* frame = main_frame(decoded);
  const auto distance = distance_of(device, frame);
  json::array structures;
  append_structures(structures, device.data.advertisement());
  append_structures(structures, device.data.scan_response());
  json::object object;
  add_identity(object, device);
  object["samples"] = device.rssi.count();
  object["rssi"] = to_json(device.rssi);
  object["distance_m"] = distance ? json::value(rounded(*distance, 2)) : json::value();
  add_data(object, device);
  object["ad"] = std::move(structures);
  add_meaning(object, decoded);
  object["radio"] = session.name_of(device.radio);
  return object;
}

json::object to_json(const Device& device, const Sighting& sighting, const Decoded& decoded, RadioSession& session) {
  json::array structures;
  append_structures(structures, sighting.payload());
  json::object line;
  line["t"] = rounded(to_seconds(session.clock().to_wall(sighting.time)), 6);
  add_identity(line, device);
  line["rssi"] = sighting.has_rssi() ? json::value(sighting.rssi_dbm) : json::value();
  line["connectable"] = has(sighting.properties, AdvertisingProperties::connectable);
  line["scan_response"] = sighting.is_scan_response();
  add_data(line, device);
  line["ad"] = std::move(structures);
  add_meaning(line, decoded);
  line["radio"] = session.name_of(sighting.radio);
  return line;
}

Colour colour_of(double rssi_dbm) {
  switch (classify(rssi_dbm, ZoneOptions{})) {
    case Zone::immediate: return Colour::green;
    case Zone::near: return Colour::yellow;
    case Zone::far: return Colour::dim;
  }
  return Colour::none;
}

class Scan final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "scan"; }
  [[nodiscard]] std::string summary() const override { return "List the devices in the air, with RSSI statistics"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add_all(options);
    options.push_back({.name = "--follow",
                       .value = "",
                       .help = "Print every advertisement as it comes, until interrupted",
                       .target = &follow_});
    return options;
  }

  [[nodiscard]] int run() override {
    const ScannerOptions options = arguments_.scanner_options();
    RadioSession session(arguments_.radios);
    Scanner scanner(session.clock(), session.radios(), options);
    auto duration = arguments_.duration();
    if (!duration && session.is_live() && !follow_) duration = default_duration;
    const TimePoint begin = session.clock().now();
    ProgressBar bar;
    uint64_t seen = 0;
    scanner.on_sighting([&](const Device& device, const Discovery& discovery) {
      if (follow_) return print_sighting(device, discovery, session);
      if (++seen % 64 == 0 && bar.due())
        bar.update(fraction_of(duration, session.clock().now() - begin),
                   fmt::format("{} devices, {} advertisements", scanner.devices().size(), scanner.counters().passed));
    });
    const Outcome outcome = session.run(scanner.run(duration));
    bar.clear();
    if (!follow_) print_report(scanner, session, to_seconds(session.clock().now() - begin));
    flush_output();
    return outcome.finish();
  }

private:
  void print_sighting(const Device& device, const Discovery& discovery, RadioSession& session) {
    const Sighting& sighting = discovery.sighting;
    Decoded decoded;
    decode(AdvertisementData(sighting.payload()), {.address = sighting.address, .time = sighting.time}, decoded);
    if (arguments_.json) {
      print_line(to_line(to_json(device, sighting, decoded, session)));
    } else {
      const std::string rssi = sighting.has_rssi() ? fmt::format("{:4} dBm", sighting.rssi_dbm) : "       -";
      print_line(fmt::format("{}  {}  {}  {}  {}", time_text(session.clock().to_wall(sighting.time)), device.address.to_string(),
                             rssi, device.data.name().value_or("-"),
                             decoded.empty() ? to_hex(sighting.payload()) : words_for(decoded)));
    }
    if (session.is_live()) flush_output();
  }

  void print_report(const Scanner& scanner, const RadioSession& session, double seconds) const {
    std::vector<const Device*> found;
    const uint64_t adverts = scanner.counters().sightings;
    for (const Device& device : scanner.devices()) {
      if (!scanner.options().filter.passes(device)) continue;
      found.push_back(&device);
    }
    std::sort(found.begin(), found.end(), [](const Device* a, const Device* b) {
      return std::pair(-mean_of(*a), a->address) < std::pair(-mean_of(*b), b->address);
    });
    if (arguments_.json) return print_json(found, adverts, session, seconds);
    Table table({{"ADDRESS"},
                 {"NAME", Table::Align::left, 28},
                 {"MEAN", Table::Align::right},
                 {"±", Table::Align::right},
                 {"RANGE"},
                 {"SAMPLES", Table::Align::right},
                 {"DISTANCE", Table::Align::right},
                 {"WHAT", Table::Align::left, 100}});
    for (const Device* device : found) table.add(row_of(*device));
    if (!found.empty()) table.print();
    print_line(fmt::format("{}{} device{}, {} advertisement{} in {:.1f} s", found.empty() ? "" : "\n", found.size(),
                           found.size() == 1 ? "" : "s", adverts, adverts == 1 ? "" : "s", seconds));
  }

  static double mean_of(const Device& device) { return device.rssi.count() > 0 ? device.rssi.mean() : -1000; }

  static std::vector<Table::Cell> row_of(const Device& device) {
    const Decoded decoded = decode_all(device);
    const BeaconFrame* frame = main_frame(decoded);
    const bool sampled = device.rssi.count() > 0;
    const auto deviation = device.rssi.stddev();
    const auto distance = distance_of(device, frame);
    return {
        {device.address.to_string()},
        {device.data.name().value_or("")},
        {sampled ? fmt::format("{:.1f} dBm", device.rssi.mean()) : "-", sampled ? colour_of(device.rssi.mean()) : Colour::none},
        {sampled && deviation ? fmt::format("{:.1f}", *deviation) : ""},
        {sampled ? fmt::format("{}..{}", device.rssi.min(), device.rssi.max()) : ""},
        {fmt::format("{}", device.rssi.count())},
        {distance ? fmt::format("~{:.1f} m", *distance) : "-"},
        {words_for(decoded)}};
  }

  static void print_json(const std::vector<const Device*>& found, uint64_t adverts, const RadioSession& session, double seconds) {
    json::array devices;
    for (const Device* device : found) devices.push_back(to_json(*device, session));
    print_line(
        to_pretty(json::object{{"duration_s", rounded(seconds, 3)}, {"adverts", adverts}, {"devices", std::move(devices)}}));
  }

  ScanArguments arguments_;
  bool follow_ = false;
};

}  // namespace

std::unique_ptr<Command> make_scan() {
  return std::make_unique<Scan>();
}

}  // namespace moor::cli
