#pragma once
// Service tables kept between connections, so that a device that is known needs no discovery: that takes a second or more, most of the time of
// a short connection. In memory, and where a folder is given also there, a file for each device.
//
// A table is forgotten when the device says that it has changed (Service Changed, a Database Hash that differs), and when it proves wrong: an
// attribute is missing, or a handle invalid.

#include "moor/gatt.hpp"
#include "moor/link.hpp"

#include <filesystem>
#include <memory>

namespace moor {

struct ServiceCacheOptions {
  size_t capacity = 1000;  ///< devices in memory, at least 1; beyond, the one that was not asked for the longest makes room
  std::filesystem::path folder{};  ///< where tables outlive the program; made if it is not there. Empty: in memory only
  size_t max_files = 10'000;       ///< in the folder; beyond, the oldest are removed
};

/// What became of tables. Nothing is lost without being counted.
struct ServiceCacheCounters {
  uint64_t hits = 0;
  uint64_t misses = 0;
  uint64_t stored = 0;
  uint64_t forgotten = 0;      ///< found wrong, or on request
  uint64_t evicted = 0;        ///< from memory, for want of room; the file stays
  uint64_t bad_files = 0;      ///< broken, of another program or too large; ignored, and removed
  uint64_t files_removed = 0;  ///< the oldest, beyond `max_files`
  uint64_t file_errors = 0;    ///< files that could not be read or written, as on a full disk: the table is in memory then
};

/// One for all connections of a program. All calls on one thread; files are written on another, in the order of the calls, so that a slow disk
/// delays nobody.
class ServiceCache {
public:
  struct Entry {
    GattServices services;
    std::vector<uint8_t> hash{};  ///< the Database Hash (2B2A) that the device had with them; empty where it has none
  };

  /// @throws UsageError for a capacity of 0.
  explicit ServiceCache(ServiceCacheOptions options = {});
  /// Writes what is not written yet.
  ~ServiceCache();
  ServiceCache(const ServiceCache&) = delete;
  ServiceCache& operator=(const ServiceCache&) = delete;

  /// The table as it was stored. Whether it still holds, `services_of` finds out.
  [[nodiscard]] std::optional<GattServices> find(const Address& device);
  [[nodiscard]] std::optional<Entry> find_entry(const Address& device);
  /// Files are kept for public and static addresses only: a private one means nothing a quarter of an hour later.
  /// An empty table is not kept.
  void store(const Address& device, GattServices services, std::vector<uint8_t> hash = {});
  /// @returns whether there was something to forget.
  bool forget(const Address& device);

  /// Waits until all files are written.
  void flush();
  [[nodiscard]] size_t size() const noexcept;  ///< in memory
  [[nodiscard]] ServiceCacheCounters counters() const;
  /// The last error of the folder, in words; empty where the last file was written. A cache works on without its folder.
  [[nodiscard]] std::string problem() const;

private:
  struct State;
  std::unique_ptr<State> state_;
};

/// The services of a device that has just been connected: those of the cache where they still hold, else as the link discovers them, which the cache then keeps.
/// A table with a Database Hash is checked by one read of it (Core 5.4, Vol 3, Part G, 7.3).
/// @param cache  none: the link is asked.
/// @throws LinkClosed, TimedOut, ConnectError (services_incomplete). Cancellation: total.
[[nodiscard]] awaitable<GattServices> services_of(Link& link, ServiceCache* cache, TimePoint deadline);

}  // namespace moor
