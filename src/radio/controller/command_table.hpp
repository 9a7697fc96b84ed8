#pragma once
// Which commands there are, what they need, and where Supported Commands names them (Core 5.4, Vol 4, Part E, 6.27).

#include "radio/controller/command_machine.hpp"

namespace moor::controller {

struct CommandMachine::Entry {
  hci::Opcode opcode;
  uint8_t least_size;  // of its parameters
  uint8_t octet, bit;  // in Supported Commands
  void (CommandMachine::*answer)(Call&);
  bool extended = false;           // only offered with extended advertising
  bool answers_by_status = false;  // with Command Status; an event follows
};

struct CommandMachine::Table {
  [[nodiscard]] static std::span<const Entry> all() noexcept;
};

/// A kind of address (2 and 3 are identities) and the address, as several commands have them.
[[nodiscard]] inline Address read_kind_and_address(ByteReader& in) noexcept {
  const bool random = (in.u8() & 1) != 0;
  const Bytes bytes = in.take(6);
  return bytes.empty() ? Address() : Address::from_le(bytes.data(), random);
}

}  // namespace moor::controller
