#include "report/byte_parts.hpp"

#include "moor/beacon.hpp"
#include "moor/names.hpp"
#include "report/dissection.hpp"

#include <fmt/format.h>
#include <boost/json/object.hpp>

namespace moor {

namespace {

// Takes one structure's data from the front, part by part.
class Cutter {
public:
  Cutter(std::vector<BytePart>& parts, size_t structure, size_t offset, Bytes data)
      : parts_(parts), structure_(structure), offset_(offset), rest_(data) {}

  /// The next bytes; as many as there are, if they are fewer. None makes no part.
  void take(size_t length, std::string name, std::string meaning = {}) {
    length = std::min(length, rest_.size());
    if (length == 0) return;
    parts_.push_back({offset_, length, structure_, std::move(name), std::move(meaning)});
    offset_ += length;
    rest_ = rest_.subspan(length);
  }
  void take_all(std::string name, std::string meaning = {}) { take(rest_.size(), std::move(name), std::move(meaning)); }
  [[nodiscard]] Bytes rest() const noexcept { return rest_; }

private:
  std::vector<BytePart>& parts_;
  size_t structure_;
  size_t offset_;
  Bytes rest_;
};

std::string power_at_1m(int dbm) {
  return fmt::format("{} dBm measured at 1 m", dbm);
}

std::string power_at_0m(int dbm) {
  return fmt::format("{} dBm at 0 m: {} dBm at 1 m", dbm, dbm - eddystone_loss_at_1m_db);
}

void cut(Cutter& cutter, const IBeacon& beacon) {
  cutter.take(1, "beacon type", "02: iBeacon");
  cutter.take(1, "length", "15: 21 bytes follow");
  cutter.take(16, "proximity UUID", beacon.uuid.to_string() + ": whose beacon");
  cutter.take(2, "major", fmt::format("{}: which group, such as a shop (big-endian)", beacon.major));
  cutter.take(2, "minor", fmt::format("{}: which of the group (big-endian)", beacon.minor));
  cutter.take(1, "measured power", power_at_1m(beacon.power_dbm));
}

void cut(Cutter& cutter, const AltBeacon& beacon) {
  cutter.take(2, "beacon code", "BE AC: AltBeacon");
  cutter.take(20, "beacon ID", "whose beacon, and which of them");
  cutter.take(1, "reference power", power_at_1m(beacon.power_dbm));
  cutter.take(1, "reserved", "the company's own");
}

void cut(Cutter& cutter, const EddystoneUid& frame) {
  cutter.take(1, "frame type", "00: Eddystone-UID");
  cutter.take(1, "ranging data", power_at_0m(frame.power_0m_dbm));
  cutter.take(10, "namespace", "whose beacon");
  cutter.take(6, "instance", "which of them");
}

void cut(Cutter& cutter, const EddystoneUrl& frame) {
  const std::string_view text = frame.text();
  const bool www = text.substr(text.find("//") + 2).starts_with("www.");
  const std::string scheme(text.substr(0, text.find("//") + 2 + (www ? 4 : 0)));
  cutter.take(1, "frame type", "10: Eddystone-URL");
  cutter.take(1, "TX power", power_at_0m(frame.power_0m_dbm()));
  cutter.take(1, "URL scheme", fmt::format("one byte for {}", scheme));
  cutter.take_all("encoded URL", fmt::format("{}; bytes below 20 stand for endings such as .com/", text));
}

void cut(Cutter& cutter, const EddystoneTlm& frame) {
  cutter.take(1, "frame type", "20: Eddystone-TLM");
  cutter.take(1, "version", "00: not encrypted");
  cutter.take(2, "battery", frame.battery_mv ? fmt::format("{} mV (big-endian)", *frame.battery_mv) : "none");
  cutter.take(2, "temperature",
              frame.temperature_c ? fmt::format("{:.2f} °C, fixed point of 8 and 8 bits", *frame.temperature_c) : "none");
  cutter.take(4, "advertising count", fmt::format("{} since power-on", frame.advertisements));
  cutter.take(4, "uptime", fmt::format("{:.1f} s since power-on", static_cast<double>(frame.uptime.count()) / 10));
}

void cut(Cutter& cutter, const EddystoneEid& frame) {
  cutter.take(1, "frame type", "30: Eddystone-EID");
  cutter.take(1, "ranging data", power_at_0m(frame.power_0m_dbm));
  cutter.take(8, "ephemeral identifier", "changes with time; only who has the key knows whose");
}

template <typename Frame>
bool cut_found(Cutter& cutter, const std::optional<Frame>& frame) {
  if (frame) cut(cutter, *frame);
  return frame.has_value();
}

void cut_manufacturer_data(Cutter& cutter, const AdStructure& structure) {
  const auto content = as_manufacturer_data(structure);
  if (!content) return cutter.take_all("data");
  const std::string_view company = company_name(content->company);
  cutter.take(2, "company", fmt::format("{:04x} (little-endian): {}", content->company, company.empty() ? "unknown" : company));
  const bool found = (content->company == apple_company && cut_found(cutter, decode_ibeacon(content->data))) ||
                     cut_found(cutter, decode_altbeacon(content->company, content->data));
  cutter.take_all(found ? "more" : "the company's data");
}

void cut_service_data(Cutter& cutter, const AdStructure& structure) {
  const auto content = as_service_data(structure);
  if (!content) return cutter.take_all("data");
  const auto known = find_uuid(content->service);
  cutter.take(structure.data.size() - content->data.size(), "service UUID",
              fmt::format("{} (little-endian){}{}", content->service.to_string(), known ? ": " : "", known ? known->name : ""));
  const Bytes data = content->data;
  const bool found = content->service == Uuid(eddystone_service) &&
                     (cut_found(cutter, decode_eddystone_uid(data)) || cut_found(cutter, decode_eddystone_url(data)) ||
                      cut_found(cutter, decode_eddystone_tlm(data)) || cut_found(cutter, decode_eddystone_eid(data)));
  cutter.take_all(found ? "reserved" : "the service's data");
}

const char* data_name(uint8_t type) {
  switch (type) {
    case 0x01: return "flags";
    case 0x02:
    case 0x03:
    case 0x04:
    case 0x05:
    case 0x06:
    case 0x07: return "service UUIDs";
    case 0x08:
    case 0x09: return "name";
    case 0x0A: return "TX power";
    default: return "data";
  }
}

void cut(std::vector<BytePart>& parts, size_t number, const AdStructure& structure) {
  const auto type = static_cast<uint8_t>(structure.type);
  parts.push_back({structure.offset, 1, number, "length", fmt::format("{} bytes follow", structure.data.size() + 1)});
  parts.push_back({structure.offset + 1, 1, number, "AD type", fmt::format("{:02x}: {}", type, type_name(structure.type))});
  Cutter cutter(parts, number, structure.offset + 2, structure.data);
  if (structure.type == AdType::manufacturer_data) return cut_manufacturer_data(cutter, structure);
  if (type == 0x16 || type == 0x20 || type == 0x21) return cut_service_data(cutter, structure);
  cutter.take_all(data_name(type), meaning_of(structure).value_or(""));
}

}  // namespace

std::vector<BytePart> byte_parts(Bytes payload) {
  std::vector<BytePart> parts;
  size_t next = 0;
  size_t number = 0;
  for (const AdStructure& structure : AdvertisementData(payload)) {
    if (structure.offset > next) parts.push_back({next, structure.offset - next, number, "padding", "zero bytes, skipped"});
    cut(parts, number++, structure);
    next = structure.offset + 2 + structure.data.size();
  }
  if (next == payload.size()) return parts;
  const auto error = AdvertisementData(payload).error();
  const size_t readable = error ? error->offset : payload.size();
  if (readable > next) parts.push_back({next, readable - next, number, "padding", "zero bytes, skipped"});
  if (error) parts.push_back({readable, payload.size() - readable, number, "unreadable", error->what});
  return parts;
}

boost::json::array byte_parts_json(Bytes payload) {
  boost::json::array array;
  for (const BytePart& part : byte_parts(payload))
    array.push_back(boost::json::object{{"offset", part.offset},
                                        {"length", part.length},
                                        {"structure", part.structure},
                                        {"name", part.name},
                                        {"value", to_hex(payload.subspan(part.offset, part.length))},
                                        {"meaning", part.meaning}});
  return array;
}

}  // namespace moor
