#pragma once
// From the records of a capture to sightings: looks into the packet of each and counts what it is not.

#include "hci/link_layer.hpp"
#include "hci/reassembly.hpp"
#include "moor/radio.hpp"
#include "radio/replay/record.hpp"

namespace moor::replay {

class Decoder {
public:
  /// Sightings that one record may become: the reports of an event of 255 bytes.
  static constexpr size_t max_per_record = 25;

  /// @param ring_size  bytes for payloads longer than a legacy one; the sightings of `decode` need it as long as they are used.
  explicit Decoder(size_t ring_size) : ring_(ring_size) {}

  void decode(const Record& record, std::vector<Sighting>& out);
  /// At the end of the capture: what is still incomplete stays so.
  void finish() noexcept { reassembly_.clear(); }
  /// `reports` and `without_rssi` are left to who delivers them.
  [[nodiscard]] ScanStatistics statistics() const noexcept;

private:
  void decode_h4(Bytes packet, TimePoint time, uint16_t source, std::vector<Sighting>& out);
  void decode_monitor(uint16_t adapter, uint16_t opcode, Bytes packet, TimePoint time, std::vector<Sighting>& out);
  void decode_event(Bytes event, TimePoint time, uint16_t source, std::vector<Sighting>& out);
  void decode_link_layer(Bytes packet, hci::CrcState crc, int8_t rssi_dbm, uint8_t channel, TimePoint time,
                         std::vector<Sighting>& out);
  void decode_link_layer_phdr(const Record& record, std::vector<Sighting>& out);
  void decode_nordic(const Record& record, std::vector<Sighting>& out);
  void add(const hci::AdvertisingReport& report, TimePoint time, uint16_t source, std::vector<Sighting>& out);

  PayloadRing ring_;
  hci::Reassembly reassembly_;
  ScanStatistics counts_;
};

}  // namespace moor::replay
