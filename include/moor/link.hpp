#pragma once
// A link: one connection to one device, through whatever radio made it. It works with handles and raw values; programs use a `Client` over
// it (client.hpp), which knows UUIDs.
//
// Every operation ends: with its result, an error, by its deadline, when the link closes, or when it is cancelled.

#include "moor/clock.hpp"
#include "moor/connection_parameters.hpp"
#include "moor/gatt.hpp"
#include "moor/pairing.hpp"
#include "moor/sighting.hpp"

#include <functional>
#include <string>
#include <vector>

namespace moor {

/// Why a link is no more.
enum class CloseReason : uint8_t {
  local,                ///< we closed it
  peer,                 ///< the device did (HCI 0x13)
  supervision_timeout,  ///< nothing heard for the supervision time-out (HCI 0x08): out of range, asleep, no power
  not_established,      ///< the first packets never came (HCI 0x3E)
  other_host,           ///< another program of this machine, or the proxy's own firmware (HCI 0x16)
  encryption_failed,    ///< HCI 0x05, 0x06 or 0x3D: keys are missing or wrong
  radio_lost,           ///< the adapter or the proxy is gone, or its system
  unknown,
};
/// "supervision timeout", for people and logs.
[[nodiscard]] std::string_view to_string(CloseReason reason) noexcept;

struct Closed {
  CloseReason reason = CloseReason::unknown;
  TimePoint at;
  std::string text{};  ///< in the words of the system
};

/// An operation on a link that is closed, or that closed meanwhile.
class LinkClosed : public Error {
public:
  LinkClosed(const std::string& what, Closed closed, ErrorContext context = {})
      : Error(what, std::move(context)), closed_(std::move(closed)) {}
  [[nodiscard]] const Closed& closed() const noexcept { return closed_; }

private:
  Closed closed_;
};

struct LinkInfo {
  Address device;
  std::string name{};  ///< of the device, where the radio's system knows it
  RadioId radio = 0;
  std::string radio_name{};  ///< its spec as text
  std::string path{};        ///< what the radio's system calls the device: an object path, a proxy's name
  TimePoint since;
  bool closed_by_clear_cache = false;  ///< its system forgets services only together with the device, and so the link: BlueZ
};

enum class ParametersApplied : uint8_t {
  now,              ///< the link has them, or the device was asked and has not refused
  next_connection,  ///< the system keeps them and uses them when the device is connected the next time
};

enum class WriteKind : uint8_t { with_response, without_response };
enum class SubscribeKind : uint8_t { notification, indication };

class Link {
public:
  /// Called in the order in which values came, on the radio's executor; it must not block, nor destroy the link.
  using ValueCallback = std::function<void(Bytes value, TimePoint t)>;

  /// A link that is still open is closed, without waiting for it.
  virtual ~Link() = default;
  [[nodiscard]] virtual const LinkInfo& info() const noexcept = 0;

  /// Why it is closed; nothing while it is open.
  [[nodiscard]] virtual const std::optional<Closed>& closed() const noexcept = 0;
  /// Completes when the link closes, at once where it is closed. Any number may wait. Cancellation: total.
  [[nodiscard]] virtual awaitable<Closed> wait_closed() = 0;

  /// Discovers the whole table from the device, or takes what the radio's system has where the link was made with its cache.
  /// @throws LinkClosed, TimedOut, ConnectError (services_incomplete).
  [[nodiscard]] virtual awaitable<GattServices> services(TimePoint deadline) = 0;

  /// The whole value; a long one is read in parts.
  /// @throws GattError, LinkClosed, TimedOut. Cancellation: total, as of all that follow; what was sent may still be done.
  [[nodiscard]] virtual awaitable<std::vector<uint8_t>> read(uint16_t handle, TimePoint deadline) = 0;
  /// With response, a value that does not fit a packet is written in parts (prepare and execute).
  /// @throws GattError (0x0D for a value too long to write without response), LinkClosed, TimedOut.
  [[nodiscard]] virtual awaitable<void> write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind,
                                              TimePoint deadline) = 0;
  /// Writes the configuration descriptor and from then on calls `on_value`, one that comes before the write's response too. A second
  /// subscription to the same handle takes the place of the first.
  /// @throws GattError, LinkClosed, TimedOut.
  [[nodiscard]] virtual awaitable<void> subscribe(uint16_t handle, SubscribeKind kind, ValueCallback on_value,
                                                  TimePoint deadline) = 0;
  /// After it completes, nothing is called any more. Does nothing where there is no subscription.
  [[nodiscard]] virtual awaitable<void> unsubscribe(uint16_t handle, TimePoint deadline) = 0;
  [[nodiscard]] virtual awaitable<std::vector<uint8_t>> read_descriptor(uint16_t handle, TimePoint deadline) = 0;
  [[nodiscard]] virtual awaitable<void> write_descriptor(uint16_t handle, std::vector<uint8_t> value, TimePoint deadline) = 0;

  /// Bytes of an ATT packet, 23 to 517; may grow soon after the link is made.
  [[nodiscard]] virtual uint16_t mtu() const noexcept = 0;
  /// Of the connection, dBm. @throws RadioNotAvailable where the radio cannot tell.
  [[nodiscard]] virtual awaitable<int8_t> rssi(TimePoint deadline) = 0;
  /// @throws RadioNotAvailable where the radio cannot change them.
  [[nodiscard]] virtual awaitable<ParametersApplied> set_parameters(ConnectionParameters parameters, TimePoint deadline) = 0;
  /// Pairs and bonds; does nothing where that was done before. @param agent  must live until it completes.
  /// @throws PairingFailed, RadioNotAvailable (the radio cannot pair), LinkClosed, TimedOut.
  [[nodiscard]] virtual awaitable<void> pair(PairingAgent& agent, TimePoint deadline) = 0;
  /// Forgets the bond, which closes the link with most systems.
  [[nodiscard]] virtual awaitable<void> unpair(TimePoint deadline) = 0;
  /// The radio's system forgets the device's services, so that the next connection discovers them. @returns whether it did.
  [[nodiscard]] virtual awaitable<bool> clear_cache(TimePoint deadline) = 0;
  /// Called when the device says that its table has changed (Service Changed, Core 5.4, Vol 3, Part G, 7.1).
  virtual void on_services_changed(std::function<void()> callback) = 0;

  /// Closes it and waits until it is closed, at most to the deadline. Does nothing where it is closed.
  [[nodiscard]] virtual awaitable<void> disconnect(TimePoint deadline) = 0;
};

}  // namespace moor
