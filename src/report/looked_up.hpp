#pragma once
// What a number of the Bluetooth SIG names, or which number a name has: what `moor lookup` prints, and the dashboard shows.

#include "moor/names.hpp"

#include <boost/json/object.hpp>
#include <optional>
#include <string>

namespace moor {

struct LookedUp {
  std::vector<AssignedNumber> numbers;  ///< best first, at least one
  std::optional<ServiceInfo> service;   ///< of the best, where that is a service
};

/// @param text  a number such as "180f", a UUID, or a name or part of it.
/// @param kind  only numbers of this kind; empty for all.
/// @throws Error  where nothing is called so.
[[nodiscard]] LookedUp look_up(const std::string& text, std::string_view kind = {});

/// {kind, number, uuid, name, characteristics, use, total_matches, matches}; docs/cli/lookup.schema.json describes it.
/// @param limit  of the matches.
[[nodiscard]] boost::json::object to_json(const LookedUp& found, size_t limit);
/// Its digits: two for an AD type, else four.
[[nodiscard]] std::string number_text(const AssignedNumber& what);

}  // namespace moor
