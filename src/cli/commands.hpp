#pragma once
// The commands, one file each.

#include "cli/arguments.hpp"

namespace moor::cli {

[[nodiscard]] std::unique_ptr<Command> make_scan();
[[nodiscard]] std::unique_ptr<Command> make_beacons();
[[nodiscard]] std::unique_ptr<Command> make_track();
[[nodiscard]] std::unique_ptr<Command> make_record();
[[nodiscard]] std::unique_ptr<Command> make_explore();
[[nodiscard]] std::unique_ptr<Command> make_read();
[[nodiscard]] std::unique_ptr<Command> make_write();
[[nodiscard]] std::unique_ptr<Command> make_notify();
[[nodiscard]] std::unique_ptr<Command> make_monitor();
[[nodiscard]] std::unique_ptr<Command> make_pair();
[[nodiscard]] std::unique_ptr<Command> make_unpair();
[[nodiscard]] std::unique_ptr<Command> make_lookup();
[[nodiscard]] std::unique_ptr<Command> make_decode();
[[nodiscard]] std::unique_ptr<Command> make_encode();
[[nodiscard]] std::unique_ptr<Command> make_power();
[[nodiscard]] std::unique_ptr<Command> make_radios();
[[nodiscard]] std::unique_ptr<Command> make_doctor();
[[nodiscard]] std::unique_ptr<Command> make_gateway();
[[nodiscard]] std::unique_ptr<Command> make_query();
[[nodiscard]] std::unique_ptr<Command> make_proxy();
[[nodiscard]] std::unique_ptr<Command> make_sim();
/// @param commands  those to complete; must outlive the command.
[[nodiscard]] std::unique_ptr<Command> make_completion(const Commands& commands);
/// @param commands  those to describe; must outlive the command.
[[nodiscard]] std::unique_ptr<Command> make_man(const Commands& commands);

}  // namespace moor::cli
