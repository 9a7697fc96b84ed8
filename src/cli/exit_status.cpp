#include "cli/exit_status.hpp"

#include "moor/error.hpp"

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
    if (dynamic_cast<const RadioNotAvailable*>(&known)) return exit_no_radio;
  } catch (const std::exception& unknown) {
    std::cerr << "moor: " << unknown.what() << "\n";
  }
  return exit_failed;
}

}  // namespace moor::cli
