// Connections in random orders of answers, cancellations, time-outs and lost sessions, against a firmware with a truth of its own.

#include "support/proxy_cycles.hpp"

namespace moor::esphome_radio {
namespace {

TEST(ConnectionsModel, TheLedgerEndsEqualToTheTruthWhateverTheOrder) {
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    SCOPED_TRACE(seed);
    ProxyCycles cycles({.seed = seed, .cycles = 150, .proxies = 1, .slots = 1 + seed % 4, .devices = 3 + seed % 5, .workers = 6});
    cycles.run();
    if (testing::Test::HasFailure()) return;
    EXPECT_GT(cycles.counts().connected, 0U);
  }
}

TEST(ConnectionsModel, OnGoodFirmwareOnlyTheClientItselfGivesUp) {
  ProxyCycles cycles({.seed = 3, .cycles = 500, .proxies = 2, .slots = 9, .devices = 40, .workers = 6, .faults = {}});
  cycles.run();
  EXPECT_GT(cycles.counts().connected, 300U);
  EXPECT_EQ(cycles.counts().sessions_lost, 0U);
}

TEST(ConnectionsModel, EachFaultByItself) {
  const auto with = [](double FirmwareFaults::* which, double chance) {
    FirmwareFaults faults;
    faults.*which = chance;
    return faults;
  };
  const std::vector<FirmwareFaults> all = {with(&FirmwareFaults::ignored, 0.2),       with(&FirmwareFaults::refused, 0.8),
                                           with(&FirmwareFaults::slow, 0.5),          with(&FirmwareFaults::never, 0.5),
                                           with(&FirmwareFaults::dropped, 1),         with(&FirmwareFaults::stuck, 0.8),
                                           with(&FirmwareFaults::lying, 0.3),         with(&FirmwareFaults::session_lost, 0.05),
                                           with(&FirmwareFaults::second_answer, 0.5), with(&FirmwareFaults::nobody, 0.8)};
  for (size_t i = 0; i < all.size(); ++i) {
    SCOPED_TRACE(i);
    ProxyCycles cycles({.seed = 100 + i, .cycles = 300, .proxies = 1, .slots = 3, .devices = 6, .workers = 6, .faults = all[i]});
    cycles.run();
    if (testing::Test::HasFailure()) return;
  }
}

}  // namespace
}  // namespace moor::esphome_radio
