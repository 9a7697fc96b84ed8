#include "toml/nearest.hpp"

#include <fmt/format.h>
#include <algorithm>
#include <vector>

namespace moor::config {

namespace {

// Optimal string alignment: the least number of characters inserted, deleted, replaced, or exchanged with their neighbour.
size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::vector<size_t>> edits(a.size() + 1, std::vector<size_t>(b.size() + 1));
  for (size_t i = 0; i <= a.size(); ++i) edits[i][0] = i;
  for (size_t j = 0; j <= b.size(); ++j) edits[0][j] = j;
  for (size_t i = 1; i <= a.size(); ++i)
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t replaced = edits[i - 1][j - 1] + (a[i - 1] == b[j - 1] ? 0 : 1);
      edits[i][j] = std::min({edits[i - 1][j] + 1, edits[i][j - 1] + 1, replaced});
      if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
        edits[i][j] = std::min(edits[i][j], edits[i - 2][j - 2] + 1);
    }
  return edits[a.size()][b.size()];
}

}  // namespace

std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates) {
  constexpr size_t longest = 64;  // no key is near that; bounds the work for a hostile file
  if (word.size() > longest) return std::nullopt;
  std::optional<std::string_view> best;
  size_t fewest = 0;
  for (std::string_view candidate : candidates) {
    const bool completes = word.size() >= 3 && (candidate.starts_with(word) || word.starts_with(candidate));  // tau for tau_s
    const size_t edits = completes ? 1 : distance(word, candidate);
    const size_t slip = std::max<size_t>(1, std::min(word.size(), candidate.size()) / 3);
    if (edits > slip || (best && edits >= fewest)) continue;
    best = candidate;
    fewest = edits;
  }
  return best;
}

std::string remedy_for_unknown(std::string_view word, std::span<const std::string_view> candidates, std::string elsewhere) {
  if (const auto near = nearest(word, candidates)) return fmt::format("did you mean '{}'?", *near);
  return elsewhere.empty() ? fmt::format("there are {}", fmt::join(candidates, ", ")) : elsewhere;
}

}  // namespace moor::config
