// Any bytes as a recording: whatever the format, reading ends, stays inside of what it says and gives the same a second time and
// in batches of another size.

#include "moor/capture.hpp"

#include <cstdlib>

namespace {

using namespace moor;

void require(bool holds) {
  if (!holds) std::abort();
}

// Sums up a whole reading: a number that differs if any report does.
struct Reading {
  uint64_t digest = 0;
  uint64_t reports = 0;
  std::optional<uint64_t> damaged_at;

  void add(uint64_t value) { digest = (digest ^ value) * 0x100000001B3; }
  friend bool operator==(const Reading&, const Reading&) = default;
};

Reading read(Capture& capture, size_t batch_size) {
  Reading reading;
  try {
    for (auto batch = capture.next_batch(batch_size); !batch.empty(); batch = capture.next_batch(batch_size)) {
      require(batch.size() <= batch_size);
      for (const Sighting& sighting : batch) {
        require(!sighting.payload_lost() && sighting.payload().size() <= extended_payload_size);
        require(sighting.time >= TimePoint{});
        ++reading.reports;
        reading.add(sighting.address.bits());
        reading.add(static_cast<uint64_t>(sighting.time.time_since_epoch().count()));
        reading.add(static_cast<uint8_t>(sighting.rssi_dbm));
        reading.add(static_cast<uint64_t>(sighting.status));
        for (const uint8_t byte : sighting.payload()) reading.add(byte);
      }
    }
  } catch (const CaptureError& error) {
    reading.damaged_at = error.offset();
  }
  return reading;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  try {
    Capture capture = Capture::from_bytes({data, data + size}, "fuzz", {.max_inflated_bytes = 1 << 20});
    const Reading once = read(capture, Capture::max_batch);
    capture.rewind();
    require(read(capture, 3) == once);
    require(capture.statistics().reports == 2 * once.reports);
  } catch (const CaptureError&) {
    // not a recording
  }
  return 0;
}
