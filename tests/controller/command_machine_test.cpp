// What a host is answered, command by command, without any radio.

#include "radio/controller/command_machine.hpp"

#include "controller/scripted_host.hpp"

#include <gmock/gmock.h>

namespace moor::testing {
namespace {

using controller::CommandMachine;
using hci::Fields;
using hci::HciStatus;
using hci::Opcode;

class CommandMachineTest : public ::testing::Test {
protected:
  CommandMachine::Actions tell(const hci::Packet& packet) {
    const auto command = hci::parse_command(Bytes(packet).subspan(1));
    EXPECT_TRUE(command);
    CommandMachine::Actions actions = machine.receive(*command);
    for (const auto& action : actions)
      if (const auto* sent = std::get_if<CommandMachine::Send>(&action)) host.on_packet(sent->packet);
    return actions;
  }
  hci::Packet ask(Opcode opcode, const Fields& parameters = {}) {
    host.clear();
    (void)tell(ScriptedHost::command(opcode, parameters));
    return host.result_of(opcode);
  }
  std::optional<HciStatus> status_of(const hci::Packet& packet) {
    host.clear();
    (void)tell(packet);
    const auto opcode = static_cast<Opcode>(load_le16(packet.data() + 1));
    const hci::Packet result = host.result_of(opcode);
    return result.empty() ? host.status_of(opcode) : std::optional(static_cast<HciStatus>(result[0]));
  }
  template <typename Wanted>
  static bool has(const CommandMachine::Actions& actions) {
    return std::any_of(actions.begin(), actions.end(), [](const auto& action) { return std::holds_alternative<Wanted>(action); });
  }
  uint16_t connect(const Address& peer) {
    (void)tell(create_connection(peer));
    return machine.connected(peer, {}).handle.value();
  }

