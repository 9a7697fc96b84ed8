#include "report/looked_up.hpp"

#include "core/hex.hpp"
#include "moor/error.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <boost/json.hpp>

namespace moor {

namespace json = boost::json;

namespace {

json::object number_json(const AssignedNumber& what) {
  return {{"kind", to_string(what.kind)},
          {"number", number_text(what)},
          {"uuid", is_uuid(what.kind) ? json::value(what.uuid().to_string()) : json::value()},
          {"name", what.name}};
}

// Two digits are an AD type, four any number; the long forms are UUIDs, and only those.
std::vector<AssignedNumber> find_by_number(std::string_view text) {
  std::string_view digits = text;
  if (digits.starts_with("0x") || digits.starts_with("0X")) digits.remove_prefix(2);
  if (digits.size() == 2 && hex_digit(digits[0]) >= 0 && hex_digit(digits[1]) >= 0) {
    const auto type = static_cast<uint16_t>(hex_digit(digits[0]) << 4 | hex_digit(digits[1]));
    const std::string_view name = name_of(NumberKind::ad_type, type);
    return name.empty() ? std::vector<AssignedNumber>() : std::vector{AssignedNumber{NumberKind::ad_type, type, name}};
  }
  const auto uuid = Uuid::parse(text);
  if (!uuid) return {};
  if (digits.size() != 4) {
    const auto found = find_uuid(*uuid);
    return found ? std::vector{*found} : std::vector<AssignedNumber>();
  }
  auto found = find_number(static_cast<uint16_t>(*uuid->assigned_number()));
  std::erase_if(found, [](const AssignedNumber& each) { return each.kind == NumberKind::ad_type; });
  return found;
}

void keep_kind(std::vector<AssignedNumber>& found, std::string_view kind) {
  if (kind.empty()) return;
  std::erase_if(found, [kind](const AssignedNumber& each) { return to_string(each.kind) != kind; });
}

Error unknown(const std::string& text) {
  if (const auto uuid = Uuid::parse(text); uuid && !uuid->assigned_number())
    return Error("'" + text + "' is not of the Bluetooth SIG",
                 {.advice = "such a UUID is its maker's own: ask the device's documentation"});
  return Error("nothing is called '" + text + "'", {.advice = "give a number such as 180f, or a part of a name such as 'heart'"});
}

}  // namespace

LookedUp look_up(const std::string& text, std::string_view kind) {
  LookedUp found{.numbers = find_by_number(text), .service = {}};
  keep_kind(found.numbers, kind);
  if (found.numbers.empty()) {
    found.numbers = find_by_name(text);
    keep_kind(found.numbers, kind);
  }
  if (found.numbers.empty()) throw unknown(text);
  if (found.numbers[0].kind == NumberKind::service) found.service = find_service(found.numbers[0].uuid());
  return found;
}

json::object to_json(const LookedUp& found, size_t limit) {
  json::object object = number_json(found.numbers[0]);
  json::array characteristics;
  if (found.service)
    for (const AssignedNumber& each : found.service->characteristics)
      characteristics.push_back(json::object{{"uuid", each.uuid().to_string()}, {"name", each.name}});
  object["characteristics"] = found.service ? json::value(std::move(characteristics)) : json::value();
  object["use"] = found.service ? json::value(found.service->use) : json::value();
  json::array matches;
  for (size_t i = 0; i < std::min(found.numbers.size(), limit); ++i) matches.push_back(number_json(found.numbers[i]));
  object["total_matches"] = found.numbers.size();
  object["matches"] = std::move(matches);
  return object;
}

std::string number_text(const AssignedNumber& what) {
  return what.kind == NumberKind::ad_type ? fmt::format("{:02x}", what.number) : fmt::format("{:04x}", what.number);
}

}  // namespace moor
