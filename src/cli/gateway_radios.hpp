#pragma once
// The radios of a configuration, and of the next one: those that both have stay open.

#include "cli/radio_session.hpp"
#include "gateway/config.hpp"

namespace moor::cli {

/// An entry of the configuration for each radio: a world's entry serves for all its radios, which come one after the other.
[[nodiscard]] std::vector<GatewayConfig::RadioEntry> one_for_each(const std::vector<std::unique_ptr<Radio>>& radios,
                                                                  const std::vector<GatewayConfig::RadioEntry>& entries);

/// What is to become of the radios. Ids are places, so those that stay keep theirs, and entries are put in that order.
struct NextRadios {
  std::vector<std::unique_ptr<Radio>> opened;      ///< by place; null where the radio that is there stays
  std::vector<GatewayConfig::RadioEntry> entries;  ///< one for each place
};

/// Opens what is new. @param now  the entries of the radios that run, one for each.
/// @throws what open_radio does; UsageError for a recording or a world at full speed beside real time, and the other way round.
[[nodiscard]] NextRadios next_radios(const std::vector<GatewayConfig::RadioEntry>& now,
                                     const std::vector<GatewayConfig::RadioEntry>& wanted, Clock& clock);

}  // namespace moor::cli
