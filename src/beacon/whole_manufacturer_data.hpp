#pragma once
// Some makers let their data begin where a company identifier belongs, so that it is a reading like the bytes behind it.

#include "moor/advertisement.hpp"

namespace moor {

/// The last manufacturer data that `accepts(whole)`, from its first byte on; empty if there is none. The last, because devices that
/// send several put the newest behind the others.
template <typename Accepts>
[[nodiscard]] Bytes last_manufacturer_data(const AdvertisementData& advertisement, Accepts accepts) noexcept {
  Bytes last;
  for (const AdStructure& structure : advertisement)
    if (structure.type == AdType::manufacturer_data && structure.data.size() >= 2 && accepts(structure.data))
      last = structure.data;
  return last;
}

}  // namespace moor
