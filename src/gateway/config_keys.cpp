#include "gateway/config_keys.hpp"

#include <algorithm>
#include <array>

namespace moor::config {

namespace {

using Config = GatewayConfig;

// The entries of a section that repeats are one of the configuration's lists.
template <auto List>
constexpr Entries entries_of(std::string_view required, std::string_view example) {
  return {required, example, [](Config& config) { (config.*List).emplace_back(); },
          [](const Config& config) { return (config.*List).size(); },
          [](const Config& config, size_t place) {
            Config one;
            one.*List = {(config.*List).at(place)};
            return one;
          }};
}
constexpr Entries radio_entries = entries_of<&Config::radios>("spec", "\"bluez\"");
constexpr Entries key_entries = entries_of<&Config::keys>("key", "\"231d39c1d7cc1ab1aee224cd096db932\"");
constexpr Entries device_entries = entries_of<&Config::own_devices>("address", "\"A4:CF:12:34:56:78\"");
constexpr Entries zone_entries = entries_of<&Config::zones>("name", "\"Kitchen\"");
constexpr Entries sensor_entries = entries_of<&Config::sensors>("name", "\"Freezer\"");
constexpr Entries webhook_entries = entries_of<&Config::webhooks>("url", "\"http://127.0.0.1:9000/moor\"");

constexpr Section section_table[] = {
    {"gateway", "What this gateway is called and where its files lie."},
    {"radio", "A radio to listen with; `[[radio]]` comes once for each. Without any, it is the default Bluetooth adapter.",
     &radio_entries},
    {"filter", "Which advertisements count. All that is set must hold, of a list one entry; without this section all count."},
    {"device", "An own device, called by its name in all that is kept, shown and published; `[[device]]` comes once for each.",
     &device_entries},
    {"key", "A key of an own device that encrypts what it advertises; `[[key]]` comes once for each.", &key_entries},
    {"zone",
     "A room or an area with radios of its own; `[[zone]]` comes once for each. Without any, zones are immediate, near and far.",
     &zone_entries},
    {"sensor", "A device to connect to, to read and subscribe; `[[sensor]]` comes once for each.", &sensor_entries},
    {"presence", "From RSSI to zones and visits."},
    {"devices", "The table of devices in memory."},
    {"beacons", "The table of beacons in memory."},
    {"store", "The SQLite file with devices, beacons, readings, zone events, visits and foot traffic."},
    {"privacy", "Under which names devices are kept."},
    {"mqtt", "Publishing to an MQTT broker; without a host there is none."},
    {"home_assistant", "Discovery of devices by Home Assistant, over MQTT."},
    {"webhook", "An address that each event is sent to as JSON; `[[webhook]]` comes once for each.", &webhook_entries},
    {"serve", "The dashboard, the API and the metrics over HTTP."},
    {"view", "The live table on the terminal."},
    {"log", "Messages on stderr."},
};

constexpr Key key_table[] = {
    {"gateway", "name", "", 1, 64, "How this gateway is named in what it publishes and shows.",
     [](Config& c) -> Field { return &c.gateway.name; }},
    {"gateway", "data_dir", "", 0, 4096, "Folder that relative paths of this file start from; empty is the folder it runs in.",
     [](Config& c) -> Field { return &c.gateway.data_dir; }},

    {"radio", "spec", "", 1, 4096,
     "What to open, as on the command line: bluez, bluez:hci1, esphome://HOST?key_file=PATH, sim:WORLD.toml or replay:CAPTURE.",
     [](Config& c) -> Field { return &c.radios.back().spec; }},
    {"radio", "active", "", 0, 0, "Ask devices for their scan response; off saves their batteries and hides most names.",
     [](Config& c) -> Field { return &c.radios.back().active; }},

    {"filter", "min_rssi_dbm", "dBm", -127, 20, "Advertisements that are weaker do not count; unset, all do.",
     [](Config& c) -> Field { return &c.filter.min_rssi_dbm; }},
    {"filter", "name", "", 0, 248, "Pattern for the whole name: * is any text, ? one character; empty is no filter.",
     [](Config& c) -> Field { return &c.filter.name; }},
    {"filter", "services", "", 0, 0, "Services that a device must advertise one of.",
     [](Config& c) -> Field { return &c.filter.services; }},
    {"filter", "manufacturers", "", 0, 65535, "Companies of which a device must advertise data; 76 is Apple, 0x004C the same.",
     [](Config& c) -> Field { return &c.filter.manufacturers; }},
    {"filter", "addresses", "", 0, 0, "The only devices to listen to.", [](Config& c) -> Field { return &c.filter.addresses; }},

    {"key", "kind", "", 0, 0, "What the key is for: a format, or irk, by which a device with changing addresses is known.",
     [](Config& c) -> Field { return &c.keys.back().kind; }},
    {"key", "device", "", 0, 0, "The device's address; not for eddystone, and not needed for irk.",
     [](Config& c) -> Field { return &c.keys.back().device; }},
    {"key", "key", "", 0, 0, "The key as its maker's application shows it.",
     [](Config& c) -> Field { return &c.keys.back().key; }},
    {"key", "name", "", 0, 64, "What messages call the device.", [](Config& c) -> Field { return &c.keys.back().name; }},

    {"device", "address", "", 0, 0, "Its address; of a device with an irk key, its lasting one.",
     [](Config& c) -> Field { return &c.own_devices.back().address; }},
    {"device", "name", "", 0, 64, "What it is called; empty is as it calls itself.",
     [](Config& c) -> Field { return &c.own_devices.back().name; }},
    {"device", "tx_power_dbm", "dBm", -127, 20, "Its RSSI at 1 m, whatever it says of itself; unset, what it says.",
     [](Config& c) -> Field { return &c.own_devices.back().tx_power_dbm; }},

    {"zone", "name", "", 1, 64, "What the zone is called.", [](Config& c) -> Field { return &c.zones.back().name; }},
    {"zone", "radios", "", 0, 64,
     "The radios in it, such as [\"esphome://kitchen\", \"bluez:hci0\"]: a device is where the radio that hears it best is.",
     [](Config& c) -> Field { return &c.zones.back().radios; }},
    {"zone", "min_rssi_dbm", "dBm", -127, 20, "A device whose smoothed RSSI is weaker is not in the zone; unset, all are.",
     [](Config& c) -> Field { return &c.zones.back().min_rssi_dbm; }},

    {"sensor", "name", "", 1, 64, "What the sensor is called.", [](Config& c) -> Field { return &c.sensors.back().name; }},
    {"sensor", "device", "", 0, 0, "The device's address; or give service.",
     [](Config& c) -> Field { return &c.sensors.back().device; }},
    {"sensor", "service", "", 0, 0, "Every device that advertises this service, such as \"181a\"; or give device.",
     [](Config& c) -> Field { return &c.sensors.back().service; }},
    {"sensor", "max_devices", "", 1, 1000, "Devices of the service that are connected to at most.",
     [](Config& c) -> Field { return &c.sensors.back().max_devices; }},
    {"sensor", "read", "", 0, 0, "Characteristics to read.", [](Config& c) -> Field { return &c.sensors.back().read; }},
    {"sensor", "subscribe", "", 0, 0, "Characteristics to be notified of.",
     [](Config& c) -> Field { return &c.sensors.back().subscribe; }},
    {"sensor", "every_s", "s", 1, 604'800, "Time from one read to the next.",
     [](Config& c) -> Field { return &c.sensors.back().every; }},
    {"sensor", "stay", "", 0, 0,
     "Keep the connection between reads; off connects for each, which spares the device's battery and a slot.",
     [](Config& c) -> Field { return &c.sensors.back().stay; }},

    {"presence", "alpha", "", 0.01, 1,
     "Weight of a new reading in the smoothed RSSI: lower is calmer and slower, 0.2 suits a crowded shop. Not together with "
     "tau_s.",
     [](Config& c) -> Field { return &c.presence.alpha; }},
    {"presence", "tau_s", "s", 0.1, 3600,
     "Time constant of the smoothing, for devices that advertise unevenly. Instead of alpha.",
     [](Config& c) -> Field { return &c.presence.tau; }},
    {"presence", "exponent", "", 1, 6, "Path loss exponent of the place: 2 in the open, 2.5 to 4 indoors.",
     [](Config& c) -> Field { return &c.presence.exponent; }},
    {"presence", "tx_power_dbm", "dBm", -127, 20, "RSSI at 1 m, of all devices; unset, what the beacon says of itself, else -59.",
     [](Config& c) -> Field { return &c.presence.tx_power_dbm; }},
    {"presence", "min_samples", "", 1, 1000, "Readings in a row that must ask for a zone before a device has it.",
     [](Config& c) -> Field { return &c.presence.min_samples; }},
    {"presence", "near_dbm", "dBm", -127, 20, "Above this smoothed RSSI a device is immediate.",
     [](Config& c) -> Field { return &c.presence.near_dbm; }},
    {"presence", "far_dbm", "dBm", -127, 20, "Above this smoothed RSSI a device is near, else far; it is below near_dbm.",
     [](Config& c) -> Field { return &c.presence.far_dbm; }},
    {"presence", "hysteresis_db", "dB", 0, 30, "How far below its limit the smoothed RSSI must fall to leave a zone.",
     [](Config& c) -> Field { return &c.presence.hysteresis_db; }},
    {"presence", "deviation_db", "dB", 0, 30, "Standard deviation of RSSI that the range of a distance is given for.",
     [](Config& c) -> Field { return &c.presence.deviation_db; }},
    {"presence", "reading_interval_s", "s", 0, 3600,
     "The samples of this time make one reading, their mean; with 0 each sample is one.",
     [](Config& c) -> Field { return &c.presence.reading_interval; }},
    {"presence", "lost_after_s", "s", 1, 86400, "A device that is not heard for so long has left.",
     [](Config& c) -> Field { return &c.presence.lost_after; }},
    {"presence", "rejoin_within_s", "s", 0, 86400, "Who returns to a zone within this time continues the visit.",
     [](Config& c) -> Field { return &c.presence.rejoin_within; }},
    {"presence", "traffic_interval_s", "s", 60, 86400, "Length of the intervals in which foot traffic is counted.",
     [](Config& c) -> Field { return &c.presence.traffic_interval; }},

    {"devices", "max", "", 1, 1'000'000, "Devices in memory; the one not heard for the longest makes room.",
     [](Config& c) -> Field { return &c.devices.max; }},
    {"devices", "forget_after_s", "s", 1, 2'592'000,
     "A device not heard for so long is forgotten; not below presence.lost_after_s.",
     [](Config& c) -> Field { return &c.devices.forget_after; }},

    {"beacons", "max", "", 1, 1'000'000, "Beacons in memory; the one not heard for the longest makes room.",
     [](Config& c) -> Field { return &c.beacons.max; }},
    {"beacons", "expire_after_s", "s", 1, 2'592'000, "A beacon not heard for so long is gone.",
     [](Config& c) -> Field { return &c.beacons.expire_after; }},

    {"store", "path", "", 0, 4096, "The file; empty is no store.", [](Config& c) -> Field { return &c.store.path; }},
    {"store", "synchronous", "", 0, 0,
     "What a power cut may cost: with full nothing that was written, with normal the last seconds; the file stays whole with "
     "both.",
     [](Config& c) -> Field { return &c.store.synchronous; }},
    {"store", "batch_rows", "", 1, 100'000, "Rows in one transaction at most.",
     [](Config& c) -> Field { return &c.store.batch_rows; }},
    {"store", "batch_age_s", "s", 0.01, 60, "A row waits so long for others before it is written.",
     [](Config& c) -> Field { return &c.store.batch_age; }},
    {"store", "queue_rows", "", 1, 1'000'000,
     "Rows in memory while the disk is slow or full; beyond, readings are shed first, visits last.",
     [](Config& c) -> Field { return &c.store.queue_rows; }},
    {"store", "keep_days", "days", 0, 36500, "Older rows are deleted; 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep; }},

    {"store", "keep_minutes_days", "days", 0, 36500, "The same for sums by minute and radio; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_minutes; }},
    {"store", "keep_readings_days", "days", 0, 36500, "The same for readings; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_readings; }},
    {"store", "keep_zone_events_days", "days", 0, 36500, "The same for zone events; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_zone_events; }},
    {"store", "keep_visits_days", "days", 0, 36500, "The same for visits; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_visits; }},
    {"store", "keep_traffic_days", "days", 0, 36500, "The same for foot traffic; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_traffic; }},
    {"store", "keep_connections_days", "days", 0, 36500, "The same for the log of connections; unset is keep_days, 0 keeps all.",
     [](Config& c) -> Field { return &c.store.keep_connections; }},

    {"privacy", "store_addresses", "", 0, 0,
     "Which addresses are kept as they are; the others are kept as hashes, of random addresses with a key that rotates.",
     [](Config& c) -> Field { return &c.privacy.store_addresses; }},
    {"privacy", "rotate_every_h", "h", 0.25, 8760,
     "A random address has another hash after so long, counted from midnight UTC; a visit ends under the one it began with.",
     [](Config& c) -> Field { return &c.privacy.rotate_every; }},
    {"privacy", "known", "", 0, 0, "Own devices, whose addresses are kept in any case.",
     [](Config& c) -> Field { return &c.privacy.known; }},
    {"privacy", "key_file", "", 0, 4096,
     "Keeps the key for public addresses over restarts, made if it is not there; empty makes a new key with each start.",
     [](Config& c) -> Field { return &c.privacy.key_file; }},

    {"mqtt", "host", "", 0, 253, "The broker's name or address; empty is no MQTT.",
     [](Config& c) -> Field { return &c.mqtt.host; }},
    {"mqtt", "port", "", 0, 65535, "The broker's port; 0 is 1883, and 8883 with TLS.",
     [](Config& c) -> Field { return &c.mqtt.port; }},
    {"mqtt", "version", "", 0, 0, "The protocol's version.", [](Config& c) -> Field { return &c.mqtt.version; }},
    {"mqtt", "client_id", "", 0, 64, "What the broker calls this gateway; empty is moor- and the gateway's name.",
     [](Config& c) -> Field { return &c.mqtt.client_id; }},
    {"mqtt", "user", "", 0, 256, "The user's name; empty is none.", [](Config& c) -> Field { return &c.mqtt.user; }},
    {"mqtt", "password", "", 0, 1024, "The user's password; password_file keeps it out of this file.",
     [](Config& c) -> Field { return &c.mqtt.password; }},
    {"mqtt", "password_file", "", 0, 4096, "A file whose first line is the password.",
     [](Config& c) -> Field { return &c.mqtt.password_file; }},
    {"mqtt", "tls", "", 0, 0, "Encrypt, and check the broker's certificate.", [](Config& c) -> Field { return &c.mqtt.tls; }},
    {"mqtt", "ca_file", "", 0, 4096, "Authorities that the broker's certificate may come from (PEM); empty is the system's.",
     [](Config& c) -> Field { return &c.mqtt.ca_file; }},
    {"mqtt", "cert_file", "", 0, 4096, "This gateway's own certificate (PEM), where the broker wants one.",
     [](Config& c) -> Field { return &c.mqtt.cert_file; }},
    {"mqtt", "key_file", "", 0, 4096, "The key of cert_file (PEM).", [](Config& c) -> Field { return &c.mqtt.key_file; }},
    {"mqtt", "topic", "", 1, 128, "What all topics begin with; no + or # in it.",
     [](Config& c) -> Field { return &c.mqtt.topic; }},
    {"mqtt", "keep_alive_s", "s", 5, 3600, "The broker takes the gateway for gone after one and a half of it without a sign.",
     [](Config& c) -> Field { return &c.mqtt.keep_alive; }},
    {"mqtt", "state_interval_s", "s", 0.1, 3600, "Least time between two states of a device whose zone stays the same.",
     [](Config& c) -> Field { return &c.mqtt.state_interval; }},
    {"mqtt", "queue", "", 1, 10'000'000, "Events that wait while the broker is away; beyond, the oldest are dropped.",
     [](Config& c) -> Field { return &c.mqtt.queue; }},

    {"home_assistant", "discovery", "", 0, 0, "Tell Home Assistant of own and known devices.",
     [](Config& c) -> Field { return &c.home_assistant.discovery; }},
    {"home_assistant", "prefix", "", 1, 128, "The topic that Home Assistant listens to.",
     [](Config& c) -> Field { return &c.home_assistant.prefix; }},
    {"home_assistant", "expire_after_s", "s", 0, 604'800, "A reading that is older is unknown; 0 is never.",
     [](Config& c) -> Field { return &c.home_assistant.expire_after; }},

    {"webhook", "url", "", 1, 2048, "Where to send events, http:// or https://.",
     [](Config& c) -> Field { return &c.webhooks.back().url; }},
    {"webhook", "events", "", 0, 0, "Which events.", [](Config& c) -> Field { return &c.webhooks.back().events; }},
    {"webhook", "token", "", 0, 4096, "Sent as \"Authorization: Bearer TOKEN\"; token_file keeps it out of this file.",
     [](Config& c) -> Field { return &c.webhooks.back().token; }},
    {"webhook", "token_file", "", 0, 4096, "A file whose first line is the token.",
     [](Config& c) -> Field { return &c.webhooks.back().token_file; }},
    {"webhook", "timeout_s", "s", 1, 300, "How long an answer may take.",
     [](Config& c) -> Field { return &c.webhooks.back().timeout; }},
    {"webhook", "queue", "", 1, 10'000'000, "Events that wait while nobody answers; beyond, the oldest are dropped.",
     [](Config& c) -> Field { return &c.webhooks.back().queue; }},

    {"serve", "enabled", "", 0, 0, "Whether to serve at all.", [](Config& c) -> Field { return &c.serve.enabled; }},
    {"serve", "address", "", 2, 45,
     "Address to listen at. Beyond this machine, such as \"0.0.0.0\", it needs TLS, and a token or client_ca_file.",
     [](Config& c) -> Field { return &c.serve.address; }},
    {"serve", "port", "", 0, 65535, "Port to listen at; 0 is any that is free.",
     [](Config& c) -> Field { return &c.serve.port; }},
    {"serve", "token", "", 0, 1024, "Who has it may use the API; token_file keeps it out of this file.",
     [](Config& c) -> Field { return &c.serve.token; }},
    {"serve", "token_file", "", 0, 4096, "A file whose first line is the token.",
     [](Config& c) -> Field { return &c.serve.token_file; }},
    {"serve", "cert_file", "", 0, 4096, "The server's certificate (PEM), with those between it and its authority; with it, TLS.",
     [](Config& c) -> Field { return &c.serve.cert_file; }},
    {"serve", "key_file", "", 0, 4096, "The key of cert_file (PEM).", [](Config& c) -> Field { return &c.serve.key_file; }},
    {"serve", "client_ca_file", "", 0, 4096, "Who has a certificate of this authority (PEM) needs no token.",
     [](Config& c) -> Field { return &c.serve.client_ca_file; }},
    {"serve", "max_connections", "", 1, 10'000, "Connections at a time.",
     [](Config& c) -> Field { return &c.serve.max_connections; }},
    {"serve", "requests_per_s", "", 1, 100'000, "Requests of one address a second; more are answered with 429.",
     [](Config& c) -> Field { return &c.serve.requests_per_s; }},
    {"serve", "connect", "", 0, 0, "Whether the explorer may connect to devices, read and write.",
     [](Config& c) -> Field { return &c.serve.connect; }},

    {"view", "mode", "", 0, 0, "Whether to show it; auto does when stdout is a terminal.",
     [](Config& c) -> Field { return &c.view.mode; }},
    {"view", "refresh_ms", "ms", 100, 60'000, "Time from one picture to the next.",
     [](Config& c) -> Field { return &c.view.refresh; }},
    {"view", "rows", "", 0, 1000, "Devices shown; 0 is as many as the terminal has lines.",
     [](Config& c) -> Field { return &c.view.rows; }},

    {"log", "level", "", 0, 0, "The least important messages that are written.", [](Config& c) -> Field { return &c.log_level; }},
};

constexpr std::array<std::string_view, 5> key_kind_names = {"bthome", "mibeacon", "eddystone", "victron", "irk"};
constexpr std::array<std::string_view, 2> synchronous_names = {"full", "normal"};
constexpr std::array<std::string_view, 3> storage_names = {"never", "public", "all"};
constexpr std::array<std::string_view, 2> mqtt_version_names = {"3.1.1", "5"};
constexpr std::array<std::string_view, 2> event_kind_names = {"zone", "visit"};
constexpr std::array<std::string_view, 3> view_names = {"auto", "on", "off"};
constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warning", "error", "off"};

}  // namespace

std::span<const Section> sections() noexcept {
  return section_table;
}
std::span<const Key> keys() noexcept {
  return key_table;
}

const Section* find_section(std::string_view name) noexcept {
  const auto* section = std::ranges::find(section_table, name, &Section::name);
  return section == std::end(section_table) ? nullptr : section;
}

const Key* find_key(std::string_view section, std::string_view name) noexcept {
  const auto key = std::ranges::find_if(key_table, [&](const Key& each) { return each.section == section && each.name == name; });
  return key == std::end(key_table) ? nullptr : key;
}

template <>
std::span<const std::string_view> names_of<KeyKind>() noexcept {
  return key_kind_names;
}
template <>
std::span<const std::string_view> names_of<Synchronous>() noexcept {
  return synchronous_names;
}
template <>
std::span<const std::string_view> names_of<AddressStorage>() noexcept {
  return storage_names;
}
template <>
std::span<const std::string_view> names_of<MqttVersion>() noexcept {
  return mqtt_version_names;
}
template <>
std::span<const std::string_view> names_of<EventKind>() noexcept {
  return event_kind_names;
}
template <>
std::span<const std::string_view> names_of<ViewMode>() noexcept {
  return view_names;
}
template <>
std::span<const std::string_view> names_of<LogLevel>() noexcept {
  return level_names;
}

Duration length_of(std::string_view unit) noexcept {
  if (unit == "ms") return std::chrono::milliseconds(1);
  if (unit == "h") return std::chrono::hours(1);
  if (unit == "days") return std::chrono::days(1);
  return std::chrono::seconds(1);
}

}  // namespace moor::config
