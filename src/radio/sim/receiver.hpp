#pragma once
// What one radio hears: which of an event's packets fall into its scan windows, which of those are strong enough and not destroyed by others,
// and the scan responses that it asks for. A machine without I/O.

#include "radio/sim/state.hpp"

namespace moor::sim {

/// One advertising event of a device.
struct AdvertisingEvent {
  uint32_t device = 0;
  uint64_t number = 0;
  TimePoint time;
  Bytes payload;
  Bytes scan_response;
};

class Receiver {
public:
  Receiver(State& state, size_t radio);

  /// The radio begins to scan.
  void begin(RadioId id, ScanOptions options, TimePoint t);
  void end();
  [[nodiscard]] bool is_scanning() const noexcept { return begun_.has_value(); }
  [[nodiscard]] std::optional<TimePoint> begun() const noexcept { return begun_; }
  [[nodiscard]] std::optional<TimePoint> last_heard() const noexcept { return last_heard_; }
  [[nodiscard]] const ScanStatistics& statistics() const noexcept { return statistics_; }

  /// An event begins. To be called in the order of time, the payloads in place until they are settled.
  void hear(const AdvertisingEvent& event);
  /// All events before `until` are known, so what ended by then was received or not. @returns the end of the last packet that was.
  std::optional<TimePoint> settle(TimePoint until);
  /// What was received, in the order of time. @param take  void(std::span<const Sighting>, std::span<const uint32_t> devices)
  template <typename Take>
  void take_ready(Take&& take) {
    if (ready_.empty()) return;
    statistics_.reports += ready_.size();
    last_heard_ = ready_.back().time;
    taken_.swap(ready_);
    taken_devices_.swap(ready_devices_);
    take(std::span<const Sighting>(taken_), std::span<const uint32_t>(taken_devices_));
    taken_.clear();
    taken_devices_.clear();
  }

private:
  enum class Kind : uint8_t { legacy, pointer, extended, scan_response };
  struct Packet {
    TimePoint start;
    TimePoint end;
    AdvertisingEvent event;
    double rssi_dbm;
    Kind kind;
    uint8_t channel;    // 37 to 39, where the event was heard
    uint8_t frequency;  // the channel that this packet is on
    bool lost;
  };
  [[nodiscard]] bool is_listening(TimePoint start, TimePoint end, uint8_t channel) const noexcept;
  [[nodiscard]] bool passes_edge(const Packet& packet, Purpose purpose) const noexcept;
  void add(Packet packet);
  void receive(const Packet& packet);
  void follow_pointer(const Packet& packet);
  void ask_for_response(const Packet& packet);
  void report(const Packet& packet, Bytes payload, AdvertisingProperties properties);

  State& state_;
  size_t radio_;
  RadioId id_ = 0;
  bool active_ = false;
  std::optional<TimePoint> begun_;
  std::optional<TimePoint> last_heard_;
  TimePoint origin_;             // of the scan intervals
  std::vector<Packet> pending_;  // by their beginning
  Duration longest_{};           // of the packets so far
  std::vector<Sighting> ready_;
  std::vector<uint32_t> ready_devices_;
  std::vector<Sighting> taken_;
  std::vector<uint32_t> taken_devices_;
  std::unique_ptr<PayloadRing> ring_;  // where there was a long payload
  ScanStatistics statistics_;
};

}  // namespace moor::sim
