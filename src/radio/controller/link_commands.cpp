// Commands about making links, and about those that there are.

#include "radio/controller/command_table.hpp"

#include <bit>

namespace moor::controller {

using hci::Fields;
using hci::HciStatus;
using hci::LeEvent;

namespace {

constexpr uint8_t central = 0;
constexpr uint8_t clock_of_500_ppm = 0;
constexpr uint8_t phy_1m = 1;
constexpr int8_t tx_power_dbm = 0;
constexpr uint16_t data_time_us = 2120;        // of 251 bytes at 1 Mbit/s
constexpr uint64_t device_features = 1U << 0;  // encryption
constexpr uint8_t bluetooth_5_0 = 0x09;
constexpr uint16_t for_tests = 0xFFFF;

// Minimum and maximum interval, latency, supervision time-out. @returns nothing where no link can have them.
std::optional<ConnectionParameters> read_parameters(ByteReader& in) {
  ConnectionParameters parameters;
  parameters.min_interval.units = in.le16();
  parameters.max_interval.units = in.le16();
  parameters.latency = in.le16();
  parameters.timeout.units = in.le16();
  if (!in.ok()) return std::nullopt;
  try {
    parameters.check();
  } catch (const UsageError&) {
    return std::nullopt;
  }
  return parameters;
}

}  // namespace

Connection* CommandMachine::find_connection(Call& call) {
  return connections_.find(call.in.le16());
}

//   scan interval 2, window 2, filter policy 1, peer address type 1, peer address 6, own address type 1, parameters 8, lengths 4
void CommandMachine::create_connection(Call& call) {
  call.in.skip(4);
  const bool from_list = call.in.u8() == 1;
  const Address peer = read_kind_and_address(call.in);
  initiate(call, from_list ? std::nullopt : std::optional(peer), call.in.u8());
}

//   filter policy 1, own address type 1, peer address type 1, peer address 6, PHYs 1, then for each PHY: scan interval 2, window 2, parameters 8,
//   lengths 4
void CommandMachine::extended_create_connection(Call& call) {
  const bool from_list = call.in.u8() == 1;
  const uint8_t own_kind = call.in.u8();
  const Address peer = read_kind_and_address(call.in);
  if (std::popcount(call.in.u8()) == 0) return call.status(HciStatus::invalid_parameters);
  call.in.skip(4);
  initiate(call, from_list ? std::nullopt : std::optional(peer), own_kind);
}

void CommandMachine::initiate(Call& call, const std::optional<Address>& peer, uint8_t own_kind) {
  const auto parameters = read_parameters(call.in);
  if (!parameters) return call.status(HciStatus::invalid_parameters);
  if (state_.initiating) return call.status(HciStatus::disallowed);
  if (peer && connections_.has(*peer)) return call.status(HciStatus::already_exists);
  if (connections_.is_full() || (has_slot_ && !has_slot_())) return call.status(HciStatus::connection_limit);
  state_.initiating = true;
  state_.initiates_from_list = !peer;
  call.status(HciStatus::success);
  const Address host = (own_kind & 1) != 0 ? state_.random_address : address_;
  call.out.push_back(BeginConnecting{{.peer = peer, .host = host, .parameters = *parameters}});
}

void CommandMachine::cancel_connection(Call& call) {
  if (!state_.initiating) return call.complete(HciStatus::disallowed);
  call.complete(HciStatus::success);
  call.out.push_back(CancelConnecting{});
}

CommandMachine::Connected CommandMachine::connected(const Address& peer, const ConnectionParameters& parameters) {
  state_.initiating = false;
  const Connection* connection = connections_.has(peer) ? nullptr : connections_.open(peer, parameters);
  if (connection == nullptr)
    return {.handle = std::nullopt, .event = connection_complete(HciStatus::connection_limit, 0, peer, parameters)};
  return {.handle = connection->handle, .event = connection_complete(HciStatus::success, connection->handle, peer, parameters)};
}

hci::Packet CommandMachine::connecting_failed(HciStatus status, const Address& peer) {
  state_.initiating = false;
  return connection_complete(status, 0, peer, {{0}, {0}, 0, {0}});
}

hci::Packet CommandMachine::connection_complete(HciStatus status, uint16_t handle, const Address& peer,
                                                const ConnectionParameters& parameters) const {
  const bool enhanced = is_enabled(LeEvent::enhanced_connection_complete);
  Fields fields;
  fields.status(status).u16(handle).u8(central).u8(peer.is_random() ? 1 : 0).address(peer);
  if (enhanced) fields.zeros(12);  // no resolvable private addresses of ours or of the peer's identity
  fields.u16(parameters.max_interval.units).u16(parameters.latency).u16(parameters.timeout.units).u8(clock_of_500_ppm);
  return hci::make_le_event(enhanced ? LeEvent::enhanced_connection_complete : LeEvent::connection_complete, fields);
}

void CommandMachine::disconnect(Call& call) {
  const Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  call.status(HciStatus::success);
  call.out.push_back(Disconnect{connection->handle});
}

void CommandMachine::update(Call& call) {
  Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  const auto parameters = read_parameters(call.in);
  if (!parameters) return call.status(HciStatus::invalid_parameters);
  call.status(HciStatus::success);
  call.out.push_back(Update{connection->handle, *parameters});
}

void CommandMachine::start_encryption(Call& call) {
  const Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  Encrypt wanted{.handle = connection->handle, .random = call.in.le64(), .diversifier = call.in.le16(), .key = {}};
  const Bytes key = call.in.take(wanted.key.size());
  std::copy(key.begin(), key.end(), wanted.key.begin());
  call.status(HciStatus::success);
  call.out.push_back(wanted);
}

void CommandMachine::read_remote_version(Call& call) {
  const Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  call.status(HciStatus::success);
  const Fields fields = Fields().status(HciStatus::success).u16(connection->handle).u8(bluetooth_5_0).u16(for_tests).u16(0);
  call.out.push_back(Send{hci::make_event(hci::EventCode::read_remote_version_complete, fields)});
}

void CommandMachine::read_remote_features(Call& call) {
  const Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  call.status(HciStatus::success);
  const Fields fields = Fields().status(HciStatus::success).u16(connection->handle).u64(device_features);
  call.out.push_back(Send{hci::make_le_event(LeEvent::read_remote_features_complete, fields)});
}

void CommandMachine::read_rssi(Call& call) {
  const uint16_t handle = call.in.le16();
  if (connections_.find(handle) != nullptr)
    call.out.push_back(ReadRssi{handle});
  else
    call.complete(Fields().status(HciStatus::unknown_connection).u16(handle).u8(0));
}

void CommandMachine::read_power(Call& call) {
  const uint16_t handle = call.in.le16();
  const bool known = connections_.find(handle) != nullptr;
  call.complete(Fields()
                    .status(known ? HciStatus::success : HciStatus::unknown_connection)
                    .u16(handle)
                    .u8(static_cast<uint8_t>(tx_power_dbm)));
}

void CommandMachine::read_channel_map(Call& call) {
  const uint16_t handle = call.in.le16();
  const bool known = connections_.find(handle) != nullptr;
  constexpr std::array<uint8_t, 5> all_37 = {0xFF, 0xFF, 0xFF, 0xFF, 0x1F};
  call.complete(Fields().status(known ? HciStatus::success : HciStatus::unknown_connection).u16(handle).bytes(all_37));
}

void CommandMachine::set_data_length(Call& call) {
  const uint16_t handle = call.in.le16();
  const bool known = connections_.find(handle) != nullptr;
  call.complete(Fields().status(known ? HciStatus::success : HciStatus::unknown_connection).u16(handle));
  if (!known || !is_enabled(LeEvent::data_length_change)) return;
  const Fields lengths = Fields().u16(handle).u16(data_size).u16(data_time_us).u16(data_size).u16(data_time_us);
  call.out.push_back(Send{hci::make_le_event(LeEvent::data_length_change, lengths)});
}

void CommandMachine::read_phy(Call& call) {
  const uint16_t handle = call.in.le16();
  const bool known = connections_.find(handle) != nullptr;
  call.complete(Fields().status(known ? HciStatus::success : HciStatus::unknown_connection).u16(handle).u8(phy_1m).u8(phy_1m));
}

void CommandMachine::set_phy(Call& call) {
  const Connection* connection = find_connection(call);
  if (connection == nullptr) return call.status(HciStatus::unknown_connection);
  call.status(HciStatus::success);
  const Fields phys = Fields().status(HciStatus::success).u16(connection->handle).u8(phy_1m).u8(phy_1m);
  call.out.push_back(Send{hci::make_le_event(LeEvent::phy_update_complete, phys)});
}

}  // namespace moor::controller
