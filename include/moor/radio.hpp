#pragma once
// A radio: whatever turns a source into sightings. A Bluetooth adapter, a proxy in another room, a recording and a simulated world are
// all used through this interface; nothing below knows which one it is, beyond its id.

#include "moor/connect_cause.hpp"
#include "moor/link.hpp"

#include <boost/asio/any_io_executor.hpp>
#include <filesystem>
#include <memory>
#include <string>
#include <vector>

namespace moor {

/// What to open. In text: `bluez`, `bluez:hci1`, `esphome://HOST[:6053][?key=BASE64|key_file=PATH&name=EXPECTED]`,
/// `sim:WORLD.toml[?radio=NAME&speed=1|max]`, `replay:CAPTURE[?speed=1|max&loop]`. A path is taken literally up to a `?` that one of those keys
/// follows, and so is a value up to the next `&`: a `+` or `/` in a key stands for itself.
struct RadioSpec {
  enum class Kind : uint8_t { bluez, esphome, sim, replay };

  Kind kind = Kind::bluez;
  std::string target;           ///< "hci1", "HOST:6053" or a path; empty for the default adapter
  std::optional<double> speed;  ///< times real time, 0 for as fast as it goes; unset where the text does not say
  bool loop = false;
  std::string key;            ///< Noise key of a proxy, base64
  std::string key_file;       ///< a file that has it, so that it is in no list of processes; with neither, $MOOR_ESPHOME_KEY
  std::string expected_name;  ///< of a proxy: another device at its address is refused; empty for any
  std::string radio;          ///< of a simulated world, by its name; empty for all

  /// @throws UsageError that says what is wrong and what the forms are.
  [[nodiscard]] static RadioSpec parse(std::string_view text);
  [[nodiscard]] std::string to_string() const;   ///< the text form, key, speed and a proxy's usual port left out
  [[nodiscard]] std::string to_setting() const;  ///< the text form with all but the key
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

/// Bytes that an advertisement must have at some place of an AD structure.
struct AdPattern {
  uint8_t type = 0x01;               ///< of the structure (Assigned Numbers 2.3); 0x01 is Flags
  uint8_t offset = 0;                ///< in its data
  std::vector<uint8_t> bytes{0x06};  ///< 1 to 31
  friend bool operator==(const AdPattern&, const AdPattern&) = default;
};

struct ScanOptions {
  bool active = true;  ///< ask for scan responses; a recording gives what was recorded
  /// Only devices that advertise one of these need be reported: a radio that can tells its system so, others report all. Empty: all.
  std::vector<Uuid> service_uuids{};
  /// Of a passive scan where the system wants patterns (BlueZ's advertisement monitors): one must match. Empty: those that most devices fit.
  std::vector<AdPattern> patterns{};
};

/// What became of everything the source delivered. Nothing is dropped without being counted.
struct ScanStatistics {
  uint64_t reports = 0;             ///< advertising reports delivered as sightings
  uint64_t without_rssi = 0;        ///< of those, the ones with RSSI 127
  uint64_t bad_crc = 0;             ///< link-layer packets dropped for their checksum
  uint64_t malformed = 0;           ///< events or packets whose lengths contradict each other
  uint64_t other = 0;               ///< well-formed packets that are no advertising reports
  uint64_t reassembly_dropped = 0;  ///< fragments of extended advertisements that never became whole
  uint64_t lost = 0;                ///< reports that the system threw away before they could be read, where it says so
};

struct RadioInfo {
  RadioId id = 0;
  std::string name;    ///< its spec as text, such as "bluez:hci0"
  std::string kind;    ///< "bluez", "esphome", "sim" or "replay"
  std::string detail;  ///< for people: the adapter's address, the capture's format
  bool can_connect = false;
  std::string limits{};  ///< for people: what it cannot hear or do, and why; empty where there is nothing to say
};

struct LinkOptions {
  Duration timeout = std::chrono::seconds(20);  ///< for the whole of connecting
  bool use_services_cache = true;               ///< the radio's system may give services that it remembers
  bool pair = false;                            ///< pair before the link is handed over, unless it is bonded
  PairingAgent* agent = nullptr;                ///< for that; just works where null. Must live until the link is there
  std::optional<ConnectionParameters> parameters{};
  std::string label{};  ///< who wants the link, for `Slots::holders` and logs
};

/// Connection slots of a radio: how many links it can have, and who has them.
struct Slots {
  struct Holder {
    Address device;
    std::string label;  ///< empty where another program holds it
    TimePoint since;
    friend bool operator==(const Holder&, const Holder&) = default;
  };
  int limit = 0;                  ///< 0 where the radio does not say; then `free` means nothing
  int free = 0;                   ///< may be below 0 for a moment where a system counts late
  std::vector<Holder> holders{};  ///< links that are being made too
};

/// What the links of a radio can do beyond reading, writing and subscribing.
struct LinkAbilities {
  bool pairing = true;         ///< just works at least
  bool cache_clearing = true;  ///< services can be forgotten
  bool parameters = false;     ///< of a connection can be set
};

/// How a radio is, for those that choose among several and for people.
struct RadioHealth {
  enum class State : uint8_t {
    idle,         ///< nobody asked it to scan
    scanning,     ///< and it hears something
    silent,       ///< it should scan and hears nothing
    unavailable,  ///< powered off, gone, not reachable
  };
  State state = State::idle;
  bool scanning = false;
  std::optional<TimePoint> last_heard{};  ///< an advertisement
  /// From when on its silence is too long, where it knows that by its own rate; TimePoint::max() while it cannot hear anything.
  std::optional<TimePoint> silent_at{};
  std::string problem{};  ///< in words, empty where all is well
};
[[nodiscard]] std::string_view to_string(RadioHealth::State state) noexcept;

/// What a radio's system knows of a device, whether or not it advertises now.
struct KnownDevice {
  Address address;
  std::string name{};  ///< empty where there is none
  std::string path{};  ///< what the system calls it: "/org/bluez/hci0/dev_A4_CF_12_34_56_78"; empty for a proxy
  std::optional<int8_t> rssi_dbm{};
  bool connected = false;  ///< by anybody
  bool bonded = false;
};

/// A radio that hears only needs the first half; the second has defaults that say so.
class Radio {
public:
  virtual ~Radio() = default;
  [[nodiscard]] virtual const RadioInfo& info() const noexcept = 0;
  [[nodiscard]] virtual ScanStatistics statistics() const noexcept = 0;

