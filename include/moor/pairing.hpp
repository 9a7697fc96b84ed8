#pragma once
// Pairing: two devices agree on keys, sometimes with the help of a person (Core 5.4, Vol 3, Part H). What the person can do is the agent's:
// it types a number that the device shows, shows one that is typed on the device, compares two, or only allows it.

#include "moor/address.hpp"
#include "moor/clock.hpp"
#include "moor/error.hpp"

#include <string_view>

namespace moor {

/// Who does what while two devices pair (Core 5.4, Vol 3, Part H, 2.3.5).
enum class PairingMethod : uint8_t {
  just_works,          ///< nobody; safe only from those who listen later
  passkey_entry,       ///< the device shows six digits, which are typed here
  passkey_display,     ///< six digits are shown here, which are typed on the device
  numeric_comparison,  ///< both show six digits, and somebody says whether they are equal
};
/// "just works", "passkey entry", "passkey display", "numeric comparison".
[[nodiscard]] std::string_view to_string(PairingMethod method) noexcept;

inline constexpr uint32_t max_passkey = 999'999;

/// Answers for the person in front of this machine. Called on the radio's executor. What the agent cannot do is never asked of it.
class PairingAgent {
public:
  /// What the person has (Core 5.4, Vol 3, Part H, 2.3.2); it decides the method.
  enum class Capability : uint8_t { none, display, display_yes_no, keyboard, keyboard_display };

  virtual ~PairingAgent() = default;
  [[nodiscard]] virtual Capability capability() const noexcept { return Capability::none; }
  /// The digits that the device shows, 0 to `max_passkey`; nothing refuses. Cancellation: total, when the device gives up.
  [[nodiscard]] virtual awaitable<std::optional<uint32_t>> enter_passkey(Address device);
  /// Shows the digits that are to be typed on the device. @param entered  how many of them have been typed.
  virtual void display_passkey(const Address& device, uint32_t passkey, unsigned entered);
  /// Whether the device shows the same digits.
  [[nodiscard]] virtual awaitable<bool> confirm(Address device, uint32_t passkey);
  /// Whether the device may pair without any of this.
  [[nodiscard]] virtual awaitable<bool> allow(Address device);
};

/// Allows every device and can do nothing else: just works.
class JustWorks final : public PairingAgent {};

/// Why two devices did not pair.
enum class PairingProblem : uint8_t {
  unknown,
  refused,        ///< by the device (pairing not supported, or not now)
  rejected,       ///< here, by the agent or the person
  wrong_passkey,  ///< the numbers differ (confirm value failed, or the person said so)
  canceled,
  timed_out,  ///< the device, or the person, did not answer in time
  busy,       ///< it pairs already
};
[[nodiscard]] std::string_view to_string(PairingProblem problem) noexcept;

class PairingFailed : public Error {
public:
  PairingFailed(const std::string& what, PairingProblem problem, ErrorContext context = {})
      : Error(what, std::move(context)), problem_(problem) {}
  [[nodiscard]] PairingProblem problem() const noexcept { return problem_; }

private:
  PairingProblem problem_;
};

}  // namespace moor
