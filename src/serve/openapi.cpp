#include "serve/openapi.hpp"

// Puts the document among the constants, between two symbols.
asm(".pushsection .rodata\n"
    ".hidden moor_openapi_begin\n"
    ".hidden moor_openapi_end\n"
    ".global moor_openapi_begin\n"
    ".global moor_openapi_end\n"
    "moor_openapi_begin:\n"
    ".incbin \"" MOOR_OPENAPI
    "\"\n"
    "moor_openapi_end:\n"
    ".byte 0\n"
    ".popsection\n");
extern "C" {
extern const char moor_openapi_begin[];
extern const char moor_openapi_end[];
}

namespace moor::serve {

void add_openapi_route(http::Router& router) {
  router.get("/api/v1/openapi.json", [](const http::Request&) -> awaitable<http::Response> {
    co_return http::json_response(std::string(moor_openapi_begin, moor_openapi_end));
  });
}

}  // namespace moor::serve
