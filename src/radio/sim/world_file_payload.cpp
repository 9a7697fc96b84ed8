// The advertisements of a world's devices: bytes as the file has them, or made from what they are to say.

#include "beacon/reading_text.hpp"
#include "moor/beacon.hpp"
#include "moor/bthome.hpp"
#include "radio/sim/world_file_read.hpp"

#include <charconv>
#include <cmath>

namespace moor::sim {

namespace {

constexpr std::string_view section = "device.advertising";
constexpr std::string_view beacon_section = "device.advertising.beacon";
constexpr size_t legacy_size = 31;
// What a chain of packets may carry (Core 5.4, Vol 6, Part B, 4.4.2.4), and what one packet that can be connected has room for.
constexpr size_t extended_size = 1650, extended_connectable_size = 245;

// Keys that a frame type uses beside `type`.
std::span<const std::string_view> keys_of(FrameType type) {
  static constexpr std::string_view ibeacon[] = {"uuid", "major", "minor", "power"};
  static constexpr std::string_view altbeacon[] = {"company", "id", "power"};
  static constexpr std::string_view uid[] = {"namespace", "instance", "power"};
  static constexpr std::string_view url[] = {"url", "power"};
  static constexpr std::string_view tlm[] = {"battery_mv", "temperature", "adverts", "uptime"};
  static constexpr std::string_view readings[] = {"readings"};
  switch (type) {
    case FrameType::ibeacon: return ibeacon;
    case FrameType::altbeacon: return altbeacon;
    case FrameType::eddystone_uid: return uid;
    case FrameType::eddystone_url: return url;
    case FrameType::eddystone_tlm: return tlm;
    case FrameType::bthome:
    case FrameType::ruuvi5: break;
  }
  return readings;
}

// A value that is wrong after {n} has been replaced.
struct WrongText {
  const Pattern& pattern;
  std::string_view key;
  std::string text;
  std::string remedy;
};

std::vector<uint8_t> hex_of(const Pattern& pattern, std::string_view key, size_t n, size_t size = 0) {
  const std::string text = pattern.text(n);
  const auto bytes = from_hex(text);
  if (!bytes || (size != 0 && bytes->size() != size))
    throw WrongText{pattern, key, text,
                    size == 0 ? "use hexadecimal digits" : fmt::format("use {} hexadecimal digits", size * 2)};
  return *bytes;
}

template <size_t size>
std::array<uint8_t, size> array_of(const Pattern& pattern, std::string_view key, size_t n) {
  const std::vector<uint8_t> bytes = hex_of(pattern, key, n, size);
  std::array<uint8_t, size> array{};
  std::ranges::copy(bytes, array.begin());
  return array;
}

uint16_t number_of(const Pattern& pattern, std::string_view key, size_t n) {
  if (!pattern.is_given()) return 0;
  const std::string text = pattern.text(n);
  uint16_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (error != std::errc() || end != text.data() + text.size())
    throw WrongText{pattern, key, text, "use a whole number from 0 to 65535, or \"{n}\""};
  return number;
}

class FrameBuilder {
public:
  FrameBuilder(const FrameDraft& draft, const DeviceEntry& device, size_t n) : draft_(draft), device_(device), n_(n) {}

  /// @throws WrongText, UsageError, std::length_error.
  void add_to(AdvertisementBuilder& builder) const {
    switch (draft_.type) {
      case FrameType::ibeacon: return encode(ibeacon(), builder);
      case FrameType::altbeacon:
        return encode(AltBeacon{.company = static_cast<uint16_t>(draft_.company),
                                .id = array_of<20>(draft_.id, "id", n_),
                                .power_dbm = power(0),
                                .reserved = 0},
                      builder);
      case FrameType::eddystone_uid:
        return encode(EddystoneUid{.namespace_id = array_of<10>(draft_.namespace_id, "namespace", n_),
                                   .instance_id = array_of<6>(draft_.instance, "instance", n_),
                                   .power_0m_dbm = power(eddystone_loss_at_1m_db)},
                      builder);
      case FrameType::eddystone_url: return encode(url(), builder);
      case FrameType::eddystone_tlm: return encode(telemetry(), builder);
      case FrameType::bthome: return encode(BTHome{.readings = readings(), .text = {}, .raw = {}}, builder);
      case FrameType::ruuvi5: return encode(ruuvi_tag_of(readings()), builder);
    }
  }

private:
  [[nodiscard]] IBeacon ibeacon() const {
    const std::string text = draft_.uuid.text(n_);
    const auto uuid = Uuid::parse(text);
    if (!uuid) throw WrongText{draft_.uuid, "uuid", text, "use a UUID of 32 hexadecimal digits"};
    return {.uuid = *uuid,
            .major = number_of(draft_.major, "major", n_),
            .minor = number_of(draft_.minor, "minor", n_),
            .power_dbm = power(0)};
  }
  [[nodiscard]] EddystoneUrl url() const {
    const std::string text = draft_.url.text(n_);
    const auto made = EddystoneUrl::parse(text, power(eddystone_loss_at_1m_db));
    if (!made) throw WrongText{draft_.url, "url", text, fmt::format("use a short address: {}", to_string(made.error()))};
    return *made;
  }
  [[nodiscard]] EddystoneTlm telemetry() const {
    EddystoneTlm made{
        .battery_mv = {}, .temperature_c = draft_.temperature, .advertisements = static_cast<uint32_t>(draft_.adverts)};
    if (draft_.battery_mv) made.battery_mv = static_cast<uint16_t>(*draft_.battery_mv);
    made.uptime = EddystoneTlm::Uptime(static_cast<uint32_t>(std::llround(to_seconds(draft_.uptime) * 10)));
    return made;
  }
  [[nodiscard]] std::vector<Reading> readings() const {
    std::vector<std::string> texts;
    texts.reserve(draft_.readings.size());
    for (const Pattern& each : draft_.readings) texts.push_back(each.text(n_));
    return parse_readings(texts);
  }
  /// @param offset_db  from 1 m to the distance that the format counts from.
  [[nodiscard]] int8_t power(int offset_db) const {
    const int dbm = draft_.power.value_or(static_cast<int>(std::lround(device_.rssi_at_1m_dbm))) + offset_db;
    return static_cast<int8_t>(std::clamp(dbm, -128, 127));
  }

