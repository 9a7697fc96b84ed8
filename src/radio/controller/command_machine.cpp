// Dispatch, and commands about the controller itself.

#include "radio/controller/command_machine.hpp"

#include "radio/controller/command_table.hpp"

namespace moor::controller {

using hci::Fields;
using hci::HciStatus;
using hci::Opcode;

namespace {

// LMP features: BR/EDR is not supported, LE is (Core 5.4, Vol 2, Part C, 3.3: bits 37 and 38).
constexpr uint8_t only_le = 0x60;
// LE features (Core 5.4, Vol 6, Part B, 4.6).
constexpr uint64_t encryption = 1U << 0, data_length_extension = 1U << 5, extended_advertising = 1U << 12;
constexpr uint8_t bluetooth_5_3 = 0x0C;
constexpr uint16_t for_tests = 0xFFFF;  // a company id that nobody has
constexpr uint16_t max_time_us = 2120;  // of 251 bytes at 1 Mbit/s
// All combinations of states but those with a periodic or a connected peripheral (Core 5.4, Vol 4, Part E, 7.8.27).
constexpr uint64_t supported_states = 0x000003FFFFFFFFFF;

}  // namespace

CommandMachine::CommandMachine(const Address& address, bool extended, std::function<uint64_t()> random,
                               std::function<bool()> has_slot)
    : address_(address), extended_(extended), random_(std::move(random)), has_slot_(std::move(has_slot)) {}

CommandMachine::Actions CommandMachine::receive(const hci::HciCommand& command) {
  Actions out;
  Call call{.opcode = command.opcode, .in = ByteReader(command.parameters), .out = out};
  const Entry* entry = find(command.opcode);
  if (entry == nullptr)
    call.status(HciStatus::unknown_command);
  else if (command.parameters.size() >= entry->least_size)
    (this->*entry->answer)(call);
  else if (entry->answers_by_status)
    call.status(HciStatus::invalid_parameters);
  else
    call.complete(HciStatus::invalid_parameters);
  return out;
}

bool CommandMachine::is_enabled(hci::LeEvent event) const noexcept {
  return (state_.le_event_mask >> (static_cast<unsigned>(event) - 1) & 1) != 0;
}

void CommandMachine::accept(Call& call) {
  call.complete(HciStatus::success);
}

void CommandMachine::reset(Call& call) {
  state_ = {};
  connections_.clear();
  call.out.push_back(Reset{});
  call.complete(HciStatus::success);
}

void CommandMachine::set_le_event_mask(Call& call) {
  state_.le_event_mask = call.in.le64();
  call.complete(HciStatus::success);
}

void CommandMachine::read_version(Call& call) {
  call.complete(Fields().status(HciStatus::success).u8(bluetooth_5_3).u16(0).u8(bluetooth_5_3).u16(for_tests).u16(0));
}

void CommandMachine::read_commands(Call& call) {
  std::array<uint8_t, 64> offered{};
  for (const Entry& each : Table::all())
    if (extended_ || !each.extended) offered[each.octet] = static_cast<uint8_t>(offered[each.octet] | 1U << each.bit);
  call.complete(Fields().status(HciStatus::success).bytes(offered));
}

void CommandMachine::read_features(Call& call) {
  call.complete(Fields().status(HciStatus::success).zeros(4).u8(only_le).zeros(3));
}

void CommandMachine::read_address(Call& call) {
  call.complete(Fields().status(HciStatus::success).address(address_));
}

void CommandMachine::set_random_address(Call& call) {
  if (state_.initiating || state_.scan.enabled) return call.complete(HciStatus::disallowed);
  state_.random_address = Address::from_le(call.in.take(6).data(), true);
  call.complete(HciStatus::success);
}

void CommandMachine::read_buffer_size(Call& call) {
  call.complete(Fields().status(HciStatus::success).u16(data_size).u8(data_packets));
}

void CommandMachine::read_le_features(Call& call) {
  call.complete(
      Fields().status(HciStatus::success).u64(encryption | data_length_extension | (extended_ ? extended_advertising : 0)));
}

void CommandMachine::read_states(Call& call) {
  call.complete(Fields().status(HciStatus::success).u64(supported_states));
}

void CommandMachine::rand(Call& call) {
  call.complete(Fields().status(HciStatus::success).u64(random_()));
}

void CommandMachine::read_default_data_length(Call& call) {
  if (call.opcode == static_cast<uint16_t>(Opcode::le_write_default_data_length)) {
    state_.default_octets = call.in.le16();
    state_.default_time_us = call.in.le16();
    return call.complete(HciStatus::success);
  }
  call.complete(Fields().status(HciStatus::success).u16(state_.default_octets).u16(state_.default_time_us));
}

void CommandMachine::read_maximum_data_length(Call& call) {
  call.complete(Fields().status(HciStatus::success).u16(data_size).u16(max_time_us).u16(data_size).u16(max_time_us));
}

void CommandMachine::read_list_size(Call& call) {
  const bool accept_list = call.opcode == static_cast<uint16_t>(Opcode::le_read_accept_list_size);
  call.complete(Fields().status(HciStatus::success).u8(accept_list ? max_accept_list : max_resolving_list));
}

namespace {

HciStatus change_list(std::set<Address>& list, size_t limit, bool add, const Address& address) {
  if (!add) return list.erase(address) > 0 ? HciStatus::success : HciStatus::unknown_connection;
  if (list.size() >= limit && !list.contains(address)) return HciStatus::memory_exceeded;
  list.insert(address);
  return HciStatus::success;
}

}  // namespace

void CommandMachine::change_accept_list(Call& call) {
  const bool in_use = (state_.scan.enabled && state_.scan.accept_list_only) || (state_.initiating && state_.initiates_from_list);
  if (in_use) return call.complete(HciStatus::disallowed);
  const auto opcode = static_cast<Opcode>(call.opcode);
  if (opcode == Opcode::le_clear_accept_list) {
    state_.accept_list.clear();
    return call.complete(HciStatus::success);
  }
  const Address address = read_kind_and_address(call.in);
  const HciStatus status = change_list(state_.accept_list, max_accept_list, opcode == Opcode::le_add_to_accept_list, address);
  // To take away what is not there is no error of this list (Core 5.4, Vol 4, Part E, 7.8.17).
  call.complete(status == HciStatus::unknown_connection ? HciStatus::success : status);
}

void CommandMachine::change_resolving_list(Call& call) {
  const auto opcode = static_cast<Opcode>(call.opcode);
  if (opcode == Opcode::le_clear_resolving_list) {
    state_.resolving_list.clear();
    return call.complete(HciStatus::success);
  }
  const Address address = read_kind_and_address(call.in);
  call.complete(change_list(state_.resolving_list, max_resolving_list, opcode == Opcode::le_add_to_resolving_list, address));
}

}  // namespace moor::controller
