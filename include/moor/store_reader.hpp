#pragma once
// What a store knows: bounded questions on a connection that cannot write. The gateway may be running meanwhile.

#include "moor/error.hpp"
#include "moor/store_rows.hpp"

#include <filesystem>
#include <memory>
#include <vector>

namespace moor {

struct StoredDevice {
  std::string identity;
  std::string address;       ///< empty where it is not kept
  std::string address_type;  ///< as `to_string(AddressKind)`; empty if no device row has been written yet
  std::string name;
  WallTime first_seen;
  WallTime last_seen;
  uint64_t sightings = 0;
  std::optional<RssiSummary> rssi;
};

struct StoredBeacon {
  std::string identity;
  std::string type;
  std::string fields_json;
  std::optional<int> tx_power_dbm;
  WallTime first_seen;
  WallTime last_seen;
  uint64_t sightings = 0;
};

struct StoredReading {
  WallTime time;
  std::string device;
  std::string quantity;
  double value = 0;
  std::string unit;
};

struct StoredZoneEvent {
  uint64_t id = 0;  ///< never given twice; that of its message in the outbox
  WallTime time;
  std::string device;
  std::string from;  ///< empty for none
  std::string to;
  std::string cause;
  std::optional<double> smoothed_rssi_dbm;
  std::optional<double> distance_m;
};

struct StoredVisit {
  uint64_t id = 0;  ///< never given twice; that of its messages in the outbox
  std::string device;
  std::string zone;
  WallTime entered;
  std::optional<WallTime> left;   ///< empty while it lasts
  std::optional<Duration> dwell;  ///< left - entered
};

/// Foot traffic as it was counted, or of visits by `StoreGroup`.
struct StoredTraffic {
  WallTime interval_start;  ///< without meaning by zone alone
  Duration interval{};      ///< 0 by zone alone
  std::string zone;
  uint64_t entries = 0;
  uint64_t distinct = 0;
};

/// What one radio heard of a device in one minute.
struct StoredMinute {
  WallTime minute;
  std::string device;
  std::string radio;
  RssiSummary rssi;
};

struct StoredConnection {
  WallTime time;
  std::string device;
  std::string radio;  ///< empty where none was chosen
  std::string label;
  std::string event;
  std::string cause;
  Duration took{};
};

/// How long visits that are over lasted.
struct StoredDwell {
  std::optional<WallTime> from;  ///< when the hour or day begins in which they began; none by zone alone
  std::string zone;
  uint64_t visits = 0;
  Duration mean{};
  Duration median{};
  Duration longest{};
};

/// What sums are made by, besides the zone.
enum class StoreGroup : uint8_t { hour, day, zone };

/// What to look for. Each part that is set narrows the answer; one that the question does not have (the zone of a reading) is
/// ignored.
struct StoreQuery {
  std::optional<WallTime> from;   ///< inclusive. Of a visit: left then or later, or still there; of a device or beacon: last seen
  std::optional<WallTime> until;  ///< exclusive. Of a visit: entered before; of a device or beacon: first seen before
  std::string device;             ///< identity; of beacons, the beacon's
  std::string zone;
  std::string quantity;
  bool open_only = false;             ///< of visits, those that last
  std::chrono::minutes utc_offset{};  ///< of the hours and days that sums are made by: 60 is UTC+01:00
  size_t limit = 1000;                ///< rows at most
};

/// The newest rows that fit the question, newest first.
template <typename Row>
struct StoreAnswer {
  std::vector<Row> rows;
  bool more = false;  ///< the limit cut it
};

class StoreReader {
public:
  /// @throws StoreError  naming file, cause and advice: not there, no permission, no store of moor's, damaged, made by a newer
  /// moor.
  explicit StoreReader(const std::filesystem::path& path);
  ~StoreReader();
  StoreReader(StoreReader&&) noexcept;
  StoreReader& operator=(StoreReader&&) noexcept;

  /// Each blocks while it reads. @throws StoreError if the file cannot be read to the end.
  [[nodiscard]] StoreAnswer<StoredDevice> devices(const StoreQuery& query = {}) const;
  [[nodiscard]] StoreAnswer<StoredBeacon> beacons(const StoreQuery& query = {}) const;
  [[nodiscard]] StoreAnswer<StoredReading> readings(const StoreQuery& query = {}) const;
  [[nodiscard]] StoreAnswer<StoredZoneEvent> zone_events(const StoreQuery& query = {}) const;
  [[nodiscard]] StoreAnswer<StoredVisit> visits(const StoreQuery& query = {}) const;
  /// As the gateway counted it, by its own intervals.
  [[nodiscard]] StoreAnswer<StoredTraffic> traffic(const StoreQuery& query = {}) const;
  /// Of the visits that began in the time asked for, which need to be kept for so long.
  [[nodiscard]] StoreAnswer<StoredTraffic> traffic(const StoreQuery& query, StoreGroup by) const;
  [[nodiscard]] StoreAnswer<StoredDwell> dwell(const StoreQuery& query, StoreGroup by) const;
  /// `from` and `until` are compared with the minute's beginning.
  [[nodiscard]] StoreAnswer<StoredMinute> minutes(const StoreQuery& query = {}) const;
  [[nodiscard]] StoreAnswer<StoredConnection> connections(const StoreQuery& query = {}) const;

private:
  class Connection;
  std::unique_ptr<Connection> connection_;
};

}  // namespace moor
