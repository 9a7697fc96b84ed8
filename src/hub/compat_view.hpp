#pragma once
// What a program on top of habluetooth sees of a device: data merged as BlueZ does it, names kept as its caches keep them, some advertisements of
// Apple devices not at all. The compat profile tells by it whether an advertisement brings news; the standard profile has `Device::data`.

#include "moor/device.hpp"

#include <map>
#include <set>

namespace moor::hub {

/// The content of one advertisement, or what several have added up to.
struct CompatContent {
  std::string name{};  ///< empty where there is none
  std::set<Uuid> service_uuids{};
  std::map<Uuid, std::vector<uint8_t>> service_data{};
  std::map<uint16_t, std::vector<uint8_t>> manufacturer_data{};
  std::optional<int8_t> tx_power_dbm{};

  /// Of the raw payload. The name is decoded as Python does, so control characters stay; moor's own `local_name` replaces them.
  [[nodiscard]] static CompatContent parse(Bytes payload);
  friend bool operator==(const CompatContent&, const CompatContent&) = default;
};

/// Noise of Apple devices, which habluetooth drops: nothing but manufacturer data of Apple of another kind than iBeacon (02), HomeKit (06), device id
/// (10), HomeKit notification (11) and Find My (12).
[[nodiscard]] bool is_apple_noise(const AdvertisementData& advertisement) noexcept;

/// Adds an advertisement to what is known, as BlueZ and habluetooth's remote scanners do: entries accumulate, the newer of a key holds, the
/// longer name stays.
void merge(CompatContent& known, const CompatContent& latest);

/// The name to keep of two: one that extends the other in whatever case, the longer; else the newer, since the device was renamed. An address is
/// no name.
[[nodiscard]] std::string better_name(const std::string& kept, const std::string& latest, const Address& device);

class CompatView {
public:
  /// @returns whether name, UUIDs, service or manufacturer data differ from before.
  bool update(const Address& device, const CompatContent& latest);
  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const CompatContent& content() const noexcept { return content_; }

private:
  CompatContent content_;
  std::string name_;
  bool is_new_ = true;
};

}  // namespace moor::hub
