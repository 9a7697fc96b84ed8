#pragma once
// Attempts to connect that failed, for each radio and device. In the standard profile they fade: half of a failure is forgotten after five
// minutes, so a radio that has been mended is tried again; and each failure in a row counts twice the one before, so one that has not is tried ever
// more rarely. So do the failures of a radio with one device after another: it is the radio, and not each device has to find that out. One
// device that fails again and again says nothing about the radio. A success wipes the slate.

#include "hub/rules.hpp"

#include <boost/unordered/unordered_flat_map.hpp>
#include <vector>

namespace moor::hub {

class Failures {
public:
  static constexpr size_t max_kept = 4096;  ///< pairs of radio and device; beyond, the most faded one makes room
  static constexpr double heaviest = 64;    ///< of one failure, and of all: six in a row
  static constexpr double heaviest_of_radio = 32;

  explicit Failures(const Rules& rules) : rules_(rules) {}

  void add(SourceIndex source, const Address& device, TimePoint now);
  void clear(SourceIndex source, const Address& device);
  /// What they weigh now; where nothing fades, how many there were.
  [[nodiscard]] double of(SourceIndex source, const Address& device, TimePoint now) const noexcept;
  [[nodiscard]] double of_radio(SourceIndex source, TimePoint now) const noexcept;
  [[nodiscard]] size_t size() const noexcept { return entries_.size(); }

private:
  struct Entry {
    double weight = 0;  // at `time`
    double next = 1;    // what the next in a row weighs
    TimePoint time;
  };
  struct RadioEntry {
    Entry row;
    std::optional<Address> last;  // that failed
  };
  struct Key {
    SourceIndex source;
    Address device;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    size_t operator()(const Key& key) const noexcept { return std::hash<Address>()(key.device) * 31 + key.source; }
  };
  [[nodiscard]] double weight(const Entry& entry, TimePoint now) const noexcept;
  void add_to(Entry& entry, double most, TimePoint now) const noexcept;
  void make_room(TimePoint now);

  const Rules& rules_;
  boost::unordered_flat_map<Key, Entry, Hash> entries_;
  std::vector<RadioEntry> radios_;
};

}  // namespace moor::hub
