#include "radio/esphome/link_state.hpp"

#include <gmock/gmock.h>

namespace moor::esphome_radio {
namespace {

Address device(uint64_t number) {
  return Address(number, false);
}
RememberedDevice remembered(uint16_t mtu) {
  std::vector<GattService> services(1);
  services[0].uuid = Uuid(0x180F);
  return {.services = GattServices(std::move(services)), .mtu = mtu};
}

TEST(EsphomeDeviceMemory, FindsWhatWasPutAndForgets) {
  DeviceMemory memory;
  EXPECT_EQ(memory.find(device(1)), nullptr);
  memory.put(device(1), remembered(100));
  ASSERT_NE(memory.find(device(1)), nullptr);
  EXPECT_EQ(memory.find(device(1))->mtu, 100);
  EXPECT_NE(memory.find(device(1))->services.find_service(Uuid(0x180F)), nullptr);
  memory.put(device(1), remembered(200));
  EXPECT_EQ(memory.find(device(1))->mtu, 200);
  EXPECT_TRUE(memory.forget(device(1)));
  EXPECT_FALSE(memory.forget(device(1)));
  EXPECT_EQ(memory.find(device(1)), nullptr);
}

TEST(EsphomeDeviceMemory, ARandomAddressIsAnotherDevice) {
  DeviceMemory memory;
  memory.put(Address(1, false), remembered(100));
  EXPECT_EQ(memory.find(Address(1, true)), nullptr);
}

TEST(EsphomeDeviceMemory, TheOneLongestNotUsedGoes) {
  DeviceMemory memory;
  for (uint64_t i = 0; i < DeviceMemory::capacity; ++i) memory.put(device(i), remembered(23));
  EXPECT_NE(memory.find(device(0)), nullptr);
  memory.put(device(1), remembered(24));
  memory.put(device(1000), remembered(25));
  EXPECT_NE(memory.find(device(0)), nullptr);
  EXPECT_NE(memory.find(device(1)), nullptr);
  EXPECT_EQ(memory.find(device(2)), nullptr);
  EXPECT_NE(memory.find(device(3)), nullptr);
  EXPECT_NE(memory.find(device(1000)), nullptr);
}

TEST(EsphomeDeviceMemory, PuttingAKnownOneDrivesNobodyOut) {
  DeviceMemory memory;
  for (uint64_t i = 0; i < DeviceMemory::capacity; ++i) memory.put(device(i), remembered(23));
  for (uint64_t i = 0; i < DeviceMemory::capacity; ++i) memory.put(device(i), remembered(24));
  for (uint64_t i = 0; i < DeviceMemory::capacity; ++i) EXPECT_NE(memory.find(device(i)), nullptr);
}

}  // namespace
}  // namespace moor::esphome_radio
