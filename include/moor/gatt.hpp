#pragma once
// What a device offers over GATT: services with characteristics with descriptors (Core 5.4, Vol 3, Part G). Users name attributes by UUID;
// handles are where a device keeps them today and change with its firmware, so they stay inside.

#include "moor/error.hpp"
#include "moor/uuid.hpp"

#include <initializer_list>
#include <span>
#include <string>
#include <vector>

namespace moor {

/// What may be done with a characteristic: bits of its declaration (Core 5.4, Vol 3, Part G, 3.3.1.1).
enum class Property : uint8_t {
  broadcast = 0x01,
  read = 0x02,
  write_without_response = 0x04,
  write = 0x08,
  notify = 0x10,
  indicate = 0x20,
  authenticated_signed_writes = 0x40,
  extended_properties = 0x80,
};

class Properties {
public:
  constexpr Properties() = default;
  constexpr explicit Properties(uint8_t bits) noexcept : bits_(bits) {}
  constexpr Properties(std::initializer_list<Property> properties) noexcept {
    for (const Property each : properties) bits_ = static_cast<uint8_t>(bits_ | static_cast<uint8_t>(each));
  }
  [[nodiscard]] constexpr bool has(Property property) const noexcept { return (bits_ & static_cast<uint8_t>(property)) != 0; }
  [[nodiscard]] constexpr uint8_t bits() const noexcept { return bits_; }
  /// In the order of the bits: "BROADCAST", "READ", "WRITE_WITHOUT_RESPONSE", "WRITE", "NOTIFY", "INDICATE", ...
  [[nodiscard]] std::vector<std::string_view> names() const;
  /// The bit of a name in either case, with '-' or '_': "write-without-response". @returns nothing for another word.
  [[nodiscard]] static std::optional<Property> parse(std::string_view name) noexcept;
  friend constexpr bool operator==(Properties, Properties) = default;

private:
  uint8_t bits_ = 0;
};

struct GattDescriptor {
  Uuid uuid;
  uint16_t handle = 0;
  friend bool operator==(const GattDescriptor&, const GattDescriptor&) = default;
};

struct GattCharacteristic {
  Uuid uuid;
  uint16_t handle = 0;  ///< of the value
  Properties properties;
  std::vector<GattDescriptor> descriptors;
  Uuid service;  ///< that it belongs to

  [[nodiscard]] const GattDescriptor* find_descriptor(const Uuid& wanted) const noexcept;
  friend bool operator==(const GattCharacteristic&, const GattCharacteristic&) = default;
};

/// How a user names a characteristic. The UUID alone suffices where it occurs once; where a device has it in several services, the service too;
/// where one service has it several times, which of them. In text: "2a19", "180f/2a19", "180f/2a19#2".
struct CharacteristicName {
  Uuid uuid;
  std::optional<Uuid> service{};
  unsigned instance = 0;  ///< from 1 in the order of the table; 0 where it must be the only one

  CharacteristicName() = default;
  CharacteristicName(Uuid characteristic) : uuid(characteristic) {}
  CharacteristicName(Uuid in_service, Uuid characteristic, unsigned which = 0)
      : uuid(characteristic), service(in_service), instance(which) {}
  /// @throws UsageError that shows the forms.
  [[nodiscard]] static CharacteristicName parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;
  friend bool operator==(const CharacteristicName&, const CharacteristicName&) = default;
};

struct GattService {
  Uuid uuid;
  uint16_t handle = 0;      ///< of the declaration
  uint16_t end_handle = 0;  ///< the last one that belongs to it
  bool primary = true;
  std::vector<uint16_t> included;  ///< handles of services that it includes
  std::vector<GattCharacteristic> characteristics;

  /// The first of the UUID, if there is one.
  [[nodiscard]] const GattCharacteristic* find_characteristic(const Uuid& wanted) const noexcept;
  friend bool operator==(const GattService&, const GattService&) = default;
};

/// A characteristic, service or descriptor that the device does not have, or not that one. Often the device's firmware has changed:
/// clear its cache and discover again.
class AttributeNotFound : public Error {
public:
  using Error::Error;
};

/// A UUID that the device has several times; `what()` lists the names that tell them apart.
class AmbiguousAttribute : public Error {
public:
  using Error::Error;
};

/// The table of a device. A value: copy it, keep it, compare it.
class GattServices {
public:
  GattServices() = default;
  explicit GattServices(std::vector<GattService> services) : services_(std::move(services)) {}

  [[nodiscard]] auto begin() const noexcept { return services_.begin(); }
  [[nodiscard]] auto end() const noexcept { return services_.end(); }
  [[nodiscard]] size_t size() const noexcept { return services_.size(); }
  [[nodiscard]] bool empty() const noexcept { return services_.empty(); }

  /// The first service of the UUID, if there is one.
  [[nodiscard]] const GattService* find_service(const Uuid& uuid) const noexcept;
  /// @throws AttributeNotFound that names what is there instead.
  [[nodiscard]] const GattService& get_service(const Uuid& uuid) const;
  /// Nothing where it is missing. @throws AmbiguousAttribute where the name fits several.
  [[nodiscard]] const GattCharacteristic* find_characteristic(const CharacteristicName& name) const;
  /// @throws AttributeNotFound, AmbiguousAttribute.
  [[nodiscard]] const GattCharacteristic& get_characteristic(const CharacteristicName& name) const;
  [[nodiscard]] const GattCharacteristic* find_characteristic_by_value_handle(uint16_t handle) const noexcept;

  friend bool operator==(const GattServices&, const GattServices&) = default;

private:
  std::vector<GattService> services_;
};

/// UUIDs that moor itself looks for.
inline constexpr Uuid client_characteristic_configuration(0x2902);
inline constexpr Uuid service_changed(0x2A05);
inline constexpr Uuid database_hash(0x2B2A);

/// The name that the specification gives an error code of the attribute protocol (Core 5.4, Vol 3, Part F, 3.4.1.1): "Insufficient
/// Authentication" for 0x05; "Application Error 0x80" from 0x80 to 0x9F; names of common profile codes from 0xE0; never empty.
[[nodiscard]] std::string att_error_name(uint8_t code);
/// What to do about it, in one sentence; empty where nothing general can be said. 0x05: pair; 0x01: discover again.
[[nodiscard]] std::string_view att_error_advice(uint8_t code) noexcept;

/// The device refused an operation with an ATT error.
class GattError : public Error {
public:
  /// Where the context has no advice, it is that of the code.
  GattError(uint8_t code, const std::string& what, ErrorContext context = {});
  [[nodiscard]] uint8_t code() const noexcept { return code_; }
  [[nodiscard]] std::string code_name() const { return att_error_name(code_); }

private:
  uint8_t code_;
};

}  // namespace moor
