// A scanner with an RSSI filter: several samples of each device, and statistics over them.

#include "moor/path_loss.hpp"
#include "moor/scanner.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> scan(moor::Clock& clock, moor::Radio& radio) {
  moor::ScannerOptions options;
  options.filter.min_rssi_dbm = -70;
  moor::Scanner scanner(clock, radio, options);
  scanner.on_sighting([](const moor::Device& device, const moor::Discovery& discovery) {
    if (discovery.new_device)
      std::printf("Found %s at %d dBm\n", device.address.to_string().c_str(), discovery.sighting.rssi_dbm);
  });
  co_await scanner.run(15s);

  std::printf("\nScan complete: %zu devices found\n", scanner.devices().size());
  for (const moor::Device& device : scanner.devices()) {
    const moor::DistanceEstimate distance = moor::estimate_distance(device.rssi.mean(), std::nullopt, moor::PathLoss{});
    std::printf("\n%s (%s)\n", device.data.name().value_or("Unknown").c_str(), device.address.to_string().c_str());
    std::printf("  Samples: %u\n", device.rssi.count());
    std::printf("  RSSI Range: %d to %d dBm\n", device.rssi.min(), device.rssi.max());
    std::printf("  Mean: %.1f dBm (+/-%.2f)\n", device.rssi.mean(), device.rssi.stddev().value_or(0));
    std::printf("  Distance: %.2f m (%.2f to %.2f)\n", distance.m, distance.low_m, distance.high_m);
  }
}

int main(int argc, char** argv) {
  return examples::run(argc, argv, scan);
}
