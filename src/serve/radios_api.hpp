#pragma once
// /radios and /sensors: how those are doing that hear and those that are connected.

#include "http/router.hpp"
#include "serve/device_view.hpp"

namespace moor::serve {

/// {"radios": [...]}
[[nodiscard]] boost::json::object radios_json(Gateway& gateway, const DeviceView& devices);
/// All outlive the router.
void add_radio_routes(http::Router& router, Gateway& gateway, const DeviceView& devices);

}  // namespace moor::serve
