#pragma once
// Names of the numbers that the Bluetooth SIG assigns: which company 0x004C is, which service 0x180F. The tables of data/ are in
// the library as they are and are searched in place: nothing is parsed when a program starts, nothing is allocated to find a name.

#include "moor/uuid.hpp"

#include <string_view>

namespace moor {

/// What a number names. Of numbers with the same name, the kind that comes first here is the likelier one to be meant.
enum class NumberKind : uint8_t {
  service,         ///< GATT service
  characteristic,  ///< GATT characteristic
  descriptor,      ///< GATT descriptor
  declaration,     ///< GATT attribute type, such as Primary Service
  unit,            ///< of a characteristic's presentation format
  company,         ///< company identifier of manufacturer data
  member,          ///< a 16-bit UUID that a company or another standard holds, for its own service
  appearance,      ///< what a device looks like: category and subcategory
  ad_type,         ///< of an AD structure; one byte
};
inline constexpr size_t number_kind_count = static_cast<size_t>(NumberKind::ad_type) + 1;

/// "service", "characteristic", ..., "ad type".
[[nodiscard]] std::string_view to_string(NumberKind kind) noexcept;
/// Whether numbers of the kind are short forms of UUIDs.
[[nodiscard]] constexpr bool is_uuid(NumberKind kind) noexcept {
  return kind <= NumberKind::unit || kind == NumberKind::member;
}

struct AssignedNumber {
  NumberKind kind{};
  uint16_t number = 0;
  std::string_view name;  ///< static

  [[nodiscard]] Uuid uuid() const noexcept { return Uuid(number); }  ///< for a kind that `is_uuid`
  friend bool operator==(const AssignedNumber&, const AssignedNumber&) = default;
};

/// The name of a number; static, empty where moor does not know it.
[[nodiscard]] std::string_view name_of(NumberKind kind, uint16_t number) noexcept;
[[nodiscard]] std::string_view company_name(uint16_t company) noexcept;
/// A subcategory that is not known has the name of its category.
[[nodiscard]] std::string_view appearance_name(uint16_t appearance) noexcept;
[[nodiscard]] std::string_view service_name(const Uuid& uuid) noexcept;
[[nodiscard]] std::string_view characteristic_name(const Uuid& uuid) noexcept;
[[nodiscard]] std::string_view descriptor_name(const Uuid& uuid) noexcept;
[[nodiscard]] std::string_view unit_name(const Uuid& uuid) noexcept;

/// Which of the kinds of UUIDs it is, with its name; nothing for one that the SIG has not assigned.
[[nodiscard]] std::optional<AssignedNumber> find_uuid(const Uuid& uuid) noexcept;
/// All that a number is, in the order of the kinds: 0x0D40 is an appearance and may be a company too.
[[nodiscard]] std::vector<AssignedNumber> find_number(uint16_t number);
/// All whose name has this text in it, in either case of ASCII letters; best first: the whole name, its beginning, the beginning
/// of a word, anywhere; then by kind and number. Where there are none, "battery service" is read as "battery" among services.
[[nodiscard]] std::vector<AssignedNumber> find_by_name(std::string_view text);

/// A service as its specification has it.
struct ServiceInfo {
  AssignedNumber service;
  std::vector<AssignedNumber> characteristics;  ///< that it may have, the mandatory ones first
  std::string_view use;                         ///< what it is for, in one line; static
};
/// @returns nothing for a service that the SIG has not adopted.
[[nodiscard]] std::optional<ServiceInfo> find_service(const Uuid& uuid);

}  // namespace moor
