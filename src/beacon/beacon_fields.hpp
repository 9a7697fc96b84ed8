#pragma once
// A beacon frame as JSON and as a few words.

#include "moor/beacon.hpp"
#include "moor/decoder.hpp"

#include <boost/json/object.hpp>

namespace moor {

/// Its own fields, without the type: {"uuid", "major", "minor"}, {"url"}, {"namespace", "instance"}, {"battery_mv", ...}.
[[nodiscard]] boost::json::object fields_of(const BeaconFrame& frame);
/// "type" and "tx_power" (dBm at 1 m) and the fields.
[[nodiscard]] boost::json::object to_json(const BeaconFrame& frame);
/// Type and identity, whatever the address: "iBeacon:E2C56DB5-…:1:101"; for telemetry, which names nobody, `whose`.
[[nodiscard]] std::string identity_text(const BeaconFrame& frame, std::string_view whose);
/// The frame that says most of who it is, of what was decoded; null if there is none.
[[nodiscard]] const BeaconFrame* main_frame(const Decoded& decoded);
/// The fields in words: "E2C56DB5-… 1/101".
[[nodiscard]] std::string words_of(const BeaconFrame& frame);
/// The same with the type before it.
[[nodiscard]] std::string summary_of(const BeaconFrame& frame);

}  // namespace moor
