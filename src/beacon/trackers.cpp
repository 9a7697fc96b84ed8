// Tags that help to find what they hang on, in the service data of their makers; those of Apple and Google's networks are in
// apple_continuity.cpp and google.cpp. Who a tag is changes every few minutes, so it is no beacon.
//
//   Tile, 0xFEED                 ┌───────┬────────────┐
//                                │ 02 00 │ [8]        │
//                                └───────┴────────────┘
//   Samsung SmartTag, 0xFD5A     0           1         4                12           13             16            20
//                                ┌───────────┬─────────┬────────────────┬────────────┬──────────────┬─────────────┐
//                                │ 10, state │ age [3] │ identity [8]   │ properties │ reserved [3] │ signature   │
//                                └───────────┴─────────┴────────────────┴────────────┴──────────────┴─────────────┘
//                                state: bits 0 to 2; properties: bits 0 and 1 battery, bit 2 ultra-wideband
//   Chipolo, 0xFE33              bit 0 of the second byte: its owner has been away for half an hour
//   Pebblebee, 0xFA25            nothing that is known
//
// Sources: github.com/seemoo-lab/AirGuard (how it tells them apart); Yu, Henderson, Tiu and Haines, "Privacy Analysis of Samsung's
// Crowd-Sourced Bluetooth Location Tracking System", arXiv 2210.14702.

#include "beacon/makers.hpp"
#include "beacon/registry.hpp"

namespace moor {
namespace {

constexpr std::string_view with_owner = "with owner";
constexpr std::string_view separated = "separated";

// Found by its UUID in the list of services: its service data, if there is some, is asked too and says more.
bool is_only_listed(const Candidate& candidate, uint16_t service) noexcept {
  return candidate.data.empty() && !candidate.advertisement.service_data(Uuid(service));
}

}  // namespace

// A tag of Tile sends no manufacturer data. Scanners that put what several devices send into one advertisement have made a
// thermometer of SwitchBot a Tile: github.com/theengs/decoder, issue 505.
std::string_view claim_tile(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() != 10 || data[0] != 0x02 || data[1] != 0x00) return {};
  if (candidate.advertisement.find(AdType::manufacturer_data)) return {};
  into.add_attribute("kind", "tracker");
  return "Tile";
}

std::string_view claim_smarttag(const Candidate& candidate, Decoded& into) noexcept {
  static constexpr std::string_view states[] = {"",         "recently separated", separated,  "long separated",
                                                with_owner, with_owner,           with_owner, ""};
  static constexpr std::string_view levels[] = {"critical", "low", "medium", "full"};
  const Bytes data = candidate.data;
  if (data.size() != 20 || (data[0] & 0xF8U) != 0x10) return {};
  const auto state = states[data[0] & 7U];
  const unsigned level = data[12] & 3U;
  into.add_attribute("kind", "tracker");
  if (!state.empty()) into.add_attribute("state", state);
  into.add_attribute("battery", levels[level]);
  into.add(Quantity::battery_low, level <= 1 ? 1.0 : 0.0);
  return "Samsung SmartTag";
}

std::string_view claim_chipolo(const Candidate& candidate, Decoded& into) noexcept {
  const Bytes data = candidate.data;
  if (data.size() < 2 && !is_only_listed(candidate, chipolo_service)) return {};
  into.add_attribute("kind", "tracker");
  if (data.size() >= 2) into.add_attribute("state", (data[1] & 1U) != 0 ? separated : with_owner);
  return "Chipolo";
}

std::string_view claim_pebblebee(const Candidate& candidate, Decoded& into) noexcept {
  if (candidate.data.empty() && !is_only_listed(candidate, pebblebee_service)) return {};
  into.add_attribute("kind", "tracker");
  return "Pebblebee";
}

}  // namespace moor
