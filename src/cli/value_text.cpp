#include "cli/value_text.hpp"

#include "cli/terminal.hpp"

namespace moor::cli {

std::string value_text(Bytes value, const std::optional<DecodedValue>& meaning) {
  const std::string bytes = value.empty() ? "(empty)" : to_hex(value);
  return meaning ? meaning->text + "  " + paint(Colour::dim, bytes) : bytes;
}

}  // namespace moor::cli
