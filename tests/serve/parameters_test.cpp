// What a query may say, and what is told to one that may not.

#include "serve/parameters.hpp"

#include <gmock/gmock.h>

namespace moor::serve {
namespace {

using testing::HasSubstr;

http::Request asking(std::string value) {
  http::Request request;
  request.query = {{"x", std::move(value)}};
  return request;
}

template <typename Read>
std::string refusal(Read read) {
  try {
    (void)read();
  } catch (const http::Refusal& refused) {
    EXPECT_EQ(refused.status(), 400U);
    EXPECT_FALSE(refused.advice().empty());
    return refused.what();
  }
  return "";
}

TEST(Parameters, WholeNumbersHaveARange) {
  EXPECT_EQ(integer(asking("5"), "x", 1, 10), 5);
  EXPECT_EQ(integer(asking("5"), "other", 1, 10), std::nullopt);
  for (const char* value : {"0", "11", "", "5.0", "5x", " 5", "0x5", "99999999999999999999", "-1", "nan"})
    EXPECT_THAT(refusal([&] { return integer(asking(value), "x", 1, 10); }), HasSubstr("from 1 to 10")) << value;
}

TEST(Parameters, NumbersAreFinite) {
  EXPECT_EQ(number(asking("-70.5"), "x", -127, 20), -70.5);
  for (const char* value : {"nan", "inf", "-inf", "1e400", "-128", "", "one"})
    EXPECT_NE(refusal([&] { return number(asking(value), "x", -127, 20); }), "") << value;
}

TEST(Parameters, MomentsAreIsoOrSeconds) {
  EXPECT_EQ(moment(asking("1772442000"), "x"), moment(asking("2026-03-02T09:00:00Z"), "x"));
  EXPECT_EQ(moment(asking("1772442000"), "y"), std::nullopt);
  for (const char* value : {"yesterday", "", "2026-13-01", "-5", "1e300", "nan", "2026-03-02T25:00Z"})
    EXPECT_THAT(refusal([&] { return moment(asking(value), "x"); }), HasSubstr("no moment")) << value;
}

TEST(Parameters, WordsFlagsAndTexts) {
  constexpr std::string_view words[] = {"hour", "day"};
  EXPECT_EQ(word(asking("day"), "x", words), "day");
  EXPECT_EQ(word(asking("day"), "y", words), "hour");
  EXPECT_THAT(refusal([&] { return word(asking("year"), "x", words); }), HasSubstr("hour, day"));
  EXPECT_EQ(flag(asking("true"), "x"), true);
  EXPECT_EQ(flag(asking("0"), "x"), false);
  EXPECT_NE(refusal([&] { return flag(asking("yes"), "x"); }), "");
  EXPECT_EQ(text(asking("shop"), "x"), "shop");
  EXPECT_NE(refusal([&] { return text(asking(std::string(257, 'x')), "x"); }), "");
}

TEST(Parameters, AMistypedOneIsNotPassedOver) {
  EXPECT_NO_THROW(only(asking("1"), {"x"}));
  EXPECT_THAT(refusal([&] {
                only(asking("1"), {"limit", "from"});
                return 0;
              }),
              HasSubstr("'x'"));
}

TEST(Parameters, WhatSomebodySentIsShownShortly) {
  EXPECT_LT(refusal([&] { return moment(asking(std::string(4000, 'x')), "x"); }).size(), 100U);
}

}  // namespace
}  // namespace moor::serve
