#pragma once
// /devices: who is around, one of them, and its last minutes.

#include "http/router.hpp"
#include "serve/device_view.hpp"
#include "serve/history.hpp"
#include "serve/store_questions.hpp"

namespace moor::serve {

/// All outlive the router. @param store  for what is older than memory.
void add_device_routes(http::Router& router, Gateway& gateway, const DeviceView& devices, History& history,
                       StoreQuestions& store);

}  // namespace moor::serve
