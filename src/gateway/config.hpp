#pragma once
// The gateway's configuration: one TOML file. Every key is a row of one table (config_keys.hpp), from which reading, checking,
// the reference in docs/gateway.md and the example file are made, so none of them can disagree.

#include "gateway/privacy.hpp"
#include "moor/config_mistakes.hpp"
#include "moor/keys.hpp"
#include "moor/radio.hpp"
#include "moor/scanner.hpp"
#include "moor/store.hpp"

#include <set>

namespace moor {

enum class LogLevel : uint8_t { trace, debug, info, warning, error, off };
enum class ViewMode : uint8_t { automatic, on, off };
enum class MqttVersion : uint8_t { v3_1_1, v5 };
/// What a webhook can be told of.
enum class EventKind : uint8_t { zone, visit };

/// What the file says, with the defaults for what it does not say. Units are in the names; `Duration` is a key in seconds, hours
/// or days.
struct GatewayConfig {
  struct Gateway {
    std::string name = "moor";
    std::filesystem::path data_dir;  ///< for relative paths; empty is the current folder
  };
  struct RadioEntry {
    RadioSpec spec;
    bool active = true;  ///< ask for scan responses
  };
  /// A key as the file has it. It is never shown.
  struct HexKey {
    std::vector<uint8_t> bytes;
  };
  struct KeyEntry {
    KeyKind kind = KeyKind::bthome;
    std::optional<Address> device;  ///< none for a kind that names its device itself
    HexKey key;
    std::string name;
  };
  /// A password or token as the file has it. It is never shown.
  struct Secret {
    std::string text;
  };
  /// An own device: it is called by its name wherever it is kept, shown or published.
  struct DeviceEntry {
    std::optional<Address> address;  ///< always set after reading
    std::string name;
    std::optional<int> tx_power_dbm;  ///< at 1 m, whatever it says of itself
  };
  /// An area: a device is in it while the radio that owns it is one of these.
  struct ZoneEntry {
    std::string name;
    std::vector<std::string> radios;  ///< specs or names as `moor radios` shows them
    std::optional<int> min_rssi_dbm;  ///< weaker (smoothed) is not in the zone
  };
  /// A device to connect to, and what to read there.
  struct SensorEntry {
    std::string name;
    std::optional<Address> device;  ///< this or `service`
    std::optional<Uuid> service;    ///< every device that advertises it, up to `max_devices`
    size_t max_devices = 4;
    std::vector<Uuid> read;
    std::vector<Uuid> subscribe;
    Duration every = std::chrono::seconds(60);  ///< between reads
    bool stay = true;                           ///< keep the link between reads; always where something is subscribed
  };
  struct Mqtt {
    std::string host;  ///< empty: no MQTT
    int port = 0;      ///< 0: 1883, with TLS 8883
    MqttVersion version = MqttVersion::v5;
    std::string client_id;  ///< empty: "moor-" and the gateway's name
    std::string user;
    Secret password;
    std::filesystem::path password_file;
    bool tls = false;
    std::filesystem::path ca_file;  ///< empty: the system's authorities
    std::filesystem::path cert_file;
    std::filesystem::path key_file;
    std::string topic = "moor";  ///< all topics begin with it
    Duration keep_alive = std::chrono::seconds(30);
    Duration state_interval = std::chrono::seconds(10);  ///< between two states of a device whose zone stays
    size_t queue = 100'000;                              ///< events that wait for the broker; beyond, the oldest go
  };
  struct HomeAssistant {
    bool discovery = true;
    std::string prefix = "homeassistant";
    Duration expire_after = std::chrono::minutes(30);  ///< a reading that is older is unknown; 0: never
  };
  struct WebhookEntry {
    std::string url;
    std::set<EventKind> events = {EventKind::zone, EventKind::visit};
    Secret token;  ///< sent as "Authorization: Bearer TOKEN"
    std::filesystem::path token_file;
    Duration timeout = std::chrono::seconds(10);
    size_t queue = 10'000;
  };
  struct Serve {
    bool enabled = true;
    std::string address = "127.0.0.1";  ///< numeric; beyond loopback only with TLS and a token or `client_ca_file`
    int port = 8766;                    ///< 0: any that is free
    Secret token;
    std::filesystem::path token_file;
    std::filesystem::path cert_file;  ///< with `key_file`: TLS
    std::filesystem::path key_file;
    std::filesystem::path client_ca_file;  ///< who has a certificate of it needs no token
    size_t max_connections = 256;
    int requests_per_s = 50;  ///< of one address
    bool connect = true;      ///< whether the explorer may connect to devices
  };
  struct Presence {
    double alpha = 0.3;               ///< weight of a new sample, if there is no `tau`
    std::optional<Duration> tau;      ///< time constant instead of `alpha`
    double exponent = 2.5;            ///< path loss
    std::optional<int> tx_power_dbm;  ///< at 1 m, of all devices; without it what the beacon says, else -59
    int min_samples = 3;
    int near_dbm = -55;
    int far_dbm = -70;
    double hysteresis_db = 3;
    double deviation_db = 6;
    Duration reading_interval = std::chrono::seconds(1);
    Duration lost_after = std::chrono::seconds(60);
    Duration rejoin_within = std::chrono::seconds(30);
    Duration traffic_interval = std::chrono::hours(1);
  };
  struct Devices {
    size_t max = 10'000;
    Duration forget_after = std::chrono::hours(1);
  };
  struct Beacons {
    size_t max = 10'000;
    Duration expire_after = std::chrono::seconds(60);
  };
  struct View {
    ViewMode mode = ViewMode::automatic;
    Duration refresh = std::chrono::milliseconds(500);
    size_t rows = 0;  ///< 0: as many as the terminal has
  };

  Gateway gateway;
  std::vector<RadioEntry> radios;  ///< never empty after reading: without [[radio]] it is the default adapter
  std::vector<KeyEntry> keys;
  std::vector<DeviceEntry> own_devices;
  std::vector<ZoneEntry> zones;
  std::vector<SensorEntry> sensors;
  ScanFilter filter;
  Presence presence;
  Devices devices;
  Beacons beacons;
  StoreOptions store;      ///< no store while `store.path` is empty; the path has `data_dir` before it already
  PrivacyOptions privacy;  ///< so has the key file
  Mqtt mqtt;
  HomeAssistant home_assistant;
  std::vector<WebhookEntry> webhooks;
  Serve serve;
  View view;
  LogLevel log_level = LogLevel::info;
};

/// Puts the configuration's keys where decoders look for them. @throws UsageError for a key that does not fit its kind or its device.
void add_keys(const std::vector<GatewayConfig::KeyEntry>& keys, KeyRing& ring);

/// @param name  what mistakes call the text, such as the file's name.
/// @throws ConfigMistakes  with everything that is wrong, not only the first.
[[nodiscard]] GatewayConfig parse_config(std::string_view text, const std::string& name);

/// @throws ConfigError if the file cannot be read or is over 1 MiB, ConfigMistakes if it is wrong.
[[nodiscard]] GatewayConfig load_config(const std::filesystem::path& path);

/// A file to start from: every key with its meaning, range and default, commented out but for what `chosen` has otherwise; secrets and keys of proxies
/// are left out.
[[nodiscard]] std::string example_config(const GatewayConfig& chosen = {});

/// The configuration as a file that would give it, every key with its value; the keys of proxies are left out.
[[nodiscard]] std::string explain_config(const GatewayConfig& config);

/// The reference of all keys as Markdown tables, as docs/gateway.md has it.
[[nodiscard]] std::string config_reference();

}  // namespace moor
