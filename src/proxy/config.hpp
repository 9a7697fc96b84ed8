#pragma once
// The configuration of `moor proxy`: one TOML file for one proxy, or for several with [[proxy]]. Every key is a row of one table (config.cpp), from which reading, checking, the
// reference in docs/proxy.md and the example file are made.

#include "moor/config_mistakes.hpp"
#include "moor/radio.hpp"

#include <filesystem>

namespace moor::proxy {

/// Where to listen: "0.0.0.0:6053", "[::]:6053".
struct ListenAddress {
  std::string host;
  uint16_t port = 0;  ///< 0: any that is free

  /// @returns nothing if it is no numeric address with a port.
  [[nodiscard]] static std::optional<ListenAddress> parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// One proxy, with the defaults for what the file does not say.
struct ProxyConfig {
  std::string name;
  std::string friendly_name;  ///< after reading: the name, where the file has none
  RadioSpec radio;
  bool active = true;  ///< connections too, not only advertisements
  int slots = 3;
  std::vector<ListenAddress> listen;  ///< after reading never empty
  bool listen_is_default = true;      ///< a machine without one of the address families is no mistake then
  std::optional<Address> mac;
  bool encryption = true;
  std::filesystem::path key_file;  ///< after reading: with the folder of the configuration before it
  std::string area;
  bool announce = true;
};

struct Config {
  std::vector<ProxyConfig> proxies;  ///< never empty
};

/// @param name    what mistakes call the text, such as the file's name.
/// @param folder  that relative paths start from.
/// @throws ConfigMistakes  with everything that is wrong, not only the first.
[[nodiscard]] Config parse_config(std::string_view text, const std::string& name, const std::filesystem::path& folder);
/// Relative paths of the file start from its folder. @throws ConfigError if the file cannot be read or is over 1 MiB, ConfigMistakes if it is wrong.
[[nodiscard]] Config load_config(const std::filesystem::path& path);

/// A file to start from: every key with its meaning, range and default, commented out but for the name.
[[nodiscard]] std::string example_config();
/// The configuration as a file that would give it; keys of encryption are not in it.
[[nodiscard]] std::string explain_config(const Config& config);
/// The reference of all keys as a Markdown table, as docs/proxy.md has it.
[[nodiscard]] std::string config_reference();

}  // namespace moor::proxy