  const FrameDraft& draft_;
  const DeviceEntry& device_;
  size_t n_;
};

// What a frame type cannot be without.
void check_frame(FileReader& reader, const toml::table& table, const FrameDraft& frame, const Given& given) {
  const auto used = keys_of(frame.type);
  for (const auto& [key, at] : given)
    if (key != "type" && std::ranges::find(used, key) == used.end())
      reader.object(at, beacon_section, key,
                    fmt::format("is not for {}", config::names_of<FrameType>()[static_cast<size_t>(frame.type)]),
                    fmt::format("it takes {}", fmt::join(used, ", ")));
  for (const std::string_view key : {"uuid", "id", "namespace", "instance", "url", "readings"})
    if (std::ranges::find(used, key) != used.end() && !given.contains(key))
      reader.object(table.source().begin, beacon_section, key, "is missing",
                    fmt::format("{} needs it", config::names_of<FrameType>()[static_cast<size_t>(frame.type)]));
}

}  // namespace

AdvertisingPlan read_advertising(FileReader& reader, const toml::table& table) {
  AdvertisingPlan plan{.draft = {}, .given = {}, .at = table.source().begin};
  plan.given = reader.read(table, plan.draft);
  if (plan.given.contains("payload"))
    for (const std::string_view key :
         {"name", "flags", "services", "tx_power", "appearance", "manufacturer", "service_data", "beacon"})
      if (const auto at = plan.given.find(key); at != plan.given.end())
        reader.object(at->second, section, key, "is given and so is payload", "keep one: a payload is all that is sent");
  if (plan.draft.entry.extended && plan.draft.entry.connectable && plan.given.contains("scan_response"))
    reader.object(plan.given.at("scan_response"), section, "scan_response",
                  "is given for extended advertising that can be connected", "leave it out, or use connectable = false");
  reader.each_table(plan.draft.manufacturer, "device.advertising.manufacturer",
                    [&](const toml::table& entry) { (void)reader.read(entry, plan.manufacturer.emplace_back()); });
  reader.each_table(plan.draft.service_data, "device.advertising.service_data",
                    [&](const toml::table& entry) { (void)reader.read(entry, plan.service_data.emplace_back()); });
  reader.each_table(plan.draft.beacons, beacon_section, [&](const toml::table& entry) {
    auto& [frame, given] = plan.frames.emplace_back();
    const size_t mistakes_before = reader.mistakes();
    given = reader.read(entry, frame);
    if (reader.mistakes() == mistakes_before) check_frame(reader, entry, frame, given);
  });
  return plan;
}

namespace {

// AD structures one by one, so that those which do not fit can go to the scan response.
class PayloadBuilder {
public:
  PayloadBuilder(FileReader& reader, const AdvertisingPlan& plan, const DeviceEntry& device, size_t n)
      : reader_(reader), plan_(plan), device_(device), n_(n) {}

  [[nodiscard]] Advertising build() {
    Advertising made = plan_.draft.entry;
    try {
      if (plan_.draft.payload.is_given())
        made.payload = hex_of(plan_.draft.payload, "payload", n_);
      else
        compose(made);
      if (plan_.draft.scan_response.is_given()) made.scan_response = hex_of(plan_.draft.scan_response, "scan_response", n_);
    } catch (const WrongText& wrong) {
      reader_.object(wrong.pattern.at, section, wrong.key, fmt::format("is '{}'", wrong.text.substr(0, 60)), wrong.remedy);
      return made;
    }
    check_sizes(made);
    return made;
  }

private:
  using Structures = std::vector<std::vector<uint8_t>>;

  [[nodiscard]] size_t room() const {
    const Advertising& entry = plan_.draft.entry;
    if (!entry.extended) return legacy_size;
    return entry.connectable ? extended_connectable_size : extended_size;
  }
  static size_t size_of(const Structures& structures) {
    size_t size = 0;
    for (const auto& each : structures) size += each.size();
    return size;
  }
  static std::vector<uint8_t> joined(const Structures& structures) {
    std::vector<uint8_t> bytes;
    for (const auto& each : structures) bytes.insert(bytes.end(), each.begin(), each.end());
    return bytes;
  }

