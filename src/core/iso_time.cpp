#include "core/iso_time.hpp"

#include <fmt/format.h>
#include <array>

namespace moor {

namespace {

using namespace std::chrono;

// What is left to be read; a read that fails leaves nothing.
class Text {
public:
  explicit Text(std::string_view text) : rest_(text) {}
  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }
  bool skip(std::string_view any_of) noexcept {
    if (rest_.empty() || any_of.find(rest_.front()) == std::string_view::npos) return false;
    rest_.remove_prefix(1);
    return true;
  }
  std::optional<int> digits(size_t count) noexcept {
    if (rest_.size() < count) return std::nullopt;
    int number = 0;
    for (size_t i = 0; i < count; ++i) {
      if (rest_[i] < '0' || rest_[i] > '9') return std::nullopt;
      number = number * 10 + (rest_[i] - '0');
    }
    rest_.remove_prefix(count);
    return number;
  }
  // The digits of a fraction, nanoseconds; further ones are read and mean nothing.
  std::optional<nanoseconds> fraction() noexcept {
    int64_t found = 0;
    int64_t unit = 100'000'000;
    const size_t before = rest_.size();
    while (const auto digit = digits(1)) {
      found += *digit * unit;
      unit /= 10;
    }
    return rest_.size() == before ? std::nullopt : std::optional(nanoseconds(found));
  }

private:
  std::string_view rest_;
};

std::optional<sys_days> read_day(Text& text) noexcept {
  const auto year_number = text.digits(4);
  if (!year_number || !text.skip("-")) return std::nullopt;
  const auto month_number = text.digits(2);
  if (!month_number || !text.skip("-")) return std::nullopt;
  const auto day_number = text.digits(2);
  if (!day_number) return std::nullopt;
  const year_month_day date{year(*year_number), month(static_cast<unsigned>(*month_number)),
                            day(static_cast<unsigned>(*day_number))};
  // What a clock of nanoseconds can count.
  if (!date.ok() || *year_number < 1678 || *year_number > 2261) return std::nullopt;
  return sys_days(date);
}

std::optional<nanoseconds> read_clock(Text& text) noexcept {
  const auto hour = text.digits(2);
  if (!hour || *hour > 23 || !text.skip(":")) return std::nullopt;
  const auto minute = text.digits(2);
  if (!minute || *minute > 59) return std::nullopt;
  nanoseconds time = hours(*hour) + minutes(*minute);
  if (!text.skip(":")) return time;
  const auto second = text.digits(2);
  if (!second || *second > 60) return std::nullopt;
  time += seconds(*second);
  if (!text.skip(".")) return time;
  const auto fraction = text.fraction();
  if (!fraction) return std::nullopt;
  return time + *fraction;
}

// East of Greenwich.
std::optional<minutes> read_offset(Text& text) noexcept {
  if (text.done() || text.skip("Zz")) return minutes(0);
  const bool west = text.skip("-");
  if (!west && !text.skip("+")) return std::nullopt;
  const auto hour = text.digits(2);
  text.skip(":");
  const auto minute = text.digits(2);
  if (!hour || !minute || *hour > 23 || *minute > 59) return std::nullopt;
  const minutes offset = hours(*hour) + minutes(*minute);
  return west ? -offset : offset;
}

}  // namespace

std::string to_iso(WallTime t) {
  const auto whole = floor<milliseconds>(t);
  const auto midnight = floor<days>(whole);
  const year_month_day date{midnight};
  const auto rest = whole - midnight;
  return fmt::format("{:04}-{:02}-{:02}T{:02}:{:02}:{:02}.{:03}Z", static_cast<int>(date.year()),
                     static_cast<unsigned>(date.month()), static_cast<unsigned>(date.day()), rest / hours(1),
                     rest / minutes(1) % 60, rest / seconds(1) % 60, rest / milliseconds(1) % 1000);
}

std::optional<WallTime> parse_iso(std::string_view input) noexcept {
  Text text(input);
  const auto day = read_day(text);
  if (!day) return std::nullopt;
  if (text.done()) return WallTime(*day);
  if (!text.skip("Tt ")) return std::nullopt;
  const auto clock = read_clock(text);
  if (!clock) return std::nullopt;
  const auto offset = read_offset(text);
  if (!offset || !text.done()) return std::nullopt;
  return WallTime(*day) + *clock - *offset;
}

}  // namespace moor
