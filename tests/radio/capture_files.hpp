#pragma once
// Recordings made byte by byte for the tests of their readers.

#include "hci/link_layer.hpp"
#include "moor/capture.hpp"

#include <unistd.h>
#include <filesystem>
#include <fstream>

namespace moor::testing {

using FileBytes = std::vector<uint8_t>;

inline FileBytes operator+(FileBytes a, const FileBytes& b) {
  a.insert(a.end(), b.begin(), b.end());
  return a;
}

template <typename Integer>
FileBytes le(Integer value) {
  FileBytes bytes;
  for (size_t i = 0; i < sizeof value; ++i) bytes.push_back(static_cast<uint8_t>(static_cast<uint64_t>(value) >> (8 * i)));
  return bytes;
}
template <typename Integer>
FileBytes be(Integer value) {
  FileBytes bytes = le(value);
  return FileBytes(bytes.rbegin(), bytes.rend());
}
/// In one byte order or the other.
template <typename Integer>
FileBytes in_order(bool big_endian, Integer value) {
  return big_endian ? be(value) : le(value);
}
inline FileBytes hex(std::string_view text) {
  return *from_hex(text);
}
inline FileBytes text(std::string_view characters) {
  return FileBytes(characters.begin(), characters.end());
}

/// An HCI event with one report: what the n-th advertiser sends at `rssi_dbm`.
inline FileBytes event(uint8_t advertiser, int8_t rssi_dbm) {
  return hex("3e0f 0201 0001") + FileBytes{advertiser, 0, 0, 0, 0, 0xC0} + hex("03 020106") +
         FileBytes{static_cast<uint8_t>(rssi_dbm)};
}
/// The same on the air, from the access address to the CRC.
inline FileBytes air_packet(uint8_t advertiser) {
  const FileBytes pdu = hex("40 09") + FileBytes{advertiser, 0, 0, 0, 0, 0xC0} + hex("020106");
  FileBytes crc = le(hci::crc24(pdu));
  crc.pop_back();
  return le(hci::advertising_access_address) + pdu + crc;
}
inline Address advertiser_address(uint8_t advertiser) {
  return Address(0xC00000000000 | advertiser, true);
}

inline constexpr uint64_t btsnoop_1970 = 0x00DCDDB30F2F8000;

inline FileBytes btsnoop_header(uint32_t datalink) {
  return text(std::string_view("btsnoop\0", 8)) + be(uint32_t{1}) + be(datalink);
}
inline FileBytes btsnoop_record(uint64_t time_us, uint32_t flags, const FileBytes& data) {
  const auto size = static_cast<uint32_t>(data.size());
  return be(size) + be(size) + be(flags) + be(uint32_t{0}) + be(btsnoop_1970 + time_us) + data;
}

inline FileBytes pcap_header(uint32_t magic, uint32_t link_type, bool big_endian = false) {
  const auto u32 = [&](uint32_t value) { return in_order(big_endian, value); };
  return u32(magic) + in_order(big_endian, uint16_t{2}) + in_order(big_endian, uint16_t{4}) + u32(0) + u32(0) + u32(65535) +
         u32(link_type);
}
inline FileBytes pcap_record(uint32_t seconds, uint32_t fraction, const FileBytes& data, bool big_endian = false) {
  const auto u32 = [&](uint32_t value) { return in_order(big_endian, value); };
  const auto size = static_cast<uint32_t>(data.size());
  return u32(seconds) + u32(fraction) + u32(size) + u32(size) + data;
}

inline FileBytes pcapng_block(uint32_t type, FileBytes body, bool big_endian = false) {
  body.resize((body.size() + 3) / 4 * 4);
  const auto size = in_order(big_endian, static_cast<uint32_t>(body.size() + 12));
  return in_order(big_endian, type) + size + body + size;
}
inline FileBytes pcapng_section(bool big_endian = false) {
  return pcapng_block(
      0x0A0D0D0A,
      in_order(big_endian, uint32_t{0x1A2B3C4D}) + in_order(big_endian, uint32_t{1}) + in_order(big_endian, ~uint64_t{0}),
      big_endian);
}
inline FileBytes pcapng_interface(uint16_t link_type, const FileBytes& options = {}, bool big_endian = false) {
  return pcapng_block(1, in_order(big_endian, link_type) + FileBytes{0, 0} + in_order(big_endian, uint32_t{0}) + options,
                      big_endian);
}
inline FileBytes pcapng_packet(uint32_t interface, uint64_t stamp, const FileBytes& data, bool big_endian = false) {
  const auto u32 = [&](uint64_t value) { return in_order(big_endian, static_cast<uint32_t>(value)); };
  return pcapng_block(6, u32(interface) + u32(stamp >> 32) + u32(stamp) + u32(data.size()) + u32(data.size()) + data, big_endian);
}

inline FileBytes packetlogger_record(uint32_t seconds, uint32_t microseconds, uint8_t type, const FileBytes& data,
                                     bool big_endian = true) {
  const auto u32 = [&](uint64_t value) { return in_order(big_endian, static_cast<uint32_t>(value)); };
  return u32(9 + data.size()) + u32(seconds) + u32(microseconds) + FileBytes{type} + data;
}

/// A sighting with its payload by value: what must be equal when it is read again.
struct Seen {
  Address address;
  TimePoint time;
  int8_t rssi_dbm = no_rssi;
  int8_t tx_power_dbm = no_tx_power;
  AdvertisingProperties properties{};
  DataStatus status{};
  uint8_t sid = 0xFF;
  uint8_t channel = 0;
  FileBytes payload;

