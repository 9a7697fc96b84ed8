#pragma once
// What was decoded beside beacon frames, as JSON and as a few words.

#include "moor/decoder.hpp"

#include <boost/json/array.hpp>
#include <boost/json/object.hpp>

namespace moor {

/// A measured number, true or false, the name of an event; null where the device says that it has none.
[[nodiscard]] boost::json::value value_of(const Reading& reading);
/// [{"quantity", "value", "unit"}, ...]
[[nodiscard]] boost::json::array readings_of(const Decoded& decoded);
/// {"model": "...", ...}
[[nodiscard]] boost::json::object attributes_of(const Decoded& decoded);
/// "RuuviTag 5: 24.3 °C, 53.49 %, 1000.44 hPa"; empty where nothing was recognised.
[[nodiscard]] std::string words_of(const Decoded& decoded);

}  // namespace moor
