#pragma once
// What a gateway puts into its store: one struct for each kind of row. Text identities come from an `IdentityHasher` or an
// address, as the configuration decides; the store itself never makes up or hides one.
//
// Times are moor's; the store names them by the wall clock when it writes. A column that has no value is an empty text or
// optional.

#include "moor/address.hpp"
#include "moor/time.hpp"

#include <array>
#include <variant>

namespace moor {

/// A measured value that a device advertised: a temperature, a battery level.
struct ReadingRow {
  TimePoint time;
  std::string device;    ///< identity
  std::string quantity;  ///< "temperature"
  double value = 0;      ///< finite; the database refuses NaN
  std::string unit;      ///< "°C", empty for a plain number
};

/// RSSI of some sightings, so that summaries of parts add up to that of the whole.
struct RssiSummary {
  uint64_t samples = 0;  ///< sightings with an RSSI
  int min_dbm = 0;
  int max_dbm = 0;
  double mean_dbm = 0;
};

/// What became known of a device since its last row: sightings and RSSI add up in the store, the rest is replaced where it is
/// given.
struct DeviceRow {
  std::string identity;
  std::optional<Address> address;  ///< only where it may be kept
  AddressKind address_kind = AddressKind::public_;
  std::string name;
  TimePoint first_seen;
  TimePoint last_seen;
  uint64_t sightings = 0;                     ///< since the last row
  RssiSummary rssi;                           ///< since the last row
  std::optional<double> smoothed_rssi_dbm{};  ///< the newest, so that a gateway goes on from it after a restart
};

/// What became known of a beacon since its last row. A beacon is known by what it says, whatever address it says it from.
struct BeaconRow {
  std::string identity;             ///< such as "iBeacon:f7826da6-4fa2-4e98-8024-bc5b71e0893e:1:2"
  std::string type;                 ///< "iBeacon"
  std::string fields_json;          ///< the newest frame's fields, one JSON object
  std::optional<int> tx_power_dbm;  ///< at 1 m
  TimePoint first_seen;
  TimePoint last_seen;
  uint64_t sightings = 0;  ///< since the last row
};

/// Foot traffic in one interval. A second row of the same interval and zone adds to the first, as after a restart within the
/// hour.
struct TrafficRow {
  WallTime interval_start;  ///< a multiple of the interval since 1970; whoever counts names it once
  Duration interval{};
  std::string zone;
  uint64_t entries = 0;   ///< visits that began
  uint64_t distinct = 0;  ///< identities among them
};

/// What one radio heard of a device in one minute. A second row of the same minute, device and radio adds to the first.
struct MinuteRow {
  WallTime minute;  ///< its beginning, a multiple of 60 s since 1970
  std::string device;
  std::string radio;
  RssiSummary rssi;
};

/// A link to a device came, went or could not be made.
struct ConnectionRow {
  TimePoint time;
  std::string device;
  std::string radio;  ///< empty where none was chosen
  std::string label;  ///< who wanted it: a sensor's name, "explorer"
  std::string event;  ///< "connected", "disconnected", "failed"
  std::string cause;  ///< of a failure or a lost link, in words
  Duration took{};    ///< connecting, or how long the link was up
};

/// The newest replay counter of a device: what came before is not believed, also after a restart.
struct CounterRow {
  std::string device;
  std::string kind;  ///< whose counter: "BTHome"
  uint64_t counter = 0;
};

/// A device moved from a zone to another; empty is no zone.
struct ZoneEventRow {
  TimePoint time;
  std::string device;
  std::string from;
  std::string to;
  std::string cause;  ///< such as "rssi" or "lost"
  std::optional<double> smoothed_rssi_dbm;
  std::optional<double> distance_m;
  std::string message{};  ///< a JSON object for the outbox; empty for none. The row's id is added in front: {"id":7, ...}
};

/// A stay in a zone. Put it once with `left` empty when it begins and once more when it ends; the second closes the open one.
struct VisitRow {
  std::string device;
  std::string zone;
  TimePoint entered;
  std::optional<TimePoint> left;
  std::string message{};  ///< as `ZoneEventRow::message`; both rows of a stay have the visit's one id
};

/// In the order of their worth: when the queue is full, what comes first here is shed first.
using StoreRow =
    std::variant<MinuteRow, ReadingRow, CounterRow, DeviceRow, BeaconRow, TrafficRow, ConnectionRow, ZoneEventRow, VisitRow>;
inline constexpr size_t store_row_kinds = std::variant_size_v<StoreRow>;
/// Names of the kinds by `StoreRow::index()`, for messages, metrics and tables.
inline constexpr std::array<const char*, store_row_kinds> store_row_names = {
    "minutes", "readings", "counters", "devices", "beacons", "traffic", "connections", "zone_events", "visits"};

}  // namespace moor
