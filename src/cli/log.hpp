#pragma once
// Where the gateway's messages go: to the journal with their levels where systemd reads stderr, else to stderr with times and colours.

#include "gateway/config.hpp"

#include <spdlog/logger.h>

namespace moor::cli {

[[nodiscard]] spdlog::logger make_log(LogLevel level);

}  // namespace moor::cli
