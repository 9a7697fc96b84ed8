#pragma once
// An advertisement taken apart, byte by byte, and what it means: what `moor decode` and `moor encode` print, and the dashboard shows.

#include "moor/decoder.hpp"

#include <boost/json/object.hpp>
#include <optional>

namespace moor {

/// What a structure says, in words: flags bit by bit, the names of UUIDs and companies. Nothing for a type that moor has no words for.
[[nodiscard]] std::optional<std::string> meaning_of(const AdStructure& structure);

/// {hex, ad, beacon, readings, attributes, format, error}; docs/cli/decode.schema.json describes it.
[[nodiscard]] boost::json::object dissect(Bytes payload, const DecodeContext& context);
/// The name of an AD type, "Unknown" where it has none.
[[nodiscard]] std::string type_name(AdType type);

}  // namespace moor
