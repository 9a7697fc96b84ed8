// The lab's advertisements, taken apart and made.

#include "http/message.hpp"
#include "moor/address.hpp"
#include "moor/error.hpp"
#include "report/beacon_wishes.hpp"
#include "report/byte_parts.hpp"
#include "report/dissection.hpp"
#include "serve/lab.hpp"
#include "serve/lab_fields.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <algorithm>

namespace moor::serve {

namespace json = boost::json;

namespace {

constexpr size_t max_payload = 1650;  // of extended advertising: Core 5.4, Vol 4, Part E, 7.8.54

std::vector<uint8_t> payload_of(const LabFields& fields) {
  const auto text = fields.text("hex", 3 * max_payload);
  if (!text) throw http::Refusal(400, "'hex' is missing", "give the payload as hexadecimal digits, such as 020106");
  auto bytes = from_hex(*text);
  if (!bytes || bytes->empty())
    throw http::Refusal(400, "'hex' is no hexadecimal text", "give two digits a byte, such as 020106");
  if (bytes->size() > max_payload)
    throw http::Refusal(400, "'hex' is longer than an advertisement can be", fmt::format("give at most {} bytes", max_payload));
  return std::move(*bytes);
}

Address address_of(const LabFields& fields) {
  const auto text = fields.text("address", 64);
  if (!text) return {};
  const auto address = Address::parse(*text, fields.flag("random"));
  if (!address)
    throw http::Refusal(400, "'address' is no Bluetooth address", "give six pairs of digits, such as A4:CF:12:34:56:78");
  return *address;
}

json::object taken_apart(Bytes payload, const DecodeContext& context) {
  json::object object = dissect(payload, context);
  object["parts"] = byte_parts_json(payload);
  return object;
}

}  // namespace

json::object lab_decode(const json::object& asked, TimePoint now) {
  const LabFields fields(asked, {"hex", "address", "random"});
  const std::vector<uint8_t> payload = payload_of(fields);
  return taken_apart(payload, {.address = address_of(fields), .time = now, .keys = nullptr});
}

json::object lab_encode(const json::object& asked) {
  const LabFields fields(asked, {"type", "uuid", "major", "minor", "company", "id", "namespace", "instance", "url", "power",
                                 "battery", "temperature", "adverts", "uptime", "reading"});
  const auto& types = beacon_wish_types();
  BeaconWishes wishes{.type = fields.text("type", 32).value_or("")};
  if (std::ranges::find(types, wishes.type) == types.end())
    throw http::Refusal(400, "'type' is no beacon that moor makes", fmt::format("give one of {}", fmt::join(types, ", ")));
  wishes.uuid = fields.text("uuid", 64);
  wishes.id = fields.text("id", 128);
  wishes.namespace_ = fields.text("namespace", 128);
  wishes.instance = fields.text("instance", 128);
  wishes.url = fields.text("url", 256);
  wishes.readings = fields.texts("reading", 32, 128);
  wishes.company = fields.text("company", 16).value_or(wishes.company);
  wishes.major = fields.integer("major", 0, 65535).value_or(0);
  wishes.minor = fields.integer("minor", 0, 65535).value_or(0);
  wishes.power_dbm = fields.integer("power", -128, 127).value_or(wishes.power_dbm);
  wishes.battery_mv = fields.integer("battery", 1, 65535);
  wishes.temperature_c = fields.number("temperature", -127.99, 127.99);
  wishes.adverts = fields.number("adverts", 0, 4294967295.0).value_or(0);
  wishes.uptime_s = fields.number("uptime", 0, BeaconWishes::max_uptime_s).value_or(0);
  return taken_apart(make_advertisement(wishes), {});
}

}  // namespace moor::serve
