#pragma once
// An advertisement taken apart, as lines for people.

#include "moor/decoder.hpp"

namespace moor::cli {

/// What report/dissection.hpp says of the payload, as a table and a line on what it means.
void print_dissection(Bytes payload, const DecodeContext& context);

}  // namespace moor::cli
