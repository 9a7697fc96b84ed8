// Slots of ESPHome proxies over very many connections: no slot is leaked, and every ledger ends equal to its proxy's truth.

#include "support/proxy_cycles.hpp"

#include <cstdlib>
#include <iostream>

namespace moor::esphome_radio {
namespace {

size_t cycles_wanted() {
  const char* text = std::getenv("MOOR_SOAK_CYCLES");
  return text != nullptr ? std::strtoul(text, nullptr, 10) : 10'000;
}

TEST(ProxySlotSoak, NoSlotIsLeakedOverRandomCyclesWithFaultsOnBothSides) {
  const CyclesPlan plan{.seed = 17, .cycles = cycles_wanted()};
  ProxyCycles cycles(plan);
  cycles.run();
  const ProxyCycles::Counts& counts = cycles.counts();
  std::cout << plan.cycles << " cycles: " << counts.connected << " connected, " << counts.failed << " failed, " << counts.given_up
            << " given up meanwhile, " << counts.late_released << " late links released, " << counts.sessions_lost
            << " sessions lost, " << cycles.virtual_hours() << " virtual hours\n";
  EXPECT_GT(counts.connected, plan.cycles / 4) << "so little works that nothing is tested";
  EXPECT_GT(counts.late_released, 0U);
}

}  // namespace
}  // namespace moor::esphome_radio
