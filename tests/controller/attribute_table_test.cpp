#include "radio/controller/attribute_table.hpp"

#include "moor/bytes.hpp"
#include "radio/controller/indications.hpp"
#include "radio/controller/prepared_writes.hpp"

#include <gmock/gmock.h>

namespace moor::controller {
namespace {

using namespace std::chrono_literals;

// 1 service 180f (1 to 4): 2 declares 3, level, with 4 its configuration; 16 service 181a (16 to 23): 17 includes 1; 18 declares 19 of 128 bits
// with a description at 20; 21 declares 22, write only; 32 a secondary service without anything; 64 another 180f.
const Uuid long_uuid(0x12345678'9ABCDEF0, 0x12345678'9ABCDEF0);
GattServices services() {
  GattService battery{.uuid = Uuid(0x180F), .handle = 1, .end_handle = 4};
  battery.characteristics.push_back(
      {Uuid(0x2A19), 3, {Property::read, Property::notify}, {{client_characteristic_configuration, 4}}, battery.uuid});
  GattService sensing{.uuid = Uuid(0x181A), .handle = 16, .end_handle = 23, .included = {1}};
  sensing.characteristics.push_back({long_uuid, 19, {Property::read}, {{Uuid(0x2901), 20}}, sensing.uuid});
  sensing.characteristics.push_back({Uuid(0x2A1F), 22, {Property::write}, {}, sensing.uuid});
  GattService hidden{.uuid = Uuid(0xFFF0), .handle = 32, .end_handle = 32, .primary = false};
  GattService again{.uuid = Uuid(0x180F), .handle = 64, .end_handle = 0xFFFF};
  return GattServices({battery, sensing, hidden, again});
}

struct Row {
  const char* what;
  const char* request;
  uint16_t mtu;
  const char* response;
};

// What is answered from the table alone.
std::string answer(const Row& row) {
  const AttributeTable table(services());
  const std::vector<uint8_t> pdu = *from_hex(row.request);
  const hci::AttRequest request = hci::parse_att_request(pdu);
  if (const auto* each = std::get_if<hci::FindInformation>(&request)) return to_hex(table.answer(*each, row.mtu));
  if (const auto* each = std::get_if<hci::FindByTypeValue>(&request)) return to_hex(table.answer(*each, row.mtu));
  if (const auto* each = std::get_if<hci::ReadByGroupType>(&request)) return to_hex(table.answer(*each, row.mtu));
  if (const auto* each = std::get_if<hci::ReadByType>(&request)) {
    const auto response = table.answer(*each, row.mtu);
    return response ? to_hex(*response) : "read it";
  }
  return "no discovery";
}

TEST(AttributeTable, AnswersDiscovery) {
  const Row rows[] = {
      {"primary services, both ends given", "10 0100 ffff 0028", 247, "1106010004000f18100017001a184000ffff0f18"},
      {"as many as fit", "10 0100 ffff 0028", 23, "1106010004000f18100017001a184000ffff0f18"},
      {"from the middle on", "10 0500 ffff 0028", 247, "1106100017001a184000ffff0f18"},
      {"two only fit in 15 bytes", "10 0100 ffff 0028", 15, "1106010004000f18100017001a18"},
      {"no more services", "10 4100 ffff 0028", 247, "011041000a"},
      {"secondary ones", "10 0100 ffff 0128", 247, "110620002000f0ff"},
      {"a type that groups nothing", "10 0100 ffff 0328", 247, "0110010010"},
      {"handle 0", "10 0000 ffff 0028", 247, "0110000001"},
      {"an end before the beginning", "10 0500 0400 0028", 247, "0110050001"},
      {"a wrong range is said before the wrong type", "10 0000 ffff 0328", 247, "0110000001"},
      {"the service of a UUID", "06 0100 ffff 0028 0f18", 247, "07010004004000ffff"},
      {"none of the UUID", "06 0100 ffff 0028 0018", 247, "010601000a"},
      {"a wrong range of it", "06 0000 ffff 0028 0f18", 247, "0106000001"},
      {"characteristics of 16 bits", "08 0100 0400 0328", 247, "09070200120300192a"},
      {"a size of its own ends the list", "08 1000 1700 0328", 247, "09151200021300f0debc9a78563412f0debc9a78563412"},
      {"the next one", "08 1300 1700 0328", 247, "0907150008 1600 1f2a"},
      {"inclusions", "08 1000 1700 0228", 247, "09081100010004000f18"},
      {"no inclusions", "08 0100 0400 0228", 247, "010801000a"},
      {"the first entry is cut to the MTU", "08 1200 1700 0328", 23, "09151200021300f0debc9a78563412f0debc9a78563412"},
      {"a value has to be read", "08 0100 ffff 192a", 247, "read it"},
      {"a value outside the range is not there", "08 0400 ffff 192a", 247, "010804000a"},
      {"types of attributes", "04 0300 0400", 247, "05010300192a04000229"},
      {"types of 128 bits by themselves", "04 1300 1700", 247, "05021300f0debc9a78563412f0debc9a78563412"},
      {"what follows them", "04 1400 1700", 247, "0501140001291500032816001f2a"},
      {"a gap between", "04 0500 0f00", 247, "010405000a"},
      {"a wrong range of them", "04 0500 0400", 247, "0104050001"},
  };
  for (const Row& row : rows) {
    const auto bytes = from_hex(row.response);
    EXPECT_EQ(answer(row), bytes ? to_hex(*bytes) : row.response) << row.what;
  }
}

TEST(AttributeTable, SaysWhatMayNotBeDone) {
  const AttributeTable table(services());
  EXPECT_EQ(read_refusal(table.find(3)), 0);
  EXPECT_EQ(read_refusal(table.find(22)), 0x02);
  EXPECT_EQ(read_refusal(table.find(5)), 0x01);
  EXPECT_EQ(read_refusal(table.find(2)), 0);
  EXPECT_EQ(write_refusal(table.find(22), false), 0);
  EXPECT_EQ(write_refusal(table.find(22), true), 0x03) << "not without a response";
  EXPECT_EQ(write_refusal(table.find(3), false), 0x03);
  EXPECT_EQ(write_refusal(table.find(2), false), 0x03) << "a declaration";
  EXPECT_EQ(write_refusal(table.find(4), false), 0);
  EXPECT_EQ(write_refusal(table.find(20), false), 0) << "the device knows";
  EXPECT_EQ(write_refusal(table.find(99), false), 0x01);
}

TEST(AttributeTable, OfNoServicesHasNothing) {
  const AttributeTable table{GattServices{}};
  EXPECT_EQ(table.find(1), nullptr);
  EXPECT_EQ(to_hex(table.answer(hci::ReadByGroupType{{}, Uuid(0x2800)}, 23)), "011001000a");
}

TEST(PreparedWrites, BecomeWholeValues) {
  PreparedWrites queue;
  const std::vector<uint8_t> ab{0xA, 0xB}, c{0xC}, d{0xD};
  EXPECT_EQ(queue.add(5, 0, ab), 0);
  EXPECT_EQ(queue.add(7, 0, d), 0);
  EXPECT_EQ(queue.add(5, 2, c), 0);
  auto whole = std::get<std::vector<PreparedWrites::Write>>(queue.take());
  ASSERT_EQ(whole.size(), 2U);
  EXPECT_EQ(whole[0].handle, 5);
  EXPECT_THAT(whole[0].value, ::testing::ElementsAre(0xA, 0xB, 0xC));
  EXPECT_THAT(whole[1].value, ::testing::ElementsAre(0xD));
  EXPECT_TRUE(std::get<0>(queue.take()).empty()) << "and the queue is empty";
}

TEST(PreparedWrites, RefuseGapsAndTooMuch) {
  PreparedWrites queue;
  const std::vector<uint8_t> part(500);
  EXPECT_EQ(queue.add(5, 1, part), 0);
  auto refusal = std::get<PreparedWrites::Refusal>(queue.take());
  EXPECT_EQ(refusal.handle, 5);
  EXPECT_EQ(refusal.error, 0x07);
  EXPECT_EQ(queue.add(5, 0, part), 0);
  EXPECT_EQ(queue.add(5, 500, part), 0);
  EXPECT_EQ(std::get<PreparedWrites::Refusal>(queue.take()).error, 0x0D);
  for (int i = 0; i < 4; ++i) EXPECT_EQ(queue.add(5, 0, part), 0);
  EXPECT_EQ(queue.add(5, 0, part), 0x09);
  queue.clear();
  for (int i = 0; i < 128; ++i) EXPECT_EQ(queue.add(5, 0, {}), 0);
  EXPECT_EQ(queue.add(5, 0, {}), 0x09) << "empty parts count too";
}

TEST(Indications, OneAtATime) {
  Indications indications;
  const TimePoint t{};
  EXPECT_EQ(indications.push({1}, t), std::vector<uint8_t>{1});
  EXPECT_EQ(indications.push({2}, t), std::nullopt);
  EXPECT_EQ(indications.push({3}, t), std::nullopt);
  EXPECT_EQ(indications.on_confirmed(t + 29s), std::vector<uint8_t>{2});
  EXPECT_EQ(indications.on_confirmed(t + 58s), std::vector<uint8_t>{3});
  EXPECT_EQ(indications.on_confirmed(t + 59s), std::nullopt);
  EXPECT_EQ(indications.on_confirmed(t + 59s), std::nullopt) << "there was none under way";
  EXPECT_EQ(indications.push({4}, t + 60s), std::vector<uint8_t>{4});
  EXPECT_EQ(indications.dropped(), 0U);
}

TEST(Indications, NoMoreForAClientThatDoesNotConfirm) {
  Indications indications;
  const TimePoint t{};
  EXPECT_TRUE(indications.push({1}, t));
  for (int i = 0; i < 70; ++i) EXPECT_FALSE(indications.push({2}, t));
  EXPECT_EQ(indications.dropped(), 6U) << "64 wait";
  EXPECT_FALSE(indications.push({3}, t + 30s));
  EXPECT_EQ(indications.dropped(), 71U);
  EXPECT_FALSE(indications.on_confirmed(t + 31s)) << "too late";
  EXPECT_FALSE(indications.push({3}, t + 32s));
}

}  // namespace
}  // namespace moor::controller
