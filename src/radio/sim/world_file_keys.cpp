// The keys of a place, its radios and its devices; those of what devices offer over GATT are in world_file_gatt_keys.cpp.

#include "radio/sim/world_file_bounds.hpp"

#include <array>

namespace moor::sim {

namespace {

constexpr Bounds decibels = {"dB", 0, 100};
constexpr Bounds ten_thousand_bytes = {"", 0, 10'000};
constexpr Bounds sixteen_bits = {"", 0, 65535};

constexpr Key<WorldDraft> world_keys[] = {
    {"name", {"", 1, 64}, "What the world is called.", field<&WorldDraft::spec, &WorldSpec::name>},
    {"seed",
     {"", 0, 9e15},
     "Of everything random: the same seed gives the same world each time.",
     field<&WorldDraft::spec, &WorldSpec::seed>},
    {"start", none, "What the calendar says when virtual time begins.", field<&WorldDraft::spec, &WorldSpec::start>},
    {"channel", none, "See `[channel]`.", field<&WorldDraft::channel>},
    {"wall", none, "See `[[wall]]`.", field<&WorldDraft::walls>},
    {"radio", none, "See `[[radio]]`; without any there is one named \"radio\" at [0, 0].", field<&WorldDraft::radios>},
    {"device", none, "See `[[device]]`.", field<&WorldDraft::devices>},
};
constexpr Key<Channel> channel_keys[] = {
    {"exponent", {"", 1, 6}, "Path loss: 2 in the open, 2.5 to 4 indoors.", field<&Channel::exponent>},
    {"shadowing_db", decibels, "Standard deviation of what changes from place to place.", field<&Channel::shadowing_db>},
    {"shadowing_distance_m",
     {"m", 0.1, 1000},
     "Over this distance the shadowing becomes another.",
     field<&Channel::shadowing_distance_m>},
    {"fading_db", decibels, "Plus or minus so much from packet to packet.", field<&Channel::fading_db>},
    {"orientation_db", decibels, "Plus or minus so much by how the device is turned.", field<&Channel::orientation_db>},
    {"body_min_db", decibels, "A body in between takes at least so much.", field<&Channel::body_min_db>},
    {"body_max_db", decibels, "And at most so much.", field<&Channel::body_max_db>},
    {"body_share",
     {"", 0, 1},
     "Share of the time that a body is in between, for devices that are `carried`.",
     field<&Channel::body_share>},
    {"wall_db", decibels, "What a wall takes that does not say so itself.", field<&Channel::wall_db>},
    {"sensitivity_dbm", {"dBm", -150, 0}, "Below this a radio hears nothing.", field<&Channel::sensitivity_dbm>},
    {"collisions", none, "Whether packets at one time on one channel destroy each other.", field<&Channel::collisions>},
};
constexpr Key<Wall> wall_keys[] = {
    {"from", none, "One end.", field<&Wall::from>, Need::required},
    {"to", none, "The other end.", field<&Wall::to>, Need::required},
    {"loss_db", decibels, "What it takes from a signal that passes through; unset, `channel.wall_db`.", field<&Wall::loss_db>},
};
constexpr Key<RadioDraft> radio_keys[] = {
    {"name",
     {"", 1, 64},
     "By which specs (`sim:WORLD.toml?radio=hall`) and faults name it.",
     field<&RadioDraft::entry, &RadioEntry::name>,
     Need::required},
    {"kind", none, "Whose ways and words it has: those of an adapter under BlueZ, or of an ESP32 as a proxy.",
     field<&RadioDraft::entry, &RadioEntry::kind>},
    {"position", none, "Where it is.", field<&RadioDraft::entry, &RadioEntry::position>},
    {"slots", {"", 1, 1000}, "Connections that it can have at a time.", field<&RadioDraft::entry, &RadioEntry::slots>},
    {"scan_interval",
     {"", 0.0025, 10.24},
     "It scans anew so often, each time on the next of the three channels.",
     field<&RadioDraft::entry, &RadioEntry::scan_interval>},
    {"scan_window",
     {"", 0.0025, 10.24},
     "How long of each interval it listens.",
     field<&RadioDraft::entry, &RadioEntry::scan_window>},
    {"scans_while_connecting", none, "Cheap controllers do not.", field<&RadioDraft::entry, &RadioEntry::scans_while_connecting>},
    {"fault", none, "See `[[radio.fault]]`.", field<&RadioDraft::faults>},
};
constexpr Key<RadioFault> radio_fault_keys[] = {
    {"kind", none,
     "silent: scans and hears nothing until a hard recovery; stuck: until any recovery; dead: unplugged; hang: connecting never "
     "answers.",
     field<&RadioFault::kind>, Need::required},
    {"at", any_time, "When it begins, from the world's start.", field<&RadioFault::at>},
    {"lasts", period, "How long; unset, for ever or until recovered.", field<&RadioFault::lasts>},
    {"every", period, "Again and again, so long after it was over.", field<&RadioFault::every>},
    {"random", none, "Whether `every` is the mean of random times.", field<&RadioFault::random>},
};
constexpr Key<DeviceDraft> device_keys[] = {
    {"name",
     {"", 1, 248},
     "In the world, and in the air unless `advertising.name` says otherwise.",
     field<&DeviceDraft::name>,
     Need::required},
    {"count",
     {"", 1, 100'000},
     "So many of them. Addresses count up; `{n}` in a text is the number from 1, `{n:04x}` as four hexadecimal digits.",
     field<&DeviceDraft::count>},
    {"address", none, "Of the first of them; unset, a random static one of the world's own.", field<&DeviceDraft::address>},
    {"address_type", none, "Whether the address is public or random; its first bits say of which kind a random one is.",
     field<&DeviceDraft::address_type>},
    {"position", none, "Where it stands. One of `position`, `area`, `path` and `walk`; unset, at [0, 0].",
     field<&DeviceDraft::position>},
    {"area", none, "It stands somewhere in this area, drawn from the seed.", field<&DeviceDraft::area>},
    {"path", none, "It moves: a list of `{at = \"10 s\", position = [1, 2]}`, see `device.path`.", field<&DeviceDraft::path>},
    {"walk", none, "It walks about as a customer does, see `[device.walk]`.", field<&DeviceDraft::walk>},
    {"stagger", any_time, "Of a `path` with `count`: each copy begins so much after the one before.",
     field<&DeviceDraft::stagger>},
    {"rssi_at_1m_dbm", {"dBm", -127, 20}, "How loud it is at 1 m.", field<&DeviceDraft::entry, &DeviceEntry::rssi_at_1m_dbm>},
    {"carried", none, "By a person, whose body is in between now and then.", field<&DeviceDraft::entry, &DeviceEntry::carried>},
    {"bonds", none, "Whether it accepts pairing.", field<&DeviceDraft::entry, &DeviceEntry::bonds>},
    {"pairing", none, "How it pairs, as a central sees it, see [Pairing](#pairing).",
     field<&DeviceDraft::entry, &DeviceEntry::pairing>},
    {"passkey",
     {"", 0, max_passkey},
     "The six digits of passkey entry and passkey display, without zeros before them.",
     field<&DeviceDraft::passkey>},
    {"mtu", {"bytes", 23, 517}, "The largest ATT packet that it takes.", field<&DeviceDraft::entry, &DeviceEntry::mtu>},
    {"connection_interval",
     {"", 0.0075, 4},
     "Of a new link: each request and answer takes two of them.",
     field<&DeviceDraft::entry, &DeviceEntry::connection_interval>},
    {"has_service_changed", none, "Whether it offers Service Changed, and so tells of a new table.",
     field<&DeviceDraft::entry, &DeviceEntry::has_service_changed>},
    {"has_database_hash", none, "Whether it offers the Database Hash.",
     field<&DeviceDraft::entry, &DeviceEntry::has_database_hash>},
    {"advertising", none, "See `[device.advertising]`; `false` for a device that does not advertise.",
     field<&DeviceDraft::advertising>},
    {"service", none, "See `[[device.service]]`.", field<&DeviceDraft::services>},
    {"sleep", none, "See `[device.sleep]`.", field<&DeviceDraft::sleep>},
    {"fault", none, "See `[[device.fault]]`.", field<&DeviceDraft::faults>},
};
constexpr Key<Waypoint> waypoint_keys[] = {
    {"at", any_time, "When it is there, from the world's start; before the first and after the last it stands.",
     field<&Waypoint::at>, Need::required},
    {"position", none, "Where; between two it moves evenly.", field<&Waypoint::position>, Need::required},
};
constexpr Key<WalkDraft> walk_keys[] = {
    {"area", none, "Where it walks.", field<&WalkDraft::area>, Need::required},
    {"speed", {"m/s", 0.01, 100}, "From one place to the next, drawn from this range.", field<&WalkDraft::speed>},
    {"stay", any_time, "At each place, drawn from this range.", field<&WalkDraft::stay>},
};
constexpr Key<AdvertisingDraft> advertising_keys[] = {
    {"interval",
     {"", 0.02, 10.24},
     "From one event to the next; 0 to 10 ms come to it each time.",
     field<&AdvertisingDraft::entry, &Advertising::interval>},
    {"extended", none, "Extended advertising, with up to 1650 bytes.", field<&AdvertisingDraft::entry, &Advertising::extended>},
    {"connectable", none, "Whether it can be connected while it advertises.",
     field<&AdvertisingDraft::entry, &Advertising::connectable>},
    {"while_connected", none, "Whether it goes on advertising while it is connected.",
     field<&AdvertisingDraft::entry, &Advertising::while_connected>},
    {"payload", ten_thousand_bytes, "The AD bytes as hexadecimal digits, instead of all that follows.",
     field<&AdvertisingDraft::payload>},
    {"scan_response", ten_thousand_bytes, "Those of the scan response, as they are.", field<&AdvertisingDraft::scan_response>},
    {"name",
     {"", 0, 248},
     "In the air; unset, the device's name, of a beacon none; empty, none.",
     field<&AdvertisingDraft::name>},
    {"flags", {"", 0, 255}, "6 is general discoverable without BR/EDR.", field<&AdvertisingDraft::flags>},
    {"services", none, "The services that it lists.", field<&AdvertisingDraft::services>},
    {"tx_power", {"dBm", -127, 20}, "The transmit power that it tells.", field<&AdvertisingDraft::tx_power>},
    {"appearance", sixteen_bits, "What it looks like, as the SIG numbers it.", field<&AdvertisingDraft::appearance>},
    {"manufacturer", none, "See `[[device.advertising.manufacturer]]`.", field<&AdvertisingDraft::manufacturer>},
    {"service_data", none, "See `[[device.advertising.service_data]]`.", field<&AdvertisingDraft::service_data>},
    {"beacon", none, "See `[[device.advertising.beacon]]`; several take turns.", field<&AdvertisingDraft::beacons>},
};
constexpr Key<ManufacturerDraft> manufacturer_keys[] = {
    {"company", sixteen_bits, "Whose data: 76 is Apple, 0x004C the same.", field<&ManufacturerDraft::company>, Need::required},
    {"data", ten_thousand_bytes, "What follows it, as hexadecimal digits.", field<&ManufacturerDraft::data>, Need::required},
};
constexpr Key<ServiceDataDraft> service_data_keys[] = {
    {"uuid", none, "Of which service.", field<&ServiceDataDraft::uuid>, Need::required},
    {"data", ten_thousand_bytes, "What follows it, as hexadecimal digits.", field<&ServiceDataDraft::data>, Need::required},
};
constexpr Key<FrameDraft> frame_keys[] = {
    {"type", none, "What it sends.", field<&FrameDraft::type>, Need::required},
    {"uuid", {"", 1, 64}, "iBeacon: whose beacon.", field<&FrameDraft::uuid>},
    {"major", {"", 1, 64}, "iBeacon: which group, 0 to 65535 (0).", field<&FrameDraft::major>},
    {"minor", {"", 1, 64}, "iBeacon: which of the group, 0 to 65535 (0).", field<&FrameDraft::minor>},
    {"company", sixteen_bits, "AltBeacon: in whose manufacturer data it travels.", field<&FrameDraft::company>},
    {"id", {"", 1, 100}, "AltBeacon: who it is, 20 bytes as hexadecimal digits.", field<&FrameDraft::id>},
    {"namespace", {"", 1, 100}, "Eddystone-UID: whose beacon, 10 bytes as hexadecimal digits.", field<&FrameDraft::namespace_id>},
    {"instance", {"", 1, 100}, "Eddystone-UID: which of them, 6 bytes as hexadecimal digits.", field<&FrameDraft::instance>},
    {"url", {"", 1, 200}, "Eddystone-URL: the address.", field<&FrameDraft::url>},
    {"power",
     {"dBm", -128, 86},
     "What it says that it is heard at 1 m; unset, the device's `rssi_at_1m_dbm`.",
     field<&FrameDraft::power>},
    {"battery_mv", {"mV", 1, 65535}, "Eddystone-TLM: unset, none.", field<&FrameDraft::battery_mv>},
    {"temperature", {"°C", -127.99, 127.99}, "Eddystone-TLM: unset, none.", field<&FrameDraft::temperature>},
    {"adverts", {"", 0, 4294967295}, "Eddystone-TLM: advertisements since power-on.", field<&FrameDraft::adverts>},
    {"uptime", {"", 0, 429'496'729.5}, "Eddystone-TLM: since power-on.", field<&FrameDraft::uptime>},
    {"readings", none, "BTHome and RuuviTag: what is measured, as `moor encode --reading` takes it.",
     field<&FrameDraft::readings>},
};
constexpr Key<Sleep> sleep_keys[] = {
    {"awake", period, "How long it is awake.", field<&Sleep::awake>, Need::required},
    {"asleep", period, "How long it is asleep.", field<&Sleep::asleep>, Need::required},
    {"random", none, "Whether these are the means of random times.", field<&Sleep::random>},
    {"only_when_idle", none, "Whether it stays awake while it is connected.", field<&Sleep::only_when_idle>},
    {"awake_after_connect", period, "It falls asleep so long after a link is made.", field<&Sleep::awake_after_connect>},
};
constexpr Key<DeviceFaultDraft> device_fault_keys[] = {
    {"kind", none, "What goes wrong, see below.", field<&DeviceFaultDraft::entry, &DeviceFault::kind>, Need::required},
    {"at", any_time, "When it begins, from the world's start; of a drop without `every`, from the link's.",
     field<&DeviceFaultDraft::entry, &DeviceFault::at>},
    {"after", any_time, "How long connecting takes to fail, discovery takes longer, or a reboot lasts.",
     field<&DeviceFaultDraft::entry, &DeviceFault::after>},
    {"chance",
     {"", 0, 1},
     "Drawn for each occasion; without it each one is meant, up to `times`.",
     field<&DeviceFaultDraft::entry, &DeviceFault::chance>},
    {"times",
     {"", 1, 1'000'000'000},
     "How often at most; unset, without end.",
     field<&DeviceFaultDraft::entry, &DeviceFault::times>},
    {"every", period, "Of drop, reboot and services changed: time from one to the next, the first so long after `at`.",
     field<&DeviceFaultDraft::entry, &DeviceFault::every>},
    {"random", none, "Whether `every` is the mean of random times.", field<&DeviceFaultDraft::entry, &DeviceFault::random>},
    {"radio", {"", 0, 64}, "Only over this radio; empty, over each.", field<&DeviceFaultDraft::entry, &DeviceFault::radio>},
    {"reason", none, "Of connect error: why.", field<&DeviceFaultDraft::entry, &DeviceFault::reason>},
    {"text",
     {"", 0, 1000},
     "Of connect error: the system's words; empty, those that the radio's kind has for the reason.",
     field<&DeviceFaultDraft::entry, &DeviceFault::text>},
    {"close", none, "Of drop: why the link ends.", field<&DeviceFaultDraft::entry, &DeviceFault::close>},
    {"att_code", att_code, "Of operation error.", field<&DeviceFaultDraft::att_code>},
};

}  // namespace

template <>
const Section<WorldDraft>& section_of() noexcept {
  static constexpr Section<WorldDraft> section = {"", "At the top of the file", "The world.", world_keys};
  return section;
}
template <>
const Section<Channel>& section_of() noexcept {
  static constexpr Section<Channel> section = {"channel", "[channel]", "What the air does to a signal.", channel_keys};
  return section;
}
template <>
const Section<Wall>& section_of() noexcept {
  static constexpr Section<Wall> section = {"wall", "[[wall]]", "A wall, as high as the room.", wall_keys};
  return section;
}
template <>
const Section<RadioDraft>& section_of() noexcept {
  static constexpr Section<RadioDraft> section = {"radio", "[[radio]]", "A radio of the world; once for each.", radio_keys};
  return section;
}
template <>
const Section<RadioFault>& section_of() noexcept {
  static constexpr Section<RadioFault> section = {"radio.fault", "[[radio.fault]]", "Something that befalls the radio before it.",
                                                  radio_fault_keys};
  return section;
}
template <>
const Section<DeviceDraft>& section_of() noexcept {
  static constexpr Section<DeviceDraft> section = {"device", "[[device]]",
                                                   "A device; once for each, or once for many with `count`.", device_keys};
  return section;
}
template <>
const Section<Waypoint>& section_of() noexcept {
  static constexpr Section<Waypoint> section = {"device.path", "device.path", "A moment of the path.", waypoint_keys};
  return section;
}
template <>
const Section<WalkDraft>& section_of() noexcept {
  static constexpr Section<WalkDraft> section = {"device.walk", "[device.walk]",
                                                 "To a random place of the area, stays a while, walks on.", walk_keys};
  return section;
}
template <>
const Section<AdvertisingDraft>& section_of() noexcept {
  static constexpr Section<AdvertisingDraft> section = {"device.advertising", "[device.advertising]",
                                                        "What it advertises. What does not fit into 31 bytes goes to the scan "
                                                        "response: the name first, then the others from the end.",
                                                        advertising_keys};
  return section;
}
template <>
const Section<ManufacturerDraft>& section_of() noexcept {
  static constexpr Section<ManufacturerDraft> section = {"device.advertising.manufacturer", "[[device.advertising.manufacturer]]",
                                                         "Manufacturer data.", manufacturer_keys};
  return section;
}
template <>
const Section<ServiceDataDraft>& section_of() noexcept {
  static constexpr Section<ServiceDataDraft> section = {"device.advertising.service_data", "[[device.advertising.service_data]]",
                                                        "Service data.", service_data_keys};
  return section;
}
template <>
const Section<FrameDraft>& section_of() noexcept {
  static constexpr Section<FrameDraft> section = {
      "device.advertising.beacon", "[[device.advertising.beacon]]",
      "A frame that moor encodes. What `{n}` makes of a text is read after it is replaced.", frame_keys};
  return section;
}
template <>
const Section<Sleep>& section_of() noexcept {
  static constexpr Section<Sleep> section = {
      "device.sleep", "[device.sleep]",
      "Awake and asleep in turn. Asleep it neither advertises nor answers; a link ends with a supervision timeout.", sleep_keys};
  return section;
}
template <>
const Section<DeviceFaultDraft>& section_of() noexcept {
  static constexpr Section<DeviceFaultDraft> section = {
      "device.fault", "[[device.fault]]", "Something that goes wrong with the device before it.", device_fault_keys};
  return section;
}

}  // namespace moor::sim
