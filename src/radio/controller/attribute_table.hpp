#pragma once
// The attributes of a device, line by line, as its table of services tells them, and what discovery is answered from them (Core 5.4, Vol 3,
// Part G, 3 and 4). A machine without I/O: values that only the device knows are its caller's.

#include "hci/att.hpp"
#include "moor/gatt.hpp"

namespace moor::controller {

struct Attribute {
  enum class Kind : uint8_t {
    declaration,    ///< of a service, an inclusion or a characteristic: `value` is fixed
    value,          ///< of a characteristic
    configuration,  ///< the client's own (CCCD), of a characteristic that notifies or indicates
    descriptor,
  };
  uint16_t handle = 0;
  Uuid type;
  Kind kind = Kind::declaration;
  uint16_t group_end = 0;        ///< of a service: its last handle; else 0
  Properties properties{};       ///< of the characteristic that it belongs to
  uint16_t characteristic = 0;   ///< its value's handle; 0 where it belongs to none
  std::vector<uint8_t> value{};  ///< of a declaration
};

class AttributeTable {
public:
  AttributeTable() = default;
  explicit AttributeTable(const GattServices& services);

  [[nodiscard]] const std::vector<Attribute>& attributes() const noexcept { return attributes_; }
  /// Null for a handle that is not there.
  [[nodiscard]] const Attribute* find(uint16_t handle) const noexcept;
  /// The first of a type in a range; null where there is none.
  [[nodiscard]] const Attribute* find_type(const Uuid& type, hci::HandleRange range) const noexcept;

  // Each gives the whole response, an error response too.
  [[nodiscard]] std::vector<uint8_t> answer(const hci::FindInformation& request, uint16_t mtu) const;
  [[nodiscard]] std::vector<uint8_t> answer(const hci::FindByTypeValue& request, uint16_t mtu) const;
  [[nodiscard]] std::vector<uint8_t> answer(const hci::ReadByGroupType& request, uint16_t mtu) const;
  /// Nothing where the value of the first attribute of the type has to be read from the device: see `find_type`.
  [[nodiscard]] std::optional<std::vector<uint8_t>> answer(const hci::ReadByType& request, uint16_t mtu) const;

private:
  void add(const GattService& service, const GattServices& all);
  void add(const GattCharacteristic& characteristic);

  std::vector<Attribute> attributes_;  // by handle
};

/// Errors that do not need the device: 0 where it may be asked. An attribute that is not there is 0x01.
[[nodiscard]] uint8_t read_refusal(const Attribute* attribute) noexcept;
[[nodiscard]] uint8_t write_refusal(const Attribute* attribute, bool is_command) noexcept;

}  // namespace moor::controller
