#include "beacon/govee.hpp"

// Cooking thermometers. Where the company identifier and the byte behind it belong they send the last three bytes of their
// address, so what leads here is the service that they list: 0x8151 for the H5181, and so on. Source: the decoder govee-ble
// (Bluetooth-Devices).
//
//   0                        7    8
//   ┌────┬─────────────┬────┬────┬────┬─ a slot for each of one or two probes ────────────┐
//   │ xx │ 01 00 01 01 │ xx │ set│ xx │ temperature (2) │ alarm (2) │ [ low alarm (2) ]   │
//   └────┴─────────────┴────┴────┴────┴───────────────────────────────────────────────────┘   big-endian, 0.01 °C; FFFF: none
//
// Those of four probes send them two by two; the low bits of `set` say which. The second slot of the H5191 is the air around it.
// The H5055 has six probes and a form of its own, little-endian, whole °C:
//
//   0    1    2         3     4
//   ┌────┬────┬─────────┬─────┬────┬─────────────────┬───────────────┬───────────┬─ ... the second slot and two zeros ─┐
//   │ xx │ 00 │ battery │ set │ xx │ temperature (2) │ low alarm (2) │ alarm (2) │                                     │
//   └────┴────┴─────────┴─────┴────┴─────────────────┴───────────────┴───────────┴─────────────────────────────────────┘
//     set: the pair of probes in the top two bits, 3 is none; below a bit for each probe that is plugged in
namespace moor {
namespace {

enum class Set : uint8_t { first_pair, either_pair, one_and_air };

struct Form {
  uint16_t service;
  std::string_view model;
  uint8_t size;
  uint8_t second_slot;  // offset; 0: there is one probe
  bool has_low_alarm;
  Set set;
};
constexpr Form forms[] = {
    {0x8151, "5181", 14, 0, false, Set::first_pair},  {0x8251, "5182", 17, 13, false, Set::first_pair},
    {0x8351, "5183", 14, 0, false, Set::first_pair},  {0x8451, "5184", 17, 13, false, Set::either_pair},
    {0x8551, "5185", 20, 14, false, Set::first_pair}, {0x9151, "5191", 20, 14, false, Set::one_and_air},
    {0x9851, "5198", 20, 14, true, Set::either_pair},
};
constexpr size_t first_slot = 8;
constexpr uint32_t signature = 0x01000101;
constexpr uint16_t nothing = 0xFFFF;

void add(Quantity quantity, uint16_t raw, double scale, Decoded& into) noexcept {
  if (raw == nothing) {
    into.add_unavailable(quantity);
  } else {
    into.add(quantity, static_cast<int16_t>(raw) / scale);
  }
}

void add_slot(const uint8_t* slot, int channel, bool has_low_alarm, Decoded& into) noexcept {
  into.add(Quantity::channel, channel);
  add(Quantity::temperature, load_be16(slot), 100, into);
  if (channel == 0) return;
  add(Quantity::temperature_alarm_high, load_be16(slot + 2), 100, into);
  if (has_low_alarm) add(Quantity::temperature_alarm_low, load_be16(slot + 4), 100, into);
}

/// The number of the first probe that is in there; 0 if that is not known.
int first_probe(const Form& form, uint8_t set) noexcept {
  if (form.set != Set::either_pair) return 1;
  switch (set & 0x3F) {
    case 1: return 1;
    case 2: return 3;
    default: return 0;
  }
}

bool decode_form(const Form& form, Bytes data, Decoded& into) noexcept {
  if (data.size() != form.size || load_be32(&data[1]) != signature) return false;
  const int first = first_probe(form, data[6]);
  if (first == 0) return true;
  add_slot(&data[first_slot], first, form.has_low_alarm, into);
  if (form.second_slot != 0)
    add_slot(&data[form.second_slot], form.set == Set::one_and_air ? 0 : first + 1, form.has_low_alarm, into);
  return true;
}

bool decode_six_probes(Bytes data, Decoded& into) noexcept {
  constexpr int pairs = 3;
  constexpr size_t slot_size = 7;
  if (data.size() != 20 || data[1] != 0 || data[2] > 100) return false;
  const int pair = data[3] >> 6;
  if (pair == pairs) return true;
  for (int i = 0; i < 2; ++i) {
    const int probe = 2 * pair + i;
    if ((data[3] >> probe & 1) == 0) continue;
    const uint8_t* slot = &data[5 + static_cast<size_t>(i) * slot_size];
    into.add(Quantity::channel, probe + 1);
    add(Quantity::temperature, load_le16(slot), 1, into);
    add(Quantity::temperature_alarm_low, load_le16(slot + 2), 1, into);
    add(Quantity::temperature_alarm_high, load_le16(slot + 4), 1, into);
  }
  into.add(Quantity::battery, data[2]);
  return true;
}

// A newer H5185 lists the UUID of its iBeacon where the older one lists 0x8551.
const Form* form_of(const AdvertisementData& advertisement) noexcept {
  for (const Form& form : forms)
    if (advertisement.has_service(Uuid(form.service))) return &form;
  const std::string_view model = govee::model_number(advertisement);
  for (const Form& form : forms)
    if (form.model == model) return &form;
  return nullptr;
}

/// Calls `decode(data)` for the manufacturer data that are not Apple's until it says that they were what it looked for.
template <typename Decode>
bool find_data(const AdvertisementData& advertisement, Decode&& decode) noexcept {
  for (const AdStructure& structure : advertisement) {
    const auto found = as_manufacturer_data(structure);
    if (found && found->company != apple_company && decode(govee::without_glued_beacon(found->data))) return true;
  }
  return false;
}

}  // namespace

std::string_view claim_govee_probes(const Candidate& candidate, Decoded& into) noexcept {
  const Form* form = form_of(candidate.advertisement);
  if (form == nullptr || into.format() == govee::format) return {};  // read already, by another service that it lists
  if (!find_data(candidate.advertisement, [&](Bytes data) { return decode_form(*form, data, into); })) return {};
  govee::add_model(form->model, into);
  return govee::format;
}

std::string_view claim_govee_six_probes(const Candidate& candidate, Decoded& into) noexcept {
  if (!find_data(candidate.advertisement, [&](Bytes data) { return decode_six_probes(data, into); })) return {};
  govee::add_model("5055", into);
  return govee::format;
}

}  // namespace moor
