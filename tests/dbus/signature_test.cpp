#include "dbus/signature.hpp"

#include <gtest/gtest.h>
#include <string>

namespace moor::dbus {
namespace {

TEST(Signature, IsMadeOfCompleteTypes) {
  for (const char* text : {"", "y", "a{sv}", "aaau", "(ii)", "a{oa{sa{sv}}}", "bbynqiutsoayay", "a(yv)", "(a{sv}(s))v", "xtdhg"})
    EXPECT_TRUE(is_signature(text)) << text;
  for (const char* text : {"a", "(", ")", "()", "(i", "{sv}", "a{s}", "a{svv}", "a{vs}", "a{(i)s}", "z", "a{sv", "i)", "ai}"})
    EXPECT_FALSE(is_signature(text)) << text;
}

TEST(Signature, IsBounded) {
  EXPECT_TRUE(is_signature(std::string(max_signature, 'y')));
  EXPECT_FALSE(is_signature(std::string(max_signature + 1, 'y')));
  EXPECT_TRUE(is_signature(std::string(max_nesting, 'a') + "y"));
  EXPECT_FALSE(is_signature(std::string(max_nesting + 1, 'a') + "y"));
  EXPECT_TRUE(is_signature(std::string(max_nesting, '(') + "y" + std::string(max_nesting, ')')));
  EXPECT_FALSE(is_signature(std::string(max_nesting + 1, '(') + "y" + std::string(max_nesting + 1, ')')));
}

TEST(Signature, TellsItsFirstType) {
  const struct {
    const char* text;
    const char* first;
  } rows[] = {{"sv", "s"}, {"a{sv}as", "a{sv}"}, {"aay", "aay"}, {"(i(s))b", "(i(s))"}, {"a(yv)u", "a(yv)"}, {"v", "v"}};
  for (const auto& row : rows) EXPECT_EQ(std::string_view(row.text).substr(0, first_type_size(row.text)), row.first) << row.text;
  EXPECT_TRUE(is_one_type("a{sv}"));
  EXPECT_FALSE(is_one_type("ss"));
  EXPECT_FALSE(is_one_type(""));
}

TEST(Names, AreThoseOfTheSpecification) {
  for (const char* path : {"/", "/org/bluez", "/a_1"}) EXPECT_TRUE(is_path(path)) << path;
  for (const char* path : {"", "a", "//", "/a/", "/a//b", "/a-b", "/é"}) EXPECT_FALSE(is_path(path)) << path;
  for (const char* name : {"org.bluez", "a.b1._c"}) EXPECT_TRUE(is_interface(name)) << name;
  for (const char* name : {"", "bluez", "org..bluez", ".a.b", "org.1a", "org.a-b", "a.b."})
    EXPECT_FALSE(is_interface(name)) << name;
  for (const char* name : {":1.7", "org.a-b", "org.freedesktop.DBus"}) EXPECT_TRUE(is_bus_name(name)) << name;
  for (const char* name : {":", "org", ":1", "1.a"}) EXPECT_FALSE(is_bus_name(name)) << name;
  EXPECT_TRUE(is_member("StartNotify"));
  for (const char* name : {"", "1a", "a.b", "a-b"}) EXPECT_FALSE(is_member(name)) << name;
  EXPECT_FALSE(is_member(std::string(256, 'a')));
}

}  // namespace
}  // namespace moor::dbus
