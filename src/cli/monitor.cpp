// moor monitor: stays connected to a device through failures, logs its values, and says at the end how much of the time it was there.

#include "cli/commands.hpp"
#include "cli/device_session.hpp"
#include "cli/terminal.hpp"
#include "cli/value_text.hpp"
#include "core/duration_text.hpp"
#include "core/json_text.hpp"
#include "core/within.hpp"
#include "moor/session.hpp"
#include "report/attribute_value.hpp"

#include <fmt/format.h>
#include <boost/json.hpp>

namespace moor::cli {

namespace json = boost::json;

namespace {

// "--as FORMAT" for all, "--as UUID=FORMAT" for one.
struct Formats {
  std::optional<ValueFormat> general;
  std::vector<std::pair<Uuid, ValueFormat>> special;

  explicit Formats(const std::vector<std::string>& texts) {
    for (const std::string& text : texts) {
      const size_t equals = text.find('=');
      if (equals == std::string::npos) {
        general = ValueFormat::parse(text);
        continue;
      }
      const auto uuid = Uuid::parse(std::string_view(text).substr(0, equals));
      if (!uuid)
        throw UsageError("--as '" + text + "': there is no UUID before '='",
                         {.advice = "Write --as FORMAT or --as UUID=FORMAT."});
      special.emplace_back(*uuid, ValueFormat::parse(std::string_view(text).substr(equals + 1)));
    }
  }
  [[nodiscard]] std::optional<ValueFormat> of(const Uuid& uuid) const {
    for (const auto& [whose, format] : special)
      if (whose == uuid) return format;
    return general;
  }
};

class Monitor final : public Command {
public:
  [[nodiscard]] std::string name() const override { return "monitor"; }
  [[nodiscard]] std::string summary() const override { return "Stay connected to a device through failures and log its values"; }
  [[nodiscard]] std::vector<Option> options() override {
    std::vector<Option> options;
    arguments_.add(options);
    options.push_back({.name = "--read",
                       .value = "UUID",
                       .help = "Read this characteristic again and again; may be repeated",
                       .target = &reads_});
    options.push_back(
        {.name = "--every", .value = "TIME", .help = "How often, such as 60s, 5min or 500ms (default: 60s)", .target = &every_});
    options.push_back(
        {.name = "--notify", .value = "UUID", .help = "Subscribe to this characteristic; may be repeated", .target = &notifies_});
    options.push_back({.name = "--duration",
                       .value = "S",
                       .help = "Seconds to go on (default: until interrupted)",
                       .target = &duration_s_,
                       .least = 0.001,
                       .most = 1e9});
    options.push_back({.name = "--as",
                       .value = "FORMAT",
                       .help = "What the bytes are, such as 's16*0.01 °C', or UUID=FORMAT for one of several; may be repeated",
                       .target = &formats_text_});
    return options;
  }

  [[nodiscard]] int run() override {
    const SessionOptions base = session_options();
    const Formats formats(formats_text_);
    DeviceSession device(arguments_);
    if (!device.radios().is_live() && !duration_s_)
      throw UsageError("a world at full speed has no end", {.advice = "Say how long with --duration, in seconds."});
    SessionOptions options = base;
    options.connect = device.connect_options();
    Session session(device.hub(), device.target(), options);
    session.on_event([&](const SessionEvent& event) { print(event, formats, device); });
    const auto work = [&]() -> awaitable<void> {
      if (duration_s_)
        (void)co_await within(device.clock(), device.clock().now() + from_seconds(*duration_s_), session.run());
      else
        co_await session.run();
    };
    const Outcome outcome = device.beside_hub(work());
    print_summary(session.report(), device);
    flush_output();
    return outcome.finish();
  }

private:
  [[nodiscard]] SessionOptions session_options() const {
    const auto every = parse_duration(every_);
    if (!every || *every <= Duration::zero())
      throw UsageError("--every '" + every_ + "' is no length of time above 0", {.advice = std::string(duration_forms)});
    if (reads_.empty() && notifies_.empty())
      throw UsageError("there is nothing to monitor", {.advice = "Name characteristics with --read UUID or --notify UUID."});
    SessionOptions options;
    for (const std::string& text : reads_) options.reads.push_back({CharacteristicName::parse(text), *every});
    for (const std::string& text : notifies_) options.subscriptions.push_back({CharacteristicName::parse(text)});
    return options;
  }

