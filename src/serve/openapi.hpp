#pragma once
// GET /api/v1/openapi.json: the API described for programs (docs/api/openapi.json, embedded).

#include "http/router.hpp"

namespace moor::serve {

void add_openapi_route(http::Router& router);

}  // namespace moor::serve