  template <typename Add>
  void add(Structures& to, Add&& add_to_builder) {
    AdvertisementBuilder builder;
    try {
      add_to_builder(builder);
    } catch (const std::length_error&) {
      reader_.object(plan_.at, section, "", "has data that no AD structure holds", "make it shorter than 255 bytes");
      return;
    }
    if (!builder.bytes().empty()) to.push_back(builder.bytes());
  }

  [[nodiscard]] std::vector<uint8_t> frame_of(const FrameDraft& frame, const Given& given) {
    AdvertisementBuilder builder;
    try {
      FrameBuilder(frame, device_, n_).add_to(builder);
    } catch (const WrongText& wrong) {
      if (wrong.pattern.is_given())  // what is missing has been said
        reader_.object(wrong.pattern.at, beacon_section, wrong.key, fmt::format("is '{}'", wrong.text.substr(0, 60)),
                       wrong.remedy);
    } catch (const UsageError& error) {
      if (const auto at = given.find("readings"); at != given.end())
        reader_.object(at->second, beacon_section, "readings", fmt::format("is wrong: {}", error.what()),
                       error.advice().empty() ? "see moor encode --help" : error.advice());
    }
    return builder.bytes();
  }

  // The most important first: what does not fit leaves from the end.
  [[nodiscard]] Structures structures(bool with_frame) {
    const AdvertisingDraft& draft = plan_.draft;
    Structures made;
    add(made, [&](AdvertisementBuilder& to) { to.flags(static_cast<uint8_t>(draft.flags)); });
    if (with_frame && !plan_.frames.empty()) made.push_back(frame_of(plan_.frames.front().first, plan_.frames.front().second));
    if (!draft.services.empty()) add(made, [&](AdvertisementBuilder& to) { to.service_uuids(draft.services); });
    for (const ServiceDataDraft& each : plan_.service_data)
      add(made, [&](AdvertisementBuilder& to) { to.service_data(each.uuid, hex_of(each.data, "service_data.data", n_)); });
    for (const ManufacturerDraft& each : plan_.manufacturer)
      add(made, [&](AdvertisementBuilder& to) {
        to.manufacturer_data(static_cast<uint16_t>(each.company), hex_of(each.data, "manufacturer.data", n_));
      });
    if (draft.tx_power) add(made, [&](AdvertisementBuilder& to) { to.tx_power(static_cast<int8_t>(*draft.tx_power)); });
    if (draft.appearance)
      add(made, [&](AdvertisementBuilder& to) {
        const uint8_t bytes[] = {static_cast<uint8_t>(*draft.appearance), static_cast<uint8_t>(*draft.appearance >> 8)};
        to.add(AdType::appearance, bytes);
      });
    const std::string name = draft.name.is_given() ? draft.name.text(n_) : plan_.frames.empty() ? device_.name : std::string();
    if (!name.empty()) add(made, [&](AdvertisementBuilder& to) { to.complete_name(name); });
    return made;
  }

  void compose(Advertising& into) {
    Structures main = structures(true);
    Structures rest;
    const bool may_move = !plan_.draft.entry.extended && !plan_.draft.scan_response.is_given();
    while (may_move && size_of(main) > room() && main.size() > 1) {
      rest.push_back(std::move(main.back()));
      main.pop_back();
    }
    into.payload = joined(main);
    into.scan_response = joined(rest);
    for (size_t i = 1; i < plan_.frames.size(); ++i) {
      Structures more;
      add(more, [&](AdvertisementBuilder& to) { to.flags(static_cast<uint8_t>(plan_.draft.flags)); });
      more.push_back(frame_of(plan_.frames[i].first, plan_.frames[i].second));
      into.more_payloads.push_back(joined(more));
    }
  }

  void check_sizes(const Advertising& made) {
    const std::string_view what = plan_.draft.payload.is_given() ? "payload" : "";
    const auto check = [&](size_t size, size_t most, std::string_view key, std::string_view of) {
      if (size > most)
        reader_.object(
            plan_.at, section, key, fmt::format("makes {} of {} bytes", of, size),
            fmt::format("leave something out: {} has up to {}{}", of, most, made.extended ? "" : ", more with extended = true"));
    };
    check(made.payload.size(), room(), what, "a payload");
    check(made.scan_response.size(), made.extended ? extended_size : legacy_size, "scan_response", "a scan response");
    for (const auto& each : made.more_payloads) check(each.size(), room(), "beacon", "a payload");
  }

  FileReader& reader_;
  const AdvertisingPlan& plan_;
  const DeviceEntry& device_;
  size_t n_;
};

}  // namespace

Advertising build_advertising(FileReader& reader, const AdvertisingPlan& plan, const DeviceEntry& device, size_t n) {
  return PayloadBuilder(reader, plan, device, n).build();
}

}  // namespace moor::sim
