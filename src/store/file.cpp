#include "store/file.hpp"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>
#include <cerrno>
#include <system_error>

namespace moor::store {

namespace {

// Times are microseconds since 1970 of the wall clock, lengths of time microseconds.
constexpr const char* version_1 = R"sql(
CREATE TABLE devices (
  id INTEGER PRIMARY KEY,
  identity TEXT NOT NULL UNIQUE,
  address TEXT,
  address_type TEXT,
  name TEXT,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  sightings INTEGER NOT NULL,
  rssi_samples INTEGER NOT NULL,
  rssi_min INTEGER,
  rssi_max INTEGER,
  rssi_mean REAL
) STRICT;
CREATE INDEX devices_by_last_seen ON devices (last_seen);

CREATE TABLE beacons (
  identity TEXT PRIMARY KEY,
  type TEXT NOT NULL,
  fields TEXT NOT NULL CHECK (json_valid(fields)),
  tx_power INTEGER,
  first_seen INTEGER NOT NULL,
  last_seen INTEGER NOT NULL,
  sightings INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
CREATE INDEX beacons_by_last_seen ON beacons (last_seen);

CREATE TABLE readings (
  device INTEGER NOT NULL REFERENCES devices (id),
  quantity TEXT NOT NULL,
  t INTEGER NOT NULL,
  value REAL NOT NULL,
  unit TEXT,
  PRIMARY KEY (device, quantity, t)
) STRICT, WITHOUT ROWID;
CREATE INDEX readings_by_t ON readings (t);

CREATE TABLE zone_events (
  id INTEGER PRIMARY KEY,
  t INTEGER NOT NULL,
  device INTEGER NOT NULL REFERENCES devices (id),
  from_zone TEXT,
  to_zone TEXT,
  cause TEXT NOT NULL,
  smoothed_rssi REAL,
  distance REAL
) STRICT;
CREATE INDEX zone_events_by_t ON zone_events (t);
CREATE INDEX zone_events_by_device ON zone_events (device, t);

CREATE TABLE visits (
  device INTEGER NOT NULL REFERENCES devices (id),
  zone TEXT NOT NULL,
  entered INTEGER NOT NULL,
  "left" INTEGER CHECK ("left" >= entered),
  dwell INTEGER GENERATED ALWAYS AS ("left" - entered) VIRTUAL,
  PRIMARY KEY (device, zone, entered)
) STRICT, WITHOUT ROWID;
CREATE INDEX visits_by_entered ON visits (entered);
CREATE UNIQUE INDEX visits_open ON visits (device, zone) WHERE "left" IS NULL;

CREATE TABLE traffic (
  interval_start INTEGER NOT NULL,
  interval INTEGER NOT NULL,
  zone TEXT NOT NULL,
  entries INTEGER NOT NULL,
  distinct_devices INTEGER NOT NULL,
  PRIMARY KEY (interval_start, interval, zone)
) STRICT, WITHOUT ROWID;
)sql";

// Zone events and visits have ids that are never given twice, for their messages; what was heard by the minute; links; replay counters; the outbox.
// Minutes lie in the order in which they come and go: a device's are found minute by minute.
constexpr const char* version_2 = R"sql(
CREATE TABLE new_zone_events (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  t INTEGER NOT NULL,
  device INTEGER NOT NULL REFERENCES devices (id),
  from_zone TEXT,
  to_zone TEXT,
  cause TEXT NOT NULL,
  smoothed_rssi REAL,
  distance REAL
) STRICT;
INSERT INTO new_zone_events SELECT * FROM zone_events ORDER BY id;
DROP TABLE zone_events;
ALTER TABLE new_zone_events RENAME TO zone_events;
CREATE INDEX zone_events_by_t ON zone_events (t);
CREATE INDEX zone_events_by_device ON zone_events (device, t);

CREATE TABLE new_visits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  device INTEGER NOT NULL REFERENCES devices (id),
  zone TEXT NOT NULL,
  entered INTEGER NOT NULL,
  "left" INTEGER CHECK ("left" >= entered),
  dwell INTEGER GENERATED ALWAYS AS ("left" - entered) VIRTUAL,
  UNIQUE (device, zone, entered)
) STRICT;
INSERT INTO new_visits (device, zone, entered, "left") SELECT device, zone, entered, "left" FROM visits ORDER BY entered, device;
DROP TABLE visits;
ALTER TABLE new_visits RENAME TO visits;
CREATE INDEX visits_by_entered ON visits (entered);
CREATE UNIQUE INDEX visits_open ON visits (device, zone) WHERE "left" IS NULL;

ALTER TABLE devices ADD COLUMN smoothed_rssi REAL;

CREATE TABLE radios (
  id INTEGER PRIMARY KEY,
  name TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE minutes (
  minute INTEGER NOT NULL,
  device INTEGER NOT NULL REFERENCES devices (id),
  radio INTEGER NOT NULL REFERENCES radios (id),
  samples INTEGER NOT NULL CHECK (samples > 0),
  rssi_min INTEGER NOT NULL,
  rssi_max INTEGER NOT NULL,
  rssi_mean REAL NOT NULL,
  PRIMARY KEY (minute, device, radio)
) STRICT, WITHOUT ROWID;

CREATE TABLE connections (
  id INTEGER PRIMARY KEY,
  t INTEGER NOT NULL,
  device INTEGER NOT NULL REFERENCES devices (id),
  radio TEXT,
  label TEXT,
  event TEXT NOT NULL,
  cause TEXT,
  took INTEGER NOT NULL
) STRICT;
CREATE INDEX connections_by_t ON connections (t);
CREATE INDEX connections_by_device ON connections (device, t);

CREATE TABLE counters (
  device INTEGER NOT NULL REFERENCES devices (id),
  kind TEXT NOT NULL,
  counter INTEGER NOT NULL,
  PRIMARY KEY (device, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE outbox (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  t INTEGER NOT NULL,
  kind TEXT NOT NULL,
  payload TEXT NOT NULL
) STRICT;
CREATE TABLE outbox_sinks (
  name TEXT PRIMARY KEY,
  through INTEGER NOT NULL
) STRICT, WITHOUT ROWID;
)sql";

constexpr const char* scripts[] = {version_1, version_2};

const char* advice_for(sqlite::Trouble trouble) {
  switch (trouble) {
    case sqlite::Trouble::cannot_open:
      return "Make its folder, and let moor's user write there, or name another path in [store].";
    case sqlite::Trouble::read_only: return "Let moor's user write the file and its folder, or name another path in [store].";
    case sqlite::Trouble::full: return "Make room on the disk, or name a path on another one in [store].";
    case sqlite::Trouble::input_output: return "Look for a failing or full disk in the system's log (dmesg).";
    case sqlite::Trouble::busy:
      return "End the program that has it open: a second gateway, or a database shell in a transaction.";
    case sqlite::Trouble::damaged:
      return "moor leaves the file alone: move it away to begin a new store, and rescue what it holds with 'sqlite3 FILE "
             ".recover'.";
    case sqlite::Trouble::bad_value:
    case sqlite::Trouble::other: break;
  }
  return "If it comes again, report it with this message.";
}

StoreError refuse(const std::filesystem::path& path, const std::string& cause, const std::string& advice) {
  return StoreError("store '" + path.string() + "': " + cause, {.cause = cause, .advice = advice});
}

std::string last_system_error() {
  return std::generic_category().message(errno);
}

// Before anything is written to it: a database of somebody else, or of a moor that knows more.
int64_t checked_version(sqlite::Database& database, const std::filesystem::path& path) {
  const int64_t version = database.integer_of("PRAGMA user_version");
  const bool ours = database.integer_of("PRAGMA application_id") == application_id;
  const bool untouched = version == 0 && database.integer_of("SELECT count(*) FROM sqlite_schema") == 0;
  if (!ours && !untouched) throw refuse(path, "is a database of another program", "Name a file of moor's own in [store] path.");
  const auto known = static_cast<int64_t>(migrations().size());
  if (version > known)
    throw refuse(
        path, "was made by a newer moor (schema " + std::to_string(version) + ", this one knows " + std::to_string(known) + ")",
        "Install that version of moor again, or name another path in [store].");
  return version;
}

}  // namespace

std::span<const char* const> migrations() noexcept {
  return scripts;
}

void migrate(sqlite::Database& database, std::span<const char* const> wanted) {
  for (auto version = static_cast<size_t>(database.integer_of("PRAGMA user_version")); version < wanted.size(); ++version) {
    try {
      database.execute("BEGIN IMMEDIATE");
      database.execute(wanted[version]);
      const std::string mark =
          "PRAGMA application_id = " + std::to_string(application_id) + "; PRAGMA user_version = " + std::to_string(version + 1);
      database.execute(mark.c_str());
      database.execute("COMMIT");
    } catch (const sqlite::Failure&) {
      if (database.in_transaction()) database.execute("ROLLBACK");
      throw;
    }
  }
}

StoreError explain(const std::filesystem::path& path, const sqlite::Failure& failure) {
  return refuse(path, failure.what(), advice_for(failure.trouble()));
}

// A file of its own: closing any descriptor of the database would drop SQLite's POSIX locks in this process
// (sqlite.org/howtocorrupt.html, 2.2).
Ownership::Ownership(const std::filesystem::path& store) {
  const std::filesystem::path lock = store.string() + "-lock";
  file_ = ::open(lock.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0640);
  if (file_ < 0)
    throw refuse(store, "cannot open its lock file (" + last_system_error() + ")", advice_for(sqlite::Trouble::cannot_open));
  if (::flock(file_, LOCK_EX | LOCK_NB) == 0) return;
  const std::string cause =
      errno == EWOULDBLOCK ? "is in use by another gateway" : "cannot be locked (" + last_system_error() + ")";
  ::close(file_);
  throw refuse(store, cause, "End the other gateway, or give each its own path in [store].");
}

Ownership::~Ownership() {
  ::close(file_);
}

void make_private(const std::filesystem::path& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0640);
  if (file >= 0) ::close(file);  // else it is there already, or SQLite will say why it cannot be
}

sqlite::Database open_for_writing(const StoreOptions& options) {
  try {
    make_private(options.path);
    sqlite::Database database(options.path, sqlite::Access::read_write);
    (void)checked_version(database, options.path);
    if (database.text_of("PRAGMA journal_mode = WAL") != "wal")
      throw refuse(options.path, "its file system has no shared memory for a write-ahead log",
                   "Name a path on a local disk in [store].");
    database.execute(options.synchronous == Synchronous::full ? "PRAGMA synchronous = FULL" : "PRAGMA synchronous = NORMAL");
    database.execute("PRAGMA journal_size_limit = 67108864");
    migrate(database, migrations());
    return database;
  } catch (const sqlite::Failure& failure) {
    throw explain(options.path, failure);
  }
}

sqlite::Database open_for_reading(const std::filesystem::path& path) {
  try {
    sqlite::Database database(path, sqlite::Access::read_only);
    if (checked_version(database, path) == 0) throw refuse(path, "has no tables yet", "Start the gateway once; it makes them.");
    return database;
  } catch (const sqlite::Failure& failure) {
    throw explain(path, failure);
  }
}

}  // namespace moor::store
