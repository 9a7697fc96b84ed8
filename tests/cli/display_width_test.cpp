#include "cli/terminal.hpp"

#include <gtest/gtest.h>

namespace moor::cli {
namespace {

TEST(DisplayWidth, CountsColumnsNotBytes) {
  EXPECT_EQ(display_width("Moor"), 4U);
  EXPECT_EQ(display_width("Küche"), 5U);
  EXPECT_EQ(display_width("センサー"), 8U);
  EXPECT_EQ(display_width("e\xCC\x81"), 1U) << "a combining accent";
  EXPECT_EQ(display_width("🔋"), 2U);
}

TEST(Cut, LeavesRoomForTheEllipsis) {
  EXPECT_EQ(cut("Moor", 4), "Moor");
  EXPECT_EQ(cut("Temperature", 5), "Temp…");
  EXPECT_EQ(cut("センサー", 4), "セ…");
  EXPECT_EQ(cut("x", 0), "");
}

TEST(Table, AlignsAndCuts) {
  Table table({{"NAME", Table::Align::left, 6}, {"RSSI", Table::Align::right}});
  table.add({{"Kitchen-Sensor"}, {"-60"}});
  table.add({{"Küche"}, {"-100"}});
  EXPECT_EQ(table.lines(80), (std::vector<std::string>{"NAME    RSSI", "Kitch…   -60", "Küche   -100"}));
  for (const std::string& line : table.lines(9)) EXPECT_LE(display_width(line), 9U);
}

TEST(NumberText, IsPlainWithThousandsApart) {
  EXPECT_EQ(number_text(0.576), "0.576");
  EXPECT_EQ(number_text(0), "0");
  EXPECT_EQ(number_text(999.96), "1000");
  EXPECT_EQ(number_text(1736.1), "1,736");
  EXPECT_EQ(number_text(86400), "86,400");
  EXPECT_EQ(number_text(-1234567), "-1,234,567");
}

TEST(TimeText, IsUtcToTheMillisecond) {
  EXPECT_EQ(time_text(WallTime(std::chrono::milliseconds(1'772'442'017'722))), "2026-03-02 09:00:17.722");
}

}  // namespace
}  // namespace moor::cli
