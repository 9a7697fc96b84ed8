#pragma once
// A simulated world: radios in a place, devices that advertise, move, offer GATT and fail, and the air between them. Everything random
// in it comes from one seed, so the same world gives the same advertisements, values and faults each time.
//
// `WorldSpec` is the world as its file says it (docs/worlds.md); `World` is the world as it runs, in real or virtual time.

#include "moor/advertisement.hpp"
#include "moor/link.hpp"
#include "moor/radio.hpp"
#include "moor/value_format.hpp"

#include <filesystem>
#include <map>
#include <variant>

namespace moor::sim {

/// Metres.
struct Position {
  double x = 0;
  double y = 0;
  double z = 0;
  friend bool operator==(const Position&, const Position&) = default;
};

/// What the air does to a signal. The defaults are the chapter's: fading ±6 dB, a body 5 to 15 dB, the antenna's orientation ±10 dB.
struct Channel {
  double exponent = 2.5;            ///< of the path loss, 1 to 6
  double shadowing_db = 3;          ///< standard deviation of slow changes by place
  double shadowing_distance_m = 4;  ///< over which the shadowing loses most of its memory (Gudmundson's model: exp(-d / this))
  double fading_db = 6;             ///< ± from one packet to the next, of each channel by itself
  double orientation_db = 10;       ///< ± by how the device is turned, which changes with its direction of movement
  double body_min_db = 5;           ///< a body in between takes between these
  double body_max_db = 15;
  double body_share =
      0.15;            ///< of the time that somebody carrying or near the device is in between, for devices that are `carried`
  double wall_db = 5;  ///< of a wall that says nothing of itself
  double sensitivity_dbm = -96;  ///< below this a radio hears nothing
  bool collisions = true;        ///< packets on one channel at one time destroy each other, unless one is 6 dB stronger
};
struct Wall {
  Position from;  ///< x and y; it is as high as the room
  Position to;
  std::optional<double> loss_db{};
};

/// Something that befalls a radio.
struct RadioFault {
  enum class Kind : uint8_t {
    silent,  ///< it says that it scans, and hears nothing; a soft recovery does not help
    stuck,   ///< the same, until it is recovered
    dead,    ///< unplugged: scans and links end, connecting fails
    hang,    ///< connecting never answers
  };
  Kind kind = Kind::silent;
  Duration at{};                    ///< since the world's start
  std::optional<Duration> lasts{};  ///< without: for ever, or until recovered
  std::optional<Duration>
      every{};  ///< again and again: mean of an exponential time between ends and beginnings, if `random`, else exact
  bool random = false;
};
enum class RadioKind : uint8_t { adapter, proxy };  ///< whose ways and words it has: BlueZ's or an ESP32's
struct RadioEntry {
  std::string name;
  RadioKind kind = RadioKind::adapter;
  Position position;
  int slots = 5;
  Duration scan_interval = std::chrono::milliseconds(100);
  Duration scan_window = std::chrono::milliseconds(100);  ///< how long of each interval it listens; the rest it is deaf
  bool scans_while_connecting = true;                     ///< cheap controllers do not
  std::vector<RadioFault> faults{};
};

/// How a value changes. Numbers are put into bytes by the characteristic's format.
struct Constant {
  std::vector<uint8_t> bytes;
};
struct ConstantNumber {
  double value = 0;
};
struct Sine {
  double mean = 0;
  double amplitude = 1;
  Duration period = std::chrono::hours(24);
  double noise = 0;  ///< standard deviation
};
struct RandomWalk {
  double start = 0;
  double step = 1;  ///< standard deviation of one step
  Duration every = std::chrono::seconds(1);
  double min = -1e9;
  double max = 1e9;
};
struct Uniform {
  double min = 0;
  double max = 1;
  Duration every = std::chrono::seconds(1);
};
struct Counter {
  double start = 0;
  double step = 1;
  Duration every = std::chrono::seconds(1);
};
struct Script {
  struct Step {
    Duration at{};  ///< since the world's start
    std::vector<uint8_t> bytes;
    std::optional<double> number{};  ///< instead of bytes
  };
  std::vector<Step> steps;  ///< in the order of time; before the first, the first
  std::optional<Duration> repeat{};
};
using Value = std::variant<Constant, ConstantNumber, Sine, RandomWalk, Uniform, Counter, Script>;

struct Descriptor {
  Uuid uuid;
  std::vector<uint8_t> value;
  std::map<std::string, uint8_t> errors{};  ///< ATT codes that operations end with: "read", "write"
};
struct Characteristic {
  Uuid uuid;
  Properties properties{Property::read};
  Value value = Constant{};
  ValueFormat format = ValueFormat::parse("hex");  ///< of the numbers of `value`
  std::optional<Duration> notify_every{};          ///< to those who have subscribed
  bool needs_encryption = false;                   ///< 0x05 until paired
  std::map<std::string, uint8_t> errors{};         ///< ATT codes that operations end with: "read", "write", "subscribe"
  size_t max_size = 512;                           ///< of what may be written; more is 0x0D
  std::vector<Descriptor> descriptors{};
};
struct Service {
  Uuid uuid;
  bool primary = true;
  std::vector<Characteristic> characteristics{};
};

struct Advertising {
  Duration interval = std::chrono::seconds(1);  ///< to which 0 to 10 ms are added each time (Core 5.4, Vol 6, Part B, 4.4.2.2)
  bool extended = false;
  bool connectable = true;
  std::vector<uint8_t> payload{};  ///< AD bytes; built from name, services and beacon where the file gives none
  std::vector<uint8_t> scan_response{};
  /// Further payloads that take turns with the first, as beacons with several frames do.
  std::vector<std::vector<uint8_t>> more_payloads{};
  bool while_connected = false;
};

struct Waypoint {
  Duration at{};
  Position position;
};
/// A person in a shop: walks to a random place of the area, stays a while, walks on.
struct RandomWaypoint {
  Position min;
  Position max;
  double speed_min = 0.5;  ///< m/s
  double speed_max = 1.5;
  Duration stay_min = std::chrono::seconds(5);
  Duration stay_max = std::chrono::seconds(120);
};
using Movement = std::variant<Position, std::vector<Waypoint>, RandomWaypoint>;

/// Awake and asleep in turn. Asleep it neither advertises nor answers; a link ends with a supervision time-out.
struct Sleep {
  Duration awake{};
  Duration asleep{};
  bool random = false;                            ///< exponential times with these means
  bool only_when_idle = false;                    ///< it does not fall asleep while connected
  std::optional<Duration> awake_after_connect{};  ///< falls asleep so long after a link is made
};

/// Something that goes wrong with a device. With a `chance` it is drawn for each occasion, else it happens `times` times from `at` on.
struct DeviceFault {
  enum class Kind : uint8_t {
    connect_error,     ///< connecting fails with `reason` and `text` after `after`
    connect_timeout,   ///< no answer within the time that the caller gave
    connect_hang,      ///< connecting never ends, whatever time was given
    removed,           ///< the radio's system forgets the device while it is being connected
    services_late,     ///< discovery takes `after` longer
    services_missing,  ///< discovery fails: services_incomplete
    services_wrong,    ///< the table lacks its last service, this time
    services_changed,  ///< from now on the table is another one (handles moved), and Service Changed is indicated
    drop,              ///< the link is lost, with `close`; `at` counts from the link's beginning if `every` is not set
    reboot,            ///< lost for `after`: no link, no advertising
    operation_error,   ///< a read or write is refused with `att_code`
    operation_hang,    ///< a read or write is never answered
    notification_lost,
    notification_doubled,
  };
  Kind kind = Kind::drop;
  ConnectReason reason = ConnectReason::unknown;
  std::string text{};  ///< the system's words; by the radio's kind where empty
  CloseReason close = CloseReason::supervision_timeout;
  uint8_t att_code = 0x0E;
  Duration at{};  ///< since the world's start
  Duration after{};
  std::optional<double> chance{};  ///< 0 to 1 for each occasion
  std::optional<int> times{};      ///< how often at most; without, without end
  std::optional<Duration>
      every{};  ///< for what comes by itself (drop, reboot, services_changed): mean time between two, exponential if `random`
  bool random = false;
  std::string radio{};  ///< only over this radio
};

struct DeviceEntry {
  std::string name;  ///< in the world and, where `advertise_name` is set, in the air
  Address address;
  Movement movement = Position{};
  double rssi_at_1m_dbm = -59;
  bool carried = false;  ///< by a person, whose body is in between now and then
  bool bonds = true;     ///< accepts pairing
  PairingMethod pairing =
      PairingMethod::just_works;  ///< seen from the central: with `passkey_entry` the device shows its passkey
  uint32_t passkey = 0;  ///< 0 to `max_passkey`: what it shows, or what somebody types on it who cannot see the central's screen
  std::optional<Advertising> advertising = Advertising{};  ///< none: it can only be connected by who knows it
  std::vector<Service> services{};
  uint16_t mtu = 247;
  ConnectionInterval connection_interval{24};  ///< of a new link: each request and answer takes two of them
  std::optional<Sleep> sleep{};
  std::vector<DeviceFault> faults{};
  bool has_service_changed = false;  ///< offers the generic attribute service with Service Changed
  bool has_database_hash = false;    ///< and with Database Hash
};

struct WorldSpec {
  std::string name = "world";
  uint64_t seed = 1;
  WallTime start{std::chrono::sys_days(std::chrono::year(2026) / 1 / 1)};  ///< of virtual time
  Channel channel;
  std::vector<Wall> walls;
  std::vector<RadioEntry> radios;
  std::vector<DeviceEntry> devices;  ///< with `count` each is there that often, see docs/worlds.md
};

/// @param name  what mistakes call the text, such as the file's name.
/// @throws ConfigMistakes  with everything that is wrong: line, key, remedy.
[[nodiscard]] WorldSpec parse_world(std::string_view text, const std::string& name);
/// @throws ConfigError if the file cannot be read or is over 1 MiB, ConfigMistakes if it is wrong.
[[nodiscard]] WorldSpec load_world(const std::filesystem::path& path);

/// What really happened, for tests and for comparing what a program found with the truth.
struct DeviceTruth {
  Duration reachable{};         ///< awake and powered, up to now
  uint64_t advertisements = 0;  ///< sent while a radio scanned, in events of three packets
  uint64_t connects = 0;        ///< links made
  uint64_t connect_attempts = 0;
  uint64_t drops = 0;               ///< links that ended otherwise than by the central
  uint64_t notifications = 0;       ///< sent
  uint64_t notifications_lost = 0;  ///< of those: by faults, or since more were to be sent than a device can keep
  bool connected = false;
};

class World {
public:
  /// Begins at the clock's present moment; `clock` must outlive it and all its radios. Links and radios may outlive the world object.
  World(Clock& clock, WorldSpec spec);
  ~World();

