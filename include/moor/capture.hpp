#pragma once
// Recordings of Bluetooth traffic: reading the advertising reports out of what any tool wrote, and writing them so that any tool
// reads them.
//
// Read, chosen by what the file holds and not by its name, each also gzip-compressed:
//   btsnoop       HCI UART (H4), un-encapsulated HCI (H1), Linux monitor: Android, hcidump, btmon, moor
//   pcap, pcapng  link types 187, 201 (H4), 251, 256 (LE link layer), 254 (Linux monitor), 272 (nRF Sniffer): Wireshark, sniffers
//   PacketLogger  .pklg of macOS and iOS
//
// What is a report: every report of LE (Extended) Advertising Report events, each on its own, and on the link layer ADV_IND,
// ADV_DIRECT_IND, ADV_NONCONN_IND, ADV_SCAN_IND and SCAN_RSP with a good CRC. Where the sniffer checked the CRC its word counts;
// where it did not, the CRC in the capture is checked and decides.

#include "moor/error.hpp"
#include "moor/radio.hpp"
#include "moor/sighting.hpp"

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace moor {

struct CaptureOptions {
  /// A compressed file that inflates to more is an error at that place: it is meant to fill a disk, not to be read.
  uint64_t max_inflated_bytes = uint64_t{4} << 30;
};

/// A recording, read from its beginning to its end in bounded memory: a window of the file, whatever its size.
class Capture {
public:
  static constexpr size_t max_batch = 256;

  /// @throws CaptureError  if there is no such file, it is empty, or it is none of the formats above (the message lists them).
  [[nodiscard]] static Capture open(const std::filesystem::path& path, const CaptureOptions& options = {});
  /// A recording that is in memory already. @param name  stands for the file in messages.
  [[nodiscard]] static Capture from_bytes(std::vector<uint8_t> bytes, std::string name, const CaptureOptions& options = {});

  Capture(Capture&&) noexcept;
  Capture& operator=(Capture&&) noexcept;
  ~Capture();

  /// The next reports in the order of the file, at most `limit` and at most `max_batch`; none at its end. Times are the capture's
  /// own and may go backwards. The sightings' `radio` is 0. The caller may change what it gets; it is valid until the next call.
  ///
  /// An extended advertisement that comes in fragments is one sighting for each: a fragment with more to come carries its own
  /// piece, the last one the whole payload.
  /// @throws CaptureError  where the file is damaged or cut, once everything before that place has been returned.
  [[nodiscard]] std::span<Sighting> next_batch(size_t limit = max_batch);
  /// Starts again at the first report. @throws CaptureError if the file cannot be read again.
  void rewind();

  /// Of the first report in the file; nothing if there is none.
  [[nodiscard]] std::optional<TimePoint> first_report_time() const noexcept;
  /// Of everything since the file was opened, all rounds together. `reports` counts what `next_batch` has returned.
  [[nodiscard]] ScanStatistics statistics() const noexcept;
  [[nodiscard]] const std::string& format() const noexcept;  ///< for people: "btsnoop (H4)", "pcapng (nRF Sniffer), gzip"
  [[nodiscard]] const std::string& name() const noexcept;    ///< the path as it was given
  [[nodiscard]] uint64_t offset() const noexcept;            ///< byte of the (uncompressed) file up to which it has been read

private:
  struct State;
  explicit Capture(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

struct BtsnoopOptions {
  enum class Datalink : uint32_t {
    h4 = 1002,       ///< what most tools know; does not say which radio heard it
    monitor = 2001,  ///< Linux monitor: Wireshark and btmon show the radio as the adapter's number
  };
  Datalink datalink = Datalink::monitor;
};

/// Writes sightings as a btsnoop file (RFC 1761 with Bluetooth datalinks) of HCI events, times to the microsecond. What the five
/// kinds of LE Advertising Report can say is written so, the rest as LE Extended Advertising Reports; a payload over 229 bytes in
/// fragments, of which the last has the RSSI, so that reading gives as many samples as were written. A Capture reads back equal
/// sightings, but for the channel, which HCI does not have, and the radio, which only `monitor` has, as the number of an adapter.
class BtsnoopWriter {
public:
  /// Makes the file, or empties it. @throws Error naming the file.
  explicit BtsnoopWriter(const std::filesystem::path& path, const BtsnoopOptions& options = {});
  BtsnoopWriter(BtsnoopWriter&&) noexcept;
  BtsnoopWriter& operator=(BtsnoopWriter&&) noexcept;
  /// Flushes; since nobody hears of a failure there, call `flush` before.
  ~BtsnoopWriter();

  /// @throws Error naming the file, such as when the disk is full. Writing is buffered: the error may come with a later call.
  void write(const Sighting& sighting);
  void write(std::span<const Sighting> sightings);
  /// Hands everything to the system. @throws Error naming the file.
  void flush();
  [[nodiscard]] uint64_t written() const noexcept;  ///< sightings so far

private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace moor
