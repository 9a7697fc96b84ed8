// A program of somebody else's: all that it knows of moor is what was installed. It uses headers alone, code of several folders, and
// one that needs another library.

#include <cstdio>
#include <variant>

#include "moor/decoder.hpp"
#include "moor/irk.hpp"

int main() {
  const auto payload = moor::from_hex("0201061aff4c000215e2c56db5dffb48d2b060d0f5a71096e000010065c5");
  moor::Decoded decoded;
  moor::decode(moor::AdvertisementData(*payload), decoded);
  for (const moor::BeaconFrame& frame : decoded.frames())
    if (const auto* beacon = std::get_if<moor::IBeacon>(&frame))
      std::printf("%s %d.%d, %d dBm at 1 m\n", beacon->uuid.to_string().c_str(), beacon->major, beacon->minor, beacon->power_dbm);

  const moor::Irk key{1, 2, 3};
  const moor::Address address = moor::make_resolvable(key, 0x1234);
  std::printf("%s resolves: %s\n", to_string(address.kind()), moor::resolves(address, key) ? "yes" : "no");
}
