#pragma once
// What the air does to a signal on its way: path loss, walls, shadowing that belongs to the place, the antenna's orientation, a body in
// between, fading from packet to packet. Everything is a function of seed, place and time, so that asking changes nothing.

#include "radio/sim/movement.hpp"

namespace moor::sim {

class ChannelModel {
public:
  explicit ChannelModel(State& state);

  [[nodiscard]] Position position(size_t device, TimePoint t) { return movers_[device].at(t).position; }
  /// What belongs to the place alone: path loss, walls, shadowing.
  [[nodiscard]] double place_rssi_dbm(size_t radio, size_t device, TimePoint t);
  /// Without fading: what changes slowly or not at all, so also orientation and bodies.
  [[nodiscard]] double mean_rssi_dbm(size_t radio, size_t device, TimePoint t);
  /// Of one packet. @param packet  counts the packets of the device; @param channel  37 to 39, or the data channel's number.
  [[nodiscard]] double packet_rssi_dbm(size_t radio, size_t device, TimePoint t, uint64_t packet, uint8_t channel);

private:
  // Of a device that does not move; NaN until asked for.
  struct Fixed {
    double place_dbm;
    double orientation_db;
  };
  // A value of the shadowing's lattice, kept because devices near each other need the same ones.
  struct Corner {
    uint64_t key = 0;
    double value = 0;
  };
  [[nodiscard]] double place_rssi_dbm(size_t radio, const Position& at, double rssi_at_1m_dbm);
  [[nodiscard]] double walls_db(const Position& from, const Position& to) const noexcept;
  [[nodiscard]] double shadowing_db(size_t radio, const Position& at);
  [[nodiscard]] double lattice(size_t radio, uint64_t octave, double x, double y);
  [[nodiscard]] double corner(size_t radio, uint64_t octave, int64_t x, int64_t y);
  [[nodiscard]] double orientation_db(size_t radio, size_t device, const Place& place) const noexcept;
  [[nodiscard]] double body_db(size_t radio, size_t device, TimePoint t) const noexcept;

  State& state_;
  std::vector<Mover> movers_;
  std::vector<Fixed> fixed_;  // of each radio, those of each device; empty where that would be too much
  std::vector<Corner> corners_;
};

}  // namespace moor::sim
