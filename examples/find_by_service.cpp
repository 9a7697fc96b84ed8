// The first device with a service: the surest way to find a sensor, since the service is in the advertisement itself and a name often is not.
// The second argument is the service; without it, Eddystone.

#include "moor/scanner.hpp"
#include "run.hpp"

using namespace std::chrono_literals;

moor::awaitable<void> find(moor::Clock& clock, moor::Radio& radio, moor::Uuid service) {
  const auto matches = [service](const moor::Device& device) { return device.data.has_service(service); };
  const std::optional<moor::Device> device = co_await moor::find_device_by_filter(clock, radio, matches, 60s);
  if (!device)
    throw moor::DeviceNotFound("no device has the service " + service.to_string(), {.advice = "Is it switched on, and near?"});
  std::printf("%s has the service %s\n", device->address.to_string().c_str(), service.to_string().c_str());
}

int main(int argc, char** argv) {
  const std::optional<moor::Uuid> service = moor::Uuid::parse(argc > 2 ? argv[2] : "feaa");
  if (!service) {
    std::fprintf(stderr, "%s is no UUID\n", argv[2]);
    return 2;
  }
  return examples::run(argc, argv, [service](moor::Clock& clock, moor::Radio& radio) { return find(clock, radio, *service); });
}
