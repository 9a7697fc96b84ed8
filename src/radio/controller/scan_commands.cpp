// Commands about scanning, and about advertising, which is accepted and not done.

#include "radio/controller/command_table.hpp"

#include <bit>

namespace moor::controller {

using hci::Fields;
using hci::HciStatus;
using hci::Opcode;

namespace {

constexpr uint8_t active_scan = 1;
constexpr unsigned list_policy = 1;  // the lowest bit of Scanning_Filter_Policy
constexpr int8_t tx_power_dbm = 0, least_tx_power_dbm = -20, most_tx_power_dbm = 8;
constexpr Duration scan_duration_unit = std::chrono::milliseconds(10);
constexpr Duration scan_period_unit = std::chrono::milliseconds(1280);

// Interval and window (Core 5.4, Vol 4, Part E, 7.8.10).
bool are_valid_times(unsigned interval, unsigned window, unsigned most) {
  return window >= 0x0004 && window <= interval && interval <= most;
}

}  // namespace

void CommandMachine::set_scan_parameters(Call& call) {
  const uint8_t type = call.in.u8();
  const uint16_t interval = call.in.le16();
  const uint16_t window = call.in.le16();
  call.in.skip(1);
  const uint8_t policy = call.in.u8();
  if (state_.scan.enabled) return call.complete(HciStatus::disallowed);
  if (type > active_scan || policy > 3 || !are_valid_times(interval, window, 0x4000))
    return call.complete(HciStatus::invalid_parameters);
  state_.scan = {.active = type == active_scan, .accept_list_only = (policy & list_policy) != 0};
  call.complete(HciStatus::success);
}

void CommandMachine::set_extended_scan_parameters(Call& call) {
  call.in.skip(1);
  const uint8_t policy = call.in.u8();
  const int phys = std::popcount(call.in.u8());
  bool valid = policy <= 3 && phys > 0;
  bool active = false;
  for (int i = 0; i < phys && valid; ++i) {
    const uint8_t type = call.in.u8();
    const uint16_t interval = call.in.le16();
    const uint16_t window = call.in.le16();
    valid = call.in.ok() && type <= active_scan && are_valid_times(interval, window, 0xFFFF);
    active |= type == active_scan;
  }
  if (state_.scan.enabled) return call.complete(HciStatus::disallowed);
  if (!valid) return call.complete(HciStatus::invalid_parameters);
  state_.scan = {.active = active, .accept_list_only = (policy & list_policy) != 0, .extended = true};
  call.complete(HciStatus::success);
}

void CommandMachine::change_scan(Call& call, bool enable, unsigned duplicates) {
  if (duplicates > 2) return call.complete(HciStatus::invalid_parameters);
  const bool was_enabled = state_.scan.enabled;
  state_.scan.enabled = enable;
  state_.scan.duplicates = static_cast<ScanSettings::Duplicates>(duplicates);
  call.complete(HciStatus::success);
  if (enable || was_enabled) call.out.push_back(ChangeScan{});
}

void CommandMachine::set_scan_enable(Call& call) {
  const uint8_t enable = call.in.u8();
  const uint8_t duplicates = call.in.u8();
  if (enable > 1 || duplicates > 1) return call.complete(HciStatus::invalid_parameters);
  state_.scan.extended = false;
  state_.scan.duration = state_.scan.period = {};
  change_scan(call, enable == 1, duplicates);
}

void CommandMachine::set_extended_scan_enable(Call& call) {
  const uint8_t enable = call.in.u8();
  const uint8_t duplicates = call.in.u8();
  const uint16_t duration = call.in.le16();
  const uint16_t period = call.in.le16();
  if (enable > 1) return call.complete(HciStatus::invalid_parameters);
  state_.scan.extended = true;
  state_.scan.duration = scan_duration_unit * duration;
  state_.scan.period = scan_period_unit * period;
  change_scan(call, enable == 1, duplicates);
}

std::optional<hci::Packet> CommandMachine::scan_ended() {
  if (!state_.scan.enabled) return std::nullopt;
  state_.scan.enabled = false;
  return hci::make_le_event(hci::LeEvent::scan_timeout, Fields());
}

void CommandMachine::read_advertising_limits(Call& call) {
  Fields result;
  result.status(HciStatus::success);
  switch (static_cast<Opcode>(call.opcode)) {
    case Opcode::le_read_maximum_advertising_length: result.u16(extended_payload_size); break;
    case Opcode::le_read_number_of_sets: result.u8(max_sets); break;
    case Opcode::le_read_transmit_power:
      result.u8(static_cast<uint8_t>(least_tx_power_dbm)).u8(static_cast<uint8_t>(most_tx_power_dbm));
      break;
    default: result.u8(static_cast<uint8_t>(tx_power_dbm));
  }
  call.complete(result);
}

void CommandMachine::set_extended_advertising_parameters(Call& call) {
  if (call.in.u8() >= max_sets) return call.complete(HciStatus::memory_exceeded);
  call.complete(Fields().status(HciStatus::success).u8(static_cast<uint8_t>(tx_power_dbm)));
}

void CommandMachine::remove_set(Call& call) {
  call.complete(call.in.u8() < max_sets ? HciStatus::success : HciStatus::unknown_advertising_set);
}

}  // namespace moor::controller
