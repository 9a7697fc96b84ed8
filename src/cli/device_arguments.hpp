#pragma once
// The options of every command that connects: to which device, over which radios, how patiently.

#include "cli/scan_arguments.hpp"
#include "moor/connect.hpp"
#include "moor/value_format.hpp"

#include <filesystem>

namespace moor::cli {

struct DeviceArguments {
  ScanArguments common;
  std::string address;
  double wait_s = 10;
  double timeout_s = 20;
  int attempts = 4;
  bool pair = false;
  bool no_cache = false;
  std::optional<std::string> cache_folder;

  /// ADDRESS, and those options that apply to all.
  void add(std::vector<Option>& options);
  [[nodiscard]] ConnectOptions connect_options() const;
  /// Where services are kept between runs; nothing for not at all. Without --cache, simulated devices have none: another world may use
  /// the same addresses.
  [[nodiscard]] std::optional<std::filesystem::path> services_folder() const;
};

/// UUID and --as.
void add_characteristic(std::vector<Option>& options, std::string& characteristic, std::optional<std::string>& format);
/// "--as", as commands that show values have it. @throws UsageError.
[[nodiscard]] std::optional<ValueFormat> parse_format(const std::optional<std::string>& text);

}  // namespace moor::cli
