// moor track: how near a device is, reading by reading.

#include "beacon/beacon_fields.hpp"
#include "cli/commands.hpp"
#include "cli/presence_arguments.hpp"
#include "cli/radio_session.hpp"
#include "cli/scan_arguments.hpp"
#include "cli/terminal.hpp"
#include "core/json_text.hpp"
#include "moor/presence.hpp"
#include "report/presence_json.hpp"

#include <fmt/format.h>
#include <boost/asio/experimental/awaitable_operators.hpp>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

class Track final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "track"; }
  [[nodiscard]] std::string summary() const override { return "Follow RSSI, distance and zone of a device, or of all"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    options.push_back({.name = "ADDRESS", .value = "", .help = "The device to track (default: all)", .target = &address_});
    arguments_.add_all(options);
    presence_.add(options);
    options.push_back({.name = "--lost-after",
                       .value = "S",
                       .help = "Seconds of silence that make a device lost (default: 30)",
                       .target = &lost_after_s_,
                       .least = 0.1,
                       .most = 1e7});
    return options;
  }

  [[nodiscard]] int run() override {
    if (!address_.empty()) arguments_.addresses.push_back(address_);
    const ScannerOptions options = arguments_.scanner_options();
    PresenceOptions presence_options = presence_.options();
    presence_options.lost_after = from_seconds(lost_after_s_);
    PresenceTracker presence(presence_options);
    RadioSession session(arguments_.radios);
    Scanner scanner(session.clock(), session.radios(), options);
    const auto print = [&](const PresenceReading& reading) { print_reading(reading, scanner.devices()[reading.slot], session); };
    std::vector<std::optional<int8_t>> powers;  // at 1 m, by slot
    scanner.on_sighting([&](const Device&, const Discovery& discovery) {
      if (discovery.slot >= powers.size()) powers.resize(discovery.slot + 1);
      if (discovery.new_data) learn_power(discovery.sighting, powers[discovery.slot]);
      presence.advance(discovery.sighting.time, print);
      presence.on_sample(discovery.slot, discovery.sighting.time, discovery.sighting.rssi_dbm, powers[discovery.slot], print);
    });
    const Outcome outcome = session.run(scan(session, scanner, presence, print));
    presence.advance(session.clock().now(), print);
    flush_output();
    return outcome.finish();
  }

private:
  // The beacon's own power, unless the user knows better.
  void learn_power(const Sighting& sighting, std::optional<int8_t>& power) const {
    if (presence_.tx_power_dbm) return;
    Decoded decoded;
    decode(AdvertisementData(sighting.payload()), decoded);
    if (const BeaconFrame* frame = main_frame(decoded))
      if (const auto own = power_at_1m_dbm(*frame); own && is_plausible_power(*own)) power = static_cast<int8_t>(*own);
  }

  // On the air silence is an event too, so time must pass without samples. A recording brings its own time.
  template <typename Print>
  awaitable<void> scan(RadioSession& session, Scanner& scanner, PresenceTracker& presence, const Print& print) {
    using namespace boost::asio::experimental::awaitable_operators;
    if (session.is_live())
      co_await (scanner.run(arguments_.duration()) || pass_time(session, presence, print));
    else
      co_await scanner.run(arguments_.duration());
  }

  template <typename Print>
  awaitable<void> pass_time(RadioSession& session, PresenceTracker& presence, const Print& print) {
    while (true) {
      co_await session.clock().wait_for(std::chrono::seconds(1));
      presence.advance(session.clock().now(), print);
    }
  }

  void print_reading(const PresenceReading& reading, const Device& device, RadioSession& session) const {
    const WallTime t = session.clock().to_wall(reading.time);
    if (arguments_.json) {
      json::object line;
      line["t"] = rounded(to_seconds(t), 6);
      line["address"] = device.address.to_string();
      append_reading(line, reading);
      print_line(to_line(line));
    } else {
      print_line(text_of(reading, device, t));
    }
    if (session.is_live()) flush_output();
  }

  static std::string text_of(const PresenceReading& reading, const Device& device, WallTime t) {
    std::string line = fmt::format("{}  {}", time_text(t), device.address.to_string());
    if (reading.rssi_dbm) line += fmt::format("  {:6.1f} dBm  smoothed {:6.1f} dBm", *reading.rssi_dbm, reading.smoothed_dbm);
    if (reading.distance)
      line +=
          fmt::format("  {:6.2f} m ({:.1f} to {:.1f})", reading.distance->m, reading.distance->low_m, reading.distance->high_m);
    if (reading.zone) line += fmt::format("  {:<9}", to_string(*reading.zone));
    if (reading.event != PresenceEvent::none) line += "  " + paint(Colour::cyan, describe(reading));
    return line;
  }

  ScanArguments arguments_;
  std::string address_;
  PresenceArguments presence_;
  double lost_after_s_ = 30;
};

}  // namespace

std::unique_ptr<Command> make_track() {
  return std::make_unique<Track>();
}

}  // namespace moor::cli
