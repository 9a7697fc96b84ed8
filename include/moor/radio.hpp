#pragma once
// A radio: whatever turns a source into sightings. A Bluetooth adapter, a proxy in another room, a recording and a simulated world are
// all used through this interface; nothing below knows which one it is, beyond its id.

#include "moor/clock.hpp"
#include "moor/sighting.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <string>
#include <vector>

namespace moor {

/// What to open. In text: `bluez`, `bluez:hci1`, `esphome://HOST[:6053]?key=BASE64`, `sim:WORLD.toml[?speed=1|max]`,
/// `replay:CAPTURE[?speed=1|max&loop]`. A path is taken literally up to a `?` that one of those keys follows.
struct RadioSpec {
  enum class Kind : uint8_t { bluez, esphome, sim, replay };

  Kind kind = Kind::bluez;
  std::string target;           ///< "hci1", "HOST:6053" or a path; empty for the default adapter
  std::optional<double> speed;  ///< times real time, 0 for as fast as it goes; unset where the text does not say
  bool loop = false;
  std::string key;  ///< Noise key of a proxy, base64

  /// @throws UsageError that says what is wrong and what the forms are.
  [[nodiscard]] static RadioSpec parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;  ///< the text form, the key left out
  /// Whether it delivers recorded or simulated time as fast as it goes, so that the program must run in virtual time.
  [[nodiscard]] bool is_virtual_time() const noexcept;
};

/// Receives what a radio hears, in order, on the radio's executor. It must not block. A batch is never empty; its sightings are only
/// valid during the call where their payloads are long (see Sighting).
class SightingSink {
public:
  virtual ~SightingSink() = default;
  virtual void on_sightings(std::span<const Sighting> batch) = 0;
};

struct ScanOptions {
  bool active = true;  ///< ask for scan responses; a recording gives what was recorded
};

/// What became of everything the source delivered. Nothing is dropped without being counted.
struct ScanStatistics {
  uint64_t reports = 0;             ///< advertising reports delivered as sightings
  uint64_t without_rssi = 0;        ///< of those, the ones with RSSI 127
  uint64_t bad_crc = 0;             ///< link-layer packets dropped for their checksum
  uint64_t malformed = 0;           ///< events or packets whose lengths contradict each other
  uint64_t other = 0;               ///< well-formed packets that are no advertising reports
  uint64_t reassembly_dropped = 0;  ///< fragments of extended advertisements that never became whole
};

struct RadioInfo {
  RadioId id = 0;
  std::string name;    ///< its spec as text, such as "bluez:hci0"
  std::string kind;    ///< "bluez", "esphome", "sim" or "replay"
  std::string detail;  ///< for people: the adapter's address, the capture's format
  bool can_connect = false;
};

class Radio {
public:
  virtual ~Radio() = default;
  [[nodiscard]] virtual const RadioInfo& info() const noexcept = 0;
  [[nodiscard]] virtual ScanStatistics statistics() const noexcept = 0;

  /// Scans until it is cancelled or the source ends, as a recording does.
  /// @throws RadioNotAvailable, CaptureError  when the source fails; all that was heard before has been delivered.
  /// Cancellation: total; the radio has stopped scanning before the operation completes. `sink` must live as long.
  [[nodiscard]] virtual awaitable<void> scan(ScanOptions options, SightingSink& sink) = 0;
};

/// Opens the radio of a spec. @throws UsageError, RadioNotAvailable, CaptureError.
[[nodiscard]] std::unique_ptr<Radio> open_radio(const RadioSpec& spec, RadioId id, Clock& clock);

}  // namespace moor
