// Messages on the wire: both byte orders, and headers that are none.

#include "dbus/content.hpp"

#include <gtest/gtest.h>

namespace moor::dbus {
namespace {

using namespace std::string_literals;

std::vector<uint8_t> bytes_of(const std::string& text) {
  return {text.begin(), text.end()};
}

// A signal of "/a" with the uint32 7 and a string, as a big-endian machine writes it.
std::vector<uint8_t> big_endian_signal() {
  return bytes_of(
      "B\4\1\1\0\0\0\13\0\0\0\5\0\0\0\70"s  // body of 11 bytes, serial 5, fields of 56
      "\1\1o\0\0\0\0\2/a\0\0\0\0\0\0"s      // path
      "\2\1s\0\0\0\0\3a.b\0\0\0\0\0"s       // interface
      "\3\1s\0\0\0\0\3Say\0\0\0\0\0"s       // member
      "\10\1g\0\2us\0"s                     // signature
      "\0\0\0\7\0\0\0\2hi\0"s);
}

const char* parse_whole(const std::vector<uint8_t>& bytes, Content& content) {
  if (bytes.size() < fixed_header_size) return "cut off";
  const auto extent = extent_of(bytes);
  if (!extent) return "no header";
  if (extent->whole != bytes.size()) return "another size";
  std::vector<int> descriptors;
  return parse(bytes, extent->body, descriptors, content);
}

TEST(WireMessage, OfABigEndianMachineIsRead) {
  Content content;
  ASSERT_STREQ(parse_whole(big_endian_signal(), content), nullptr);
  EXPECT_EQ(content.kind, Kind::signal);
  EXPECT_EQ(content.serial, 5u);
  EXPECT_EQ(content.text(Field::path), "/a");
  EXPECT_EQ(content.text(Field::interface), "a.b");
  EXPECT_EQ(content.text(Field::member), "Say");
  Reader reader(content);
  EXPECT_EQ(reader.read_u32(), 7u);
  EXPECT_EQ(reader.read_string(), "hi");
  EXPECT_TRUE(reader.at_end());
}

TEST(WireMessage, IsWhatWasWritten) {
  Content written;
  written.kind = Kind::error;
  written.reply_serial = 9;
  written.set(Field::error_name, "a.b");
  written.set(Field::destination, ":1.5");
  Writer(written).string("text").open_array("{sv}").entry("k", uint16_t{3}).close();
  std::vector<uint8_t> bytes;
  marshal(written, 4, ":1.9", bytes);
  Content read;
  ASSERT_STREQ(parse_whole(bytes, read), nullptr);
  EXPECT_EQ(read.kind, Kind::error);
  EXPECT_EQ(read.serial, 4u);
  EXPECT_EQ(read.reply_serial, 9u);
  EXPECT_EQ(read.text(Field::error_name), "a.b");
  EXPECT_EQ(read.text(Field::sender), ":1.9");
  EXPECT_EQ(read.text(Field::signature), "sa{sv}");
  Reader reader(read);
  EXPECT_EQ(reader.read_string(), "text");
  reader.skip("a{sv}");
  EXPECT_TRUE(reader.at_end());
}

// "Again, implementations must ignore fields that they do not understand" (D-Bus specification, Header Fields), whatever their type.
TEST(WireMessage, MayHaveFieldsThatNobodyKnowsYet) {
  const std::vector<std::string> fields = {
      "\143\1s\0\0\0\0\2zz\0"s,                                  // a string
      "\143\1v\0\1u\0\0\0\0\0\7"s,                               // a uint32 in a variant
      "\143\5a{sv}\0\0\0\0\0\0\0\0\0"s,                          // an empty dictionary
      "\143\4(yt)\0\0\3\0\0\0\0\0\0\0"s + std::string(8, '\1'),  // a structure
  };
  for (const std::string& field : fields) {
    std::vector<uint8_t> bytes = big_endian_signal();
    constexpr std::ptrdiff_t end_of_fields = 72;
    std::string padded = field;
    padded.resize((field.size() + 7) / 8 * 8);
    bytes.insert(bytes.begin() + end_of_fields, padded.begin(), padded.end());
    bytes[15] = static_cast<uint8_t>(bytes[15] + field.size());
    Content content;
    ASSERT_STREQ(parse_whole(bytes, content), nullptr) << field.substr(2, 4);
    EXPECT_EQ(content.text(Field::member), "Say");
    EXPECT_EQ(Reader(content).read_u32(), 7u);
  }
}

TEST(WireMessage, IsRefusedWhereItIsDamaged) {
  const std::vector<uint8_t> good = big_endian_signal();
  const struct {
    size_t at;
    uint8_t byte;
    const char* why;
  } rows[] = {
      {0, 'x', "no byte order"},
      {3, 2, "another version"},
      {1, 0, "no kind"},
      {11, 0, "no serial"},
      {17, 2, "no type of a field"},
      {18, 'a', "a type that no field has"},
      {23, 200, "a text that goes on"},
      {24, 'x', "a path that is none"},
      {16, 2, "two interfaces and no path"},
  };
  for (const auto& row : rows) {
    std::vector<uint8_t> bytes = good;
    bytes[row.at] = row.byte;
    Content content;
    EXPECT_NE(parse_whole(bytes, content), nullptr) << row.why;
  }
  for (size_t size = 0; size < good.size(); ++size) {
    Content content;
    EXPECT_NE(parse_whole({good.begin(), good.begin() + static_cast<std::ptrdiff_t>(size)}, content), nullptr) << size;
  }
}

TEST(WireMessage, IsBounded) {
  std::vector<uint8_t> header = big_endian_signal();
  header[4] = 0x10;  // a body of 256 MiB
  EXPECT_FALSE(extent_of(header));
  header = big_endian_signal();
  header[12] = 0x10;  // fields of as much
  EXPECT_FALSE(extent_of(header));
}

}  // namespace
}  // namespace moor::dbus
