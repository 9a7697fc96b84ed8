#pragma once
// One packet of a recording, whatever the format of the file, and what reads the next one.

#include "moor/time.hpp"
#include "radio/replay/input.hpp"

#include <algorithm>
#include <stdexcept>
#include <string>

namespace moor::replay {

/// How a record's bytes are to be read.
enum class Encapsulation : uint8_t {
  unknown,            ///< of an interface that has nothing to do with Bluetooth
  h1,                 ///< HCI packet without a type; its type is in the record's flags
  h4,                 ///< HCI packet after a byte that says its type
  h4_with_direction,  ///< the same after four bytes that say who sent it
  monitor,            ///< HCI packet of the Linux monitor; adapter and opcode are in the flags
  monitor_header,     ///< the same after two bytes each of adapter and opcode
  packetlogger,       ///< HCI packet after a byte that says Apple's type
  link_layer,         ///< from the access address on
  link_layer_phdr,    ///< the same after ten bytes about its reception
  nordic,             ///< the same after the header of the nRF Sniffer
};

/// The encapsulation of a pcap link type (the registry of LINKTYPE_ values); `unknown` if it is not of Bluetooth LE.
[[nodiscard]] Encapsulation encapsulation_of(uint32_t link_type) noexcept;
[[nodiscard]] const char* to_string(Encapsulation encapsulation) noexcept;

struct Record {
  Encapsulation encapsulation = Encapsulation::unknown;
  TimePoint time;
  uint32_t flags = 0;
  Bytes data;  ///< valid until the next record is read
};

/// No packet is longer: the largest HCI packet has 64 KiB and some bytes, and this is the limit of Wireshark.
inline constexpr size_t max_record_size = 256 * 1024;
static_assert(max_record_size < Input::max_peek);

/// The moments that a recording may have: 1970 to 2116. What is outside is held at the bounds, so that no sum of times overflows.
inline constexpr Duration max_record_time = Duration(int64_t{1} << 62);
[[nodiscard]] constexpr TimePoint record_time(uint64_t seconds, uint64_t nanoseconds) noexcept {
  constexpr uint64_t second = 1'000'000'000;
  if (seconds >= static_cast<uint64_t>(max_record_time.count()) / second) return TimePoint(max_record_time);
  return TimePoint(Duration(static_cast<int64_t>(seconds * second + std::min(nanoseconds, second - 1))));
}

/// Reads the records of one format, in order.
class RecordReader {
public:
  enum class Next : uint8_t { record, end, damaged };

  explicit RecordReader(Input& input) : input_(input) {}
  virtual ~RecordReader() = default;
  /// At damage the input stands at the record that is damaged, or after it, and `error` says where it begins.
  [[nodiscard]] virtual Next next(Record& record) = 0;
  /// Forgets what it has read; the input stands at the beginning again.
  virtual void restart() = 0;
  [[nodiscard]] virtual std::string format() const = 0;

  [[nodiscard]] const ParseError& error() const noexcept { return error_; }

protected:
  Next damaged(uint64_t offset, const char* what) noexcept {
    error_ = {static_cast<size_t>(offset), what};
    return Next::damaged;
  }

  Input& input_;

private:
  ParseError error_;
};

/// Recognises the format by the first bytes. @returns nothing if it is none of those that moor reads.
/// @throws UnsupportedFormat if it is one whose packets moor does not read.
[[nodiscard]] std::unique_ptr<RecordReader> open_format(Input& input);

/// The file is of a known format, but what it holds cannot be read; `what()` says what that is.
class UnsupportedFormat : public std::runtime_error {
public:
  using std::runtime_error::runtime_error;
};

// Each is for `open_format`: a reader, if the input begins as one of its format does.
[[nodiscard]] std::unique_ptr<RecordReader> open_btsnoop(Input& input);
[[nodiscard]] std::unique_ptr<RecordReader> open_pcap(Input& input);
[[nodiscard]] std::unique_ptr<RecordReader> open_pcapng(Input& input);
[[nodiscard]] std::unique_ptr<RecordReader> open_packetlogger(Input& input);

}  // namespace moor::replay
