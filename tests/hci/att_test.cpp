#include "hci/att.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace moor::hci {
namespace {

AttRequest parse(const char* text) {
  static std::vector<uint8_t> pdu;  // requests are views into it
  pdu = *from_hex(text);
  return parse_att_request(pdu);
}
uint8_t refusal(const char* text) {
  const AttRequest request = parse(text);
  const auto* refused = std::get_if<NotARequest>(&request);
  return refused == nullptr ? uint8_t{0xAA} : refused->error;
}

TEST(Att, TakesRequestsApart) {
  EXPECT_EQ(std::get<ExchangeMtu>(parse("02 0502")).mtu, 517);
  EXPECT_EQ(std::get<FindInformation>(parse("04 0300 0400")).range.last, 4);
  const AttRequest found = parse("06 0100 ffff 0028 0f18");
  EXPECT_EQ(std::get<FindByTypeValue>(found).type, Uuid(0x2800));
  EXPECT_EQ(to_hex(std::get<FindByTypeValue>(found).value), "0f18");
  EXPECT_EQ(std::get<ReadByType>(parse("08 0100 ffff 0328")).type, Uuid(0x2803));
  EXPECT_EQ(std::get<ReadByType>(parse("08 0100 ffff fb349b5f80000080001000000f180000")).type, Uuid(0x180F));
  EXPECT_EQ(std::get<ReadByGroupType>(parse("10 0100 ffff 0028")).range.first, 1);
  EXPECT_EQ(std::get<ReadValue>(parse("0a 0300")).handle, 3);
  EXPECT_EQ(std::get<ReadBlob>(parse("0c 0300 1600")).offset, 22);
  EXPECT_EQ(std::get<ReadMultiple>(parse("0e 0300 0500")).handles, (std::vector<uint16_t>{3, 5}));
  EXPECT_TRUE(std::get<ReadMultiple>(parse("20 0300 0500")).variable);
  EXPECT_FALSE(std::get<WriteValue>(parse("12 0300")).is_command) << "an empty value is one";
  EXPECT_TRUE(std::get<WriteValue>(parse("52 0300 01")).is_command);
  EXPECT_EQ(std::get<PrepareWrite>(parse("16 0300 0000 0102")).value.size(), 2U);
  EXPECT_TRUE(std::get<ExecuteWrite>(parse("18 01")).write);
  EXPECT_TRUE(std::holds_alternative<Confirmation>(parse("1e")));
}

TEST(Att, RefusesWhatIsMalformed) {
  for (const char* pdu : {"02", "0205", "020502 00", "040300 04", "06 0100 ffff 00", "08 0100 ffff", "08 0100 ffff 03",
                          "08 0100 ffff 0328 0000", "10 0100 ffff 00280000", "0a 03", "0a 0300 00", "0c 0300 16", "0e 0300",
                          "0e 0300 05", "12 03", "16 0300 00", "18", "18 02", "18 01 00"})
    EXPECT_EQ(refusal(pdu), att_error::invalid_pdu) << pdu;
  EXPECT_EQ(refusal("22"), att_error::request_not_supported);
  EXPECT_EQ(refusal("00"), att_error::request_not_supported);
}

TEST(Att, IgnoresWhatGetsNoAnswer) {
  for (const char* pdu : {"", "52 03", "d2 0300 01", "7e 01", "1e 00", "0b 01", "13", "1b 0300 01", "1d 0300", "01 0a 0300 05"})
    EXPECT_EQ(refusal(pdu), 0) << pdu;
}

RC_GTEST_PROP(Att, NeverReadsPastTheEnd, (const std::vector<uint8_t>& bytes)) {
  // Each in memory of its own size, so that the sanitizer sees a byte too far.
  const std::vector<uint8_t> exact(bytes.begin(), bytes.end());
  const AttRequest request = parse_att_request(exact);
  if (const auto* write = std::get_if<WriteValue>(&request)) RC_ASSERT(write->value.size() + 3 == exact.size());
}

TEST(Att, ListsHaveEntriesOfOneSizeThatFit) {
  AttList list(AttOpcode::read_by_type_response, 10);
  const std::vector<uint8_t> three{1, 2, 3}, two{4, 5};
  EXPECT_TRUE(list.empty());
  EXPECT_TRUE(list.add(three));
  EXPECT_FALSE(list.add(two));
  EXPECT_TRUE(list.add(three));
  EXPECT_FALSE(list.add(three)) << "2 + 3 * 3 is more than 10";
  EXPECT_EQ(to_hex(list.take()), "0903010203010203");
  AttList longest(AttOpcode::read_by_type_response, 517);
  EXPECT_TRUE(longest.add(std::vector<uint8_t>(514)));
  EXPECT_EQ(longest.take().size(), 257U) << "the size of an entry has one byte";
}

TEST(Att, PutsResponsesTogether) {
  EXPECT_EQ(to_hex(att_error_response(0x0A, 0x0103, 0x05)), "010a030105");
  const std::vector<uint8_t> value{7, 8};
  EXPECT_EQ(to_hex(att_value_pdu(AttOpcode::handle_value_notification, 0x0102, value)), "1b02010708");
  EXPECT_EQ(to_hex(att_uuid(Uuid(0x180F))), "0f18");
  EXPECT_EQ(to_hex(att_uuid(Uuid(0x12345678))), "fb349b5f800000800010000078563412");
}

}  // namespace
}  // namespace moor::hci
