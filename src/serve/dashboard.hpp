#pragma once
// The dashboard of web/, embedded when the program is built (cmake/Web.cmake).

#include "http/message.hpp"

namespace moor {

/// All its files; "/index.html" is always among them.
[[nodiscard]] std::span<const http::Asset> dashboard_assets();

}  // namespace moor
