// Oral-B's toothbrushes, as manufacturer data of Procter & Gamble (0x00DC). Source: Bluetooth-Devices/oralb-ble.
//
//   0          1       2          3       4       5         6         7      8        9       10       11
//   ┌──────────┬───────┬──────────┬───────┬───────┬─────────┬─────────┬──────┬────────┬───────┬────────┐
//   │ protocol │ model │ firmware │ state │ flags │ minutes │ seconds │ mode │ sector │ timer │ count  │
//   └──────────┴───────┴──────────┴───────┴───────┴─────────┴─────────┴──────┴────────┴───────┴────────┘
//   flags: bit 7 the brush is pressed too hard, bit 3 the power button, bit 2 another button is pressed
//   sector: bits 0 to 2, of the mouth, 7 for the last; means something while brushing only
//   timer: of the sector, in s; count: of sectors; both are missing in old models

#include "beacon/registry.hpp"

#include <algorithm>
#include <charconv>

namespace moor {
namespace {

constexpr size_t short_size = 9;
constexpr size_t long_size = 11;
constexpr uint8_t running = 3;
constexpr uint8_t usual_sectors = 4;

constexpr uint8_t too_hard = 0x80;
constexpr uint8_t power_button = 0x08;
constexpr uint8_t other_button = 0x04;

struct Name {
  uint8_t code;
  std::string_view name;
};

constexpr Name states[] = {
    {0, "unknown"},      {1, "initializing"}, {2, "idle"},           {3, "running"},     {4, "charging"},
    {5, "setup"},        {6, "flight menu"},  {8, "selection menu"}, {9, "off"},         {10, "post brushing statistics"},
    {113, "final test"}, {114, "pcb test"},   {115, "sleeping"},     {116, "transport"},
};
constexpr Name modes[] = {
    {0, "off"},        {1, "daily clean"},     {2, "sensitive"}, {3, "massage"},   {4, "whitening"},
    {5, "deep clean"}, {6, "tongue cleaning"}, {7, "turbo"},     {255, "unknown"},
};
constexpr Name io_modes[] = {
    {0, "daily clean"},     {1, "sensitive"},       {2, "gum care"}, {3, "whiten"}, {4, "intense"},
    {5, "super sensitive"}, {6, "tongue cleaning"}, {8, "settings"}, {9, "off"},    {11, "smart adapt"},
};

struct Model {
  uint8_t first;
  uint8_t last;
  std::string_view name;
  std::span<const Name> modes;
};
constexpr Model models[] = {
    {0, 2, "Triumph D36", modes},       {32, 34, "Genius Series D701", modes}, {39, 41, "Smart Series D700", modes},
    {48, 50, "IO Series", io_modes},    {52, 52, "IO Series 4", io_modes},     {53, 53, "IO Series 5", io_modes},
    {54, 54, "IO Series", io_modes},    {64, 70, "Smart Series D21", modes},   {80, 87, "Pro Series D601", modes},
    {112, 114, "Genius X D706", modes}, {117, 119, "Genius X D706", modes},
};

Model model_of(uint8_t code) noexcept {
  for (const Model& model : models)
    if (code >= model.first && code <= model.last) return model;
  return {code, code, {}, modes};
}

void add_name(Decoded& into, std::string_view attribute, std::span<const Name> names, uint8_t code) noexcept {
  for (const Name& known : names)
    if (known.code == code) return into.add_attribute(attribute, known.name);
  std::array<char, 24> text{};
  char* end = std::ranges::copy(std::string_view("unknown "), text.begin()).out;
  end = std::ranges::copy(attribute, end).out;
  *end++ = ' ';
  end = std::to_chars(end, text.data() + text.size(), code).ptr;
  into.add_attribute(attribute, {text.data(), end});
}

std::string_view pressure_of(uint8_t flags) noexcept {
  if ((flags & power_button) != 0) return "power button pressed";
  if ((flags & other_button) != 0) return "button pressed";
  return (flags & too_hard) != 0 ? "high" : "normal";
}

unsigned sector_of(Bytes data) noexcept {
  constexpr unsigned last_sector = 7;
  if (data[3] != running) return 0;
  const unsigned sector = data[8] & 7;
  if (sector != last_sector) return sector;
  const unsigned count = data.size() == long_size ? data[10] & 7 : 0;
  return count != 0 ? count : usual_sectors;
}

}  // namespace

std::string_view claim_oralb(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != short_size && data.size() != long_size) return {};
  const Model model = model_of(data[1]);
  if (!model.name.empty()) into.add_attribute("model", model.name);
  add_name(into, "state", states, data[3]);
  add_name(into, "mode", model.modes, data[7]);
  into.add_attribute("pressure", pressure_of(data[4]));
  into.add(Quantity::running, data[3] == running ? 1 : 0);
  into.add(Quantity::pressure_detected, (data[4] & too_hard) != 0 ? 1 : 0);
  into.add(Quantity::elapsed_time, data[5] * 60 + data[6]);
  into.add(Quantity::sector, sector_of(data));
  if (data.size() == long_size) {
    into.add(Quantity::duration, data[9]);
    into.add(Quantity::count, data[10]);
  }
  return "Oral-B";
}

}  // namespace moor
