#pragma once
// A proxy's advertisements as sightings: raw ones (message 93), and those that firmware before 2025.8 has taken apart (message 67), put together again. Raw ones cost no
// allocation.

#include "moor/radio.hpp"

#include <array>
#include <memory>

namespace moor::esphome_radio {

/// Where sightings lie while a sink looks at them. One serves all proxies of an executor: each is done with it before the next begins.
struct SightingRoom {
  static constexpr size_t max_batch = 64;
  /// For advertisements over 31 bytes. Made when the first comes, which with scan responses is soon.
  static constexpr size_t ring_size = 8 * 1024;

  std::array<Sighting, max_batch> batch{};
  std::unique_ptr<PayloadRing> ring{};
};

/// What a proxy does not tell is left open, as with an adapter over D-Bus: the channel, the transmit power, and whether the device takes connections, where
/// that it does is the better guess. An RSSI of 127 is none, and so is -127, which moor's own server says instead (see
/// proxy/advertisement_batcher.hpp) and which no receiver measures; 0, which some proxies say where they have none, is left as it is.
class Sightings {
public:
  /// Sightings of one message in one batch; a message that has more gives several.
  static constexpr size_t max_batch = SightingRoom::max_batch;

  Sightings(RadioId radio, ScanStatistics& statistics) noexcept : radio_(radio), statistics_(statistics) {}

  /// Without it, it has a room of its own from the first advertisement on.
  void share(std::shared_ptr<SightingRoom> room) noexcept { room_ = std::move(room); }

  /// A raw_advertisements message; the sink is given a batch at a time. What comes before a malformed one counts.
  void on_raw(Bytes payload, TimePoint now, SightingSink& sink);
  /// An advertisement message. What does not fit into structures of the air is left out, and counted as reassembly_dropped.
  void on_legacy(Bytes payload, TimePoint now, SightingSink& sink);

private:
  void add(uint64_t address, int32_t rssi, uint32_t address_type, Bytes data, TimePoint now, SightingSink& sink);
  void deliver(SightingSink& sink);

  RadioId radio_;
  ScanStatistics& statistics_;
  std::shared_ptr<SightingRoom> room_{};
  size_t count_ = 0;
  size_t in_ring_ = 0;  // bytes of this batch
};

}  // namespace moor::esphome_radio
