#pragma once
// The device that an explorer is connected to, and what can be asked of it, as JSON.

#include "moor/characteristic_value.hpp"
#include "moor/client.hpp"
#include "moor/connect.hpp"
#include "moor/value_format.hpp"
#include "serve/device_view.hpp"

#include <boost/json/array.hpp>
#include <functional>
#include <map>

namespace moor::serve {

class ExplorerLink {
public:
  /// Unasked news for the client; called on the radios' executor.
  using Tell = std::function<void(const boost::json::object&)>;

  /// All outlive it.
  ExplorerLink(Gateway& gateway, const DeviceView& devices, Tell tell);
  ExplorerLink(const ExplorerLink&) = delete;
  ExplorerLink& operator=(const ExplorerLink&) = delete;
  ~ExplorerLink();

  /// @throws Error of what went wrong. Cancellation: total.
  [[nodiscard]] awaitable<boost::json::object> perform(boost::json::object message);
  /// Does nothing where there is no link. Throws nothing.
  [[nodiscard]] awaitable<void> disconnect();
  /// Who has the slots of the radios: [{radio, id, name, address, label, since}].
  [[nodiscard]] boost::json::array holders() const;

private:
  struct Attribute {
    uint16_t handle = 0;
    Uuid uuid;
    const GattCharacteristic* characteristic = nullptr;  // null for a descriptor
  };

  [[nodiscard]] Address target_of(const boost::json::object& message) const;
  [[nodiscard]] Client& connected();
  [[nodiscard]] Attribute attribute_of(const boost::json::object& message);
  [[nodiscard]] boost::json::object value_json(const Attribute& attribute, Bytes value, TimePoint t) const;
  [[nodiscard]] ConnectOptions connect_options();
  void on_connected(const Address& address, TimePoint began);
  void on_failed(const Address& address, TimePoint began, const Error& error);
  void on_ended(const std::optional<Closed>& closed);
  [[nodiscard]] awaitable<boost::json::object> connect(Address address);
  [[nodiscard]] awaitable<boost::json::object> look_around();
  [[nodiscard]] awaitable<boost::json::object> read(boost::json::object message);
  [[nodiscard]] awaitable<boost::json::object> write(boost::json::object message);
  [[nodiscard]] awaitable<boost::json::object> subscribe(boost::json::object message);
  [[nodiscard]] awaitable<boost::json::object> unsubscribe(boost::json::object message);
  void on_value(const Attribute& attribute, Bytes value, TimePoint t);

  Gateway& gateway_;
  const DeviceView& devices_;
  Tell tell_;
  std::optional<Client> client_;
  std::optional<ConnectionRow> up_;                       // as it was told when the link came; none when its end has been told
  std::map<uint16_t, PresentationFormat> presentations_;  // by the characteristic's handle
  std::map<uint16_t, ValueFormat> formats_;               // that the client has named
};

}  // namespace moor::serve