  [[nodiscard]] const WorldSpec& spec() const noexcept;
  /// A radio of the world by its name. Each may be made once. @throws UsageError for a name that is not there, or was made already.
  [[nodiscard]] std::unique_ptr<Radio> make_radio(std::string_view name, RadioId id);
  /// @param info_name  what its RadioInfo calls it; "sim:WORLD/NAME" where not given, "sim:WORLD" of a world with one radio.
  [[nodiscard]] std::unique_ptr<Radio> make_radio(std::string_view name, RadioId id, std::string info_name);

  // What a test does to the world beside what its file says. Each throws UsageError for a name or address that is not there.
  void drop_link(const Address& device, CloseReason reason);
  /// Lets a device vanish, and come back.
  void set_present(const Address& device, bool present);
  /// The value that reads give from now on and that subscribers are sent now.
  void set_value(const Address& device, const CharacteristicName& characteristic, std::vector<uint8_t> value);
  /// What was last written to it, or its value.
  [[nodiscard]] std::vector<uint8_t> value(const Address& device, const CharacteristicName& characteristic) const;
  void add_fault(const Address& device, DeviceFault fault);
  void add_fault(std::string_view radio, RadioFault fault);
  /// The system of the radio forgets the device, as bluetoothd does some time after a scan.
  void forget(std::string_view radio, const Address& device);

  [[nodiscard]] DeviceTruth truth(const Address& device) const;
  [[nodiscard]] Position position(const Address& device, TimePoint t) const;
  /// Mean RSSI of the place: with distance, walls and shadowing, without fading, the antenna's orientation and bodies.
  [[nodiscard]] double mean_rssi_dbm(std::string_view radio, const Address& device, TimePoint t) const;

private:
  std::shared_ptr<class State> state_;
};

}  // namespace moor::sim
