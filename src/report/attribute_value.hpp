#pragma once
// A characteristic's or descriptor's value as commands and the dashboard show it: by the format that the user gave, else by what the SIG has standardised,
// else by the device's own presentation format.

#include "moor/characteristic_value.hpp"
#include "moor/value_format.hpp"

#include <boost/json/value.hpp>

namespace moor {

/// @param presentation  the device's descriptor 2904 of the characteristic, where it was read.
/// @returns nothing where nobody knows what the bytes mean.
[[nodiscard]] std::optional<DecodedValue> meaning_of(const Uuid& uuid, Bytes value, const std::optional<ValueFormat>& format,
                                                     const std::optional<PresentationFormat>& presentation = std::nullopt);
/// Null for nothing.
[[nodiscard]] boost::json::value decoded_json(const std::optional<DecodedValue>& meaning);
/// The bytes of a value that a person has written: hexadecimal digits, or what the format says.
/// @throws UsageError for what it is not.
[[nodiscard]] std::vector<uint8_t> parse_value(const std::string& text, const std::optional<ValueFormat>& format);
/// The name that the SIG gave a UUID, else the UUID.
[[nodiscard]] std::string name_or_uuid(const Uuid& uuid);

}  // namespace moor
