#include "proxy/advertisement_batcher.hpp"

#include "esphome/stream.hpp"

namespace moor::proxy {

namespace {

// With one more, of the longest there is, a batch is still a frame: its fields take less than 64 bytes, Noise 20.
constexpr size_t full_bytes = esphome::max_frame - extended_payload_size - 128;

}  // namespace

bool AdvertisementBatcher::add(const Sighting& sighting) {
  batch_.add({.address = sighting.address.bits(),
              .rssi = sighting.has_rssi() ? sighting.rssi_dbm : unknown_rssi_dbm,
              .address_type = sighting.address.is_random() ? 1U : 0U,
              .data = sighting.payload()});
  return batch_.count() >= size_ || batch_.payload().size() >= full_bytes;
}

}  // namespace moor::proxy
