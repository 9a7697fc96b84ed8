// What Apple's devices say to each other, beside iBeacon: manufacturer data of Apple (0x004C), one message behind the other.
//
//   ┌──────┬────────┬──────────────┐
//   │ type │ length │ body         │ ...     06 (HomeKit) has its length in the low five bits only; 01 has none and is 16 bytes
//   └──────┴────────┴──────────────┘
//
//   07 proximity pairing (AirPods, Beats)   ┌────┬───────┬────────┬──────┬──────────┬─────┬────────┬────┬────────────────┐
//      levels in tens of percent, F: none   │ 01 │ model │ status │ pods │ charging │ lid │ colour │ 00 │ encrypted [16] │
//                                           └────┴───────┴────────┴──────┴──────────┴─────┴────────┴────┴────────────────┘
//      pods: left low, right high, the other way round unless bit 5 of status is set; the low half of "charging" is the level of
//      the case, its bits 4 to 6 say what charges: left, right (they change places too), case
//   0E tethering source   version, flags, battery in percent, kind of network (2 bytes), bars
//   0F nearby action      flags, action, ...
//   10 nearby info        flags and activity (low half), bit field: 01 AirPods, 04 Wi-Fi, 10 an authentication tag follows
//   12 Find My            status, then either 22 bytes of a public key and two more (separated), or one byte (with its owner).
//                         status: bits 6 and 7 battery, 5 to 3 what it is. Other lengths occur; of those nothing is read
//
// Sources: the messages as described in github.com/furiousMAC/continuity (after Martin et al. and Celosia and Cunche, PoPETs 2019
// and 2020); the halves of the AirPods' bytes in github.com/adolfintel/OpenPods; Find My in Heinrich et al., PoPETs 2021, its status
// in github.com/seemoo-lab/AirGuard; HomeKit's length in the HomeKit Accessory Protocol Specification R2, 7.4.2.

#include "beacon/registry.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr std::string_view continuity = "Apple Continuity";
constexpr std::string_view find_my = "Apple Find My";

constexpr uint8_t overflow_area_type = 0x01;
constexpr size_t overflow_area_size = 16;
constexpr uint8_t homekit_type = 0x06;
constexpr uint8_t homekit_length_mask = 0x1F;
constexpr uint8_t find_my_type = 0x12;

struct Named {
  unsigned number;
  std::string_view name;
};
template <size_t count>
std::string_view find_name(const Named (&table)[count], unsigned number) noexcept {
  const auto found = std::ranges::find(table, number, &Named::number);
  return found != std::end(table) ? found->name : std::string_view();
}

struct AudioModel {
  uint16_t code;
  bool has_case;  // two pods and a case, or one battery
  std::string_view name;
};
constexpr AudioModel audio_models[] = {
    {0x0220, true, "AirPods"},
    {0x0320, false, "Powerbeats3"},
    {0x0520, false, "BeatsX"},
    {0x0620, false, "Beats Solo3"},
    {0x0920, false, "Beats Studio3"},
    {0x0A20, false, "AirPods Max"},
    {0x0B20, true, "Powerbeats Pro"},
    {0x0C20, false, "Beats Solo Pro"},
    {0x0E20, true, "AirPods Pro"},
    {0x0F20, true, "AirPods (2nd generation)"},
    {0x1020, false, "Beats Flex"},
    {0x1120, true, "Beats Studio Buds"},
    {0x1220, true, "Beats Fit Pro"},
    {0x1320, true, "AirPods (3rd generation)"},
    {0x1420, true, "AirPods Pro (2nd generation)"},
    {0x1620, true, "Beats Studio Buds+"},
    {0x1720, false, "Beats Studio Pro"},
    {0x1920, true, "AirPods 4"},
    {0x1B20, true, "AirPods 4 (ANC)"},
    {0x1F20, false, "AirPods Max (USB-C)"},
    {0x2420, true, "AirPods Pro (2nd generation, USB-C)"},
    {0x2720, true, "AirPods Pro 3"},
};

void add_battery(unsigned tens, bool charging, Decoded& into) noexcept {
  if (tens > 10) {
    into.add_unavailable(Quantity::battery);
    into.add_unavailable(Quantity::battery_charging);
    return;
  }
  into.add(Quantity::battery, tens * 10.0);
  into.add(Quantity::battery_charging, charging ? 1.0 : 0.0);
}

// Levels come as left, right and case, for one battery as the first.
void describe_proximity_pairing(Bytes body, Decoded& into) noexcept {
  constexpr uint8_t paired = 0x01;
  const auto model = std::ranges::find(audio_models, load_be16(&body[1]), &AudioModel::code);
  if (model == std::end(audio_models)) return;
  into.add_attribute("model", model->name);
  if (body[0] != paired) return;
  const unsigned low = body[4] & 0x0FU;
  const unsigned high = body[4] >> 4U;
  const unsigned charging = body[5] >> 4U;
  if (!model->has_case) return add_battery(low, (charging & 1U) != 0, into);
  const bool left_first = (body[3] & 0x20U) != 0;
  add_battery(left_first ? low : high, (charging & (left_first ? 1U : 2U)) != 0, into);
  add_battery(left_first ? high : low, (charging & (left_first ? 2U : 1U)) != 0, into);
  add_battery(body[5] & 0x0FU, (charging & 4U) != 0, into);
}

