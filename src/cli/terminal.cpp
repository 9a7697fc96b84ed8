#include "cli/terminal.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>
#include <algorithm>
#include <cerrno>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <stdexcept>

namespace moor::cli {

bool colours_wanted() {
  static const bool wanted = [] {
    const char* term = std::getenv("TERM");
    const char* no_colour = std::getenv("NO_COLOR");
    return isatty(STDOUT_FILENO) == 1 && (no_colour == nullptr || *no_colour == 0) && term != nullptr &&
           std::strcmp(term, "dumb") != 0;
  }();
  return wanted;
}

bool progress_wanted() {
  return isatty(STDERR_FILENO) == 1;
}

size_t terminal_width() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 0 ? size.ws_col : 80;
}

size_t terminal_height() {
  winsize size{};
  return ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 ? size.ws_row : 24;
}

std::string paint(Colour colour, std::string_view text) {
  static constexpr const char* codes[] = {"", "\x1b[1m", "\x1b[2m", "\x1b[32m", "\x1b[33m", "\x1b[31m", "\x1b[36m"};
  if (colour == Colour::none || !colours_wanted()) return std::string(text);
  return fmt::format("{}{}\x1b[0m", codes[static_cast<size_t>(colour)], text);
}

std::string time_text(WallTime t) {
  const auto milliseconds = std::chrono::floor<std::chrono::milliseconds>(t);
  const auto seconds = std::chrono::floor<std::chrono::seconds>(milliseconds);
  return fmt::format("{:%Y-%m-%d %H:%M:%S}.{:03}", fmt::gmtime(seconds.time_since_epoch().count()),
                     (milliseconds - seconds).count());
}

std::string number_text(double number) {
  if (std::abs(number) < 1000) return fmt::format("{:.4g}", number);
  std::string text = fmt::format("{:.0f}", number);
  for (size_t at = text.size(); at > 3 && text[at - 4] != '-'; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

void print_line(std::string_view line) {
  if (std::fwrite(line.data(), 1, line.size(), stdout) != line.size() || std::fputc('\n', stdout) == EOF)
    throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

void flush_output() {
  if (std::fflush(stdout) != 0)
    throw std::runtime_error(fmt::format("cannot write to standard output: {}", std::strerror(errno)));
}

std::vector<std::string> Table::lines(size_t width) const {
  std::vector<size_t> widths;
  for (size_t c = 0; c < columns_.size(); ++c) {
    size_t widest = display_width(columns_[c].title);
    for (const auto& row : rows_) widest = std::max(widest, display_width(row[c].text));
    widths.push_back(std::min(widest, columns_[c].max_width));
  }
  const auto line = [&](const auto& text_of, const auto& colour_of) {
    std::string out;
    size_t used = 0;
    for (size_t c = 0; c < columns_.size() && used < width; ++c) {
      const size_t room = std::min(widths[c], width - used);
      const std::string text = cut(text_of(c), room);
      const std::string padding(room - std::min(room, display_width(text)), ' ');
      const bool right = columns_[c].align == Align::right;
      const bool last = c + 1 == columns_.size();
      out += right ? padding + paint(colour_of(c), text) : paint(colour_of(c), text) + (last ? "" : padding);
      if (!last) out += "  ";
      used += room + 2;
    }
    return out;
  };
  std::vector<std::string> all;
  const bool titled = std::any_of(columns_.begin(), columns_.end(), [](const Column& column) { return !column.title.empty(); });
  if (titled)
    all.push_back(line([&](size_t c) -> const std::string& { return columns_[c].title; }, [](size_t) { return Colour::bold; }));
  for (const auto& row : rows_)
    all.push_back(line([&](size_t c) -> const std::string& { return row[c].text; }, [&](size_t c) { return row[c].colour; }));
  return all;
}

void Table::print() const {
  // What goes into a file or another program is not cut.
  const size_t width = isatty(STDOUT_FILENO) == 1 ? terminal_width() : std::string::npos;
  for (const std::string& line : lines(width)) print_line(line);
}

ProgressBar::ProgressBar() : wanted_(progress_wanted()) {}

ProgressBar::~ProgressBar() {
  clear();
}

void ProgressBar::clear() {
  if (drawn_) std::fputs("\r\x1b[K", stderr);
  drawn_ = false;
}

bool ProgressBar::due() const {
  return wanted_ && std::chrono::steady_clock::now() >= next_;
}

void ProgressBar::update(std::optional<double> fraction, std::string_view what) {
  if (!due()) return;
  next_ = std::chrono::steady_clock::now() + std::chrono::milliseconds(100);
  drawn_ = true;
  if (!fraction) {
    fmt::print(stderr, "\r\x1b[K{}", what);
  } else {
    constexpr size_t cells = 30;
    const auto full = static_cast<size_t>(std::clamp(*fraction, 0.0, 1.0) * cells);
    std::string bar;
    for (size_t i = 0; i < cells; ++i) bar += i < full ? "█" : "░";
    fmt::print(stderr, "\r\x1b[K{} {:3.0f} %  {}", bar, std::clamp(*fraction, 0.0, 1.0) * 100, what);
  }
  std::fflush(stderr);
}

}  // namespace moor::cli
