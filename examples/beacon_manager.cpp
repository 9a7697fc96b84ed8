// All beacons around, iBeacon and Eddystone, each by what it says of itself, with the telemetry of those that have any.

#include "moor/beacon_tracker.hpp"
#include "moor/scanner.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

std::string describe(const moor::IBeacon& beacon) {
  return beacon.uuid.to_string() + " " + std::to_string(beacon.major) + "." + std::to_string(beacon.minor);
}
std::string describe(const moor::EddystoneUid& beacon) {
  return moor::to_hex(beacon.namespace_id) + " " + moor::to_hex(beacon.instance_id);
}
std::string describe(const moor::EddystoneUrl& beacon) {
  return std::string(beacon.text());
}
std::string describe(const moor::EddystoneTlm&) {
  return "telemetry of nobody";
}
std::string describe(const moor::AltBeacon& beacon) {
  return moor::to_hex(beacon.id);
}
std::string describe(const moor::EddystoneEid& beacon) {
  return beacon.owner().empty() ? moor::to_hex(beacon.eid) : std::string(beacon.owner());
}

void print(const moor::TrackedBeacon& beacon) {
  const std::string what = std::visit([](const auto& frame) { return describe(frame); }, beacon.frame);
  std::printf("%-13s %s", moor::to_string(beacon.type()), what.c_str());
  if (beacon.distance) std::printf(", %.1f m", beacon.distance->m);
  if (beacon.telemetry && beacon.telemetry->temperature_c) std::printf(", %.1f °C", *beacon.telemetry->temperature_c);
  if (beacon.telemetry && beacon.telemetry->battery_mv) std::printf(", %d mV", *beacon.telemetry->battery_mv);
  std::printf("\n");
}

moor::awaitable<void> manage(moor::Clock& clock, moor::Radio& radio) {
  moor::BeaconTracker beacons;
  moor::Decoded decoded;
  const auto ignore = [](const moor::BeaconEvent&) {};
  moor::Scanner scanner(clock, radio);
  scanner.on_sighting([&](const moor::Device&, const moor::Discovery& discovery) {
    const moor::Sighting& sighting = discovery.sighting;
    if (!discovery.new_data && beacons.on_repeat(discovery.slot, sighting, ignore)) return;
    moor::decode(moor::AdvertisementData(sighting.payload()), decoded);
    beacons.on_decoded(discovery.slot, sighting, decoded, ignore);
  });
  co_await scanner.run(30s);

  for (const moor::TrackedBeacon* beacon : beacons.beacons()) print(*beacon);
  std::printf("%zu beacons: %zu iBeacon, %zu Eddystone-UID, %zu Eddystone-URL\n", beacons.size(),
              beacons.count(moor::BeaconType::ibeacon), beacons.count(moor::BeaconType::eddystone_uid),
              beacons.count(moor::BeaconType::eddystone_url));
}

int main(int argc, char** argv) {
  return examples::run(argc, argv, manage);
}
