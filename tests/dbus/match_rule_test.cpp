#include "dbus/match_rule.hpp"

#include <gtest/gtest.h>

namespace moor::dbus {
namespace {

std::optional<std::string> well_known_sender(std::string_view rule) {
  const auto parsed = MatchRule::parse(rule);
  return parsed ? parsed->well_known_sender() : std::nullopt;
}

TEST(MatchRule, NamesItsWellKnownSender) {
  EXPECT_EQ(well_known_sender("type='signal',sender='org.bluez'"), "org.bluez");
  EXPECT_EQ(well_known_sender("sender=org.bluez,type=signal"), "org.bluez");
  EXPECT_EQ(well_known_sender("arg0='sender=x.y,a=',sender='org.bluez'"), "org.bluez") << "what is quoted is no key";
}

TEST(MatchRule, KnowsSendersThatNeedNoOwner) {
  for (const char* rule : {"", "type='signal'", "sender=':1.5'", "sender='org.freedesktop.DBus',arg0='org.bluez'",
                           "arg0='sender'", "sender", "sender=", "sender='", "=", "arg0='unfinished"})
    EXPECT_EQ(well_known_sender(rule), std::nullopt) << rule;
}

}  // namespace
}  // namespace moor::dbus
