#pragma once
// The ways to a device: which radios can reach it now, best first. The hub knows (hub.hpp); `RadioPaths` here is the plain answer for programs
// that have one radio, or some without a hub.

#include "moor/radio.hpp"

namespace moor {

inline constexpr int no_rssi_value =
    -127;  ///< where an RSSI is compared and there is none (bleak-retry-connector's NO_RSSI_VALUE)
inline constexpr int rssi_switch_threshold_db = 5;  ///< another radio must hear a device so much better to be preferred

/// One radio that can reach a device.
struct Path {
  Radio* radio = nullptr;
  Address device;                ///< with the kind that this radio knows
  int rssi_dbm = no_rssi_value;  ///< as this radio hears the device
  double score = 0;              ///< higher is better; the RSSI less what speaks against the radio
  bool connected = false;        ///< the radio's system has a link to the device already
  friend bool operator==(const Path&, const Path&) = default;
};

class PathSource {
public:
  virtual ~PathSource() = default;
  [[nodiscard]] virtual Clock& clock() noexcept = 0;

  /// The radios that can reach the device now, best first; empty where none can.
  [[nodiscard]] virtual std::vector<Path> paths_to(const Address& device) = 0;
  /// Why `paths_to` is empty, or which slots are in use and by whom, for people.
  [[nodiscard]] virtual std::string explain(const Address& device) = 0;

  /// An attempt over the path begins, and how it ended; so that the next choice knows. Each `attempt_began` is followed by one `attempt_ended`.
  virtual void attempt_began(const Path&) {}
  virtual void attempt_ended(const Path&, bool /*connected*/) {}

  /// Completes when something changes for the device on any radio: its link comes up or goes, it is forgotten or back, a radio comes or goes.
  /// Spurious wake-ups are allowed. Cancellation: total.
  [[nodiscard]] virtual awaitable<void> changed(Address device) = 0;
  /// All radios, whether or not they reach the device.
  [[nodiscard]] virtual std::vector<Radio*> radios() = 0;
};

/// The paths over some radios by what each knows of the device (`Radio::find_device`): a connected one first, then by RSSI, of which a later radio
/// must be 5 dB better than the one before it. A radio that does not know the device comes last if `try_unknown`.
class RadioPaths final : public PathSource {
public:
  /// `clock` and `radios` must outlive it.
  RadioPaths(Clock& clock, std::vector<Radio*> radios, bool try_unknown = true)
      : clock_(clock), radios_(std::move(radios)), try_unknown_(try_unknown) {}
  [[nodiscard]] Clock& clock() noexcept override { return clock_; }
  [[nodiscard]] std::vector<Path> paths_to(const Address& device) override;
  [[nodiscard]] std::string explain(const Address& device) override;
  [[nodiscard]] awaitable<void> changed(Address device) override;
  [[nodiscard]] std::vector<Radio*> radios() override { return radios_; }

private:
  Clock& clock_;
  std::vector<Radio*> radios_;
  bool try_unknown_;
};

}  // namespace moor
