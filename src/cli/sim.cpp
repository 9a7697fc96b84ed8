// moor sim: what is in a simulated world, whether its file is right, and what happens in it.

#include "cli/commands.hpp"
#include "cli/exit_status.hpp"
#include "cli/radio_session.hpp"
#include "cli/sim_vhci.hpp"
#include "cli/terminal.hpp"
#include "core/activities.hpp"
#include "core/duration_text.hpp"
#include "core/json_text.hpp"
#include "moor/error.hpp"
#include "moor/world.hpp"
#include "radio/sim/world_description.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/asio/this_coro.hpp>
#include <boost/json.hpp>
#include <unordered_map>

namespace moor::cli {

namespace json = boost::json;

namespace {

struct Heard {
  uint64_t count = 0;
  double sum_dbm = 0;
  int min_dbm = 127;
  int max_dbm = -128;
};

// What reaches a radio, and of which device.
class Tally final : public SightingSink {
public:
  explicit Tally(std::unordered_map<uint64_t, Heard>& devices) : devices_(devices) {}
  void on_sightings(std::span<const Sighting> batch) override {
    for (const Sighting& sighting : batch) {
      ++heard;
      Heard& device = devices_[sighting.address.bits()];
      ++device.count;
      device.sum_dbm += sighting.rssi_dbm;
      device.min_dbm = std::min<int>(device.min_dbm, sighting.rssi_dbm);
      device.max_dbm = std::max<int>(device.max_dbm, sighting.rssi_dbm);
    }
  }
  uint64_t heard = 0;

private:
  std::unordered_map<uint64_t, Heard>& devices_;
};

json::array names_of(std::span<const std::string_view> words) {
  json::array out;
  for (const std::string_view word : words) out.emplace_back(word);
  return out;
}

class Sim final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "sim"; }
  [[nodiscard]] std::string summary() const override { return "Check, describe or run a simulated world"; }
  [[nodiscard]] std::vector<Option> options() override {
    return {
        {.name = "WORLD", .value = "", .help = "The world's file, see docs/worlds.md", .target = &path_, .required = true},
        {.name = "--check", .value = "", .help = "Only say whether the file is right", .target = &check_},
        {.name = "--describe",
         .value = "",
         .help = "Show what is in it (this is what it does unless told otherwise)",
         .target = &describe_},
        {.name = "--run", .value = "", .help = "Run it with all its radios scanning, and show who was heard", .target = &run_},
        {.name = "--duration",
         .value = "S",
         .help = "With --run: for so many seconds of the world's time (default: 600)",
         .target = &duration_s_,
         .least = 0.001,
         .most = 1e8},
        {.name = "--vhci",
         .value = "",
         .help = "Make each of its radios a Bluetooth adapter of this machine (/dev/vhci), until interrupted",
         .target = &vhci_},
        {.name = "--legacy", .value = "", .help = "With --vhci: no extended scanning and advertising", .target = &legacy_},
        {.name = "--no-duplicate-filter",
         .value = "",
         .help = "With --vhci: report each advertisement, even where the system asks for each device once",
         .target = &all_duplicates_},
        {.name = "--speed",
         .value = "N",
         .help = "With --run: N times as fast as real time (default: as fast as it goes)",
         .target = &speed_,
         .least = 0.001,
         .most = 1e6},
        {.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json_}};
  }

