// A characteristic that must be there is missing: perhaps the cache is older than the device's firmware. Clear it, connect again without it,
// and look once more. A read or write of a client does so by itself; this is for a program that wants to know before it begins.

#include "run.hpp"

const moor::CharacteristicName required(*moor::Uuid::parse("cba20d00-224d-11e6-9fb8-0002a5d5c51b"),
                                        *moor::Uuid::parse("cba20002-224d-11e6-9fb8-0002a5d5c51b"));

moor::awaitable<moor::Client> connect_and_validate_services(moor::PathSource& paths, moor::Target device) {
  moor::ConnectOptions options;
  moor::Client client = co_await moor::establish_connection(paths, device, options);
  if (client.services().find_characteristic(required) == nullptr) {
    std::printf("Characteristic %s missing, clearing cache\n", required.to_string().c_str());
    co_await client.clear_cache();
    co_await client.disconnect();

    options.use_services_cache = false;  // discover
    client = co_await moor::establish_connection(paths, device, options);
    (void)client.services().get_characteristic(required);  // throws AttributeNotFound; the client closes its link
  }
  co_return std::move(client);
}

moor::awaitable<void> validate(moor::PathSource& paths, moor::Target device) {
  moor::Client client = co_await connect_and_validate_services(paths, device);
  std::printf("%s has what is required\n", client.name().c_str());
  co_await client.disconnect();
}

int main(int argc, char** argv) {
  return examples::run_device(argc, argv, validate);
}
