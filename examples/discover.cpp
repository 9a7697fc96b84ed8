// Everything that advertises within five seconds, as BleakScanner.discover() gives it.

#include "moor/scanner.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> list_devices(moor::Clock& clock, moor::Radio& radio) {
  const std::vector<moor::Device> devices = co_await moor::discover(clock, radio, 5s);
  for (const moor::Device& device : devices)
    std::printf("%s  %4d dBm  %s\n", device.address.to_string().c_str(), device.rssi.last(),
                device.data.name().value_or("").c_str());
  std::printf("%zu devices\n", devices.size());
}

int main(int argc, char** argv) {
  return examples::run(argc, argv, list_devices);
}
