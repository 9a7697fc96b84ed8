#include "power/text.hpp"

#include <fmt/format.h>
#include <cmath>

namespace moor {

std::string whole(double value) {
  std::string text = fmt::format("{:.0f}", value);
  if (!std::isfinite(value)) return text;
  for (size_t end = text.size(); end > 3 && text[end - 4] != '-'; end -= 3) text.insert(end - 3, 1, ',');
  return text;
}

std::string duration_text(Duration d) {
  const double seconds = to_seconds(d);
  return seconds < 1 ? fmt::format("{:.6g} ms", seconds * 1000) : fmt::format("{:.6g} s", seconds);
}

}  // namespace moor
