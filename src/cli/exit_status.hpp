#pragma once
// Exit statuses of the program, the same for every command.

#include <exception>

namespace moor::cli {

inline constexpr int exit_done = 0;
inline constexpr int exit_failed = 1;
inline constexpr int exit_usage = 2;  ///< wrong usage or configuration
inline constexpr int exit_device_not_found = 3;
inline constexpr int exit_out_of_slots = 4;
inline constexpr int exit_connection_aborted = 5;
inline constexpr int exit_connection_failed = 6;
inline constexpr int exit_no_radio = 7;
inline constexpr int exit_interrupted = 130;  ///< after a clean shutdown

/// Prints an error with its advice to stderr. @returns the exit status for it.
[[nodiscard]] int report(std::exception_ptr error);

}  // namespace moor::cli