  const Address address = Address(0x02AABBCCDDEE, false);
  const Address sensor = Address(0xA4CF12345678, false);
  CommandMachine machine{address, true, [] { return uint64_t{0x0807060504030201}; }};
  ScriptedHost host;
};

// Linux 6.1 sends these while it powers a controller on (net/bluetooth/hci_sync.c); one that fails and the controller stays down.
TEST_F(CommandMachineTest, PowersOn) {
  const std::pair<Opcode, size_t> commands[] = {
      {Opcode::reset, 1},
      {Opcode::read_local_features, 9},
      {Opcode::read_local_version, 9},
      {Opcode::read_address, 7},
      {Opcode::read_local_commands, 65},
      {Opcode::le_read_local_features, 9},
      {Opcode::le_read_buffer_size, 4},
      {Opcode::le_read_supported_states, 9},
      {Opcode::le_read_advertising_tx_power, 2},
      {Opcode::le_read_transmit_power, 3},
      {Opcode::le_read_accept_list_size, 2},
      {Opcode::le_clear_accept_list, 1},
      {Opcode::le_read_resolving_list_size, 2},
      {Opcode::le_clear_resolving_list, 1},
      {Opcode::le_read_maximum_data_length, 9},
      {Opcode::le_read_default_data_length, 5},
      {Opcode::le_read_number_of_sets, 2},
      {Opcode::le_read_maximum_advertising_length, 3},
      {Opcode::le_rand, 9},
  };
  for (const auto& [opcode, size] : commands) {
    const hci::Packet result = ask(opcode);
    ASSERT_EQ(result.size(), size) << std::hex << static_cast<unsigned>(opcode);
    EXPECT_EQ(result[0], 0) << std::hex << static_cast<unsigned>(opcode);
  }
  const std::pair<Opcode, Fields> settings[] = {
      {Opcode::set_event_mask, Fields().zeros(8)},
      {Opcode::le_set_event_mask, Fields().zeros(8)},
      {Opcode::le_set_random_address, Fields().zeros(6)},
      {Opcode::le_write_default_data_length, Fields().u16(251).u16(2120)},
      {Opcode::le_set_default_phy, Fields().zeros(3)},
      {Opcode::le_set_private_address_timeout, Fields().u16(900)},
      {Opcode::le_set_extended_advertising_parameters, Fields().zeros(25)},
      {Opcode::le_set_extended_advertising_data, Fields().zeros(4)},
      {Opcode::le_set_extended_scan_response_data, Fields().zeros(4)},
      {Opcode::le_set_extended_advertising_enable, Fields().u8(0).u8(0)},
      {Opcode::le_clear_advertising_sets, Fields()},
      {Opcode::le_set_advertising_parameters, Fields().zeros(15)},
      {Opcode::le_set_advertising_data, Fields().zeros(32)},
      {Opcode::le_set_advertising_enable, Fields().zeros(1)},
  };
  for (const auto& [opcode, parameters] : settings) {
    const hci::Packet result = ask(opcode, parameters);
    ASSERT_FALSE(result.empty()) << std::hex << static_cast<unsigned>(opcode);
    EXPECT_EQ(result[0], 0) << std::hex << static_cast<unsigned>(opcode);
  }
}

TEST_F(CommandMachineTest, SaysWhoItIs) {
  EXPECT_EQ(to_hex(ask(Opcode::read_address)), "00eeddccbbaa02");
  EXPECT_EQ(ask(Opcode::read_local_features)[5], 0x60) << "LE, and no BR/EDR";
  EXPECT_EQ(to_hex(ask(Opcode::le_read_buffer_size)), "00fb000c");
  EXPECT_EQ(to_hex(ask(Opcode::le_rand)), "000102030405060708");
}

TEST_F(CommandMachineTest, OffersWhatItAnswers) {
  const hci::Packet offered = ask(Opcode::read_local_commands);
  EXPECT_EQ(offered[1 + 37] & 0xE0, 0xE0) << "extended scanning and connecting";
  EXPECT_EQ(offered[1 + 34] & 0x06, 0) << "no P-256 and no DHKey: the host computes them itself";
  CommandMachine legacy(address, false, [] { return uint64_t{0}; });
  machine = legacy;
  EXPECT_EQ(ask(Opcode::read_local_commands)[1 + 37], 0);
  EXPECT_EQ(ask(Opcode::le_read_local_features)[2], 0);
  EXPECT_EQ(status_of(extended_scan_parameters(true)), HciStatus::unknown_command);
}

TEST_F(CommandMachineTest, DoesNotKnowTheRest) {
  EXPECT_EQ(status_of(ScriptedHost::command(static_cast<Opcode>(0x2025))), HciStatus::unknown_command);
  EXPECT_EQ(status_of(ScriptedHost::command(static_cast<Opcode>(0xFC01), Fields().u8(1))), HciStatus::unknown_command);
}

TEST_F(CommandMachineTest, RefusesParametersThatAreCutOff) {
  const hci::Packet whole[] = {scan_parameters(true),
                               scan_enable(true, true),
                               extended_scan_parameters(true),
                               extended_scan_enable(true, true),
                               create_connection(sensor),
                               extended_create_connection(sensor),
                               ScriptedHost::command(Opcode::le_add_to_accept_list, Fields().u8(0).address(sensor))};
  for (const hci::Packet& packet : whole) {
    for (size_t size = 4; size < packet.size(); ++size) {
      hci::Packet cut(packet.begin(), packet.begin() + static_cast<std::ptrdiff_t>(size));
      cut[3] = static_cast<uint8_t>(size - 4);
      // The lengths of connection events, which come last, are not looked at.
      const auto status = status_of(cut);
      EXPECT_TRUE(status == HciStatus::success || status == HciStatus::invalid_parameters) << to_hex(cut);
      machine = CommandMachine(address, true, [] { return uint64_t{0}; });
    }
    EXPECT_EQ(status_of(packet), HciStatus::success) << to_hex(packet);
    machine = CommandMachine(address, true, [] { return uint64_t{0}; });
  }
}

TEST_F(CommandMachineTest, ScansAsToldTo) {
  EXPECT_EQ(status_of(scan_parameters(true, true)), HciStatus::success);
  EXPECT_FALSE(machine.scan().enabled);
  EXPECT_TRUE(has<CommandMachine::ChangeScan>(tell(scan_enable(true, true))));
  EXPECT_TRUE(machine.scan().enabled && machine.scan().active && machine.scan().accept_list_only);
  EXPECT_EQ(machine.scan().duplicates, controller::ScanSettings::Duplicates::once);
  EXPECT_FALSE(machine.scan().extended);
  EXPECT_EQ(status_of(scan_parameters(false)), HciStatus::disallowed) << "while it scans";
  EXPECT_TRUE(has<CommandMachine::ChangeScan>(tell(scan_enable(false, false))));
  EXPECT_FALSE(has<CommandMachine::ChangeScan>(tell(scan_enable(false, false)))) << "it does not scan";

  EXPECT_EQ(status_of(extended_scan_parameters(false)), HciStatus::success);
  EXPECT_EQ(status_of(extended_scan_enable(true, false, 100)), HciStatus::success);
  EXPECT_TRUE(machine.scan().extended && !machine.scan().active);
  EXPECT_EQ(machine.scan().duration, std::chrono::seconds(1));
  EXPECT_TRUE(machine.scan_ended());
  EXPECT_FALSE(machine.scan_ended());
  EXPECT_EQ(status_of(ScriptedHost::command(Opcode::le_set_scan_parameters, Fields().u8(1).u16(0x10).u16(0x20).u8(0).u8(0))),
            HciStatus::invalid_parameters)
      << "a window longer than its interval";
}

TEST_F(CommandMachineTest, KeepsAnAcceptList) {
  const auto add = [&](const Address& each) {
    return status_of(ScriptedHost::command(Opcode::le_add_to_accept_list, Fields().u8(each.is_random() ? 1 : 0).address(each)));
  };
  EXPECT_EQ(add(sensor), HciStatus::success);
  EXPECT_TRUE(machine.accepts(sensor));
  EXPECT_FALSE(machine.accepts(Address(sensor.bits(), true))) << "another kind of address";
  for (uint64_t i = 1; i < CommandMachine::max_accept_list; ++i) EXPECT_EQ(add(Address(i, true)), HciStatus::success);
  EXPECT_EQ(add(Address(0x1234, false)), HciStatus::memory_exceeded);
  EXPECT_EQ(add(sensor), HciStatus::success) << "it is there already";
  (void)tell(create_connection(std::nullopt));
  EXPECT_EQ(add(sensor), HciStatus::disallowed) << "while it is used";
}

TEST_F(CommandMachineTest, ConnectsOneAtATime) {
  const auto actions = tell(create_connection(sensor));
  EXPECT_EQ(host.status_of(Opcode::le_create_connection), HciStatus::success);
  ASSERT_TRUE(has<CommandMachine::BeginConnecting>(actions));
  const auto& wanted = std::get<CommandMachine::BeginConnecting>(actions.back()).what;
  EXPECT_EQ(wanted.peer, sensor);
  EXPECT_EQ(wanted.host, address);
  EXPECT_EQ(wanted.parameters.max_interval.units, 40);
  EXPECT_EQ(status_of(create_connection(Address(1, true))), HciStatus::disallowed);

  host.clear();
  host.on_packet(machine.connected(sensor, wanted.parameters).event);
  const auto complete = host.events(hci::LeEvent::connection_complete);
  ASSERT_EQ(complete.size(), 1U);
  EXPECT_EQ(to_hex(complete[0]), "000100000078563412cfa428000000a40100");
  EXPECT_EQ(status_of(create_connection(sensor)), HciStatus::already_exists);
}

TEST_F(CommandMachineTest, TellsOfALinkAsTheHostWantsToHear) {
  (void)ask(Opcode::le_set_event_mask, Fields().u64(0x21F));  // with Enhanced Connection Complete
  (void)tell(extended_create_connection(sensor));
  host.clear();
  host.on_packet(machine.connected(sensor, {}).event);
  const auto complete = host.events(hci::LeEvent::enhanced_connection_complete);
  ASSERT_EQ(complete.size(), 1U);
  EXPECT_EQ(complete[0].size(), 30U);
}

TEST_F(CommandMachineTest, CancelsOnlyWhatIsUnderWay) {
  EXPECT_EQ(status_of(ScriptedHost::command(Opcode::le_create_connection_cancel)), HciStatus::disallowed);
  (void)tell(create_connection(sensor));
  EXPECT_TRUE(has<CommandMachine::CancelConnecting>(tell(ScriptedHost::command(Opcode::le_create_connection_cancel))));
}

TEST_F(CommandMachineTest, KnowsItsLinks) {
  const uint16_t handle = connect(sensor);
  const std::pair<Opcode, Fields> of_links[] = {
      {Opcode::disconnect, Fields().u16(handle).u8(0x13)},
      {Opcode::read_remote_version, Fields().u16(handle)},
      {Opcode::le_read_remote_features, Fields().u16(handle)},
      {Opcode::le_connection_update, Fields().u16(handle).bytes(link_parameters().done())},
      {Opcode::le_set_data_length, Fields().u16(handle).u16(251).u16(2120)},
      {Opcode::le_set_phy, Fields().u16(handle).zeros(5)},
      {Opcode::le_read_phy, Fields().u16(handle)},
      {Opcode::le_read_channel_map, Fields().u16(handle)},
      {Opcode::read_transmit_power_level, Fields().u16(handle).u8(0)},
      {Opcode::le_start_encryption, Fields().u16(handle).zeros(26)},
  };
  for (const auto& [opcode, parameters] : of_links) {
    EXPECT_EQ(status_of(ScriptedHost::command(opcode, parameters)), HciStatus::success)
        << std::hex << static_cast<unsigned>(opcode);
    hci::Packet other = parameters.done();
    other[0] = 0x77;
    EXPECT_EQ(status_of(ScriptedHost::command(opcode, Fields().bytes(other))), HciStatus::unknown_connection)
        << std::hex << static_cast<unsigned>(opcode);
  }
}

TEST_F(CommandMachineTest, RefusesParametersThatNoLinkCanHave) {
  const uint16_t handle = connect(sensor);
  const Fields too_short = Fields().u16(handle).u16(24).u16(40).u16(100).u16(10).u16(0).u16(0);
  EXPECT_EQ(status_of(ScriptedHost::command(Opcode::le_connection_update, too_short)), HciStatus::invalid_parameters);
}

TEST_F(CommandMachineTest, ForgetsAllWhenItIsReset) {
  const uint16_t handle = connect(sensor);
  (void)tell(scan_enable(true, false));
  EXPECT_TRUE(has<CommandMachine::Reset>(tell(ScriptedHost::command(Opcode::reset))));
  EXPECT_FALSE(machine.scan().enabled);
  EXPECT_EQ(machine.connections().find(handle), nullptr);
}

TEST(Connections, GiveHandlesAgainAsLateAsTheyCan) {
  controller::Connections connections;
  const Address peer(1, false);
  uint16_t last = 0;
  for (unsigned i = 0; i < hci::max_handle; ++i) {
    controller::Connection* made = connections.open(peer, {});
    ASSERT_NE(made, nullptr);
    EXPECT_EQ(made->handle, last + 1);
    last = made->handle;
    connections.close(last);
  }
  EXPECT_EQ(connections.open(peer, {})->handle, 1);
  for (size_t i = 1; i < controller::Connections::max_connections; ++i) EXPECT_NE(connections.open(peer, {}), nullptr);
  EXPECT_EQ(connections.open(peer, {}), nullptr);
}

}  // namespace
}  // namespace moor::testing