  void print(const SessionEvent& event, const Formats& formats, DeviceSession& device) const {
    const WallTime t = device.clock().to_wall(event.time);
    if (arguments_.common.json)
      print_line(to_line(to_json(event, t, formats)));
    else
      print_line(fmt::format("{}  {}", time_text(t), text_of(event, formats)));
    if (device.radios().is_live()) flush_output();
  }

  static json::object to_json(const SessionEvent& event, WallTime t, const Formats& formats) {
    json::object line = {{"t", rounded(to_seconds(t), 6)}, {"event", to_string(event.kind)}};
    if (event.kind == SessionEvent::Kind::value) {
      line["uuid"] = event.characteristic.to_string();
      line["value"] = to_hex(event.value);
      line["decoded"] = decoded_json(meaning_of(event.characteristic, event.value, formats.of(event.characteristic)));
      line["notified"] = event.notified;
      if (event.dropped > 0) line["dropped"] = event.dropped;
    }
    if (event.kind == SessionEvent::Kind::operation_failed) line["uuid"] = event.characteristic.to_string();
    if (!event.cause.empty()) line["cause"] = event.cause;
    if (event.kind == SessionEvent::Kind::waiting) line["wait_s"] = rounded(to_seconds(event.wait), 3);
    return line;
  }

  static std::string text_of(const SessionEvent& event, const Formats& formats) {
    switch (event.kind) {
      case SessionEvent::Kind::connected: return paint(Colour::green, "connected");
      case SessionEvent::Kind::value:
        return fmt::format(
            "{}  {}", name_or_uuid(event.characteristic),
            value_text(event.value, meaning_of(event.characteristic, event.value, formats.of(event.characteristic))));
      case SessionEvent::Kind::operation_failed:
        return paint(Colour::yellow, fmt::format("{}: {}", name_or_uuid(event.characteristic), event.cause));
      case SessionEvent::Kind::disconnected: return paint(Colour::red, "disconnected: " + event.cause);
      case SessionEvent::Kind::connect_failed: return paint(Colour::red, event.cause);
      case SessionEvent::Kind::waiting: return paint(Colour::dim, "again in " + elapsed_text(event.wait));
    }
    return {};
  }

  void print_summary(const SessionReport& report, DeviceSession& device) const {
    const Duration whole = report.until - report.started;
    if (!arguments_.common.json)
      return print_line(fmt::format(
          "\nup {} of {} ({:.2f} %), {} connection{}, {} drop{}, {} failed attempt{} to connect, {} values{}; "
          "longest gap {}",
          elapsed_text(report.up), elapsed_text(whole), report.uptime() * 100, report.connections, plural(report.connections),
          report.drops, plural(report.drops), report.failed_connects, plural(report.failed_connects), report.values,
          report.values_dropped > 0 ? fmt::format(" ({} dropped)", report.values_dropped) : "",
          elapsed_text(report.longest_gap)));
    json::array gaps;
    for (const SessionGap& gap : report.gaps)
      gaps.push_back(json::object{{"from", rounded(to_seconds(device.clock().to_wall(gap.from)), 6)},
                                  {"to", rounded(to_seconds(device.clock().to_wall(gap.to)), 6)},
                                  {"cause", gap.cause}});
    print_line(to_line(json::object{{"t", rounded(to_seconds(device.clock().to_wall(report.until)), 6)},
                                    {"event", "summary"},
                                    {"duration_s", rounded(to_seconds(whole), 3)},
                                    {"up_s", rounded(to_seconds(report.up), 3)},
                                    {"uptime", rounded(report.uptime(), 6)},
                                    {"connections", report.connections},
                                    {"drops", report.drops},
                                    {"failed_connects", report.failed_connects},
                                    {"values", report.values},
                                    {"failed_operations", report.failed_operations},
                                    {"values_dropped", report.values_dropped},
                                    {"longest_gap_s", rounded(to_seconds(report.longest_gap), 3)},
                                    {"gaps", std::move(gaps)}}));
  }

  static const char* plural(uint64_t count) { return count == 1 ? "" : "s"; }

  DeviceArguments arguments_;
  std::vector<std::string> reads_;
  std::vector<std::string> notifies_;
  std::string every_ = "60s";
  std::vector<std::string> formats_text_;
  std::optional<double> duration_s_;
};

}  // namespace

std::unique_ptr<Command> make_monitor() {
  return std::make_unique<Monitor>();
}

}  // namespace moor::cli
