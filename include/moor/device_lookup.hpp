#pragma once
// Devices by what the radios' systems know of them, whether or not they advertise now: for a program that has an address and no sighting. The
// names are those of bleak-retry-connector.

#include "moor/connect.hpp"

namespace moor {

/// A device that a radio's system knows.
struct FoundDevice {
  Radio* radio = nullptr;
  KnownDevice device;

  [[nodiscard]] Target target() const { return {.address = device.address, .name = device.name}; }
};

/// The radio that is best to reach the device: the first that is connected to it, else the one that hears it best, where a later radio must be
/// `rssi_switch_threshold_db` better than the one before it. Radios in the order of `PathSource::radios`.
/// @returns nothing where none knows the device.
[[nodiscard]] std::optional<FoundDevice> find_device(PathSource& paths, const Address& address);
/// @throws DeviceNotFound.
[[nodiscard]] FoundDevice get_device(PathSource& paths, const Address& address);

/// As that radio knows it, and no other. @param radio  its name, such as "bluez:hci0" or "sim:flat.toml/hall", or the last part of it, "hci0"
/// or "hall"; the first radio where several have that.
[[nodiscard]] std::optional<FoundDevice> find_device_by_adapter(PathSource& paths, const Address& address,
                                                                std::string_view radio);
/// @throws DeviceNotFound; UsageError where there is no such radio.
[[nodiscard]] FoundDevice get_device_by_adapter(PathSource& paths, const Address& address, std::string_view radio);

/// A radio that is better than the current one: connected to the device, or hearing it `rssi_switch_threshold_db` better than `rssi_dbm`.
/// @param rssi_dbm  as the current radio heard it; without, any other radio is better.
/// @returns nothing where the current one should be kept.
[[nodiscard]] std::optional<FoundDevice> find_better_device(PathSource& paths, const Address& address, const Radio& current,
                                                            std::optional<int> rssi_dbm);

/// All radios that are connected to the device, in their order.
[[nodiscard]] std::vector<FoundDevice> connected_devices(PathSource& paths, const Address& address);

/// The proxy that hears the device, by the last part of its radio's name: "hall" of "sim:flat.toml/hall", "attic" of "esphome://attic". Nothing
/// for a local adapter, whose system has an object path for it.
[[nodiscard]] std::optional<std::string> device_source(const FoundDevice& device);
[[nodiscard]] std::optional<std::string> device_source(const LinkInfo& link);

/// For logs: "A4:CF:12:34:56:78 - Sensor -> /org/bluez/hci0": the address alone where the name is empty or equal to it, a path cut to 15
/// characters, for a proxy its `device_source`, nothing after the name where there is neither.
[[nodiscard]] std::string describe(const FoundDevice& device);
[[nodiscard]] std::string describe(const LinkInfo& link);

}  // namespace moor
