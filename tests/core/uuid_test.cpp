#include "moor/uuid.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

TEST(Uuid, AllFormsOfOneNumberAreEqual) {
  const Uuid battery(0x180F);
  for (const char* text : {"180f", "180F", "0x180F", "0000180f", "0x0000180F", "0000180f-0000-1000-8000-00805f9b34fb",
                           "0000180F-0000-1000-8000-00805F9B34FB", "0000180f00001000800000805f9b34fb"})
    EXPECT_EQ(Uuid::parse(text), battery) << text;
  EXPECT_EQ(battery.to_string(), "0000180f-0000-1000-8000-00805f9b34fb");
  EXPECT_EQ(battery.assigned_number(), 0x180FU);
}

TEST(Uuid, RefusesWhatIsNoUuid) {
  for (const char* text :
       {"", "18", "180", "180g", "0x", "0x180", "1234567", "180f-0000", "0x0000180f00001000800000805f9b34fb",
        "0000180f-0000-1000-8000-00805f9b34f", "0000180f00001000-8000-00805f9b34fb00", "0000180f-0000-1000-800000805f9b-34fb"})
    EXPECT_EQ(Uuid::parse(text), std::nullopt) << text;
}

TEST(Uuid, AVendorsUuidHasNoAssignedNumber) {
  const auto uuid = Uuid::parse("cba20d00-224d-11e6-9fb8-0002a5d5c51b");
  ASSERT_TRUE(uuid);
  EXPECT_EQ(uuid->assigned_number(), std::nullopt);
  EXPECT_EQ(uuid->to_string(), "cba20d00-224d-11e6-9fb8-0002a5d5c51b");
  // Looks like 0x181A to a person, is not (the chapter's ESP32 sensor).
  EXPECT_NE(Uuid::parse("181A0000-0000-1000-8000-00805f9b34fb"), Uuid(0x181A));
}

TEST(Uuid, ReadsAndWritesTheAirsOrder) {
  for (const char* text : {"180f", "12345678", "cba20d00-224d-11e6-9fb8-0002a5d5c51b"}) {
    const auto uuid = Uuid::parse(text);
    ASSERT_TRUE(uuid);
    EXPECT_EQ(Uuid::from_le(uuid->to_le()), uuid);
  }
  EXPECT_EQ(Uuid(0x180F).to_le(), (std::vector<uint8_t>{0x0F, 0x18}));
  EXPECT_EQ(Uuid(0x12345678).to_le().size(), 4U);
  EXPECT_EQ(Uuid::from_le(std::vector<uint8_t>{1, 2, 3}), std::nullopt);
  EXPECT_EQ(Uuid::from_be(Uuid(0x180F).to_be()), Uuid(0x180F));
}

}  // namespace
}  // namespace moor
