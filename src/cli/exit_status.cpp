#include "cli/exit_status.hpp"

#include "moor/connect_cause.hpp"
#include "moor/link.hpp"

#include <iostream>

namespace moor::cli {

int report(std::exception_ptr error) {
  try {
    std::rethrow_exception(error);
  } catch (const Error& known) {
    std::cerr << "moor: " << known.what() << "\n";
    if (!known.advice().empty()) std::cerr << "      " << known.advice() << "\n";
    if (dynamic_cast<const UsageError*>(&known) || dynamic_cast<const ConfigError*>(&known)) return exit_usage;
    if (dynamic_cast<const DeviceNotFound*>(&known)) return exit_device_not_found;
    if (dynamic_cast<const OutOfConnectionSlots*>(&known)) return exit_out_of_slots;
    if (dynamic_cast<const ConnectionAborted*>(&known)) return exit_connection_aborted;
    if (dynamic_cast<const LinkClosed*>(&known)) return exit_connection_aborted;
    if (dynamic_cast<const ConnectionFailed*>(&known)) return exit_connection_failed;
    if (dynamic_cast<const RadioNotAvailable*>(&known)) {
      if (known.context().radio.starts_with("bluez"))
        std::cerr << "      `moor doctor` looks closer. Without Bluetooth there are --radio replay:CAPTURE and --radio "
                     "sim:WORLD.toml.\n";
      return exit_no_radio;
    }
  } catch (const std::exception& unknown) {
    std::cerr << "moor: " << unknown.what() << "\n";
  }
  return exit_failed;
}

}  // namespace moor::cli
