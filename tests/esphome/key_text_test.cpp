#include "esphome/stream.hpp"
#include "moor/error.hpp"

#include <gmock/gmock.h>

namespace moor::esphome {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(EsphomeKey, IsReadAsPeopleWriteIt) {
  const std::string text = "ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=";
  const std::string bytes = "6465666768696a6b6c6d6e6f707172737475767778797a7b7c7d7e7f80818283";
  for (const std::string& each :
       {text, text.substr(0, 43), "  " + text + "\r\n", std::string("ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1-f4CBgoM")})
    EXPECT_EQ(to_hex(parse_key(each).bytes()), bytes) << each;
  EXPECT_EQ(to_base64(parse_key(text)), text);
  EXPECT_EQ(to_hex(parse_key("//////////////////////////////////////////8=").bytes()), std::string(64, 'f'));
  EXPECT_EQ(to_hex(parse_key("__________________________________________8").bytes()), std::string(64, 'f'));
  for (int i = 0; i < 100; ++i) {
    const crypto::SecretKey key = crypto::SecretKey::random();
    EXPECT_EQ(to_hex(parse_key(to_base64(key)).bytes()), to_hex(key.bytes()));
  }
}

TEST(EsphomeKey, SaysWhatIsWrongWithoutShowingIt) {
  const std::string good = "ZGVmZ2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=";
  struct Case {
    std::string text;
    const char* what;
  };
  const Case cases[] = {
      {"", "empty"},
      {" \n", "empty"},
      {good.substr(0, 42), "this one has 42"},
      {good + "=", "position 44"},
      {good.substr(0, 40), "this one has 40"},
      {"A" + good, "this one has 45"},
      {"ZGVm!2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=", "position 5"},
      {"ZGVm Z2hpamtsbW5vcHFyc3R1dnd4eXp7fH1+f4CBgoM=", "position 5"},
      {"=" + good, "position 1"},
      {std::string(200, 'Z'), "this one has 200"},
  };
  for (const Case& each : cases) {
    try {
      (void)parse_key(each.text);
      ADD_FAILURE() << each.text;
    } catch (const UsageError& error) {
      EXPECT_THAT(error.what(), HasSubstr(each.what));
      EXPECT_THAT(error.what(), Not(HasSubstr("ZG")));
      EXPECT_THAT(error.advice(), Not(HasSubstr("ZG")));
      EXPECT_FALSE(error.advice().empty());
    }
  }
}

}  // namespace
}  // namespace moor::esphome
