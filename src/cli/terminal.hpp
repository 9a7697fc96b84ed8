#pragma once
// What the person sees: whether there is a person, colours, a table, a progress bar. With a pipe or a file instead of a terminal there are no
// colours and no bar.

#include "moor/time.hpp"

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace moor::cli {

enum class Colour : char { none, bold, dim, green, yellow, red, cyan };

/// Whether stdout is a terminal that wants colours (NO_COLOR unset, TERM not dumb).
[[nodiscard]] bool colours_wanted();
/// Whether stderr is a terminal, so that a progress bar makes sense.
[[nodiscard]] bool progress_wanted();
/// Columns of the terminal on stdout, 80 where it is none.
[[nodiscard]] size_t terminal_width();
[[nodiscard]] size_t terminal_height();  ///< rows, 24 where it is none

/// Text in a colour, or as it is where none are wanted.
[[nodiscard]] std::string paint(Colour colour, std::string_view text);

/// Columns that the text takes on a terminal (East Asian wide characters and emoji two, combining marks none).
[[nodiscard]] size_t display_width(std::string_view utf8);
/// The text cut to so many columns, with an ellipsis where something was cut.
[[nodiscard]] std::string cut(std::string_view utf8, size_t width);

/// A moment for people: "2026-03-02 09:00:17.722", UTC.
[[nodiscard]] std::string time_text(WallTime t);
/// A number for people: four digits, or all of them before the point, and thousands apart: "0.576", "86,400".
[[nodiscard]] std::string number_text(double number);

/// Writes a line to stdout. @throws std::runtime_error where it cannot be written, as when the disk is full.
void print_line(std::string_view line);
/// Hands what was printed to the system. @throws as print_line.
void flush_output();

class Table {
public:
  enum class Align : char { left, right };
  struct Column {
    std::string title;
    Align align = Align::left;
    size_t max_width = 40;
  };
  struct Cell {
    std::string text;
    Colour colour = Colour::none;
  };

  explicit Table(std::vector<Column> columns) : columns_(std::move(columns)) {}
  void add(std::vector<Cell> row) { rows_.push_back(std::move(row)); }
  [[nodiscard]] bool empty() const noexcept { return rows_.empty(); }
  /// Lines with columns as wide as their content, cut at `width`; without a line of titles if none has one.
  [[nodiscard]] std::vector<std::string> lines(size_t width) const;
  void print() const;

private:
  std::vector<Column> columns_;
  std::vector<std::vector<Cell>> rows_;
};

/// A bar on stderr, redrawn at most ten times a second and gone when it is destroyed.
class ProgressBar {
public:
  ProgressBar();
  ~ProgressBar();
  ProgressBar(const ProgressBar&) = delete;
  ProgressBar& operator=(const ProgressBar&) = delete;
  /// @param fraction  0 to 1, nothing where the end is not known. @param what  a few words behind the bar.
  void update(std::optional<double> fraction, std::string_view what);
  [[nodiscard]] bool due() const;  ///< whether an update would be drawn now
  void clear();

private:
  bool wanted_;
  bool drawn_ = false;
  std::chrono::steady_clock::time_point next_;
};

}  // namespace moor::cli
