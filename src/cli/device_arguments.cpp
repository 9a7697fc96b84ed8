#include "cli/device_arguments.hpp"

#include "moor/error.hpp"

#include <algorithm>
#include <cstdlib>

namespace moor::cli {

namespace {

std::filesystem::path cache_home() {
  // Nothing in moor changes the environment, so any thread may read it.
  // NOLINTBEGIN(concurrency-mt-unsafe)
  if (const char* set = std::getenv("XDG_CACHE_HOME"); set != nullptr && *set == '/') return set;
  if (const char* home = std::getenv("HOME"); home != nullptr && *home == '/') return std::filesystem::path(home) / ".cache";
  // NOLINTEND(concurrency-mt-unsafe)
  return {};
}

}  // namespace

void DeviceArguments::add(std::vector<Option>& options) {
  options.push_back(
      {.name = "ADDRESS", .value = "", .help = "The device, such as A4:CF:12:34:56:78", .target = &address, .required = true});
  common.add_common(options);
  options.push_back({.name = "--wait",
                     .value = "S",
                     .help = "Seconds to look for the device before it is not found (default: 10)",
                     .target = &wait_s,
                     .least = 0.1,
                     .most = 1e6});
  options.push_back({.name = "--timeout",
                     .value = "S",
                     .help = "Seconds that one attempt to connect may take (default: 20)",
                     .target = &timeout_s,
                     .least = 0.1,
                     .most = 600});
  options.push_back({.name = "--attempts",
                     .value = "N",
                     .help = "Attempts that may fail or time out (default: 4)",
                     .target = &attempts,
                     .least = 1,
                     .most = 1000});
  options.push_back({.name = "--pair", .value = "", .help = "Pair with the device before anything else", .target = &pair});
  options.push_back(
      {.name = "--no-cache", .value = "", .help = "Discover the services even where they are remembered", .target = &no_cache});
  options.push_back({.name = "--cache",
                     .value = "FOLDER",
                     .help = "Where services are remembered (default: ~/.cache/moor/services, for real devices)",
                     .target = &cache_folder});
}

ConnectOptions DeviceArguments::connect_options() const {
  ConnectOptions options;
  options.max_attempts = attempts;
  options.timeout = from_seconds(timeout_s);
  options.safety_timeout = std::max(options.safety_timeout, 2 * options.timeout);
  options.use_services_cache = !no_cache;
  options.pair = pair;
  return options;
}

std::optional<std::filesystem::path> DeviceArguments::services_folder() const {
  if (cache_folder) return *cache_folder;
  const auto simulated = [](const std::string& spec) { return spec.starts_with("sim:"); };
  if (no_cache || std::any_of(common.radios.begin(), common.radios.end(), simulated)) return std::nullopt;
  const std::filesystem::path home = cache_home();
  if (home.empty()) return std::nullopt;
  return home / "moor" / "services";
}

void add_characteristic(std::vector<Option>& options, std::string& characteristic, std::optional<std::string>& format) {
  options.push_back(
      {.name = "UUID",
       .value = "",
       .help = "The characteristic: 2a19, a whole UUID, or SERVICE/UUID or SERVICE/UUID#2 where it occurs several times",
       .target = &characteristic,
       .required = true});
  options.push_back({.name = "--as",
                     .value = "FORMAT",
                     .help = "What the bytes are, such as 's16*0.01 °C', u8, f32, utf8 or hex (default: what the SIG says)",
                     .target = &format});
}

std::optional<ValueFormat> parse_format(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  return ValueFormat::parse(*text);
}

}  // namespace moor::cli
