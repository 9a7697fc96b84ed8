#include "mdns/packet.hpp"

#include "mdns/records.hpp"

#include <gmock/gmock.h>

namespace moor::mdns {
namespace {

using namespace std::string_literals;

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}
const std::string header_of_answer = "\0\0\204\0\0\0\0\1\0\0\0\0"s;

TEST(Packet, IsReadAsItWasWritten) {
  Packet packet = whole_answer();
  packet.id = 77;
  packet.questions = {{.name = type_name, .type = RecordType::ptr, .unicast = true},
                      {.name = "kitchen.local", .type = RecordType::any}};
  packet.authorities = {v6_of("kitchen.local")};
  packet.additionals = {{.name = "x.local", .type = RecordType::nsec, .ttl_s = 9, .data = OtherData{{1, 2, 3}}}};
  const std::vector<uint8_t> bytes = write_packet(packet);
  const auto read = parse_packet(bytes);
  ASSERT_TRUE(read) << read.error().what;
  EXPECT_EQ(read->id, 77);
  EXPECT_TRUE(read->response);
  EXPECT_EQ(read->questions, packet.questions);
  EXPECT_EQ(read->answers, packet.answers);
  EXPECT_EQ(read->authorities, packet.authorities);
  EXPECT_EQ(read->additionals, packet.additionals);
  EXPECT_LT(bytes.size(), 260u) << "names are written once";
}

TEST(Packet, KeepsDotsAndBackslashesInsideLabels) {
  const std::string instance = escaped_label("Living room. No\\1");
  EXPECT_EQ(instance, "Living room\\. No\\\\1");
  const std::string name = instance + "." + type_name;
  EXPECT_EQ(first_label(name), "Living room. No\\1");
  EXPECT_EQ(parent_name(name), type_name);
  const auto read = parse_packet(write_packet(answer_of({pointer_to(instance)})));
  ASSERT_TRUE(read);
  EXPECT_EQ(std::get<Pointer>(read->answers.at(0).data).target, name);
  EXPECT_EQ(parent_name("local"), "");
}

TEST(Packet, NamesAreTheSameInEitherCase) {
  EXPECT_TRUE(same_name("Kitchen.LOCAL", "kitchen.local"));
  EXPECT_FALSE(same_name("kitchen", "kitchen2"));
  EXPECT_FALSE(same_name("K\xC3\x84", "k\xC3\xA4")) << "of ASCII only";
}

TEST(Packet, IsRefusedWhereItContradictsItself) {
  const struct {
    const char* why;
    std::string bytes;
  } rows[] = {
      {"no header", "\0\0\204\0"s},
      {"a status", "\0\0\204\3\0\0\0\0\0\0\0\0"s},
      {"another operation", "\0\0\50\0\0\0\0\0\0\0\0\0"s},
      {"no record", header_of_answer},
      {"a pointer to itself", header_of_answer + "\300\14\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s},
      {"a pointer forward", header_of_answer + "\300\40\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s},
      {"a label of a kind that is none", header_of_answer + "\200a\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s},
      {"a label that is cut off", header_of_answer + "\77abc"s},
      {"an address of three bytes", header_of_answer + "\1a\0\0\1\0\1\0\0\0\1\0\3\1\2\3"s},
      {"data that is cut off", header_of_answer + "\1a\0\0\1\0\1\0\0\0\1\0\4\1\2\3"s},
      {"a text longer than its record", header_of_answer + "\1a\0\0\20\0\1\0\0\0\1\0\2\5a"s},
      {"a location without a name", header_of_answer + "\1a\0\0\41\0\1\0\0\0\1\0\6\0\0\0\0\27\245"s},
      {"a pointer record beyond its end", header_of_answer + "\1a\0\0\14\0\1\0\0\0\1\0\1\1b\0"s},
  };
  for (const auto& row : rows) EXPECT_FALSE(parse_packet(bytes_of(row.bytes))) << row.why;
}

TEST(Packet, IsReadWholeOrNotAtAllWhereverItIsCut) {
  const std::vector<uint8_t> bytes = write_packet(whole_answer());
  for (size_t size = 0; size < bytes.size(); ++size) EXPECT_FALSE(parse_packet(Bytes(bytes).first(size))) << size;
}

TEST(Packet, HasBoundedNames) {
  std::string bytes = header_of_answer;
  for (int i = 0; i < 5; ++i) bytes += "\77"s + std::string(63, 'a');
  EXPECT_FALSE(parse_packet(bytes_of(bytes + "\0\0\1\0\1\0\0\0\1\0\4\1\2\3\4"s)));
  Packet packet = answer_of({v4_of(std::string(64, 'a') + ".local")});
  EXPECT_TRUE(write_packet(packet).empty());
  packet = answer_of({});
  packet.answers.resize(2000, text_of("kitchen"));
  EXPECT_TRUE(write_packet(packet).empty()) << "larger than any packet";
}

TEST(Packet, LeavesOutOtherNetworksThanTheInternet) {
  const auto read = parse_packet(bytes_of(header_of_answer + "\1a\0\0\1\0\3\0\0\0\1\0\4\1\2\3\4"s));
  ASSERT_TRUE(read);
  EXPECT_TRUE(read->answers.empty());
}

}  // namespace
}  // namespace moor::mdns
