#include "connect/current_services.hpp"

#include <algorithm>

namespace moor {

namespace {

const GattCharacteristic* find_database_hash(const GattServices& services) {
  for (const GattService& service : services)
    if (const GattCharacteristic* const found = service.find_characteristic(database_hash)) return found;
  return nullptr;
}

// Empty where the device has none, or does not tell it.
awaitable<std::vector<uint8_t>> read_database_hash(Link& link, const GattServices& services, TimePoint deadline) {
  const GattCharacteristic* const characteristic = find_database_hash(services);
  if (characteristic == nullptr) co_return std::vector<uint8_t>();
  const uint16_t handle = characteristic->handle;
  std::vector<uint8_t> hash;
  try {
    hash = co_await link.read(handle, deadline);
  } catch (const GattError&) {
  }
  co_return hash;
}

}  // namespace

awaitable<void> forget_below(Link& link, TimePoint deadline) {
  if (link.info().closed_by_clear_cache) co_return;
  try {
    (void)co_await link.clear_cache(deadline);
  } catch (const RadioNotAvailable&) {
  }
}

awaitable<GattServices> current_services(Link& link, ServiceCache* const& cache, TimePoint deadline) {
  const Address device = link.info().device;
  std::optional<ServiceCache::Entry> known;
  if (cache != nullptr) known = cache->find_entry(device);
  if (known) {
    if (known->hash.empty()) co_return known->services;
    // At the place where the hash was: another value, or none, tells as much as another hash.
    const std::vector<uint8_t> hash = co_await read_database_hash(link, known->services, deadline);
    if (hash == known->hash) co_return known->services;
    if (cache != nullptr) (void)cache->forget(device);
    co_await forget_below(link, deadline);
  }
  GattServices services = co_await link.services(deadline);
  if (cache != nullptr) {
    std::vector<uint8_t> hash = co_await read_database_hash(link, services, deadline);
    if (cache != nullptr) cache->store(device, services, std::move(hash));
  }
  co_return services;
}

awaitable<GattServices> services_of(Link& link, ServiceCache* cache, TimePoint deadline) {
  co_return co_await current_services(link, cache, deadline);
}

}  // namespace moor
