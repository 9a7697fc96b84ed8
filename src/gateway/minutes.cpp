#include "gateway/minutes.hpp"

#include <algorithm>
#include <limits>

namespace moor {

void Minutes::add(Minute& minute, const Sighting& sighting) noexcept {
  if (!sighting.has_rssi()) return;
  uint8_t place = 0;
  while (place < minute.used && minute.cells[place].radio != sighting.radio) ++place;
  if (place == max_radios) {
    ++unplaced_;
    return;
  }
  Cell& cell = minute.cells[place];
  if (place == minute.used) {
    ++minute.used;
    cell = {.radio = sighting.radio, .samples = 0, .min_dbm = sighting.rssi_dbm, .max_dbm = sighting.rssi_dbm, .sum_dbm = 0};
  }
  if (cell.samples == std::numeric_limits<uint16_t>::max()) return;
  ++cell.samples;
  cell.sum_dbm += sighting.rssi_dbm;
  cell.min_dbm = std::min(cell.min_dbm, sighting.rssi_dbm);
  cell.max_dbm = std::max(cell.max_dbm, sighting.rssi_dbm);
}

}  // namespace moor
