#pragma once
// What the air does to a signal on its way: path loss, walls, shadowing that belongs to the place, the antenna's orientation, a body in
// between, fading from packet to packet.

#include "radio/sim/state.hpp"

namespace moor::sim {

class ChannelModel {
public:
  explicit ChannelModel(State& state) : state_(state) {}

  [[nodiscard]] Position position(size_t device, TimePoint t);
  /// Without fading: what changes slowly or not at all.
  [[nodiscard]] double mean_rssi_dbm(size_t radio, size_t device, TimePoint t);
  /// Of one packet. @param packet  counts the packets of the device; @param channel  37 to 39, or the data channel's number.
  [[nodiscard]] double packet_rssi_dbm(size_t radio, size_t device, TimePoint t, uint64_t packet, uint8_t channel);

private:
  State& state_;
};

}  // namespace moor::sim
