// AD structures in words. Layouts: Core Specification Supplement, Part A, by the section named at each.

#include "moor/address.hpp"
#include "moor/names.hpp"
#include "report/dissection.hpp"

#include <fmt/format.h>

namespace moor {

namespace {

constexpr const char* too_short = "shorter than its type needs";

std::string known_or(std::string_view name, const char* otherwise) {
  return std::string(name.empty() ? otherwise : name);
}

// Short where it has a short form.
std::string uuid_words(const Uuid& uuid) {
  const auto number = uuid.assigned_number();
  const std::string digits = number ? fmt::format("{:04x}", *number) : uuid.to_string();
  const auto known = find_uuid(uuid);
  return known ? fmt::format("{} ({})", digits, known->name) : digits;
}

std::string uuids_words(Bytes data, size_t width) {
  if (data.size() % width != 0) return too_short;
  std::string words;
  for (; !data.empty(); data = data.subspan(width))
    words += (words.empty() ? "" : ", ") + uuid_words(*Uuid::from_le(data.first(width)));
  return words.empty() ? "none" : words;
}

// 1.3: a bit each; those behind are reserved.
std::string flags_words(Bytes data) {
  constexpr const char* bits[] = {"LE limited discoverable", "LE general discoverable", "no BR/EDR",
                                  "LE and BR/EDR at once (controller)", "LE and BR/EDR at once (host)"};
  if (data.empty()) return too_short;
  std::string words;
  for (unsigned bit = 0; bit < 8; ++bit) {
    if ((data[0] >> bit & 1U) == 0) continue;
    words += (words.empty() ? "" : ", ") + (bit < std::size(bits) ? bits[bit] : fmt::format("reserved bit {}", bit));
  }
  return words.empty() ? "none" : words;
}

// 1.9: two times in units of 1.25 ms, FFFF for no wish.
std::string connection_interval_words(Bytes data) {
  if (data.size() < 4) return too_short;
  const auto limit = [](uint16_t units) { return units == 0xFFFF ? std::string("any") : fmt::format("{} ms", units * 1.25); };
  return limit(load_le16(data.data())) + " to " + limit(load_le16(data.data() + 2));
}

// 1.15: units of 0.625 ms.
std::string advertising_interval_words(Bytes data) {
  if (data.size() < 2 || data.size() > 4) return too_short;
  uint32_t units = 0;
  for (size_t i = data.size(); i-- > 0;) units = units << 8 | data[i];
  return fmt::format("{} ms", units * 0.625);
}

// 1.16: least significant byte first, then the kind.
std::string address_words(Bytes data) {
  if (data.size() < 7) return too_short;
  const Address address = Address::from_le(data.data(), (data[6] & 1U) != 0);
  return fmt::format("{} ({})", address.to_string(), to_string(address.kind()));
}

std::string role_words(Bytes data) {
  constexpr const char* roles[] = {"peripheral only", "central only", "peripheral preferred", "central preferred"};
  if (data.empty()) return too_short;
  return data[0] < std::size(roles) ? roles[data[0]] : "reserved role";
}

// 1.18: the scheme may be one character of a table; these two are in use.
std::string uri_words(Bytes data) {
  if (data.empty()) return too_short;
  const char* scheme = data[0] == 0x16 ? "http:" : data[0] == 0x17 ? "https:" : data[0] == 0x01 ? "" : nullptr;
  return scheme != nullptr ? scheme + printable_name(data.subspan(1)) : printable_name(data);
}

std::string manufacturer_words(const AdStructure& structure) {
  const auto content = as_manufacturer_data(structure);
  if (!content) return too_short;
  return fmt::format("{:04x} ({}), {} bytes", content->company, known_or(company_name(content->company), "unknown company"),
                     content->data.size());
}

std::string service_data_words(const AdStructure& structure) {
  const auto content = as_service_data(structure);
  return content ? fmt::format("{}, {} bytes", uuid_words(content->service), content->data.size()) : too_short;
}

std::string appearance_words(Bytes data) {
  if (data.size() < 2) return too_short;
  const uint16_t appearance = load_le16(data.data());
  return fmt::format("{:04x} ({})", appearance, known_or(appearance_name(appearance), "unknown"));
}

}  // namespace

std::optional<std::string> meaning_of(const AdStructure& structure) {
  const Bytes data = structure.data;
  switch (static_cast<uint8_t>(structure.type)) {
    case 0x01: return flags_words(data);
    case 0x02:
    case 0x03:
    case 0x14: return uuids_words(data, 2);
    case 0x04:
    case 0x05:
    case 0x1F: return uuids_words(data, 4);
    case 0x06:
    case 0x07:
    case 0x15: return uuids_words(data, 16);
    case 0x08:
    case 0x09:
    case 0x30: return printable_name(data);
    case 0x0A: return data.size() == 1 ? fmt::format("{} dBm", static_cast<int8_t>(data[0])) : too_short;
    case 0x12: return connection_interval_words(data);
    case 0x16:
    case 0x20:
    case 0x21: return service_data_words(structure);
    case 0x19: return appearance_words(data);
    case 0x1A:
    case 0x2F: return advertising_interval_words(data);
    case 0x1B: return address_words(data);
    case 0x1C: return role_words(data);
    case 0x24: return uri_words(data);
    case 0xFF: return manufacturer_words(structure);
    default: return std::nullopt;
  }
}

}  // namespace moor
