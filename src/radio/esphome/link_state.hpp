#pragma once
// One link through a proxy: its requests and who waits for them, its subscriptions, its services. Operations that are under way hold it, so that the link may be destroyed
// meanwhile. Messages about its device are told to it; it does not read the session.

#include "core/event.hpp"
#include "esphome/codec.hpp"
#include "moor/radio.hpp"
#include "radio/esphome/connections.hpp"

#include <map>
#include <memory>

namespace moor::esphome_radio {

/// What is remembered of a device between links: services and MTU, as the proxy's own cache is used only when both are known.
struct RememberedDevice {
  GattServices services;
  uint16_t mtu = 0;
};
class DeviceMemory {
public:
  static constexpr size_t capacity = 128;
  [[nodiscard]] const RememberedDevice* find(const Address& device) const;  ///< counts as a use
  void put(const Address& device, RememberedDevice remembered);             ///< the one that was longest not used goes
  bool forget(const Address& device);

private:
  struct Entry {
    RememberedDevice remembered;
    mutable uint64_t used = 0;
  };
  std::map<Address, Entry> entries_;
  mutable uint64_t uses_ = 0;
};

/// How a link tells its connections that it is to go: asks for the disconnect (message 68 type 1), and when the proxy says that it has gone, closes.
class LinkOwner {
public:
  virtual ~LinkOwner() = default;
  /// The proxy is asked to end the connection. The owner calls `close` on the state when the answer is there.
  virtual void release(const Address& device) = 0;
};

class LinkState : public std::enable_shared_from_this<LinkState> {
public:
  /// @param mtu  as message 69 said; 23 where a cached connect does not know better.
  LinkState(Port& port, LinkOwner& owner, DeviceMemory& memory, boost::asio::any_io_executor executor, Address device,
            std::string name, uint16_t mtu, bool from_cache);
  LinkState(const LinkState&) = delete;
  LinkState& operator=(const LinkState&) = delete;
  ~LinkState();

  /// A message of 70 to 79, 82 to 88 or 146 about this device. A malformed one is never passed on. @returns whether somebody waited for it.
  bool on_message(const esphome::Message& message);
  /// A second message 69 connected=true: the MTU may have grown.
  void on_mtu(uint16_t mtu);
  /// Everything that waits fails with LinkClosed; nothing happens where it is closed.
  void close(CloseReason reason, std::string text);
  [[nodiscard]] bool is_closed() const noexcept;

private:
  friend class ProxyLink;
  struct Private;
  std::unique_ptr<Private> private_;
};

/// The link of a program over the state. Its destruction releases the connection.
[[nodiscard]] std::unique_ptr<Link> make_link(std::shared_ptr<LinkState> state);

/// What message 69 or 82 says in its error field, as a cause for the retry rules: 0x100 out of slots or aborted, 0x3E, 0x13, 0x16, 0x08, 0x85 .
[[nodiscard]] ConnectCause connect_cause(int32_t error);
/// "ESP_GATT_CONN_FAIL_ESTABLISH (0x3e)", as the firmware's headers name it.
[[nodiscard]] std::string connection_error_name(int32_t error);
[[nodiscard]] CloseReason close_reason(int32_t error) noexcept;
/// "ESP_GATT_BUSY (0x84)": of an operation, message 82.
[[nodiscard]] std::string gatt_error_name(int32_t error);
/// "ESP_AUTH_SMP_PAIR_NOT_SUPPORT (0x52)": of message 85, and what it means.
[[nodiscard]] std::string pairing_error_name(int32_t error);
[[nodiscard]] PairingProblem pairing_problem(int32_t error) noexcept;

}  // namespace moor::esphome_radio
