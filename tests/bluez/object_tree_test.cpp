#include "radio/bluez/object_tree.hpp"

#include <gtest/gtest.h>

namespace moor::bluez {

TEST(ObjectTree, PathOfADevice) {
  EXPECT_EQ(device_path(10, Address(0xA4CF12345678, false)), "/org/bluez/hci10/dev_A4_CF_12_34_56_78");
}

}  // namespace moor::bluez
