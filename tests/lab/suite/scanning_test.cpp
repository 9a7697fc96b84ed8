// Discovery and what advertisements say.

#include "lab/suite/bench.hpp"

namespace moor::lab {

namespace {

using ::testing::ElementsAre;
using ::testing::UnorderedElementsAre;

const Uuid long_uuid(0xa0b1c2d3e4f50617, 0x28394a5b6c7d8e9f);

std::vector<std::pair<uint16_t, std::string>> manufacturer_data(const Device& device) {
  std::vector<std::pair<uint16_t, std::string>> all;
  for (const ManufacturerData& each : device.data.manufacturer_data()) all.emplace_back(each.company, to_hex(each.data));
  return all;
}

std::vector<std::pair<Uuid, std::string>> service_data(const Device& device) {
  std::vector<std::pair<Uuid, std::string>> all;
  for (const ServiceData& each : device.data.service_data()) all.emplace_back(each.service, to_hex(each.data));
  return all;
}

/// The device when `is_whole` holds of it: a scan response comes after its advertisement.
std::optional<Device> find(Address address, std::function<bool(const Device&)> is_whole) {
  std::optional<Device> found;
  const auto work = [&]() -> awaitable<void> {
    const std::function<bool(const Device&)> matches = [&](const Device& device) {
      return device.address == address && is_whole(device);
    };
    found = co_await find_device_by_filter(Bench::get().clock(), Bench::get().radio(), matches, 10s);
  };
  Bench::get().run(work());
  return found;
}

TEST(Scanning, DiscoversAllThatIsInTheAir) {
  std::vector<Device> heard;
  const auto work = [&]() -> awaitable<void> { heard = co_await discover(Bench::get().clock(), Bench::get().radio(), 3s); };
  Bench::get().run(work());
  std::vector<Address> addresses;
  for (const Device& device : heard) {
    addresses.push_back(device.address);
    EXPECT_GT(device.rssi.count(), 0U) << device.address.to_string();
    EXPECT_LT(device.rssi.max(), -40) << device.address.to_string();
    EXPECT_GT(device.rssi.min(), -90) << device.address.to_string();
  }
  const Devices& all = devices();
  EXPECT_THAT(addresses, UnorderedElementsAre(all.sensor, all.old, all.quitter, all.deaf, all.unwilling, all.simple, all.complex,
                                              all.extended, all.errors));
}

TEST(Scanning, FindsByName) {
  std::optional<Device> found;
  const auto work = [&]() -> awaitable<void> {
    found = co_await find_device_by_name(Bench::get().clock(), Bench::get().radio(), "Quitter", 10s);
  };
  Bench::get().run(work());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->address, devices().quitter);
}

TEST(Scanning, FindsByAddress) {
  std::optional<Device> found, absent;
  const auto work = [&]() -> awaitable<void> {
    found = co_await find_device_by_address(Bench::get().clock(), Bench::get().radio(), devices().old, 10s);
    absent = co_await find_device_by_address(Bench::get().clock(), Bench::get().radio(), Address(0xA4CF12999999, false), 1s);
  };
  Bench::get().run(work());
  ASSERT_TRUE(found);
  EXPECT_EQ(found->address, devices().old);
  EXPECT_FALSE(absent);
}

TEST(Scanning, FindsByFilter) {
  std::optional<Device> found;
  const auto work = [&]() -> awaitable<void> {
    const std::function<bool(const Device&)> matches = [](const Device& device) { return !device.data.service_data().empty(); };
    found = co_await find_device_by_filter(Bench::get().clock(), Bench::get().radio(), matches, 10s);
  };
  Bench::get().run(work());
  ASSERT_TRUE(found);
  EXPECT_TRUE(found->address == devices().complex || found->address == devices().extended) << found->address.to_string();
}

TEST(Scanning, FiltersByService) {
  std::vector<Device> heard;
  const auto work = [&]() -> awaitable<void> {
    ScannerOptions options;
    options.filter.services = {Uuid(0x12345678)};
    options.service_uuids = {Uuid(0x12345678)};
    heard = co_await discover(Bench::get().clock(), Bench::get().radio(), 2s, options);
  };
  Bench::get().run(work());
  std::vector<Address> addresses;
  for (const Device& device : heard) addresses.push_back(device.address);
  EXPECT_THAT(addresses, UnorderedElementsAre(devices().complex, devices().extended));
}

TEST(Scanning, SimpleAdvertisement) {
  const auto device = find(devices().simple, [](const Device&) { return true; });
  ASSERT_TRUE(device);
  EXPECT_EQ(to_hex(device->data.advertisement()), "020106070953696d706c65");
  EXPECT_EQ(device->data.name(), "Simple");
  EXPECT_TRUE(device->data.service_uuids().empty());
  EXPECT_TRUE(device->data.manufacturer_data().empty());
  EXPECT_TRUE(device->data.service_data().empty());
  EXPECT_FALSE(device->data.tx_power_dbm());
}

TEST(Scanning, ComplexAdvertisementWithScanResponse) {
  const auto device =
      find(devices().complex, [](const Device& each) { return each.data.name() && !each.data.service_uuids().empty(); });
  ASSERT_TRUE(device);
  EXPECT_EQ(device->data.name(), "Complex");
  EXPECT_THAT(device->data.service_uuids(), UnorderedElementsAre(Uuid(0x180F), Uuid(0x12345678), long_uuid));
  EXPECT_EQ(device->data.tx_power_dbm(), -7);
  EXPECT_THAT(manufacturer_data(*device), ElementsAre(std::pair(uint16_t{0xFFFF}, "0badcafe")));
  EXPECT_THAT(service_data(*device), ElementsAre(std::pair(Uuid(0xFEAA), "00112233")));
}

TEST(Scanning, ExtendedAdvertisementOfManyStructures) {
  const auto device = find(devices().extended, [](const Device& each) { return each.data.name().has_value(); });
  ASSERT_TRUE(device);
  EXPECT_EQ(device->address.kind(), AddressKind::random_static);
  EXPECT_EQ(device->data.name(), "Extended complex");
  EXPECT_THAT(device->data.service_uuids(), UnorderedElementsAre(Uuid(0x180F), Uuid(0x1809), Uuid(0x12345678), long_uuid));
  EXPECT_EQ(device->data.tx_power_dbm(), 4);
  EXPECT_THAT(
      manufacturer_data(*device),
      UnorderedElementsAre(std::pair(uint16_t{0x0059}, "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f"),
                           std::pair(uint16_t{0xFFFF}, "01")));
  EXPECT_THAT(service_data(*device), UnorderedElementsAre(std::pair(Uuid(0xFEAA), "0011"), std::pair(Uuid(0x12345678), "22"),
                                                          std::pair(long_uuid, "3344")));
}

}  // namespace

}  // namespace moor::lab
