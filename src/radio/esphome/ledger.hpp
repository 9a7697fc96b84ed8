#pragma once
// The slots of one proxy: what it says of them, kept as one fact, and what we have asked for since. No I/O, no waiting; every call has the time.

#include "moor/radio.hpp"

#include <map>
#include <optional>
#include <span>

namespace moor::esphome_radio {

class SlotLedger {
public:
  enum class Phase : uint8_t {
    requested,  ///< asked for, the proxy has not said that it counts it
    making,     ///< the proxy counts it, the link is not up
    up,
    draining,  ///< given back, the proxy still has it: until it says otherwise or `draining_limit` has passed
  };
  static constexpr Duration draining_limit = std::chrono::seconds(20);

  /// Message 81.
  void on_connections_free(uint32_t free, uint32_t limit, std::span<const uint64_t> allocated, TimePoint now);
  /// The session is gone: nothing is known, and the proxy tears down what was ours.
  void reset();

  void on_requested(const Address& device, std::string label, TimePoint now);
  void on_connected(const Address& device, TimePoint now);
  /// We let it go (disconnect asked, time-out, cancellation).
  void on_released(const Address& device, TimePoint now);
  /// Message 69 connected=false.
  void on_closed(const Address& device, TimePoint now);

  /// Forgets what has been draining for `draining_limit`: from there on only the proxy's fact counts.
  void expire(TimePoint now);
  /// When there is something to expire; TimePoint::max() for never.
  [[nodiscard]] TimePoint next_expiry() const;

  /// Whether a request could succeed. Unknown (no 81 yet) is not zero.
  [[nodiscard]] bool may_connect(TimePoint now) const;
  /// The same, without what we have asked for this device already.
  [[nodiscard]] bool may_connect(TimePoint now, const Address& device) const;
  [[nodiscard]] Slots slots(TimePoint now) const;
  [[nodiscard]] std::optional<Phase> phase(const Address& device) const;
  /// Devices that are up by our book and that the proxy no longer counts, where its fact can be trusted (allocated = limit - free): their links are gone.
  [[nodiscard]] std::vector<Address> missing() const;
  [[nodiscard]] bool is_known() const noexcept { return fact_.has_value(); }
  /// Whether the last fact says who has the slots: as many addresses as slots are taken. Some firmware sends others.
  [[nodiscard]] bool is_trusted() const noexcept { return fact_ && fact_->trusted; }
  /// Whether the last fact, where it can be trusted, has the device among those with a slot.
  [[nodiscard]] bool counts(const Address& device) const;

private:
  struct Entry {
    Address device{};
    Phase phase{};
    std::string label{};
    TimePoint since{};
    TimePoint released{};
    bool ever_counted = false;  // by a fact since it was requested
    bool fact_since_up = false;
  };
  struct Fact {
    uint32_t free = 0;
    uint32_t limit = 0;
    std::vector<uint64_t> allocated{};  // sorted, empty where it cannot be trusted
    bool trusted = false;

    [[nodiscard]] bool has(uint64_t device) const;
  };
  [[nodiscard]] bool is_extra(const Entry& entry, TimePoint now) const;
  [[nodiscard]] int free(TimePoint now) const;

  std::optional<Fact> fact_;
  std::map<uint64_t, Entry> ours_;  // by the address's bits: the proxy's messages do not have its kind
  std::map<uint64_t, TimePoint> others_since_;
};

}  // namespace moor::esphome_radio
