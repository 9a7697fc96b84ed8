#pragma once
// AD structures made again of what BlueZ keeps of a device's advertisements. It is not what was sent: BlueZ merges what it hears over time, so a
// dictionary holds each company's and each service's last data, whichever advertisement it came in, a name may have been read over a link, and
// UUIDs hold what a connection found. Nothing tells the parts of one advertisement.
//
// The payload is a row of sections, each made of one property. A change takes the place of its section; where it is as long as before
// nothing moves and nothing is allocated.

#include "dbus/message.hpp"
#include "moor/advertisement.hpp"
#include "moor/sighting.hpp"

#include <array>
#include <span>

namespace moor::bluez {

/// In the order that they have in the payload; the values of the properties of org.bluez.Device1 of like names.
enum class PayloadSection : uint8_t { flags, uuids, name, tx_power, service_data, manufacturer_data, other };
inline constexpr size_t payload_sections = 7;

/// Bytes of each section of a device's payload.
using SectionSizes = std::array<uint16_t, payload_sections>;

/// Builds one section at a time, without memory of its own per device.
class SectionWriter {
public:
  /// Begins anew.
  void clear() noexcept { size_ = 0; }
  /// One AD structure of a type, with up to two parts of data. @returns false, and is left as it was, where that is more than one structure can
  /// hold or than all may be.
  bool add(AdType type, Bytes first, Bytes second = {}) noexcept;
  [[nodiscard]] Bytes bytes() const noexcept { return Bytes(buffer_.data(), size_); }

private:
  std::array<uint8_t, extended_payload_size> buffer_{};
  size_t size_ = 0;
};

// What a property's value is, inside of its variant, as AD structures. @returns how many were left out because they are too long.
size_t write_flags(SectionWriter& writer, dbus::Reader& value);              // "ay"
size_t write_tx_power(SectionWriter& writer, int16_t dbm);                   //
size_t write_name(SectionWriter& writer, std::string_view name);             //
size_t write_uuids(SectionWriter& writer, std::span<const Uuid> uuids);      // lists of 16, 32 and 128 bits
size_t write_service_data(SectionWriter& writer, dbus::Reader& value);       // "a{sv}" of "ay"
size_t write_manufacturer_data(SectionWriter& writer, dbus::Reader& value);  // "a{qv}" of "ay"
size_t write_other_data(SectionWriter& writer, dbus::Reader& value);  // "a{yv}" of "ay": types that BlueZ itself does not know

/// Puts a section into its place. @returns false, with the section left empty, where the payload would be longer than `extended_payload_size`.
bool replace_section(std::vector<uint8_t>& payload, SectionSizes& sizes, PayloadSection section, Bytes bytes);

}  // namespace moor::bluez
