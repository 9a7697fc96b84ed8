#include "cli/scan_arguments.hpp"

#include "moor/error.hpp"

#include <charconv>

namespace moor::cli {

namespace {

uint16_t parse_company(const std::string& text) {
  std::string_view digits = text;
  int base = 10;
  if (digits.starts_with("0x") || digits.starts_with("0X")) {
    digits.remove_prefix(2);
    base = 16;
  } else if (digits.size() == 4) {
    base = 16;  // as the output prints them: "004c"
  }
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), number, base);
  if (error != std::errc() || end != digits.data() + digits.size())
    throw UsageError("--manufacturer '" + text + "' is no company identifier",
                     {.advice = "give four hexadecimal digits, such as 004c, or a number"});
  return number;
}

Uuid parse_service(const std::string& text) {
  if (const auto uuid = Uuid::parse(text)) return *uuid;
  throw UsageError("--service '" + text + "' is no UUID", {.advice = "give 4, 8 or 32 hexadecimal digits, such as 180f"});
}

}  // namespace

std::optional<double> fraction_of(std::optional<Duration> whole, Duration elapsed) {
  if (!whole) return std::nullopt;
  return to_seconds(elapsed) / to_seconds(*whole);
}

Address parse_address(const std::string& text) {
  if (const auto address = Address::parse(text)) return *address;
  throw UsageError("'" + text + "' is no device address", {.advice = "an address looks like A4:CF:12:34:56:78"});
}

void ScanArguments::add_common(std::vector<Option>& options) {
  options.push_back({.name = "--radio",
                     .value = "SPEC",
                     .help = "Radio to use: bluez, bluez:hci1, esphome://HOST[?key_file=PATH], sim:WORLD.toml or replay:CAPTURE; "
                             "several make one (default: bluez)",
                     .target = &radios});
  options.push_back({.name = "--json", .value = "", .help = "Print JSON for programs", .target = &json});
}

void ScanArguments::add_all(std::vector<Option>& options) {
  add_common(options);
  options.push_back({.name = "--duration",
                     .value = "S",
                     .help = "Seconds to scan (default: 15 on the air, a recording to its end)",
                     .target = &duration_s,
                     .least = 0.001,
                     .most = 1e9});
  options.push_back({.name = "--min-rssi",
                     .value = "DBM",
                     .help = "Take only samples of at least this RSSI (default: all)",
                     .target = &min_rssi_dbm,
                     .least = -127,
                     .most = 20});
  options.push_back(
      {.name = "--name", .value = "GLOB", .help = "Only devices whose whole name matches, * and ? allowed", .target = &name});
  options.push_back({.name = "--service",
                     .value = "UUID",
                     .help = "Only devices that advertise this service; may be repeated",
                     .target = &services});
  options.push_back({.name = "--manufacturer",
                     .value = "ID",
                     .help = "Only devices with data of this company, such as 004c; may be repeated",
                     .target = &manufacturers});
  options.push_back({.name = "--address", .value = "MAC", .help = "Only this device; may be repeated", .target = &addresses});
  options.push_back({.name = "--passive", .value = "", .help = "Listen only, do not ask for scan responses", .target = &passive});
}

std::optional<Duration> ScanArguments::duration() const {
  if (!duration_s) return std::nullopt;
  return from_seconds(*duration_s);
}

ScannerOptions ScanArguments::scanner_options() const {
  ScannerOptions options;
  options.active = !passive;
  options.filter.min_rssi_dbm = min_rssi_dbm;
  options.filter.name = name;
  for (const std::string& text : services) options.filter.services.push_back(parse_service(text));
  for (const std::string& text : manufacturers) options.filter.manufacturers.push_back(parse_company(text));
  for (const std::string& text : addresses) options.filter.addresses.push_back(parse_address(text));
  return options;
}

}  // namespace moor::cli
