#pragma once
// What `pair` and `unpair` print.

#include "moor/address.hpp"

namespace moor::cli {

void print_pairing(bool json, const Address& device, bool paired, bool bonded);

}  // namespace moor::cli
