#pragma once
// What a device answers to reads and writes. A machine without I/O: it knows neither links nor time beyond what it is told.

#include "radio/sim/gatt_table.hpp"
#include "radio/sim/values.hpp"

namespace moor::sim {

class GattServer {
public:
  GattServer(const DeviceEntry& device, const Random& random, size_t number);

  [[nodiscard]] const GattTable& table() const noexcept { return table_; }
  [[nodiscard]] unsigned generation() const noexcept { return generation_; }
  /// The next generation of the table.
  void change_table();

  struct Answer {
    uint8_t error = 0;  ///< of the attribute protocol; 0 for none
    std::vector<uint8_t> value{};
  };
  /// From an offset on, of a value or descriptor other than the client's configuration. @param elapsed  since the world's start.
  [[nodiscard]] Answer read(uint16_t handle, size_t offset, bool encrypted, Duration elapsed);
  /// @returns an error code; 0 where it is written.
  [[nodiscard]] uint8_t write(uint16_t handle, std::vector<uint8_t> value, WriteKind kind, bool encrypted);
  /// Whether the configuration of a characteristic may be set so. @param handle  of its value.
  [[nodiscard]] uint8_t may_subscribe(uint16_t handle, SubscribeKind kind, bool encrypted) const;

  [[nodiscard]] const Characteristic& characteristic(size_t number) const noexcept { return *characteristics_[number]; }
  /// @throws UsageError for a name that the device as it is described does not have, or has several times.
  [[nodiscard]] size_t get_characteristic(const CharacteristicName& name) const;
  [[nodiscard]] std::vector<uint8_t> value(size_t characteristic, Duration elapsed);
  /// The same in place of what `into` holds, whose memory is kept.
  void put_value(size_t characteristic, Duration elapsed, std::vector<uint8_t>& into);
  void set_value(size_t characteristic, std::vector<uint8_t> value) { values_[characteristic].set(std::move(value)); }

private:
  [[nodiscard]] uint8_t refusal(const Characteristic& characteristic, const char* operation, bool encrypted) const;
  [[nodiscard]] uint8_t descriptor_refusal(const Attribute& attribute, const char* operation) const;

  const DeviceEntry& device_;
  std::vector<Service> services_;
  std::vector<const Characteristic*> characteristics_;  // of services_, by number
  std::vector<ValueSource> values_;                     // the same
  std::map<std::pair<size_t, size_t>, std::vector<uint8_t>> written_descriptors_;
  unsigned generation_ = 0;
  GattTable table_;
};

}  // namespace moor::sim
