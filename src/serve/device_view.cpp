#include "serve/device_view.hpp"

#include "beacon/beacon_fields.hpp"
#include "beacon/reading_fields.hpp"
#include "report/advertisement_json.hpp"
#include "serve/answers.hpp"

#include <boost/json/array.hpp>

namespace moor::serve {

namespace json = boost::json;

namespace {

json::array readings_json(const DeviceStatus& status, const Clock& clock) {
  json::array readings;
  for (const CurrentReading& reading : status.readings)
    readings.push_back(json::object{
        {"quantity", name_of(reading.quantity)},
        {"index", reading.index},
        {"value", value_of(Reading{.value = reading.value, .quantity = reading.quantity, .index = reading.index, .valid = true})},
        {"unit", unit_of(reading.quantity)},
        {"t", iso(clock, reading.time)}});
  return readings;
}

void append_distance(json::object& device, const std::optional<DistanceEstimate>& distance) {
  const auto metres = [&](double DistanceEstimate::* part) {
    return distance ? number_or_null((*distance).*part, 2) : json::value();
  };
  device["distance_m"] = metres(&DistanceEstimate::m);
  device["distance_low_m"] = metres(&DistanceEstimate::low_m);
  device["distance_high_m"] = metres(&DistanceEstimate::high_m);
}

// What its payloads say that needs no key.
json::value beacon_json(const Device& device) {
  for (const Bytes payload : {device.data.advertisement(), device.data.scan_response()}) {
    Decoded decoded;
    decode(AdvertisementData(payload), decoded);
    if (const BeaconFrame* const frame = main_frame(decoded)) return to_json(*frame);
  }
  return nullptr;
}

}  // namespace

bool DeviceView::is_shown(DeviceSlot slot) const {
  const DeviceTable& devices = gateway_.pipeline().devices();
  return slot < devices.slots() && devices.is_used(slot) && gateway_.pipeline().passes(slot) &&
         gateway_.board().find(slot) != nullptr;
}

std::optional<DeviceSlot> DeviceView::find(std::string_view id) const {
  const DeviceTable& devices = gateway_.pipeline().devices();
  std::optional<DeviceSlot> found;
  for (DeviceSlot slot = 0; slot < devices.slots(); ++slot) {
    if (!is_shown(slot) || gateway_.board().find(slot)->identity != id) continue;
    if (!found || devices[slot].last_seen > devices[*found].last_seen) found = slot;
  }
  return found;
}

DeviceSlot DeviceView::get(std::string_view id) const {
  if (const auto slot = find(id)) return *slot;
  throw http::Refusal(404, "no device with this id is around",
                      "GET /api/v1/devices names those that are; an id changes when its key does (see [privacy]).");
}

std::string DeviceView::id_of(DeviceSlot slot) const {
  const DeviceStatus* const status = gateway_.board().find(slot);
  return status != nullptr ? status->identity : std::string();
}

double DeviceView::strength(DeviceSlot slot) const {
  const DeviceStatus* const status = gateway_.board().find(slot);
  if (status != nullptr && status->smoothed_dbm) return *status->smoothed_dbm;
  const RssiStatistics& rssi = gateway_.pipeline().devices()[slot].rssi;
  return rssi.count() > 0 ? rssi.last() : no_rssi_value;
}

json::object DeviceView::who(const Address& address) const {
  const Identity identity = gateway_.identities().identify(address, gateway_.clock().now());
  const auto slot = gateway_.find(address);
  const DeviceStatus* const status = slot ? gateway_.board().find(*slot) : nullptr;
  return {{"id", status != nullptr ? status->identity : identity.text},
          {"name", status != nullptr ? status->name : std::string()},
          {"address", identity.address ? json::value(identity.address->to_string()) : json::value()}};
}

std::string DeviceView::identity_of(const Address& address) const {
  return std::string(who(address).at("id").as_string());
}

std::string DeviceView::without_addresses(std::string_view text) const {
  constexpr size_t size = 17;  // of "A4:CF:12:34:56:78"
  std::string told;
  for (size_t at = 0; at < text.size();) {
    std::optional<Address> address;
    if (const std::string_view part = text.substr(at, size); part.size() == size && part[2] == ':')
      address = Address::parse(part, true);
    if (!address) {
      told += text[at++];
      continue;
    }
    if (!gateway_.find(*address)) address = Address(address->bits(), false);
    const Identity identity = gateway_.identities().identify(*address, gateway_.clock().now());
    told += identity.address ? std::string(text.substr(at, size)) : identity.text;
    at += size;
  }
  return told;
}

json::object DeviceView::row(DeviceSlot slot) const {
  const Clock& clock = gateway_.clock();
  const TimePoint now = clock.now();
  const Device& device = gateway_.pipeline().devices()[slot];
  const DeviceStatus& status = *gateway_.board().find(slot);
  const auto address = gateway_.identities().identify(device.address, now).address;
  json::array spark;
  spark.reserve(Activity::steps);
  for (const auto& rssi : activity_.spark(slot, now)) spark.push_back(rssi ? json::value(*rssi) : json::value());

  json::object row;
  row.reserve(27);
  row["id"] = status.identity;
  row["name"] = status.name;
  row["address"] = address ? json::value(address->to_string()) : json::value();
  row["address_type"] = to_string(device.address.kind());
  row["own"] = status.own;
  row["type"] = gateway_.pipeline().format_of(slot);
  row["zone"] = text_or_null(status.zone);
  row["range"] = status.range ? json::value(to_string(*status.range)) : json::value();
  row["zone_since"] = iso_or_null(clock, status.zone_since);
  row["rssi"] = device.rssi.count() > 0 ? json::value(device.rssi.last()) : json::value();
  row["smoothed"] = number_or_null(status.smoothed_dbm, 1);
  append_distance(row, status.distance);
  row["radio"] = gateway_.radios().at(device.radio).name;
  row["first_seen"] = iso(clock, device.first_seen);
  row["last_seen"] = iso(clock, device.last_seen);
  row["sightings"] = device.sightings;
  row["rate"] = rounded(activity_.rate(slot, now), 2);
  row["readings"] = readings_json(status, clock);
  row["spark"] = std::move(spark);
  row["connectable"] = activity_.is_connectable(slot);
  return row;
}

json::object DeviceView::detail(DeviceSlot slot) const {
  const Clock& clock = gateway_.clock();
  const Device& device = gateway_.pipeline().devices()[slot];
  json::object object = row(slot);
  json::array structures;
  append_structures(structures, device.data.advertisement());
  append_structures(structures, device.data.scan_response());
  json::array hearings;
  for (const Hearing& hearing : gateway_.hearings(device.address))
    hearings.push_back(json::object{
        {"radio", gateway_.radios().at(hearing.radio).name},
        {"smoothed", hearing.smoothed_dbm >= no_rssi ? json::value() : json::value(rounded(hearing.smoothed_dbm, 1))},
        {"last", iso(clock, hearing.last)}});
  object["advertisement"] = to_hex(device.data.advertisement());
  object["scan_response"] = to_hex(device.data.scan_response());
  object["ad"] = std::move(structures);
  object["beacon"] = beacon_json(device);
  object["hearings"] = std::move(hearings);
  return object;
}

}  // namespace moor::serve