  [[nodiscard]] int run() override {
    if (check_ + describe_ + run_ + vhci_ > 1)
      throw UsageError("--check, --describe, --run and --vhci are four things", {.advice = "give one of them"});
    if (!vhci_ && (legacy_ || all_duplicates_))
      throw UsageError("--legacy and --no-duplicate-filter are for a world as adapters", {.advice = "add --vhci"});
    if (!run_ && (duration_s_ || speed_))
      throw UsageError("--duration and --speed are for running a world", {.advice = "add --run"});
    sim::WorldSpec world = sim::load_world(path_);
    int status = exit_done;
    if (check_)
      print_line(json_ ? to_pretty(json::object{{"name", world.name}, {"ok", true}}) : "ok");
    else if (run_)
      status = run_world(std::move(world));
    else if (vhci_)
      status = serve_world(std::move(world), {.extended = !legacy_, .filter_duplicates = !all_duplicates_, .json = json_});
    else
      print_description(world);
    flush_output();
    return status;
  }

private:
  void print_description(const sim::WorldSpec& world) const {
    const sim::WorldDescription description = sim::describe(world);
    if (json_) return print_line(to_pretty(description_json(world, description)));
    Table radios({{"RADIO"},
                  {"KIND"},
                  {"POSITION"},
                  {"SLOTS", Table::Align::right},
                  {"LISTENS", Table::Align::right},
                  {"FAULTS", Table::Align::left, 60}});
    for (const sim::RadioEntry& radio : world.radios)
      radios.add({{radio.name, Colour::bold},
                  {std::string(to_string(radio.kind))},
                  {fmt::format("{}, {}", radio.position.x, radio.position.y)},
                  {std::to_string(radio.slots)},
                  {fmt::format("{:.0f} %", duty(radio) * 100)},
                  {fmt::format("{}", fmt::join(faults_of(radio), ", "))}});
    radios.print();
    print_line("");
    Table devices({{"DEVICES", Table::Align::right},
                   {"NAME"},
                   {"FROM ADDRESS"},
                   {"SENDS"},
                   {"EVERY", Table::Align::right},
                   {"SERVICES", Table::Align::right},
                   {"AND"},
                   {"FAULTS", Table::Align::left, 60}});
    for (const sim::DeviceGroup& group : description.groups) {
      const sim::DeviceEntry& first = world.devices[group.first];
      devices.add({{std::to_string(group.count)},
                   {group.name, Colour::bold},
                   {first.address.to_string()},
                   {!first.advertising     ? "nothing"
                    : group.format.empty() ? "advertisements"
                                           : group.format},
                   {first.advertising ? elapsed_text(first.advertising->interval) : ""},
                   {std::to_string(group.services)},
                   {std::string(group.movement) + (first.sleep ? ", sleeps" : "")},
                   {fmt::format("{}", fmt::join(group.faults, ", "))}});
    }
    if (!devices.empty()) devices.print();
    print_line(fmt::format("\n{}: {} devices, {:.1f} advertising events and up to {:.2f} notifications a second", world.name,
                           world.devices.size(), description.events_per_second, description.notifications_per_second));
  }

  static double duty(const sim::RadioEntry& radio) { return to_seconds(radio.scan_window) / to_seconds(radio.scan_interval); }
  static std::vector<std::string_view> faults_of(const sim::RadioEntry& radio) {
    std::vector<std::string_view> kinds;
    kinds.reserve(radio.faults.size());
    for (const sim::RadioFault& fault : radio.faults) kinds.push_back(to_string(fault.kind));
    return kinds;
  }

  static json::object description_json(const sim::WorldSpec& world, const sim::WorldDescription& description) {
    json::array radios;
    for (const sim::RadioEntry& radio : world.radios)
      radios.push_back(json::object{{"name", radio.name},
                                    {"kind", to_string(radio.kind)},
                                    {"position", json::array{radio.position.x, radio.position.y, radio.position.z}},
                                    {"slots", radio.slots},
                                    {"scan_duty", rounded(duty(radio), 4)},
                                    {"faults", names_of(faults_of(radio))}});
    json::array devices;
    for (const sim::DeviceGroup& group : description.groups) {
      const sim::DeviceEntry& first = world.devices[group.first];
      devices.push_back(json::object{
          {"name", group.name},
          {"count", group.count},
          {"address", first.address.to_string()},
          {"format", group.format.empty() ? json::value() : json::value(group.format)},
          {"movement", group.movement},
          {"interval_s", first.advertising ? json::value(rounded(to_seconds(first.advertising->interval), 6)) : json::value()},
          {"connectable", first.advertising && first.advertising->connectable},
          {"sleeps", first.sleep.has_value()},
          {"services", group.services},
          {"characteristics", group.characteristics},
          {"faults", names_of(group.faults)}});
    }
    return {{"name", world.name},
            {"seed", world.seed},
            {"walls", world.walls.size()},
            {"radios", std::move(radios)},
            {"devices", std::move(devices)},
            {"device_count", world.devices.size()},
            {"advertisers", description.advertisers},
            {"events_per_s", rounded(description.events_per_second, 3)},
            {"notifications_per_s", rounded(description.notifications_per_second, 3)}};
  }

  [[nodiscard]] int run_world(sim::WorldSpec spec) {
    std::unique_ptr<Clock> clock;
    if (speed_)
      clock = std::make_unique<RealClock>(*speed_);
    else
      clock = std::make_unique<VirtualClock>(TimePoint(spec.start.time_since_epoch()));
    std::optional<RadioSession> session;  // which has the clock, and so ends after the world
    sim::World world(*clock, std::move(spec));
    std::vector<std::unique_ptr<Radio>> radios;
    for (const sim::RadioEntry& radio : world.spec().radios)
      radios.push_back(world.make_radio(radio.name, static_cast<RadioId>(radios.size())));
    session.emplace(std::move(clock), std::move(radios));
    std::unordered_map<uint64_t, Heard> heard;
    std::vector<Tally> tallies(session->radios().size(), Tally(heard));
    const TimePoint begin = session->clock().now();
    const Outcome outcome = session->run(listen(*session, tallies, from_seconds(duration_s_.value_or(600))));
    const Duration lasted = session->clock().now() - begin;
    if (json_)
      print_line(to_pretty(run_json(world, tallies, heard, lasted)));
    else
      print_run(world, tallies, heard, lasted);
    return outcome.finish();
  }

