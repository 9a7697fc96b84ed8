#include "moor/error.hpp"
#include "moor/radio.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

using Kind = RadioSpec::Kind;

TEST(RadioSpec, ReadsEachKind) {
  EXPECT_EQ(RadioSpec::parse("bluez").target, "");
  EXPECT_EQ(RadioSpec::parse("bluez:hci12").target, "hci12");
  const auto proxy = RadioSpec::parse("esphome://hall.local:6053?key=QUJD/+8=");
  EXPECT_EQ(proxy.kind, Kind::esphome);
  EXPECT_EQ(proxy.target, "hall.local:6053");
  EXPECT_EQ(proxy.key, "QUJD/+8=");
  EXPECT_EQ(proxy.to_string(), "esphome://hall.local") << "keys are not printed, nor the usual port";
  EXPECT_EQ(RadioSpec::parse("sim:flat.toml?speed=max").speed, 0.0);
}

TEST(RadioSpec, ReadsWhatAProxyIsOpenedWith) {
  const auto by_file = RadioSpec::parse("esphome://10.0.0.7:6054?key_file=/etc/moor/hall key&name=hall");
  EXPECT_EQ(by_file.target, "10.0.0.7:6054");
  EXPECT_EQ(by_file.key_file, "/etc/moor/hall key");
  EXPECT_EQ(by_file.expected_name, "hall");
  EXPECT_EQ(by_file.to_string(), "esphome://10.0.0.7:6054");
  const auto by_key = RadioSpec::parse("esphome://hall?name=hall&key=a+b/c==");
  EXPECT_EQ(by_key.key, "a+b/c==") << "taken literally";
  EXPECT_EQ(by_key.target, "hall");
  EXPECT_EQ(RadioSpec::parse("esphome://[fe80::1]:6053").to_string(), "esphome://[fe80::1]");
  EXPECT_EQ(RadioSpec::parse("esphome://fe80::6053").to_string(), "esphome://fe80::6053") << "that is no port";
}

TEST(RadioSpec, NeverPrintsAKeyThatItRefuses) {
  for (const char* text :
       {"esphome://hall?key=c2VjcmV0&key_file=x", "esphome://hall?key=c2VjcmV0&volume=3", "esphome://h/?key=c2VjcmV0"}) {
    try {
      (void)RadioSpec::parse(text);
      ADD_FAILURE() << "accepted " << text;
    } catch (const UsageError& error) {
      EXPECT_EQ(std::string(error.what()).find("c2VjcmV0"), std::string::npos) << error.what();
    }
  }
}

TEST(RadioSpec, PicksARadioOfAWorld) {
  const auto all = RadioSpec::parse("sim:flat.toml");
  EXPECT_EQ(all.radio, "");
  EXPECT_EQ(all.to_string(), "sim:flat.toml");
  const auto one = RadioSpec::parse("sim:flat.toml?radio=living room&speed=10");
  EXPECT_EQ(one.target, "flat.toml");
  EXPECT_EQ(one.radio, "living room");
  EXPECT_EQ(one.speed, 10.0);
  EXPECT_EQ(one.to_string(), "sim:flat.toml?radio=living room");
  EXPECT_EQ(RadioSpec::parse(one.to_string()).radio, one.radio);
  EXPECT_EQ(RadioSpec::parse("sim:odd?radios").target, "odd?radios");
}

TEST(RadioSpec, TakesAPathLiterallyUpToAKnownOption) {
  const auto spec = RadioSpec::parse("replay:/tmp/a b?c=d.btsnoop?speed=2.5&loop");
  EXPECT_EQ(spec.target, "/tmp/a b?c=d.btsnoop");
  EXPECT_EQ(spec.speed, 2.5);
  EXPECT_TRUE(spec.loop);
  EXPECT_EQ(RadioSpec::parse("replay:odd?looped").target, "odd?looped");
  EXPECT_EQ(RadioSpec::parse("replay:odd?").target, "odd?");
  EXPECT_TRUE(RadioSpec::parse("replay:x?loop").loop);
}

TEST(RadioSpec, KnowsWhatRunsInVirtualTime) {
  EXPECT_TRUE(RadioSpec::parse("replay:x").is_virtual_time());
  EXPECT_TRUE(RadioSpec::parse("replay:x?speed=max").is_virtual_time());
  EXPECT_FALSE(RadioSpec::parse("replay:x?speed=1").is_virtual_time());
  EXPECT_FALSE(RadioSpec::parse("sim:x").is_virtual_time()) << "a world runs in real time unless told";
  EXPECT_TRUE(RadioSpec::parse("sim:x?speed=max").is_virtual_time());
  EXPECT_FALSE(RadioSpec::parse("bluez").is_virtual_time());
}

TEST(RadioSpec, RefusesWhatItCannotMeanAndNamesTheForms) {
  for (const char* text : {"",
                           "hci0",
                           "bluez:",
                           "bluez:hci",
                           "bluez:hci0x",
                           "bluez:usb",
                           "esphome://",
                           "esphome://?key=x",
                           "esphome://:6053",
                           "esphome://hall?key=",
                           "esphome://hall?key=x&key_file=y",
                           "esphome://hall?key=x&speed=1",
                           "esphome://hall:0",
                           "esphome://hall:66000",
                           "esphome://hall:http",
                           "esphome://hall/",
                           "esphome://user@hall",
                           "sim:",
                           "replay:",
                           "replay:?loop",
                           "replay:x?speed=",
                           "replay:x?speed=0",
                           "replay:x?speed=-1",
                           "replay:x?speed=nan",
                           "replay:x?speed=fast",
                           "replay:x?loop&volume=3",
                           "replay:x?loop=1",
                           "sim:x?speed=max&loop",
                           "sim:x?radio=",
                           "sim:x?radio",
                           "replay:x?speed=1&radio=hall"}) {
    try {
      (void)RadioSpec::parse(text);
      ADD_FAILURE() << "accepted " << text;
    } catch (const UsageError& error) {
      EXPECT_NE(error.advice().find("replay:CAPTURE"), std::string::npos) << text;
    }
  }
}

TEST(RadioSpec, IsWrittenAsASettingWithAllButItsKey) {
  for (const char* text : {"bluez:hci1", "esphome://hall.local?key_file=/etc/moor/hall.key&name=hall",
                           "sim:flat.toml?radio=hall&speed=2.5", "replay:a.btsnoop?speed=max&loop", "replay:a.btsnoop"})
    EXPECT_EQ(RadioSpec::parse(text).to_setting(), text);
  EXPECT_EQ(RadioSpec::parse("esphome://hall.local?key=c2VjcmV0&name=hall").to_setting(), "esphome://hall.local?name=hall");
}

}  // namespace
}  // namespace moor
