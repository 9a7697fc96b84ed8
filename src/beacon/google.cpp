// What Google's services send in service data: Fast Pair, Nearby and Find Hub.
//
//   Fast Pair, 0xFE2C       discoverable: three bytes, the model's number. Else
//                           ┌────┬────────────┬───────┬────────────┬───────┐     header: length (high half) and type of a field
//                           │ 00 │ header     │ field │ header     │ field │...  types: 0 and 2 account filter, 1 salt, 3 and 4 battery,
//                           └────┴────────────┴───────┴────────────┴───────┘     5 random data
//                           battery: left, right, case, or one; bit 7 charging, the rest percent, 7F for not known
//
//   Nearby, 0xFEF3          version (bits 5 to 7, 2), bit 1 for a fast advertisement. It goes on with a size, as many bytes, and a
//                           token of two that may be missing; any other is a header of 15 bytes, or 17
//
//   Find Hub, 0xFEAA        ┌─────────┬───────────────────────┬───────┐          41: its owner has been away for hours
//                           │ 40 / 41 │ identity [20] or [32] │ flags │          flags: encrypted, may be missing
//                           └─────────┴───────────────────────┴───────┘
//
// Sources: Google, "Fast Pair specification" (provider advertising signal, battery notification) and its Find Hub Network extension;
// the headers of github.com/google/nearby, connections/implementation/mediums/ble.

#include "beacon/registry.hpp"

#include <array>

namespace moor {
namespace {

namespace field_type {
constexpr uint8_t filter = 0, quiet_filter = 2, battery = 3, quiet_battery = 4, last = 5;
}

// Calls `visit(type, body)` for each field; false if they do not end with the data, or one is of a type that there is not.
template <typename Visit>
bool for_each_field(Bytes fields, Visit&& visit) noexcept {
  while (!fields.empty()) {
    const size_t length = fields[0] >> 4U;
    const auto type = static_cast<uint8_t>(fields[0] & 0x0FU);
    if (length >= fields.size() || type > field_type::last) return false;
    visit(type, fields.subspan(1, length));
    fields = fields.subspan(1 + length);
  }
  return true;
}

void add_batteries(Bytes levels, Decoded& into) noexcept {
  for (const uint8_t level : levels) {
    const unsigned percent = level & 0x7FU;
    if (percent > 100) {
      into.add_unavailable(Quantity::battery);
      into.add_unavailable(Quantity::battery_charging);
    } else {
      into.add(Quantity::battery, percent);
      into.add(Quantity::battery_charging, level >> 7U);
    }
  }
}

void add_model_number(Bytes number, Decoded& into) noexcept {
  constexpr std::string_view digits = "0123456789ABCDEF";
  std::array<char, 6> text;
  for (size_t i = 0; i < text.size(); ++i) text[i] = digits[number[i / 2] >> (i % 2 == 0 ? 4U : 0U) & 0x0FU];
  into.add_attribute("model", {text.data(), text.size()});
}

}  // namespace

std::string_view claim_fast_pair(const Candidate& candidate, Decoded& into) noexcept {
  constexpr std::string_view format = "Google Fast Pair";
  constexpr size_t model_size = 3;
  const Bytes data = candidate.data;
  if (data.size() == model_size) {
    into.add_attribute("kind", "discoverable");
    add_model_number(data, into);
    return format;
  }
  if (data.size() < 2 || data[0] != 0) return {};
  bool has_filter = false;
  Bytes levels;
  const bool whole = for_each_field(data.subspan(1), [&](uint8_t type, Bytes body) {
    has_filter |= type == field_type::filter || type == field_type::quiet_filter;
    if (type == field_type::battery || type == field_type::quiet_battery) levels = body;
  });
  if (!whole || !has_filter || levels.size() > 3) return {};
  into.add_attribute("kind", "not discoverable");
  add_batteries(levels, into);
  return format;
}

std::string_view claim_google_nearby(const Candidate& candidate, Decoded& into) noexcept {
  constexpr unsigned version = 2;
  constexpr uint8_t fast = 0x02;
  constexpr size_t token_size = 2;
  const Bytes data = candidate.data;
  if (data.size() < 3 || data[0] >> 5U != version) return {};
  if ((data[0] & fast) != 0 && (data.size() == size_t{2} + data[1] || data.size() == size_t{2} + data[1] + token_size)) {
    into.add_attribute("kind", "fast advertisement");
  } else if (data.size() == 15 || data.size() == 17) {
    into.add_attribute("kind", "advertisement header");
  } else {
    return {};
  }
  return "Google Nearby";
}

std::string_view claim_find_hub(const Candidate& candidate, Decoded& into) noexcept {
  constexpr uint8_t near_owner = 0x40;
  constexpr uint8_t away = 0x41;
  const Bytes data = candidate.data;
  if (data.size() != 21 && data.size() != 22 && data.size() != 33 && data.size() != 34) return {};
  if (data[0] != near_owner && data[0] != away) return {};
  into.add_attribute("state", data[0] == away ? "separated" : "with owner");
  return "Google Find Hub";
}

}  // namespace moor
