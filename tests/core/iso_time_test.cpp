#include "core/iso_time.hpp"

#include <gtest/gtest.h>

namespace moor {
namespace {

using namespace std::chrono_literals;

TEST(IsoTime, IsWrittenInUtcWithMilliseconds) {
  EXPECT_EQ(to_iso(WallTime()), "1970-01-01T00:00:00.000Z");
  EXPECT_EQ(to_iso(WallTime(1'772'442'017'722'999'999ns)), "2026-03-02T09:00:17.722Z");
  EXPECT_EQ(to_iso(WallTime(-1ns)), "1969-12-31T23:59:59.999Z");
}

TEST(IsoTime, IsReadInAllItsForms) {
  const WallTime nine(1'772'442'000s);
  const struct {
    const char* text;
    WallTime moment;
  } table[] = {
      {"2026-03-02T09:00:00Z", nine},
      {"2026-03-02T09:00:00.000Z", nine},
      {"2026-03-02t09:00:00z", nine},
      {"2026-03-02 09:00", nine},
      {"2026-03-02T09:00:00", nine},
      {"2026-03-02T10:00:00+01:00", nine},
      {"2026-03-02T03:30:00-0530", nine},
      {"2026-03-02T09:00:17.722Z", nine + 17'722ms},
      {"2026-03-02T09:00:17.7Z", nine + 17'700ms},
      {"2026-03-02T09:00:00.1234567899Z", nine + 123'456'789ns},
      {"2026-03-02", nine - 9h},
      {"2024-02-29", WallTime(1'709'164'800s)},
      {"2026-03-02T08:59:60Z", nine},
  };
  for (const auto& row : table) EXPECT_EQ(parse_iso(row.text), row.moment) << row.text;
}

TEST(IsoTime, NothingElseIsTakenForOne) {
  for (const char* text :
       {"", "now", "1772442000", "2026", "2026-3-2", "2026-02-29", "2026-13-01", "2026-03-02T", "2026-03-02T9:00",
        "2026-03-02T24:00:00Z", "2026-03-02T09:60:00Z", "2026-03-02T09:00:61Z", "2026-03-02T09:00:00.Z", "2026-03-02T09:00:00ZZ",
        "2026-03-02T09:00:00+1", "2026-03-02T09:00:00+25:00", "0001-01-01", "9999-12-31", "2026-03-02T09:00:00Z "})
    EXPECT_EQ(parse_iso(text), std::nullopt) << text;
}

}  // namespace
}  // namespace moor
