#pragma once
// The attribute table of a device: handles as a device gives them, and what it costs to discover them. A machine without I/O.

#include "moor/world.hpp"

namespace moor::sim {

/// A line of the table (Core 5.4, Vol 3, Part F, 3.2).
struct Attribute {
  enum class Kind : uint8_t {
    declaration,    ///< of a service or characteristic: `value` is fixed
    value,          ///< of a characteristic
    configuration,  ///< the client's own (CCCD)
    descriptor,
  };
  uint16_t handle = 0;
  Uuid type;
  Kind kind = Kind::declaration;
  size_t characteristic = 0;     ///< its place among all of the device, the same in each generation
  size_t descriptor = 0;         ///< its place among those of its characteristic
  std::vector<uint8_t> value{};  ///< of a declaration
};

/// What the device offers: the generic services (Core 5.4, Vol 3, Part C, 12 and Part G, 7) unless it lists them itself, then its own.
[[nodiscard]] std::vector<Service> services_of(const DeviceEntry& device);

class GattTable {
public:
  /// @param generation  0 is as the device is described. Each further one has its handles elsewhere; odd ones lack the last service where
  ///                    there are two of the device's own.
  GattTable(const DeviceEntry& device, const std::vector<Service>& services, unsigned generation);

  [[nodiscard]] const GattServices& services() const noexcept { return services_; }
  /// Null for a handle that is not there.
  [[nodiscard]] const Attribute* find(uint16_t handle) const noexcept;
  [[nodiscard]] const std::vector<Attribute>& attributes() const noexcept { return attributes_; }
  /// Of a characteristic's value; 0 where this generation lacks it.
  [[nodiscard]] uint16_t value_handle(size_t characteristic) const noexcept;

private:
  void add(const Service& service, size_t first_characteristic, std::vector<GattService>& services);

  std::vector<Attribute> attributes_;  // by handle
  GattServices services_;
  uint16_t next_handle_ = 1;
};

/// As a reader gets it: 16 bytes, least significant first (Core 5.4, Vol 3, Part G, 7.3.1).
[[nodiscard]] std::vector<uint8_t> database_hash_of(const std::vector<Attribute>& attributes);

/// Requests that a client makes to discover the table: services by group type, included services, characteristics, descriptors, each until
/// the device says that there are no more (Core 5.4, Vol 3, Part G, 4.4 to 4.7).
[[nodiscard]] unsigned discovery_requests(const GattServices& services, uint16_t mtu);

}  // namespace moor::sim
