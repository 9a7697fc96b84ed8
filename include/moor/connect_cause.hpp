#pragma once
// Why an attempt to connect failed, and the errors that say so. Every radio puts its system's words into one of these reasons at once, so that
// nothing above it has to search texts; the words stay with it for people and logs.

#include "moor/error.hpp"
#include "moor/time.hpp"

#include <bitset>
#include <vector>

namespace moor {

enum class ConnectReason : uint8_t {
  unknown,              ///< anything that none of the others says
  timed_out,            ///< nothing came in time
  device_not_found,     ///< the radio's system does not know the device, or has forgotten it meanwhile
  out_of_slots,         ///< the radio has no free connection slot (ESP_GATT_CONN_CONN_CANCEL, 0x100)
  aborted_by_local,     ///< le-connection-abort-by-local
  canceled,             ///< br-connection-canceled
  not_established,      ///< HCI 0x3E: no packet came over the new link (ESP_GATT_CONN_FAIL_ESTABLISH)
  closed_by_peer,       ///< HCI 0x13 (ESP_GATT_CONN_TERMINATE_PEER_USER)
  closed_by_local,      ///< HCI 0x16 (ESP_GATT_CONN_TERMINATE_LOCAL_HOST)
  supervision_timeout,  ///< HCI 0x08 (ESP_GATT_CONN_TIMEOUT)
  stack_error,          ///< ESP_GATT_ERROR, 0x85
  disconnected,         ///< the link was lost before its services were known
  services_incomplete,  ///< the service table had holes, or vanished while it was read
  att_error,            ///< the device refused with an ATT error
  radio_unavailable,    ///< powered off, unplugged, no permission
  system_gone,          ///< the connection to bluetoothd or to the proxy ended
  pipe_broken,          ///< the same, found when something was to be sent (EPIPE)
};
inline constexpr size_t connect_reason_count = static_cast<size_t>(ConnectReason::pipe_broken) + 1;

/// "out of slots", for logs and metrics.
[[nodiscard]] std::string_view to_string(ConnectReason reason) noexcept;

/// Who said it. The default profile does not care; the compat profile does, since the Python package sorts by exception type first.
enum class CauseOrigin : uint8_t {
  radio,        ///< the radio's stack, as a plain message
  system_call,  ///< a D-Bus error reply
  client,       ///< a fault in the client's own state
  lookup,       ///< the radio's list of devices: `device_not_found` whatever the text says
};

struct ConnectCause {
  ConnectReason reason = ConnectReason::unknown;
  CauseOrigin origin = CauseOrigin::radio;
  uint8_t att_code = 0;  ///< of `att_error`
  std::string text{};    ///< in the words of the system that failed
};

/// The reason that a text of BlueZ or of an ESP32 names, by the substrings that bleak-retry-connector looks for (reference: its 4.6.3);
/// `unknown` where it names none. Of several, the one with the longest backoff class first: slots, medium, long, transient.
[[nodiscard]] ConnectReason reason_in(std::string_view text) noexcept;
/// All that a text names: bit n for the reason of number n; none where it names nothing.
[[nodiscard]] std::bitset<connect_reason_count> reasons_in(std::string_view text) noexcept;

/// What a failed attempt is counted against; each has a number of failures after which no more is tried.
enum class AttemptBudget : uint8_t { timeouts, errors, transient };

/// One attempt of several.
struct FailedAttempt {
  TimePoint began{};
  TimePoint failed{};
  std::string radio{};  ///< empty where no radio could reach the device
  ConnectCause cause{};
  std::optional<AttemptBudget> counted_as{};  ///< nothing for one that was made early, because something had changed
  std::optional<Duration> wait{};             ///< asked for before this radio is tried again; nothing where there is no wait
};

/// A connection could not be made. What is thrown is one of the classes below; each has every attempt.
class ConnectError : public Error {
public:
  ConnectError(const std::string& what, ErrorContext context, ConnectCause cause, std::vector<FailedAttempt> attempts = {})
      : Error(what, std::move(context)), cause_(std::move(cause)), attempts_(std::move(attempts)) {}
  [[nodiscard]] const ConnectCause& cause() const noexcept { return cause_; }  ///< of the last attempt
  /// In their order, the last 16 of them; empty where a radio was asked directly.
  [[nodiscard]] const std::vector<FailedAttempt>& attempts() const noexcept { return attempts_; }

private:
  ConnectCause cause_;
  std::vector<FailedAttempt> attempts_;
};

/// The device is not there: nobody hears it, or it does not answer.
class DeviceNotFound : public ConnectError {
public:
  using ConnectError::ConnectError;
  /// Of a search, where no attempt was made.
  explicit DeviceNotFound(const std::string& what, ErrorContext context = {})
      : ConnectError(what, std::move(context), {.reason = ConnectReason::device_not_found, .text = {}}) {}
};

/// Every radio that hears the device has all its connection slots in use.
class OutOfConnectionSlots : public ConnectError {
public:
  using ConnectError::ConnectError;
};

/// The link broke while it was made, as it does at the edge of the range or under interference.
class ConnectionAborted : public ConnectError {
public:
  using ConnectError::ConnectError;
};

/// Any other failure.
class ConnectionFailed : public ConnectError {
public:
  using ConnectError::ConnectError;
};

/// Throws the class that fits the cause: DeviceNotFound, OutOfConnectionSlots, ConnectionAborted, RadioNotAvailable (radio_unavailable), else
/// ConnectionFailed; with the advice of `advice_for` where the context has none.
[[noreturn]] void throw_connect_error(const std::string& what, ErrorContext context, ConnectCause cause,
                                      std::vector<FailedAttempt> attempts = {});
/// One sentence on what to do about a cause; empty where nothing general can be said.
[[nodiscard]] std::string_view advice_for(ConnectReason reason) noexcept;

}  // namespace moor