  /// Asks the radio's system what it knows, without scanning: after it, `info`, `slots`, `health` and the known devices are as they are. Scanning and
  /// connecting do it themselves. Cancellation: total.
  /// @throws RadioNotAvailable, TimedOut.
  [[nodiscard]] virtual awaitable<void> open(TimePoint deadline);

  /// Scans until it is cancelled or the source ends, as a recording does.
  /// @throws RadioNotAvailable, CaptureError  when the source fails; all that was heard before has been delivered.
  /// Cancellation: total; the radio has stopped scanning before the operation completes. `sink` must live as long.
  [[nodiscard]] virtual awaitable<void> scan(ScanOptions options, SightingSink& sink) = 0;

  /// Connects once; `establish_connection` (connect.hpp) tries again.
  /// @param device   the address with its kind, as it was heard.
  /// @param options  a variable with a name, see docs/decisions.md.
  /// @throws ConnectError of the class that fits, RadioNotAvailable.
  /// Cancellation: total; a link that was being made is closed, and its slot free, before the operation completes.
  [[nodiscard]] virtual awaitable<std::unique_ptr<Link>> connect(Address device, LinkOptions options);
  [[nodiscard]] virtual Slots slots() const { return {}; }
  /// Of a radio that can connect; what it does not know before it was opened it says no to.
  [[nodiscard]] virtual LinkAbilities abilities() const { return {}; }
  [[nodiscard]] virtual RadioHealth health() const { return {}; }

  /// What the radio's system knows of the device; nothing where it knows nothing.
  [[nodiscard]] virtual std::optional<KnownDevice> find_device(const Address&) const { return std::nullopt; }
  [[nodiscard]] virtual std::vector<KnownDevice> known_devices() const { return {}; }
  /// Completes when what `find_device` says of the device changes: its link comes up or goes, it is forgotten, it is back. Spurious
  /// wake-ups are allowed. Cancellation: total.
  [[nodiscard]] virtual awaitable<void> device_changed(Address device);
  /// Ends the device's link through this radio, whoever holds it. Waits for it, at most to the deadline. Does nothing where there is none.
  [[nodiscard]] virtual awaitable<void> close_connection(Address device, TimePoint deadline);
  /// The radio's system forgets the device: its services, its place in a list.
  /// @param bond_too  a bonded device is left alone unless this is set. @returns whether something was forgotten.
  [[nodiscard]] virtual awaitable<bool> forget(Address device, bool bond_too, TimePoint deadline);
  /// Whether the radio's system has a whole service table of the device that may be used instead of discovering it; true where the system sees to that
  /// itself.
  [[nodiscard]] virtual bool has_services(const Address&) const { return true; }
  /// The radio's system forgets the device's services, not the device. @returns whether there was something to forget.
  [[nodiscard]] virtual awaitable<bool> clear_services(Address device, TimePoint deadline);
  /// Brings back a radio that has gone silent: stops and starts its scan, or with `hard` resets the adapter or restarts the proxy's session.
  /// @throws RadioNotAvailable where that did not help.
  [[nodiscard]] virtual awaitable<void> recover(bool hard, TimePoint deadline);
};

/// Opens the radio of a spec. @throws UsageError (also for a world with several radios where the spec picks none), RadioNotAvailable,
/// CaptureError, ConfigError and ConfigMistakes (a world).
[[nodiscard]] std::unique_ptr<Radio> open_radio(const RadioSpec& spec, RadioId id, Clock& clock);
/// Opens all that the specs name: of a world all its radios, unless the spec picks one. Specs of one world share it.
/// Ids count up from 0. @throws as open_radio, and UsageError for a radio that is named twice.
[[nodiscard]] std::vector<std::unique_ptr<Radio>> open_radios(const std::vector<RadioSpec>& specs, Clock& clock);

}  // namespace moor
