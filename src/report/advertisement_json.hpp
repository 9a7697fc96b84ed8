#pragma once
// AD structures as JSON.

#include "moor/advertisement.hpp"

#include <boost/json/array.hpp>

namespace moor {

/// Appends {"type", "name", "value"} for every structure of a payload, in order.
void append_structures(boost::json::array& to, Bytes payload);

}  // namespace moor
