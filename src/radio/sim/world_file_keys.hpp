#pragma once
// The keys of a world's file: one table for each of its sections, from which reading, checking and the reference in docs/worlds.md are made,
// so that none of them can disagree.

#include "moor/world.hpp"
#include "toml/value.hpp"

#include <type_traits>

namespace moor::sim {

using config::Bounds;

/// A table or a list that has a section of its own; null where it is not given.
using Node = const toml::node*;

struct Area {
  Position min;
  Position max;
};
struct Range {
  double least = 0;
  double most = 0;
};
struct DurationRange {
  Duration least{};
  Duration most{};
};
/// A text that may differ from copy to copy of a device, see `Pattern::text`.
struct Pattern {
  std::string form{};
  toml::source_position at{};  ///< of the value in the file

  [[nodiscard]] bool is_given() const noexcept { return at.line != 0; }
  /// `{n}` is the copy's number from 1, `{n:04x}` the same as hexadecimal digits, here four.
  [[nodiscard]] std::string text(size_t n) const;
};

enum class AddressType : uint8_t { public_, random };
enum class FrameType : uint8_t { ibeacon, altbeacon, eddystone_uid, eddystone_url, eddystone_tlm, bthome, ruuvi5 };

// What the sections are read into, where that is not the part of the world itself.
struct WorldDraft {
  WorldSpec spec{};
  Node channel = nullptr, walls = nullptr, radios = nullptr, devices = nullptr;
};
struct RadioDraft {
  RadioEntry entry{};
  Node faults = nullptr;
};
struct DeviceDraft {
  Pattern name{};
  size_t count = 1;
  std::optional<Address> address{};
  AddressType address_type = AddressType::public_;
  std::optional<Position> position{};
  std::optional<Area> area{};
  Duration stagger{};
  std::optional<int> passkey{};
  DeviceEntry entry{};
  Node path = nullptr, walk = nullptr, advertising = nullptr, services = nullptr, sleep = nullptr, faults = nullptr;
};
struct WalkDraft {
  Area area{};
  Range speed{RandomWaypoint().speed_min, RandomWaypoint().speed_max};
  DurationRange stay{RandomWaypoint().stay_min, RandomWaypoint().stay_max};
};
struct AdvertisingDraft {
  Advertising entry{};
  Pattern payload{}, scan_response{}, name{};
  std::vector<Uuid> services{};
  std::optional<int> tx_power{};
  std::optional<int> appearance{};
  int flags = 6;
  Node beacons = nullptr, manufacturer = nullptr, service_data = nullptr;
};
struct ManufacturerDraft {
  int company = 0;
  Pattern data{};
};
struct ServiceDataDraft {
  Uuid uuid{};
  Pattern data{};
};
struct FrameDraft {
  FrameType type = FrameType::ibeacon;
  Pattern uuid{}, major{}, minor{}, id{}, namespace_id{}, instance{}, url{};
  std::optional<int> power{};
  int company = 0x0118;  // Radius Networks, who wrote AltBeacon
  std::optional<int> battery_mv{};
  std::optional<double> temperature{};
  size_t adverts = 0;
  Duration uptime{};
  std::vector<Pattern> readings{};
};
struct ServiceDraft {
  Service entry{};
  Node characteristics = nullptr;
};
struct CharacteristicDraft {
  Characteristic entry{};
  Node value = nullptr, errors = nullptr, descriptors = nullptr;
};
struct ErrorsDraft {
  std::optional<int> read{}, write{}, subscribe{};
};
struct DescriptorDraft {
  Descriptor entry{};
  Node errors = nullptr;
};
struct DescriptorErrorsDraft {
  std::optional<int> read{}, write{};
};
struct ValueDraft {
  std::optional<std::vector<uint8_t>> hex{};
  Node sine = nullptr, walk = nullptr, uniform = nullptr, counter = nullptr, script = nullptr;
};
struct ScriptDraft {
  Node steps = nullptr;
  std::optional<Duration> repeat{};
};
struct StepDraft {
  Duration at{};
  Node value = nullptr;
};
struct DeviceFaultDraft {
  DeviceFault entry{};
  int att_code = 0x0E;
};

/// Where a key's value lies; its type is the key's type.
using Field = std::variant<bool*, int*, uint16_t*, size_t*, double*, std::optional<int>*, std::optional<double>*, std::string*,
                           Uuid*, std::vector<Uuid>*, std::optional<Address>*, Duration*, std::optional<Duration>*, Position*,
                           std::optional<Position>*, Area*, std::optional<Area>*, Range*, DurationRange*, ValueFormat*,
                           Properties*, ConnectionInterval*, WallTime*, std::vector<uint8_t>*,
                           std::optional<std::vector<uint8_t>>*, Pattern*, std::vector<Pattern>*, RadioKind*, RadioFault::Kind*,
                           DeviceFault::Kind*, ConnectReason*, CloseReason*, PairingMethod*, AddressType*, FrameType*, Node*>;

enum class Need : uint8_t { optional, required };

template <typename Owner>
struct Key {
  std::string_view name;
  Bounds bounds;             ///< of a number; of a length of time in seconds; the bytes of a text
  std::string_view meaning;  ///< a sentence or two
  Field (*field)(Owner&);
  Need need = Need::optional;
};

template <typename Owner>
struct Section {
  std::string_view path;     ///< as mistakes name it, "device.advertising"; empty for the top of the file
  std::string_view heading;  ///< as the file has it, "[device.advertising]"
  std::string_view meaning;
  std::span<const Key<Owner>> keys;
};

template <typename Owner>
[[nodiscard]] const Section<Owner>& section_of() noexcept;

// In the order of the reference.
template <>
[[nodiscard]] const Section<WorldDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Channel>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Wall>& section_of() noexcept;
template <>
[[nodiscard]] const Section<RadioDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<RadioFault>& section_of() noexcept;
template <>
[[nodiscard]] const Section<DeviceDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Waypoint>& section_of() noexcept;
template <>
[[nodiscard]] const Section<WalkDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<AdvertisingDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ManufacturerDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ServiceDataDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<FrameDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ServiceDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<CharacteristicDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ErrorsDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<DescriptorDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<DescriptorErrorsDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ValueDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Sine>& section_of() noexcept;
template <>
[[nodiscard]] const Section<RandomWalk>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Uniform>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Counter>& section_of() noexcept;
template <>
[[nodiscard]] const Section<ScriptDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<StepDraft>& section_of() noexcept;
template <>
[[nodiscard]] const Section<Sleep>& section_of() noexcept;
template <>
[[nodiscard]] const Section<DeviceFaultDraft>& section_of() noexcept;

/// Calls `visit(section)` for each of them in that order.
template <typename Visit>
void for_each_section(Visit&& visit) {
  const auto each = [&]<typename... Owners>(std::type_identity<std::tuple<Owners...>>) { (visit(section_of<Owners>()), ...); };
  each(std::type_identity<std::tuple<WorldDraft, Channel, Wall, RadioDraft, RadioFault, DeviceDraft, Waypoint, WalkDraft,
                                     AdvertisingDraft, ManufacturerDraft, ServiceDataDraft, FrameDraft, ServiceDraft,
                                     CharacteristicDraft, ErrorsDraft, DescriptorDraft, DescriptorErrorsDraft, ValueDraft, Sine,
                                     RandomWalk, Uniform, Counter, ScriptDraft, StepDraft, Sleep, DeviceFaultDraft>>());
}

/// What a key takes, in words: "a number from 1 to 6".
[[nodiscard]] std::string expected(const Field& field, const Bounds& bounds);
/// A field's value as TOML; empty where none is set.
[[nodiscard]] std::string value_text(const Field& field);
/// A length of time as the file would have it: "100 ms", exactly.
[[nodiscard]] std::string time_text(Duration duration);
/// Takes a value over. @param unit  of a length of time where the key's name has it ("interval_ms"), else empty.
[[nodiscard]] config::Objected take(const Field& field, const Bounds& bounds, const toml::node& node, std::string_view unit);

/// The reference of all keys as Markdown tables, as docs/worlds.md has it.
[[nodiscard]] std::string world_reference();

}  // namespace moor::sim

namespace moor::config {

template <>
[[nodiscard]] std::span<const std::string_view> names_of<sim::RadioKind>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<sim::RadioFault::Kind>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<sim::DeviceFault::Kind>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<ConnectReason>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<CloseReason>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<PairingMethod>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<sim::AddressType>() noexcept;
template <>
[[nodiscard]] std::span<const std::string_view> names_of<sim::FrameType>() noexcept;

}  // namespace moor::config
