#include "radio/controller/command_table.hpp"

#include <algorithm>

namespace moor::controller {

using hci::Opcode;

std::span<const CommandMachine::Entry> CommandMachine::Table::all() noexcept {
  using M = CommandMachine;
  static constexpr Entry entries[] = {
      {Opcode::disconnect, 3, 0, 5, &M::disconnect, false, true},
      {Opcode::read_remote_version, 2, 2, 7, &M::read_remote_version, false, true},
      {Opcode::set_event_mask, 8, 5, 6, &M::accept},
      {Opcode::reset, 0, 5, 7, &M::reset},
      {Opcode::read_transmit_power_level, 3, 10, 2, &M::read_power},
      {Opcode::set_event_mask_page_2, 8, 22, 2, &M::accept},
      {Opcode::read_local_version, 0, 14, 3, &M::read_version},
      {Opcode::read_local_commands, 0, 14, 4, &M::read_commands},
      {Opcode::read_local_features, 0, 14, 5, &M::read_features},
      {Opcode::read_address, 0, 15, 1, &M::read_address},
      {Opcode::read_rssi, 2, 15, 5, &M::read_rssi},
      {Opcode::le_set_event_mask, 8, 25, 0, &M::set_le_event_mask},
      {Opcode::le_read_buffer_size, 0, 25, 1, &M::read_buffer_size},
      {Opcode::le_read_local_features, 0, 25, 2, &M::read_le_features},
      {Opcode::le_set_random_address, 6, 25, 4, &M::set_random_address},
      {Opcode::le_set_advertising_parameters, 15, 25, 5, &M::accept},
      {Opcode::le_read_advertising_tx_power, 0, 25, 6, &M::read_advertising_limits},
      {Opcode::le_set_advertising_data, 1, 25, 7, &M::accept},
      {Opcode::le_set_scan_response_data, 1, 26, 0, &M::accept},
      {Opcode::le_set_advertising_enable, 1, 26, 1, &M::accept},
      {Opcode::le_set_scan_parameters, 7, 26, 2, &M::set_scan_parameters},
      {Opcode::le_set_scan_enable, 2, 26, 3, &M::set_scan_enable},
      {Opcode::le_create_connection, 25, 26, 4, &M::create_connection, false, true},
      {Opcode::le_create_connection_cancel, 0, 26, 5, &M::cancel_connection},
      {Opcode::le_read_accept_list_size, 0, 26, 6, &M::read_list_size},
      {Opcode::le_clear_accept_list, 0, 26, 7, &M::change_accept_list},
      {Opcode::le_add_to_accept_list, 7, 27, 0, &M::change_accept_list},
      {Opcode::le_remove_from_accept_list, 7, 27, 1, &M::change_accept_list},
      {Opcode::le_connection_update, 14, 27, 2, &M::update, false, true},
      {Opcode::le_set_host_channels, 5, 27, 3, &M::accept},
      {Opcode::le_read_channel_map, 2, 27, 4, &M::read_channel_map},
      {Opcode::le_read_remote_features, 2, 27, 5, &M::read_remote_features, false, true},
      {Opcode::le_rand, 0, 27, 7, &M::rand},
      {Opcode::le_start_encryption, 28, 28, 0, &M::start_encryption, false, true},
      {Opcode::le_read_supported_states, 0, 28, 3, &M::read_states},
      {Opcode::le_set_data_length, 6, 33, 6, &M::set_data_length},
      {Opcode::le_read_default_data_length, 0, 33, 7, &M::read_default_data_length},
      {Opcode::le_write_default_data_length, 4, 34, 0, &M::read_default_data_length},
      {Opcode::le_add_to_resolving_list, 39, 34, 3, &M::change_resolving_list},
      {Opcode::le_remove_from_resolving_list, 7, 34, 4, &M::change_resolving_list},
      {Opcode::le_clear_resolving_list, 0, 34, 5, &M::change_resolving_list},
      {Opcode::le_read_resolving_list_size, 0, 34, 6, &M::read_list_size},
      {Opcode::le_set_address_resolution_enable, 1, 35, 1, &M::accept},
      {Opcode::le_set_private_address_timeout, 2, 35, 2, &M::accept},
      {Opcode::le_read_maximum_data_length, 0, 35, 3, &M::read_maximum_data_length},
      {Opcode::le_read_phy, 2, 35, 4, &M::read_phy},
      {Opcode::le_set_default_phy, 3, 35, 5, &M::accept},
      {Opcode::le_set_phy, 7, 35, 6, &M::set_phy, false, true},
      {Opcode::le_set_set_random_address, 7, 36, 1, &M::accept, true},
      {Opcode::le_set_extended_advertising_parameters, 25, 36, 2, &M::set_extended_advertising_parameters, true},
      {Opcode::le_set_extended_advertising_data, 4, 36, 3, &M::accept, true},
      {Opcode::le_set_extended_scan_response_data, 4, 36, 4, &M::accept, true},
      {Opcode::le_set_extended_advertising_enable, 2, 36, 5, &M::accept, true},
      {Opcode::le_read_maximum_advertising_length, 0, 36, 6, &M::read_advertising_limits, true},
      {Opcode::le_read_number_of_sets, 0, 36, 7, &M::read_advertising_limits, true},
      {Opcode::le_remove_advertising_set, 1, 37, 0, &M::remove_set, true},
      {Opcode::le_clear_advertising_sets, 0, 37, 1, &M::accept, true},
      {Opcode::le_set_extended_scan_parameters, 3, 37, 5, &M::set_extended_scan_parameters, true},
      {Opcode::le_set_extended_scan_enable, 6, 37, 6, &M::set_extended_scan_enable, true},
      {Opcode::le_extended_create_connection, 26, 37, 7, &M::extended_create_connection, true, true},
      {Opcode::le_read_transmit_power, 0, 38, 7, &M::read_advertising_limits},
  };
  return entries;
}

const CommandMachine::Entry* CommandMachine::find(uint16_t opcode) const noexcept {
  const auto all = Table::all();
  const auto found = std::find_if(all.begin(), all.end(), [&](const Entry& each) {
    return static_cast<uint16_t>(each.opcode) == opcode && (extended_ || !each.extended);
  });
  return found == all.end() ? nullptr : &*found;
}

}  // namespace moor::controller