  // Until the time is over. A radio that dies stops hearing, and the others go on.
  static awaitable<void> listen(RadioSession& session, std::vector<Tally>& tallies, Duration duration) {
    Activities scans(co_await boost::asio::this_coro::executor);
    const ScanOptions options;
    for (size_t i = 0; i < tallies.size(); ++i)
      scans.start(keep_scanning(session.clock(), *session.radios()[i], options, tallies[i]), [](std::exception_ptr) {});
    std::exception_ptr cancelled;
    try {
      co_await session.clock().wait_for(duration);
    } catch (...) {
      cancelled = std::current_exception();
    }
    co_await boost::asio::this_coro::reset_cancellation_state(boost::asio::disable_cancellation());
    co_await scans.stop();
    if (cancelled) std::rethrow_exception(cancelled);
  }

  static awaitable<void> keep_scanning(Clock& clock, Radio& radio, ScanOptions options, Tally& tally) {
    for (;;) {
      try {
        co_await radio.scan(options, tally);
      } catch (const RadioNotAvailable&) {  // until it is plugged in again
      }
      co_await clock.wait_for(std::chrono::seconds(10));
    }
  }

  static json::object run_json(const sim::World& world, const std::vector<Tally>& tallies,
                               const std::unordered_map<uint64_t, Heard>& heard, Duration lasted) {
    json::array radios;
    for (size_t i = 0; i < tallies.size(); ++i)
      radios.push_back(json::object{{"name", world.spec().radios[i].name}, {"heard", tallies[i].heard}});
    json::array devices;
    for (const sim::DeviceEntry& device : world.spec().devices) {
      const sim::DeviceTruth truth = world.truth(device.address);
      const auto found = heard.find(device.address.bits());
      json::value rssi;
      if (found != heard.end())
        rssi = json::object{{"min", found->second.min_dbm},
                            {"mean", rounded(found->second.sum_dbm / static_cast<double>(found->second.count), 1)},
                            {"max", found->second.max_dbm}};
      devices.push_back(json::object{{"address", device.address.to_string()},
                                     {"name", device.name},
                                     {"sent", truth.advertisements},
                                     {"heard", found == heard.end() ? 0 : found->second.count},
                                     {"rssi", std::move(rssi)},
                                     {"reachable_s", rounded(to_seconds(truth.reachable), 3)}});
    }
    return {{"name", world.spec().name},
            {"duration_s", rounded(to_seconds(lasted), 3)},
            {"radios", std::move(radios)},
            {"devices", std::move(devices)}};
  }

  static void print_run(const sim::World& world, const std::vector<Tally>& tallies,
                        const std::unordered_map<uint64_t, Heard>& heard, Duration lasted) {
    Table radios({{"RADIO"}, {"HEARD", Table::Align::right}});
    for (size_t i = 0; i < tallies.size(); ++i)
      radios.add({{world.spec().radios[i].name, Colour::bold}, {std::to_string(tallies[i].heard)}});
    radios.print();
    print_line("");
    Table devices({{"ADDRESS"},
                   {"NAME"},
                   {"SENT", Table::Align::right},
                   {"HEARD", Table::Align::right},
                   {"MIN", Table::Align::right},
                   {"MEAN", Table::Align::right},
                   {"MAX dBm", Table::Align::right}});
    for (const sim::DeviceEntry& device : world.spec().devices) {
      const sim::DeviceTruth truth = world.truth(device.address);
      const auto found = heard.find(device.address.bits());
      const Heard none;
      const Heard& of = found == heard.end() ? none : found->second;
      const auto rssi = [&](double dbm) { return of.count == 0 ? std::string() : fmt::format("{:.0f}", dbm); };
      devices.add({{device.address.to_string()},
                   {device.name, Colour::bold},
                   {std::to_string(truth.advertisements)},
                   {std::to_string(of.count)},
                   {rssi(of.min_dbm)},
                   {rssi(of.sum_dbm / static_cast<double>(std::max<uint64_t>(of.count, 1)))},
                   {rssi(of.max_dbm)}});
    }
    if (!devices.empty()) devices.print();
    print_line(fmt::format("\n{}: {} of its time", world.spec().name, elapsed_text(lasted)));
  }

  std::string path_;
  bool check_ = false, describe_ = false, run_ = false, json_ = false;
  bool vhci_ = false, legacy_ = false, all_duplicates_ = false;
  std::optional<double> duration_s_, speed_;
};

}  // namespace

std::unique_ptr<Command> make_sim() {
  return std::make_unique<Sim>();
}

}  // namespace moor::cli
