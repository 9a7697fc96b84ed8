// Who comes near and who goes: RSSI smoothed by an exponential moving average, zones with a minimum of readings, and the reason of each event.

#include "moor/presence.hpp"
#include "moor/scanner.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> follow(moor::Clock& clock, moor::Radio& radio) {
  moor::PresenceOptions options;
  options.smoothing.alpha = 0.2;  // steadier than 0.3, which suits a crowd
  options.zones.hysteresis_db = 3;
  moor::PresenceTracker presence(options);
  moor::Scanner scanner(clock, radio);

  const auto print = [&](const moor::PresenceReading& reading) {
    if (reading.event == moor::PresenceEvent::none) return;
    const moor::Device& device = scanner.devices()[reading.slot];
    std::printf("%s %s\n", device.address.to_string().c_str(), moor::describe(reading).c_str());
  };
  scanner.on_sighting([&](const moor::Device&, const moor::Discovery& discovery) {
    const moor::Sighting& sighting = discovery.sighting;
    presence.advance(sighting.time, print);
    presence.on_sample(discovery.slot, sighting.time, sighting.rssi_dbm, std::nullopt, print);
  });
  co_await scanner.run();
  presence.advance(clock.now(), print);
}

int main(int argc, char** argv) {
  return examples::run(argc, argv, follow);
}
