# Compresses all files of FROM and writes TO/assets.S, which includes them, and TO/assets.cpp, the table of src/serve/dashboard.hpp. A name that has a hash of its content in it
# (in assets/) never changes its content.
set(type_.html "text/html; charset=utf-8")
set(type_.js "text/javascript; charset=utf-8")
set(type_.css "text/css; charset=utf-8")
set(type_.json "application/json; charset=utf-8")
set(type_.svg "image/svg+xml")
set(type_.png "image/png")
set(type_.woff2 "font/woff2")
set(type_.txt "text/plain; charset=utf-8")

file(GLOB_RECURSE files RELATIVE "${FROM}" "${FROM}/*")
list(SORT files)
file(REMOVE_RECURSE "${TO}/gzip")
set(assembly "# Made by cmake/Embed.cmake.\n  .section .rodata\n")
set(declared "")
set(rows "")
set(index 0)
foreach(file ${files})
  get_filename_component(extension "${file}" LAST_EXT)
  if(NOT DEFINED type_${extension})
    message(FATAL_ERROR "cmake/Embed.cmake knows no content type for ${FROM}/${file}: add one.")
  endif()
  file(SHA256 "${FROM}/${file}" hash)
  string(SUBSTRING "${hash}" 0 32 etag)
  set(packed "${TO}/gzip/${index}.gz")
  file(MAKE_DIRECTORY "${TO}/gzip")
  execute_process(COMMAND "${GZIP}" -9 -n -c "${FROM}/${file}" OUTPUT_FILE "${packed}" COMMAND_ERROR_IS_FATAL ANY)
  set(immutable false)
  if(file MATCHES "^assets/")
    set(immutable true)
  endif()
  string(APPEND assembly
    "  .globl moor_asset_${index}_begin, moor_asset_${index}_end  # ${file} ${etag}\n"
    "  .hidden moor_asset_${index}_begin\n  .hidden moor_asset_${index}_end\n"
    "moor_asset_${index}_begin:\n  .incbin \"${packed}\"\nmoor_asset_${index}_end:\n  .byte 0\n")
  string(APPEND declared "[[gnu::visibility(\"hidden\")]] extern const uint8_t moor_asset_${index}_begin[], moor_asset_${index}_end[];\n")
  string(APPEND rows "      asset(\"/${file}\", moor_asset_${index}_begin, moor_asset_${index}_end, \"${etag}\", \"${type_${extension}}\", ${immutable}),\n")
  math(EXPR index "${index} + 1")
endforeach()
if(NOT files)
  message(FATAL_ERROR "There is nothing to embed in ${FROM}.")
endif()
file(WRITE "${TO}/assets.S" "${assembly}  .section .note.GNU-stack,\"\",%progbits\n")
file(WRITE "${TO}/assets.cpp" "// Made by cmake/Embed.cmake.
#include \"serve/dashboard.hpp\"

#include <array>

extern \"C\" {
${declared}}

namespace moor {
namespace {

http::Asset asset(std::string_view path, const uint8_t* begin, const uint8_t* end, std::string_view etag, std::string_view type, bool immutable) {
  return {.path = path, .gzip = {begin, end}, .etag = etag, .content_type = type, .immutable = immutable};
}

}  // namespace

std::span<const http::Asset> dashboard_assets() {
  static const std::array assets{
${rows}  };
  return assets;
}

}  // namespace moor
")
