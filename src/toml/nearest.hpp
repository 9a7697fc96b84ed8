#pragma once
// What somebody may have meant who wrote a word that is not known.

#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace moor::config {

/// The candidate that takes the fewest edits (a character more, less, other, or two exchanged), if few enough to be a slip of the
/// finger.
[[nodiscard]] std::optional<std::string_view> nearest(std::string_view word, std::span<const std::string_view> candidates);

/// "did you mean 'alpha'?"; where none is near, what `elsewhere` says; where that is empty too, "there are " and all of them.
[[nodiscard]] std::string remedy_for_unknown(std::string_view word, std::span<const std::string_view> candidates,
                                             std::string elsewhere);

}  // namespace moor::config
