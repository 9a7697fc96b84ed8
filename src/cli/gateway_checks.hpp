#pragma once
// What of a gateway's configuration cannot work on this machine: its store, the files with keys and certificates, its port, its broker, the clock.

#include "gateway/config.hpp"
#include "moor/doctor.hpp"

namespace moor::cli {

/// Changes nothing. Throws nothing: what cannot be found out is a check that says so. Cancellation: total.
[[nodiscard]] awaitable<std::vector<Check>> examine_gateway(const GatewayConfig& config, Clock& clock);

}  // namespace moor::cli
