#include "gateway/config_keys.hpp"

#include <algorithm>
#include <array>

namespace moor::config {

namespace {

using Config = GatewayConfig;

constexpr Section section_table[] = {
    {"gateway", "What this gateway is called and where its files lie."},
    {"radio", "A radio to listen with; `[[radio]]` comes once for each. Without any, it is the default Bluetooth adapter."},
    {"filter", "Which advertisements count. All that is set must hold, of a list one entry; without this section all count."},
    {"key", "A key of an own device that encrypts what it advertises; `[[key]]` comes once for each."},
    {"presence", "From RSSI to zones and visits."},
    {"devices", "The table of devices in memory."},
    {"beacons", "The table of beacons in memory."},
    {"store", "The SQLite file with devices, beacons, readings, zone events, visits and foot traffic."},
    {"privacy", "Under which names devices are kept."},
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
constexpr std::array<std::string_view, 3> view_names = {"auto", "on", "off"};
constexpr std::array<std::string_view, 6> level_names = {"trace", "debug", "info", "warning", "error", "off"};

}  // namespace

std::span<const Section> sections() noexcept {
  return section_table;
}
std::span<const Key> keys() noexcept {
  return key_table;
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
