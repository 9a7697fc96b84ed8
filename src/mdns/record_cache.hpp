#pragma once
// What others have said lately, until it is no longer true (RFC 6762, 10). Bounded; what does not fit is dropped, and counted.

#include "mdns/packet.hpp"
#include "moor/time.hpp"

#include <map>

namespace moor::mdns {

class RecordCache {
public:
  static constexpr size_t capacity = 4096;  ///< records

  struct Entry {
    Record record;
    TimePoint heard;
    TimePoint expires;
    int refreshes = 0;  ///< how often it was asked for again
  };

  /// A goodbye lets it expire in a second, as does a record with the flush bit all others of its name and type (10.1, 10.2).
  /// @returns whether something is there that was not before.
  bool add(const Record& record, TimePoint now);
  /// @returns whether something went.
  bool expire(TimePoint now);
  [[nodiscard]] const std::vector<Entry>* find(std::string_view name, RecordType type) const;
  /// The earliest moment at which an entry expires; TimePoint::max() where there is none.
  [[nodiscard]] TimePoint next_expiry() const;
  /// Entries that are to be asked for again: at 80, 85, 90 and 95 % of their time (5.2). Each is told once a step.
  /// @param wanted  bool(const Record&): whether anybody still needs it
  template <typename Wanted, typename Each>
  void refresh(TimePoint now, Wanted wanted, Each each) {
    for (auto& [key, entries] : records_)
      for (Entry& entry : entries) {
        if (refresh_time(entry) > now || !wanted(entry.record)) continue;
        while (refresh_time(entry) <= now) ++entry.refreshes;
        each(entry.record);
      }
  }
  template <typename Wanted>
  [[nodiscard]] TimePoint next_refresh(Wanted wanted) const {
    TimePoint next = TimePoint::max();
    for (const auto& [key, entries] : records_)
      for (const Entry& entry : entries)
        if (wanted(entry.record)) next = std::min(next, refresh_time(entry));
    return next;
  }
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }

private:
  using Key = std::pair<std::string, RecordType>;
  [[nodiscard]] static TimePoint refresh_time(const Entry& entry) noexcept;

  std::map<Key, std::vector<Entry>, std::less<>> records_;
  size_t size_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace moor::mdns
