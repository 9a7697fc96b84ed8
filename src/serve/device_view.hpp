#pragma once
// A device as the API shows it. It is known by its identity: what the configuration lets anybody keep of it. The address itself is shown only
// where the configuration keeps addresses.

#include "gateway/gateway.hpp"
#include "serve/activity.hpp"

#include <boost/json/object.hpp>

namespace moor::serve {

class DeviceView {
public:
  /// Both outlive it.
  DeviceView(Gateway& gateway, const Activity& activity) : gateway_(gateway), activity_(activity) {}

  /// Of the devices that the filter lets through. Where two have the same identity (an own device with two addresses), the one heard last.
  [[nodiscard]] std::optional<DeviceSlot> find(std::string_view id) const;
  /// @throws http::Refusal 404.
  [[nodiscard]] DeviceSlot get(std::string_view id) const;
  [[nodiscard]] bool is_shown(DeviceSlot slot) const;
  [[nodiscard]] std::string id_of(DeviceSlot slot) const;
  /// The smoothed RSSI, else the last one, for what is ordered by it.
  [[nodiscard]] double strength(DeviceSlot slot) const;

  [[nodiscard]] boost::json::object row(DeviceSlot slot) const;     ///< @pre is_shown(slot)
  [[nodiscard]] boost::json::object detail(DeviceSlot slot) const;  ///< @pre is_shown(slot)
  /// {"id", "name", "address"}: of any device, also of one that is not around.
  [[nodiscard]] boost::json::object who(const Address& address) const;
  /// The same "id".
  [[nodiscard]] std::string identity_of(const Address& address) const;
  /// What an error says, with the devices named by their ids where their addresses are not kept.
  [[nodiscard]] std::string without_addresses(std::string_view text) const;

private:
  Gateway& gateway_;
  const Activity& activity_;
};

}  // namespace moor::serve
