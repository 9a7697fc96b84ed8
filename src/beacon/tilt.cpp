#include "beacon/registry.hpp"

#include <array>

// Tilt, a hydrometer that floats in the beer: an iBeacon whose UUID is the colour of the device. Sources: Tilt Hydrometer, "Tilt
// technical information"; the decoder tilt-ble.
//
//   UUID    a495bbN0-c5b1-4b44-b512-1370f02d74de, N from 1 for red to 8 for pink
//   major   temperature, °F; of the Tilt Pro tenths
//   minor   specific gravity, thousandths; of the Tilt Pro ten-thousandths, so that it is at least 5000
//
// When it has been switched on it sends the firmware's version as minor, with a major of 999.
namespace moor {
namespace {

constexpr uint64_t first_uuid_high = 0xA495BB10'C5B14B44;
constexpr uint64_t step_high = 0x00000010'00000000;
constexpr uint64_t uuid_low = 0xB5121370'F02D74DE;
constexpr std::array<std::string_view, 8> colours = {"Red", "Green", "Black", "Purple", "Orange", "Blue", "Yellow", "Pink"};
constexpr std::array<std::string_view, 8> pro_colours = {"Pro Red",    "Pro Green", "Pro Black",  "Pro Purple",
                                                         "Pro Orange", "Pro Blue",  "Pro Yellow", "Pro Pink"};
constexpr uint16_t version_major = 999;
constexpr uint16_t least_pro_minor = 5000;

}  // namespace

std::string_view claim_tilt(const Candidate& candidate, Decoded& into) noexcept {
  const auto beacon = decode_ibeacon(candidate.data);
  if (!beacon || beacon->uuid.low() != uuid_low) return {};
  const uint64_t offset = beacon->uuid.high() - first_uuid_high;
  if (offset % step_high != 0 || offset / step_high >= colours.size()) return {};
  const bool is_pro = beacon->minor >= least_pro_minor;
  into.add(*beacon);
  into.add_attribute("model", (is_pro ? pro_colours : colours)[offset / step_high]);
  if (beacon->major == version_major) {
    into.add(Quantity::firmware, beacon->minor);
  } else {
    into.add(Quantity::temperature, (beacon->major / (is_pro ? 10.0 : 1.0) - 32) / 1.8);
    into.add(Quantity::specific_gravity, beacon->minor / (is_pro ? 10000.0 : 1000.0));
  }
  return "Tilt";
}

}  // namespace moor
