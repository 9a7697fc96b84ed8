#include "hci/management_commands.hpp"

#include "hci/management_fields.hpp"

#include <algorithm>

namespace moor::hci {

namespace {

void put_le16(ManagementParameters& out, size_t value) {
  out.push_back(static_cast<uint8_t>(value));
  out.push_back(static_cast<uint8_t>(value >> 8));
}

void put_device(ManagementParameters& out, Address device) {
  out.resize(out.size() + 6);
  device.to_le(out.data() + out.size() - 6);
  out.push_back(static_cast<uint8_t>(device.is_random() ? ManagementAddressType::le_random : ManagementAddressType::le_public));
}

// A fixed field of text that a zero ends earlier.
std::string read_text(ByteReader& reader, size_t size) {
  const Bytes field = reader.take(size);
  return {field.begin(), std::find(field.begin(), field.end(), uint8_t{0})};
}

}  // namespace

std::string to_string(ManagementCommand command) {
  switch (command) {
    case ManagementCommand::read_version: return "Read Management Version Information";
    case ManagementCommand::read_index_list: return "Read Controller Index List";
    case ManagementCommand::read_info: return "Read Controller Information";
    case ManagementCommand::set_powered: return "Set Powered";
    case ManagementCommand::disconnect: return "Disconnect";
    case ManagementCommand::get_connections: return "Get Connections";
    case ManagementCommand::start_discovery: return "Start Discovery";
    case ManagementCommand::stop_discovery: return "Stop Discovery";
    case ManagementCommand::get_connection_info: return "Get Connection Information";
    case ManagementCommand::load_connection_parameters: return "Load Connection Parameters";
    case ManagementCommand::start_service_discovery: return "Start Service Discovery";
    case ManagementCommand::read_extended_index_list: return "Read Extended Controller Index List";
    case ManagementCommand::read_monitor_features: return "Read Advertisement Monitor Features";
    case ManagementCommand::add_patterns_monitor: return "Add Advertisement Patterns Monitor";
    case ManagementCommand::remove_monitor: return "Remove Advertisement Monitor";
  }
  const auto code = static_cast<uint16_t>(command);
  return "command 0x" + to_hex(std::array{static_cast<uint8_t>(code >> 8), static_cast<uint8_t>(code)});
}

std::string management_status_text(uint8_t status) {
  constexpr std::array texts{"success",
                             "unknown command",
                             "not connected",
                             "failed",
                             "connect failed",
                             "authentication failed",
                             "not paired",
                             "no resources",
                             "timeout",
                             "already connected",
                             "busy",
                             "rejected",
                             "not supported",
                             "invalid parameters",
                             "disconnected",
                             "not powered",
                             "cancelled",
                             "invalid index",
                             "blocked by rfkill",
                             "already paired",
                             "permission denied"};
  return status < texts.size() ? texts[status] : "status 0x" + to_hex(std::array{status});
}

ManagementParameters discovery_parameters(uint8_t types) {
  return {types};
}

ManagementParameters service_discovery_parameters(int8_t rssi_dbm, std::span<const Uuid> services, uint8_t types) {
  ManagementParameters out{types, static_cast<uint8_t>(rssi_dbm)};
  put_le16(out, services.size());
  for (const Uuid& service : services) {
    const auto bytes = service.to_be();
    out.insert(out.end(), bytes.rbegin(), bytes.rend());
  }
  return out;
}

ManagementParameters powered_parameters(bool on) {
  return {static_cast<uint8_t>(on ? 1 : 0)};
}

// mgmt_adv_pattern: type, offset, length, and 31 bytes whatever the length is.
ManagementParameters monitor_parameters(std::span<const MonitorPattern> patterns) {
  ManagementParameters out{static_cast<uint8_t>(patterns.size())};
  for (const MonitorPattern& pattern : patterns) {
    const Bytes bytes = pattern.bytes.first(std::min(pattern.bytes.size(), legacy_payload_size));
    out.insert(out.end(), {pattern.ad_type, pattern.offset, static_cast<uint8_t>(bytes.size())});
    out.insert(out.end(), bytes.begin(), bytes.end());
    out.resize(out.size() + legacy_payload_size - bytes.size());
  }
  return out;
}

ManagementParameters remove_monitor_parameters(uint16_t handle) {
  ManagementParameters out;
  put_le16(out, handle);
  return out;
}

ManagementParameters device_parameters(Address device) {
  ManagementParameters out;
  put_device(out, device);
  return out;
}

ManagementParameters load_parameters(std::span<const LoadedParameters> all) {
  ManagementParameters out;
  put_le16(out, all.size());
  for (const auto& [device, parameters] : all) {
    put_device(out, device);
    for (const uint16_t value :
         {parameters.min_interval.units, parameters.max_interval.units, parameters.latency, parameters.timeout.units})
      put_le16(out, value);
  }
  return out;
}

std::optional<ManagementVersion> parse_version(Bytes answer) noexcept {
  ByteReader reader(answer);
  ManagementVersion version;
  version.version = reader.u8();
  version.revision = reader.le16();
  return reader.ok() ? std::optional(version) : std::nullopt;
}

std::optional<std::vector<uint16_t>> parse_index_list(Bytes answer) {
  ByteReader reader(answer);
  std::vector<uint16_t> list;
  for (size_t left = reader.le16(); left > 0 && reader.ok(); --left) list.push_back(reader.le16());
  return reader.ok() ? std::optional(std::move(list)) : std::nullopt;
}

std::optional<std::vector<ExtendedIndex>> parse_extended_index_list(Bytes answer) {
  ByteReader reader(answer);
  std::vector<ExtendedIndex> list;
  for (size_t left = reader.le16(); left > 0 && reader.ok(); --left) {
    ExtendedIndex& each = list.emplace_back();
    each.index = reader.le16();
    each.kind = static_cast<ExtendedIndex::Kind>(reader.u8());
    each.bus = reader.u8();
  }
  return reader.ok() ? std::optional(std::move(list)) : std::nullopt;
}

std::optional<ManagementInfo> parse_info(Bytes answer) {
  ByteReader reader(answer);
  ManagementInfo info;
  const Bytes address = reader.take(6);
  info.hci_version = reader.u8();
  info.manufacturer = reader.le16();
  info.supported_settings = reader.le32();
  info.current_settings = reader.le32();
  reader.skip(3);  // class of device
  info.name = read_text(reader, 249);
  reader.skip(11);  // short name
  if (!reader.ok()) return std::nullopt;
  info.address = Address::from_le(address.data(), false);
  return info;
}

std::optional<MonitorFeatures> parse_monitor_features(Bytes answer) {
  ByteReader reader(answer);
  MonitorFeatures features;
  features.supported = reader.le32();
  reader.skip(4 + 2 + 1);  // enabled features, the most monitors, the most patterns
  for (size_t left = reader.le16(); left > 0 && reader.ok(); --left) features.handles.push_back(reader.le16());
  return reader.ok() ? std::optional(std::move(features)) : std::nullopt;
}

std::optional<uint16_t> parse_monitor_handle(Bytes answer) noexcept {
  ByteReader reader(answer);
  const uint16_t handle = reader.le16();
  return reader.ok() ? std::optional(handle) : std::nullopt;
}

std::optional<ConnectionInfo> parse_connection_info(Bytes answer) noexcept {
  ByteReader reader(answer);
  (void)read_managed_device(reader);
  ConnectionInfo info;
  info.rssi_dbm = reader.i8();
  info.tx_power_dbm = reader.i8();
  info.max_tx_power_dbm = reader.i8();
  return reader.ok() ? std::optional(info) : std::nullopt;
}

std::optional<std::vector<Address>> parse_connections(Bytes answer) {
  ByteReader reader(answer);
  std::vector<Address> connected;
  for (size_t left = reader.le16(); left > 0 && reader.ok(); --left) {
    const ManagedDevice device = read_managed_device(reader);
    if (reader.ok() && device.type != ManagementAddressType::br_edr) connected.push_back(device.address);
  }
  return reader.ok() ? std::optional(std::move(connected)) : std::nullopt;
}

}  // namespace moor::hci
