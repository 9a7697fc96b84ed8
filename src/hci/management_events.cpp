#include "hci/management_events.hpp"

namespace moor::hci {

std::optional<CommandAnswer> parse_command_answer(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  CommandAnswer answer;
  answer.command = reader.le16();
  answer.status = reader.u8();
  answer.data = reader.rest();
  return reader.ok() ? std::optional(answer) : std::nullopt;
}

std::optional<uint32_t> parse_new_settings(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  const uint32_t settings = reader.le32();
  return reader.ok() ? std::optional(settings) : std::nullopt;
}

std::optional<bool> parse_discovering(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  reader.skip(1);  // address types
  const uint8_t on = reader.u8();
  return reader.ok() ? std::optional(on != 0) : std::nullopt;
}

std::optional<uint16_t> parse_monitor_event(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  const uint16_t handle = reader.le16();
  return reader.ok() ? std::optional(handle) : std::nullopt;
}

std::optional<DeviceConnected> parse_device_connected(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  DeviceConnected connected;
  connected.device = read_managed_device(reader);
  connected.by_us = (reader.le32() & 0x08U) != 0;  // "connection locally initiated", since Linux 5.15
  connected.data = reader.take(reader.le16());
  return reader.ok() ? std::optional(connected) : std::nullopt;
}

std::optional<DeviceDisconnected> parse_device_disconnected(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  DeviceDisconnected disconnected;
  disconnected.device = read_managed_device(reader);
  const uint8_t reason = reader.u8();
  if (!reader.ok()) return std::nullopt;
  constexpr auto last = static_cast<uint8_t>(DeviceDisconnected::Reason::local_host_suspended);
  if (reason <= last) disconnected.reason = static_cast<DeviceDisconnected::Reason>(reason);
  return disconnected;
}

std::optional<NewConnectionParameters> parse_new_connection_parameters(Bytes parameters) noexcept {
  ByteReader reader(parameters);
  NewConnectionParameters fresh;
  fresh.device = read_managed_device(reader);
  fresh.store = reader.u8() != 0;
  fresh.parameters.min_interval.units = reader.le16();
  fresh.parameters.max_interval.units = reader.le16();
  fresh.parameters.latency = reader.le16();
  fresh.parameters.timeout.units = reader.le16();
  return reader.ok() ? std::optional(fresh) : std::nullopt;
}

}  // namespace moor::hci
