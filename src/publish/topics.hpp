#pragma once
// Names of MQTT topics. Everything begins with mqtt.topic ("moor"); docs/mqtt.md lists them.

#include <optional>
#include <string>
#include <string_view>

namespace moor::publish {

/// A name as one level of a topic and as a Home Assistant id: letters, digits, - and _. Where that loses something, as of "Café", a hash of the
/// whole name follows, so that two names stay two.
[[nodiscard]] std::string slug(std::string_view name);

class Topics {
public:
  /// @param base  without + and #. @param gateway  its configured name
  Topics(std::string base, std::string_view gateway);

  [[nodiscard]] const std::string& gateway() const noexcept { return gateway_; }  ///< as a slug
  [[nodiscard]] std::string status() const { return of_gateway("status"); }
  [[nodiscard]] std::string info() const { return of_gateway("info"); }
  [[nodiscard]] std::string event(std::string_view kind) const { return of_gateway("event/") + std::string(kind); }
  /// What this gateway knows of a device.
  [[nodiscard]] std::string own_state(std::string_view device) const;
  /// What the gateway that hears the device best knows of it.
  [[nodiscard]] std::string shared_state(std::string_view device) const;
  [[nodiscard]] std::string shared_states() const { return base_ + "/device/+/state"; }  ///< filter
  /// Of a button or the like of a device.
  [[nodiscard]] std::string input(std::string_view device, std::string_view input) const;

  /// The device of a shared state's topic. @returns nothing for another topic
  [[nodiscard]] std::optional<std::string_view> device_of(std::string_view topic) const noexcept;

private:
  [[nodiscard]] std::string of_gateway(std::string_view name) const { return base_ + "/" + gateway_ + "/" + std::string(name); }

  std::string base_;
  std::string gateway_;
};

}  // namespace moor::publish
