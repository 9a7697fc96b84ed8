#pragma once
// JSON as people read it: numbers in plain decimal notation, members in the order they were put in.

#include <boost/json/value.hpp>
#include <string>

namespace moor {

/// One line, without a newline.
[[nodiscard]] std::string to_line(const boost::json::value& value);
/// Indented by two spaces.
[[nodiscard]] std::string to_pretty(const boost::json::value& value);

/// A number cut to what its measurement can mean; -0 becomes 0.
[[nodiscard]] double rounded(double number, int decimals);

}  // namespace moor
