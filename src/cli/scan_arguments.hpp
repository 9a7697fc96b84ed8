#pragma once
// The options that every scanning command has: which radios, for how long, what to let through.

#include "cli/arguments.hpp"
#include "moor/scanner.hpp"

namespace moor::cli {

struct ScanArguments {
  std::vector<std::string> radios;
  std::optional<double> duration_s;
  bool json = false;
  bool passive = false;
  std::optional<int> min_rssi_dbm;
  std::string name;
  std::vector<std::string> services;
  std::vector<std::string> manufacturers;
  std::vector<std::string> addresses;

  /// --radio and --json.
  void add_common(std::vector<Option>& options);
  /// Those and the filter.
  void add_all(std::vector<Option>& options);

  [[nodiscard]] std::optional<Duration> duration() const;
  /// @throws UsageError that names the option whose value cannot be read.
  [[nodiscard]] ScannerOptions scanner_options() const;
};

/// How much of a scan is over, 0 to 1, for a progress bar; nothing where it has no set end.
[[nodiscard]] std::optional<double> fraction_of(std::optional<Duration> whole, Duration elapsed);

/// @throws UsageError.
[[nodiscard]] Address parse_address(const std::string& text);

}  // namespace moor::cli
