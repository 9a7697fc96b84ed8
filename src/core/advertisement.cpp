#include "moor/advertisement.hpp"

#include <algorithm>
#include <stdexcept>

namespace moor {

const char* to_string(AdType type) noexcept {
  switch (type) {
    case AdType::flags: return "Flags";
    case AdType::incomplete_uuids16: return "Incomplete List of 16-bit Service UUIDs";
    case AdType::complete_uuids16: return "Complete List of 16-bit Service UUIDs";
    case AdType::incomplete_uuids32: return "Incomplete List of 32-bit Service UUIDs";
    case AdType::complete_uuids32: return "Complete List of 32-bit Service UUIDs";
    case AdType::incomplete_uuids128: return "Incomplete List of 128-bit Service UUIDs";
    case AdType::complete_uuids128: return "Complete List of 128-bit Service UUIDs";
    case AdType::shortened_name: return "Shortened Local Name";
    case AdType::complete_name: return "Complete Local Name";
    case AdType::tx_power: return "Tx Power Level";
    case AdType::solicited_uuids16: return "List of 16-bit Service Solicitation UUIDs";
    case AdType::solicited_uuids128: return "List of 128-bit Service Solicitation UUIDs";
    case AdType::service_data16: return "Service Data - 16-bit UUID";
    case AdType::appearance: return "Appearance";
    case AdType::advertising_interval: return "Advertising Interval";
    case AdType::le_address: return "LE Bluetooth Device Address";
    case AdType::solicited_uuids32: return "List of 32-bit Service Solicitation UUIDs";
    case AdType::service_data32: return "Service Data - 32-bit UUID";
    case AdType::service_data128: return "Service Data - 128-bit UUID";
    case AdType::uri: return "URI";
    case AdType::mesh_message: return "Mesh Message";
    case AdType::manufacturer_data: return "Manufacturer Specific Data";
  }
  return "Unknown";
}

std::optional<ManufacturerData> as_manufacturer_data(const AdStructure& structure) noexcept {
  if (structure.type != AdType::manufacturer_data || structure.data.size() < 2) return std::nullopt;
  return ManufacturerData{load_le16(structure.data.data()), structure.data.subspan(2)};
}

std::optional<ServiceData> as_service_data(const AdStructure& structure) noexcept {
  size_t width = 0;
  switch (structure.type) {
    case AdType::service_data16: width = 2; break;
    case AdType::service_data32: width = 4; break;
    case AdType::service_data128: width = 16; break;
    default: return std::nullopt;
  }
  if (structure.data.size() < width) return std::nullopt;
  return ServiceData{*Uuid::from_le(structure.data.first(width)), structure.data.subspan(width)};
}

std::optional<ParseError> AdvertisementData::error() const noexcept {
  size_t next = 0;
  for (const AdStructure& structure : *this) next = structure.offset + 2 + structure.data.size();
  while (next < payload_.size() && payload_[next] == 0) ++next;
  if (next >= payload_.size()) return std::nullopt;
  return ParseError{next, "AD structure runs past the end of the payload"};
}

std::optional<Bytes> AdvertisementData::find(AdType type) const noexcept {
  for (const AdStructure& structure : *this)
    if (structure.type == type) return structure.data;
  return std::nullopt;
}

std::optional<Bytes> AdvertisementData::raw_local_name() const noexcept {
  if (const auto name = find(AdType::complete_name); name && !name->empty()) return name;
  if (const auto name = find(AdType::shortened_name); name && !name->empty()) return name;
  return std::nullopt;
}

std::optional<std::string> AdvertisementData::local_name() const {
  const auto raw = raw_local_name();
  if (!raw) return std::nullopt;
  return printable_name(*raw);
}

std::optional<uint8_t> AdvertisementData::flags() const noexcept {
  const auto data = find(AdType::flags);
  if (!data || data->empty()) return std::nullopt;
  return (*data)[0];
}

std::optional<int8_t> AdvertisementData::tx_power_dbm() const noexcept {
  const auto data = find(AdType::tx_power);
  if (!data || data->size() != 1) return std::nullopt;
  return static_cast<int8_t>((*data)[0]);
}

std::optional<uint16_t> AdvertisementData::appearance() const noexcept {
  const auto data = find(AdType::appearance);
  if (!data || data->size() < 2) return std::nullopt;
  return load_le16(data->data());
}

bool AdvertisementData::has_service(const Uuid& uuid) const noexcept {
  bool found = false;
  for (const AdStructure& structure : *this) for_each_service_uuid(structure, [&](const Uuid& each) { found |= each == uuid; });
  return found;
}

std::vector<Uuid> AdvertisementData::service_uuids() const {
  std::vector<Uuid> uuids;
  for (const AdStructure& structure : *this)
    for_each_service_uuid(structure, [&](const Uuid& uuid) {
      if (std::find(uuids.begin(), uuids.end(), uuid) == uuids.end()) uuids.push_back(uuid);
    });
  return uuids;
}

std::optional<Bytes> AdvertisementData::manufacturer_data(uint16_t company) const noexcept {
  for (const AdStructure& structure : *this)
    if (const auto found = as_manufacturer_data(structure); found && found->company == company) return found->data;
  return std::nullopt;
}

std::optional<Bytes> AdvertisementData::service_data(const Uuid& service) const noexcept {
  for (const AdStructure& structure : *this)
    if (const auto found = as_service_data(structure); found && found->service == service) return found->data;
  return std::nullopt;
}

AdvertisementBuilder& AdvertisementBuilder::add(AdType type, Bytes data) {
  if (data.size() > 254) throw std::length_error("an AD structure holds at most 254 bytes of data");
  bytes_.push_back(static_cast<uint8_t>(data.size() + 1));
  bytes_.push_back(static_cast<uint8_t>(type));
  bytes_.insert(bytes_.end(), data.begin(), data.end());
  return *this;
}

AdvertisementBuilder& AdvertisementBuilder::flags(uint8_t flags) {
  return add(AdType::flags, Bytes(&flags, 1));
}

AdvertisementBuilder& AdvertisementBuilder::complete_name(std::string_view name) {
  return add(AdType::complete_name, Bytes(reinterpret_cast<const uint8_t*>(name.data()), name.size()));
}

AdvertisementBuilder& AdvertisementBuilder::tx_power(int8_t dbm) {
  const auto byte = static_cast<uint8_t>(dbm);
  return add(AdType::tx_power, Bytes(&byte, 1));
}

AdvertisementBuilder& AdvertisementBuilder::service_uuids(std::span<const Uuid> uuids) {
  for (const auto& [width, type] :
       {std::pair{size_t{2}, AdType::complete_uuids16}, std::pair{size_t{4}, AdType::complete_uuids32},
        std::pair{size_t{16}, AdType::complete_uuids128}}) {
    std::vector<uint8_t> list;
    for (const Uuid& uuid : uuids)
      if (const auto le = uuid.to_le(); le.size() == width) list.insert(list.end(), le.begin(), le.end());
    if (!list.empty()) add(type, list);
  }
  return *this;
}

AdvertisementBuilder& AdvertisementBuilder::manufacturer_data(uint16_t company, Bytes data) {
  std::vector<uint8_t> content = {static_cast<uint8_t>(company), static_cast<uint8_t>(company >> 8)};
  content.insert(content.end(), data.begin(), data.end());
  return add(AdType::manufacturer_data, content);
}

AdvertisementBuilder& AdvertisementBuilder::service_data(const Uuid& service, Bytes data) {
  std::vector<uint8_t> content = service.to_le();
  const AdType type = content.size() == 2   ? AdType::service_data16
                      : content.size() == 4 ? AdType::service_data32
                                            : AdType::service_data128;
  content.insert(content.end(), data.begin(), data.end());
  return add(type, content);
}

}  // namespace moor
