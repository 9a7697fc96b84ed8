#pragma once
// Puts fragmented extended advertisements together. A controller reports up to 1,650 bytes in several reports of up to 229; all
// but the last say that more is to come. Which belong together is told by the advertiser, its advertising set and whether it is a
// scan response: HCI does not report the advertising data id.
//
// Bounded: so many advertisements at a time, the oldest given up for a new one; each for so long. The time is that of the
// reports.

#include "hci/advertising_report.hpp"

#include <array>

namespace moor::hci {

class Reassembly {
public:
  static constexpr size_t max_pending = 32;
  /// The longest train of auxiliary packets: AUX_Offset points at most 2.46 s ahead (Core 5.4, Vol 6, Part B, 2.3.4.5).
  static constexpr Duration max_age = std::chrono::seconds(3);

  Reassembly();
  ~Reassembly();

  struct Result {
    Bytes data;         ///< of the report; for the last fragment the whole payload, valid until the next call
    DataStatus status;  ///< of the report; truncated where the whole would be over `extended_payload_size`
  };
  /// Takes every report that a source brings, in order. @param source  keeps apart what several adapters hear at the same time.
  Result add(const AdvertisingReport& report, TimePoint time, uint16_t source = 0) noexcept;
  /// How many bytes of this advertisement the fragments so far have brought; 0 if none is pending.
  [[nodiscard]] size_t pending_bytes(const AdvertisingReport& report, TimePoint time, uint16_t source = 0) const noexcept;

  /// Gives up all that is pending, as at the end of a source.
  void clear() noexcept;
  /// Fragments that never became whole.
  [[nodiscard]] uint64_t dropped() const noexcept { return dropped_; }

private:
  struct Pending;
  [[nodiscard]] Pending* find(const AdvertisingReport& report, uint16_t source) const noexcept;
  [[nodiscard]] Pending& begin(const AdvertisingReport& report, TimePoint time, uint16_t source) noexcept;
  [[nodiscard]] static bool is_stale(const Pending& pending, TimePoint time) noexcept;
  void give_up(Pending& pending) noexcept;

  std::unique_ptr<std::array<Pending, max_pending>> pending_;
  size_t in_use_ = 0;
  uint64_t dropped_ = 0;
};

}  // namespace moor::hci
