#pragma once
// The demo: a recording of a small shop that moor made itself, played over and over in real time.

#include "gateway/config.hpp"

namespace moor::cli {

/// Where the recording is; nothing where it is not beside the program.
[[nodiscard]] std::optional<std::filesystem::path> find_demo_recording();
/// @throws Error if the recording is not where the program was installed or built.
[[nodiscard]] GatewayConfig demo_config();

}  // namespace moor::cli
