// moor beacons: the beacons that were heard, each by who it says it is.

#include "beacon/beacon_fields.hpp"
#include "cli/commands.hpp"
#include "cli/presence_arguments.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/beacon_tracker.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

constexpr Duration default_duration = std::chrono::seconds(15);
constexpr double never_s = 3.0e9;  // a century: the report lists all that was heard

class Beacons final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "beacons"; }
  [[nodiscard]] std::string summary() const override { return "List the beacons heard, by identity"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add_all(options);
    presence_.add(options);
    options.push_back({.name = "--expire",
                       .value = "S",
                       .help = "Leave out beacons silent for so many seconds (default: none)",
                       .target = &expire_s_,
                       .least = 0.1,
                       .most = never_s});
    return options;
  }

  [[nodiscard]] int run() override {
    const ScannerOptions options = arguments_.scanner_options();
    BeaconTrackerOptions tracking{.presence = presence_.options(), .max_beacons = 100'000};
    tracking.presence.lost_after = from_seconds(expire_s_);
    BeaconTracker tracker(tracking);
    RadioSession session(arguments_.radios);
    Scanner scanner(session.clock(), session.radios(), options);
    auto duration = arguments_.duration();
    if (!duration && session.is_live()) duration = default_duration;
    const TimePoint begin = session.clock().now();
    ProgressBar bar;
    Decoded decoded;
    const auto no_event = [](const BeaconEvent&) {};
    scanner.on_sighting([&](const Device&, const Discovery& discovery) {
      if (discovery.new_data || !tracker.on_repeat(discovery.slot, discovery.sighting, no_event)) {
        decode(AdvertisementData(discovery.sighting.payload()), decoded);
        tracker.on_decoded(discovery.slot, discovery.sighting, decoded, no_event);
      }
      if (bar.due()) bar.update(fraction_of(duration, session.clock().now() - begin), fmt::format("{} beacons", tracker.size()));
    });
    const Outcome outcome = session.run(scanner.run(duration));
    bar.clear();
    tracker.advance(session.clock().now(), no_event);
    if (arguments_.json)
      print_json(tracker, session);
    else
      print_table(tracker);
    flush_output();
    return outcome.finish();
  }

private:
  static json::object to_json(const TrackedBeacon& beacon, RadioSession& session) {
    const auto power = power_at_1m_dbm(beacon.frame);
    json::object object;
    object["type"] = to_string(beacon.type());
    object["address"] = beacon.address.to_string();
    object["tx_power"] = power ? json::value(*power) : json::value();
    object["rssi"] = beacon.rssi_dbm != no_rssi ? json::value(beacon.rssi_dbm) : json::value();
    object["smoothed"] = beacon.smoothed_dbm ? json::value(rounded(*beacon.smoothed_dbm, 2)) : json::value();
    object["distance_m"] = beacon.distance ? json::value(rounded(beacon.distance->m, 2)) : json::value();
    object["zone"] = beacon.zone ? json::value(to_string(*beacon.zone)) : json::value();
    for (const auto& [key, value] : fields_of(beacon.frame)) object[key] = value;
    object["samples"] = beacon.sightings;
    object["first_seen"] = rounded(to_seconds(session.clock().to_wall(beacon.first_seen)), 6);
    object["last_seen"] = rounded(to_seconds(session.clock().to_wall(beacon.last_seen)), 6);
    object["radio"] = session.name_of(beacon.radio);
    if (beacon.type() != BeaconType::eddystone_tlm)
      object["telemetry"] = beacon.telemetry ? json::value(fields_of(*beacon.telemetry)) : json::value();
    return object;
  }

  static void print_json(const BeaconTracker& tracker, RadioSession& session) {
    json::object by_type;
    json::array beacons;
    for (const TrackedBeacon* beacon : tracker.beacons()) {
      beacons.push_back(to_json(*beacon, session));
      by_type[to_string(beacon->type())] = tracker.count(beacon->type());
    }
    print_line(to_pretty(
        json::object{{"total_beacons", tracker.size()}, {"by_type", std::move(by_type)}, {"beacons", std::move(beacons)}}));
  }

  static void print_table(const BeaconTracker& tracker) {
    Table table({{"TYPE"},
                 {"ADDRESS"},
                 {"1 M", Table::Align::right},
                 {"RSSI", Table::Align::right},
                 {"DISTANCE", Table::Align::right},
                 {"ZONE"},
                 {"SAMPLES", Table::Align::right},
                 {"WHO", Table::Align::left, 130}});
    for (const TrackedBeacon* beacon : tracker.beacons()) {
      const auto power = power_at_1m_dbm(beacon->frame);
      std::string who = words_of(beacon->frame);
      if (beacon->telemetry && beacon->type() != BeaconType::eddystone_tlm) who += " (" + words_of(*beacon->telemetry) + ")";
      table.add({{to_string(beacon->type())},
                 {beacon->address.to_string()},
                 {power ? fmt::format("{}", *power) : "-"},
                 {beacon->smoothed_dbm ? fmt::format("{:.1f} dBm", *beacon->smoothed_dbm) : "-"},
                 {beacon->distance ? fmt::format("~{:.1f} m", beacon->distance->m) : "-"},
                 {beacon->zone ? std::string(to_string(*beacon->zone)) : "-"},
                 {fmt::format("{}", beacon->sightings)},
                 {std::move(who)}});
    }
    if (tracker.size() > 0) table.print();
    std::string line =
        fmt::format("{}{} beacon{}", tracker.size() > 0 ? "\n" : "", tracker.size(), tracker.size() == 1 ? "" : "s");
    for (size_t type = 0; type < beacon_type_count; ++type)
      if (const size_t count = tracker.count(static_cast<BeaconType>(type)); count > 0)
        line += fmt::format(", {} {}", count, to_string(static_cast<BeaconType>(type)));
    print_line(line);
  }

  ScanArguments arguments_;
  PresenceArguments presence_;
  double expire_s_ = never_s;
};

}  // namespace

std::unique_ptr<Command> make_beacons() {
  return std::make_unique<Beacons>();
}

}  // namespace moor::cli
