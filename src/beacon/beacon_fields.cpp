#include "beacon/beacon_fields.hpp"

#include "core/json_text.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json/value.hpp>

namespace moor {

namespace json = boost::json;

namespace {

// Apple's tools print a proximity UUID in capitals, and so do the people who configure them.
std::string upper_case(std::string text) {
  std::transform(text.begin(), text.end(), text.begin(),
                 [](char c) { return c >= 'a' && c <= 'f' ? static_cast<char>(c - 32) : c; });
  return text;
}

struct Fields {
  json::object operator()(const IBeacon& beacon) const {
    return {{"uuid", upper_case(beacon.uuid.to_string())}, {"major", beacon.major}, {"minor", beacon.minor}};
  }
  json::object operator()(const EddystoneUid& frame) const {
    return {{"namespace", to_hex(frame.namespace_id)}, {"instance", to_hex(frame.instance_id)}};
  }
  json::object operator()(const EddystoneUrl& frame) const { return {{"url", frame.text()}}; }
  json::object operator()(const EddystoneTlm& frame) const {
    json::object fields;
    fields["battery_mv"] = frame.battery_mv ? json::value(*frame.battery_mv) : json::value();
    fields["temperature_c"] = frame.temperature_c ? json::value(rounded(*frame.temperature_c, 2)) : json::value();
    fields["adv_count"] = frame.advertisements;
    fields["uptime_s"] = rounded(std::chrono::duration<double>(frame.uptime).count(), 1);
    return fields;
  }
  json::object operator()(const AltBeacon& beacon) const {
    return {{"company", fmt::format("{:04x}", beacon.company)}, {"id", to_hex(beacon.id)}, {"reserved", beacon.reserved}};
  }
  json::object operator()(const EddystoneEid& frame) const {
    json::object fields = {{"eid", to_hex(frame.eid)}};
    if (!frame.owner().empty()) fields["owner"] = frame.owner();
    return fields;
  }
};

struct IdentityText {
  std::string_view whose;
  std::string operator()(const IBeacon& beacon) const {
    return fmt::format("{}:{}:{}", upper_case(beacon.uuid.to_string()), beacon.major, beacon.minor);
  }
  std::string operator()(const EddystoneUid& frame) const { return to_hex(frame.namespace_id) + ":" + to_hex(frame.instance_id); }
  std::string operator()(const EddystoneUrl& frame) const { return std::string(frame.text()); }
  std::string operator()(const EddystoneTlm&) const { return std::string(whose); }
  std::string operator()(const AltBeacon& beacon) const { return to_hex(beacon.id); }
  std::string operator()(const EddystoneEid& frame) const {
    return frame.owner().empty() ? to_hex(frame.eid) : std::string(frame.owner());
  }
};

struct Words {
  std::string operator()(const IBeacon& beacon) const {
    return fmt::format("{} {}/{}", upper_case(beacon.uuid.to_string()), beacon.major, beacon.minor);
  }
  std::string operator()(const EddystoneUid& frame) const {
    return fmt::format("{} {}", to_hex(frame.namespace_id), to_hex(frame.instance_id));
  }
  std::string operator()(const EddystoneUrl& frame) const { return std::string(frame.text()); }
  std::string operator()(const EddystoneTlm& frame) const {
    std::string text;
    if (frame.battery_mv) text += fmt::format("{} mV, ", *frame.battery_mv);
    if (frame.temperature_c) text += fmt::format("{:.1f} °C, ", *frame.temperature_c);
    return text + fmt::format("up {:.0f} s", std::chrono::duration<double>(frame.uptime).count());
  }
  std::string operator()(const AltBeacon& beacon) const { return to_hex(beacon.id); }
  std::string operator()(const EddystoneEid& frame) const {
    return frame.owner().empty() ? to_hex(frame.eid) : fmt::format("{} of {}", to_hex(frame.eid), frame.owner());
  }
};

}  // namespace

json::object fields_of(const BeaconFrame& frame) {
  return std::visit(Fields(), frame);
}

json::object to_json(const BeaconFrame& frame) {
  json::object object;
  object["type"] = to_string(type_of(frame));
  const auto power = power_at_1m_dbm(frame);
  object["tx_power"] = power ? json::value(*power) : json::value();
  for (const auto& [key, value] : fields_of(frame)) object[key] = value;
  return object;
}

std::string identity_text(const BeaconFrame& frame, std::string_view whose) {
  return fmt::format("{}:{}", to_string(type_of(frame)), std::visit(IdentityText{whose}, frame));
}

const BeaconFrame* main_frame(const Decoded& decoded) {
  for (const BeaconFrame& frame : decoded.frames())
    if (BeaconIdentity::of(frame)) return &frame;
  return decoded.frames().empty() ? nullptr : &decoded.frames().front();
}

std::string words_of(const BeaconFrame& frame) {
  return std::visit(Words(), frame);
}

std::string summary_of(const BeaconFrame& frame) {
  return fmt::format("{} {}", to_string(type_of(frame)), words_of(frame));
}

}  // namespace moor