  friend bool operator==(const Seen&, const Seen&) = default;
  friend std::ostream& operator<<(std::ostream& out, const Seen& seen) {
    return out << seen.address.to_string() << " at " << seen.time.time_since_epoch().count() << " ns, " << int{seen.rssi_dbm}
               << " dBm, tx " << int{seen.tx_power_dbm} << ", properties " << static_cast<int>(seen.properties) << ", status "
               << static_cast<int>(seen.status) << ", sid " << int{seen.sid} << ", channel " << int{seen.channel} << ", "
               << to_hex(seen.payload);
  }
};

inline Seen seen(const Sighting& sighting) {
  const Bytes payload = sighting.payload();
  return {.address = sighting.address,
          .time = sighting.time,
          .rssi_dbm = sighting.rssi_dbm,
          .tx_power_dbm = sighting.tx_power_dbm,
          .properties = sighting.properties,
          .status = sighting.status,
          .sid = sighting.sid,
          .channel = sighting.channel,
          .payload = FileBytes(payload.begin(), payload.end())};
}

struct ReadResult {
  std::vector<Seen> reports;
  std::optional<uint64_t> damaged_at;
  std::string error;
};

inline ReadResult read_all(Capture& capture, size_t batch = Capture::max_batch) {
  ReadResult result;
  try {
    for (auto sightings = capture.next_batch(batch); !sightings.empty(); sightings = capture.next_batch(batch))
      for (const Sighting& sighting : sightings) result.reports.push_back(seen(sighting));
  } catch (const CaptureError& error) {
    result.damaged_at = error.offset();
    result.error = error.what();
  }
  return result;
}
inline ReadResult read_all(const FileBytes& file) {
  Capture capture = Capture::from_bytes(file, "test");
  return read_all(capture);
}

/// A path in a folder for temporary files, removed at the end.
class TemporaryFile {
public:
  explicit TemporaryFile(const std::string& name, const FileBytes& content = {})
      : path_(std::filesystem::temp_directory_path() / ("moor-" + std::to_string(::getpid()) + "-" + name)) {
    std::ofstream(path_, std::ios::binary)
        .write(reinterpret_cast<const char*>(content.data()), static_cast<std::streamsize>(content.size()));
  }
  TemporaryFile(const TemporaryFile&) = delete;
  TemporaryFile& operator=(const TemporaryFile&) = delete;
  ~TemporaryFile() {
    std::error_code ignored;
    std::filesystem::remove(path_, ignored);
  }
  [[nodiscard]] const std::filesystem::path& path() const noexcept { return path_; }

private:
  std::filesystem::path path_;
};

}  // namespace moor::testing
