#pragma once
// A connected device: read, write and subscribe by UUID. A `Client` comes from `establish_connection` (connect.hpp) and owns its link; it
// is moved, not copied. When the link is lost it stays as it is, and says so with every operation; a `Session` (session.hpp) is what
// connects again.

#include "moor/link.hpp"

namespace moor {

class PathSource;
class ServiceCache;

/// How values that come unasked are handed over. They wait in a queue of their own, so that a slow callback delays nobody's radio.
struct SubscribeOptions {
  std::optional<SubscribeKind> kind{};  ///< without: notifications where the characteristic has them, else indications
  size_t capacity = 256;                ///< values that wait, at least 1; beyond, the oldest is dropped and counted
};

/// A value that a device sent unasked.
struct Notification {
  Uuid characteristic;
  std::vector<uint8_t> value;
  TimePoint time;        ///< when it came
  uint64_t dropped = 0;  ///< values lost before it since the one before, because nobody took them in time
};

/// The values of one subscription, in their order.
class Notifications {
public:
  struct Queue;  // of the library's own

  Notifications();
  ~Notifications();
  Notifications(Notifications&&) noexcept;
  Notifications& operator=(Notifications&&) noexcept;

  /// The next value; nothing when the link is closed or the subscription has ended, and all is read. One caller at a time.
  /// Cancellation: total.
  [[nodiscard]] awaitable<std::optional<Notification>> next();
  [[nodiscard]] uint64_t received() const noexcept;
  [[nodiscard]] uint64_t dropped() const noexcept;

private:
  friend class Client;
  friend class Session;
  explicit Notifications(std::shared_ptr<Queue> queue);
  static awaitable<std::optional<Notification>> next(std::shared_ptr<Queue> queue);
  std::shared_ptr<Queue> queue_;
};

/// What a client does with its link; the rest is `ConnectOptions`.
struct ClientOptions {
  std::string label{};  ///< what logs and errors call the device; its name or address if empty
  Duration operation_timeout =
      std::chrono::seconds(30);  ///< for one read or write (ATT's own limit, Core 5.4, Vol 3, Part F, 3.3.3)
  std::function<void(const Closed&)>
      on_disconnected{};  ///< once, when the link is lost; not for `disconnect()` nor the destructor
};

class Client {
public:
  /// Over a link that is up. `services` are those of the cache, or nothing if they are still to be discovered.
  /// @param cache  is told of what turns out wrong; may be null. `clock` and `cache` must outlive the client.
  Client(boost::asio::any_io_executor executor, Clock& clock, std::unique_ptr<Link> link, GattServices services,
         ClientOptions options, ServiceCache* cache = nullptr);
  /// Closes the link without waiting.
  virtual ~Client();
  Client(Client&&) noexcept;
  Client& operator=(Client&&) noexcept;

  [[nodiscard]] const Address& address() const noexcept;
  [[nodiscard]] const std::string& name() const noexcept;  ///< of the device; empty where it is not known
  [[nodiscard]] const std::string& label() const noexcept;
  [[nodiscard]] std::string description() const;  ///< "A4:CF:12:34:56:78 - Sensor -> /org/bluez/hci0"
  [[nodiscard]] bool is_connected() const noexcept;
  [[nodiscard]] const std::optional<Closed>& closed() const noexcept;
  [[nodiscard]] awaitable<Closed> wait_closed();
  /// Empty until the first operation where the constructor was given none. Holds until the next `co_await`: the device may change its table.
  [[nodiscard]] const GattServices& services() const noexcept;
  [[nodiscard]] uint16_t mtu() const noexcept;                         ///< bytes of an ATT packet
  [[nodiscard]] uint16_t max_write_without_response() const noexcept;  ///< bytes of a value
  [[nodiscard]] Link& link() noexcept;                                 ///< what lies below, by handles

  /// A name that is missing in a table from a cache is looked for once more after a discovery.
  /// @throws AttributeNotFound, AmbiguousAttribute, GattError, LinkClosed, TimedOut; so do all that follow.
  /// Cancellation: total. The client may be moved or destroyed meanwhile; destroyed, the operation ends with LinkClosed.
  [[nodiscard]] awaitable<std::vector<uint8_t>> read(CharacteristicName name);
  /// Without a kind, with response where the characteristic has it.
  [[nodiscard]] awaitable<void> write(CharacteristicName name, std::vector<uint8_t> value,
                                      std::optional<WriteKind> kind = std::nullopt);
  [[nodiscard]] awaitable<std::vector<uint8_t>> read_descriptor(CharacteristicName name, Uuid descriptor);
  /// @throws UsageError for 2902, which `subscribe` writes.
  [[nodiscard]] awaitable<void> write_descriptor(CharacteristicName name, Uuid descriptor, std::vector<uint8_t> value);

  /// Values as a stream.
  [[nodiscard]] awaitable<Notifications> subscribe(CharacteristicName name);
  [[nodiscard]] awaitable<Notifications> subscribe(CharacteristicName name, SubscribeOptions options);
  /// Values to a callback, which runs on the executor but not on the radio's path: while it works, values wait in the queue. What it throws
  /// ends the subscription and is thrown by `unsubscribe`.
  [[nodiscard]] awaitable<void> subscribe(CharacteristicName name, std::function<void(const Notification&)> on_value);
  [[nodiscard]] awaitable<void> subscribe(CharacteristicName name, std::function<void(const Notification&)> on_value,
                                          SubscribeOptions options);
  /// Does nothing where there is no subscription. Nothing is called any more from the moment of this call on.
  [[nodiscard]] awaitable<void> unsubscribe(CharacteristicName name);

  [[nodiscard]] awaitable<int8_t> rssi();
  [[nodiscard]] awaitable<ParametersApplied> set_connection_parameters(ConnectionParameters parameters);
  /// @throws PairingFailed, RadioNotAvailable, LinkClosed, TimedOut. Without an agent: just works.
  [[nodiscard]] awaitable<void> pair();
  /// @param agent  must live until it completes. A person may take longer than a read: the time-out is a minute.
  [[nodiscard]] awaitable<void> pair(PairingAgent& agent);
  [[nodiscard]] awaitable<void> unpair();
  /// Forgets the device's services, here and in the radio's system, so that the next connection discovers them.
  /// @returns whether anything was forgotten.
  [[nodiscard]] awaitable<bool> clear_cache();
  /// Closes the link and waits for it, 10 s at most.
  [[nodiscard]] awaitable<void> disconnect();

private:
  struct State;
  std::shared_ptr<State> state_;
};

}  // namespace moor
