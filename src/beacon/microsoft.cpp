// Windows and Xbox looking for their like, and peripherals that ask Windows to be paired: manufacturer data of Microsoft (0x0006).
//
//   Connected Devices Platform (CDP)    0    1      2         3        4               8
//                                       ┌────┬──────┬─────────┬────────┬───────────────┬────────────────┐
//                                       │ 01 │ kind │ 20 / 21 │ status │ salt [4]      │ hash [19]      │   20: for the owner only
//                                       └────┴──────┴─────────┴────────┴───────────────┴────────────────┘   21: for everyone
//   For everyone, six bytes that are not read here and the machine's name stand where salt and hash are.
//   kind: the low five bits, numbers of MS-CDP
//
//   Swift Pair                          ┌────┬──────────┬────┬─────────────┐      scenario: 0 LE, 1 both, 2 BR/EDR; the name follows at
//                                       │ 03 │ scenario │ 80 │ ...         │      once in scenario 0, behind other fields in the rest
//                                       └────┴──────────┴────┴─────────────┘
//
// Sources: [MS-CDP] 2.2.2.2.3 "Bluetooth: Advertising Beacon", the form for everyone as real machines send it; Microsoft, "Swift Pair",
// hardware component guidelines.

#include "beacon/registry.hpp"

#include <algorithm>

namespace moor {
namespace {

constexpr size_t name_offset = 10;

std::string_view device_kind(unsigned number) noexcept {
  switch (number) {
    case 1: return "Xbox One";
    case 6: return "iPhone";
    case 7: return "iPad";
    case 8: return "Android device";
    case 9: return "Windows desktop";
    case 11: return "Windows phone";
    case 12: return "Linux device";
    case 13: return "Windows IoT";
    case 14: return "Surface Hub";
    case 15: return "Windows laptop";
    case 16: return "Windows tablet";
    default: return {};
  }
}

bool is_machine_name(Bytes bytes) noexcept {
  return !bytes.empty() && std::ranges::all_of(bytes, [](uint8_t byte) { return byte > 0x20 && byte < 0x7F; });
}

void add_text(std::string_view name, Bytes text, Decoded& into) noexcept {
  into.add_attribute(name, {reinterpret_cast<const char*>(text.data()), text.size()});
}

std::string_view claim_cdp(Bytes data, Decoded& into) noexcept {
  constexpr size_t private_size = 27;
  constexpr uint8_t for_owner = 0x20;
  constexpr uint8_t for_everyone = 0x21;
  if (data.size() <= name_offset || data.size() > private_size || (data[1] & 0xC0U) != 0) return {};
  const bool has_name = data[2] == for_everyone && is_machine_name(data.subspan(name_offset));
  const bool is_private = (data[2] == for_owner || data[2] == for_everyone) && data.size() == private_size;
  if (!has_name && !is_private) return {};
  if (const auto kind = device_kind(data[1] & 0x1FU); !kind.empty()) into.add_attribute("kind", kind);
  if (has_name) add_text("name", data.subspan(name_offset), into);
  return "Microsoft CDP";
}

std::string_view claim_swift_pair(Bytes data, Decoded& into) noexcept {
  static constexpr std::string_view scenarios[] = {"LE", "LE and BR/EDR", "BR/EDR"};
  constexpr uint8_t reserved = 0x80;
  if (data.size() < 3 || data[1] >= std::size(scenarios) || data[2] != reserved) return {};
  into.add_attribute("kind", scenarios[data[1]]);
  if (data[1] == 0 && data.size() > 3) add_text("name", data.subspan(3), into);
  return "Swift Pair";
}

}  // namespace

std::string_view claim_microsoft(const Candidate& candidate, Decoded& into) noexcept {
  constexpr uint8_t cdp = 0x01;
  constexpr uint8_t swift_pair = 0x03;
  if (candidate.data.empty()) return {};
  if (candidate.data[0] == cdp) return claim_cdp(candidate.data, into);
  if (candidate.data[0] == swift_pair) return claim_swift_pair(candidate.data, into);
  return {};
}

}  // namespace moor