void describe_tethering_source(Bytes body, Decoded& into) noexcept {
  if (body[2] <= 100) into.add(Quantity::battery, body[2]);
}

void describe_nearby_action(Bytes body, Decoded& into) noexcept {
  static constexpr Named actions[] = {
      {0x01, "Apple TV setup"},    {0x04, "mobile backup"},  {0x05, "Watch setup"},      {0x06, "Apple TV pairing"},
      {0x07, "internet relay"},    {0x08, "Wi-Fi password"}, {0x09, "iOS setup"},        {0x0A, "repair"},
      {0x0B, "speaker setup"},     {0x0C, "Apple Pay"},      {0x0D, "home audio setup"}, {0x0E, "developer tools pairing"},
      {0x0F, "call answered"},     {0x10, "call ended"},     {0x13, "remote autofill"},  {0x14, "companion link"},
      {0x15, "remote management"}, {0x17, "remote display"},
  };
  if (const auto action = find_name(actions, body[1]); !action.empty()) into.add_attribute("action", action);
}

void describe_nearby_info(Bytes body, Decoded& into) noexcept {
  static constexpr Named activities[] = {
      {0x01, "not reported"},    {0x03, "idle"},    {0x05, "audio while locked"},
      {0x07, "active"},          {0x09, "video"},   {0x0A, "watch worn"},
      {0x0B, "recently active"}, {0x0D, "driving"}, {0x0E, "call"},
  };
  constexpr uint8_t airpods = 0x01;
  constexpr uint8_t wifi = 0x04;
  constexpr uint8_t authenticated = 0x10;  // without, the bit field is of an older system and means something else
  if (const auto activity = find_name(activities, body[0] & 0x0FU); !activity.empty()) into.add_attribute("activity", activity);
  if ((body[1] & authenticated) == 0) return;
  into.add_attribute("wifi", (body[1] & wifi) != 0 ? "on" : "off");
  if ((body[1] & airpods) != 0) into.add_attribute("airpods", "connected");
}

void describe_find_my(Bytes body, Decoded& into) noexcept {
  static constexpr Named kinds[] = {{0, "Apple device"}, {2, "AirTag"}, {4, "Find My accessory"}, {6, "AirPods"}};
  static constexpr std::string_view levels[] = {"full", "medium", "low", "critical"};
  constexpr size_t with_owner_size = 2;
  constexpr size_t separated_size = 25;
  if (body.size() != with_owner_size && body.size() != separated_size) return into.add_attribute("kind", "Find My device");
  const auto kind = find_name(kinds, body[0] >> 3U & 7U);
  const unsigned level = body[0] >> 6U;
  into.add_attribute("kind", kind.empty() ? "Find My device" : kind);
  into.add_attribute("state", body.size() == separated_size ? "separated" : "with owner");
  into.add_attribute("battery", levels[level]);
  into.add(Quantity::battery_low, level >= 2 ? 1.0 : 0.0);
}

struct MessageType {
  std::string_view name;  // empty for a type that is not known
  uint8_t min_size = 0;
  uint8_t max_size = 0;
  void (*describe)(Bytes body, Decoded& into) noexcept = nullptr;
};
constexpr MessageType message_types[] = {
    {},
    {},  // 01: see above
    {},  // 02: iBeacon, which is asked first
    {"AirPrint", 22, 22},
    {},
    {"AirDrop", 18, 18},
    {"HomeKit", 13, 17},
    {"proximity pairing", 9, 25, describe_proximity_pairing},
    {"Hey Siri", 8, 8},
    {"AirPlay target", 6, 6},
    {"AirPlay source", 1, 1},
    {"Watch", 3, 3},
    {"handoff", 14, 14},
    {"tethering target", 4, 4},
    {"tethering source", 6, 6, describe_tethering_source},
    {"nearby action", 2, 24, describe_nearby_action},
    {"nearby info", 2, 12, describe_nearby_info},
    {},
    {find_my, 2, 25, describe_find_my},
};

// Adds what a message says; false for one that is not known, or not so long.
bool add_message(uint8_t type, Bytes body, Decoded& into) noexcept {
  if (type >= std::size(message_types)) return false;
  const MessageType& known = message_types[type];
  if (known.name.empty() || body.size() < known.min_size || body.size() > known.max_size) return false;
  if (type != find_my_type) into.add_attribute("kind", known.name);
  if (known.describe != nullptr) known.describe(body, into);
  return true;
}

}  // namespace

std::string_view claim_apple_continuity(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() < 3) return {};
  if (data[0] == overflow_area_type && data.size() == 1 + overflow_area_size) {
    into.add_attribute("kind", "overflow area");
    return continuity;
  }
  std::string_view format;
  for (Bytes rest = data; rest.size() > 2;) {
    const uint8_t type = rest[0];
    const size_t length = type == homekit_type ? rest[1] & homekit_length_mask : rest[1];
    if (length > rest.size() - 2) break;
    const bool known = add_message(type, rest.subspan(2, length), into);
    if (!known && format.empty()) break;
    if (format.empty()) format = type == find_my_type ? find_my : continuity;
    rest = rest.subspan(2 + length);
  }
  return format;
}

}  // namespace moor
