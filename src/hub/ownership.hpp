#pragma once
// Which radio a device's advertisements are taken from. All radios that hear a device are remembered, eight at most; one of them owns it, and
// another takes it over when it hears it better by more than both levels wander, or when the owner has gone silent. The owner among the radios that can connect is kept
// apart, since the best ear may be one that cannot.

#include "hub/rules.hpp"
#include "moor/slab.hpp"

#include <array>
#include <span>
#include <vector>

namespace moor::hub {

/// What one radio hears of one device.
struct Hearing {
  TimePoint last = TimePoint::min();
  double smoothed_dbm = no_rssi_value;
  TimePoint demoted_at = TimePoint::min();  ///< when it lost the device to a better one
  float calm_dbm = 0;                       ///< its average over a longer time
  float wander = 0;                         ///< mean square of how far the two are apart, dB²
  float gap_s = 0;                          ///< usual time between two advertisements that it hears, 0 if there was only one
  SourceIndex source = no_source;
  int8_t rssi_dbm = no_rssi;  ///< the last one
  uint8_t samples = 0;        ///< in `smoothed_dbm`, up to 255
  [[nodiscard]] bool has_level() const noexcept { return samples > 0; }
};

class Ownership {
public:
  static constexpr size_t max_hearings = 8;

  explicit Ownership(const Rules& rules) : rules_(rules) {}

  /// A radio that is not known, or does not listen, loses what it owns to the next that hears it.
  void set_source(SourceIndex source, bool can_connect, bool listens);

  struct Advertisement {
    SourceIndex source = 0;
    TimePoint time;
    int8_t rssi_dbm = no_rssi;
    bool scan_response = false;
  };
  struct Verdict {
    bool owned = false;                  ///< the radio owns the device: its advertisement counts
    bool new_hearing = false;            ///< the radio did not hear the device lately
    SourceIndex taken_from = no_source;  ///< the owner before, where it has changed
  };
  /// @param interval  of the device's advertisements, zero where it is not known.
  Verdict on_advertisement(DeviceSlot slot, const Advertisement& heard, Duration interval);
  void forget(DeviceSlot slot) noexcept;

  [[nodiscard]] std::span<const Hearing> hearings(DeviceSlot slot) const noexcept;
  [[nodiscard]] SourceIndex owner(DeviceSlot slot) const noexcept;
  [[nodiscard]] SourceIndex connectable_owner(DeviceSlot slot) const noexcept;
  [[nodiscard]] bool is_demoted(const Hearing& hearing, TimePoint now) const noexcept;
  /// When any radio heard it. @pre it has been heard since it was forgotten
  [[nodiscard]] TimePoint last_heard(DeviceSlot slot) const noexcept { return records_[slot].last_heard; }
  [[nodiscard]] TimePoint last_owned(DeviceSlot slot) const noexcept {
    return hearing(records_[slot], records_[slot].owner).last;
  }
  /// Advertisements of radios that found no place among the eight.
  [[nodiscard]] uint64_t unplaced() const noexcept { return unplaced_; }

private:
  static constexpr uint8_t none = 0xFF;
  struct Source {
    bool can_connect = false;
    bool listens = false;
  };
  struct Record {
    TimePoint last_heard;
    uint8_t count = 0;
    uint8_t owner = none;  // place among the hearings
    uint8_t connectable = none;
    std::array<Hearing, max_hearings> hearings;
  };
  enum class Outcome : uint8_t { keeps, lost_by_silence, lost_by_rssi };

  [[nodiscard]] static const Hearing& hearing(const Record& record, uint8_t place) noexcept { return record.hearings[place]; }
  [[nodiscard]] Source source(SourceIndex index) const noexcept { return index < sources_.size() ? sources_[index] : Source(); }
  [[nodiscard]] uint8_t place_of(Record& record, const Advertisement& heard, bool& is_new);
  [[nodiscard]] uint8_t find_room(const Record& record, const Advertisement& heard) const noexcept;
  void smooth(Hearing& hearing, const Advertisement& heard) const noexcept;
  [[nodiscard]] Outcome decide(const Hearing& owner, const Hearing& challenger, TimePoint now, Duration interval) const noexcept;
  void learn_wander(Hearing& hearing, double gap_s) const noexcept;
  [[nodiscard]] double needed_db(const Hearing& owner, const Hearing& challenger, TimePoint now) const noexcept;
  [[nodiscard]] double rarity_db(const Hearing& owner, const Hearing& challenger) const noexcept;
  [[nodiscard]] bool take_over(Record& record, uint8_t& owner, uint8_t challenger, TimePoint now,
                               Duration interval) const noexcept;

  const Rules& rules_;
  std::vector<Source> sources_;
  Slab<Record> records_;
  uint64_t unplaced_ = 0;
};

}  // namespace moor::hub
