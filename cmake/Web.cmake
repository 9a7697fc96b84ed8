# The dashboard (web/) as a part of the program: built by npm, compressed, and embedded as a table of assets (src/serve/dashboard.hpp). All of it happens in the build
# folder. web/dist, where there is one (as in a source archive), is taken as it is, without npm.
option(MOOR_DASHBOARD "Build the dashboard into the program; needs npm, or web/dist" ${PROJECT_IS_TOP_LEVEL})

set(web_dir "${PROJECT_BINARY_DIR}/web")
if(EXISTS "${PROJECT_SOURCE_DIR}/web/dist/index.html")
  set(web_dist "${PROJECT_SOURCE_DIR}/web/dist")
else()
  set(web_dist "${web_dir}/dist")
endif()

set(web_sources)
if(NOT MOOR_DASHBOARD)
  set(web_dist "${PROJECT_SOURCE_DIR}/web/without")
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${web_dist}/*")
elseif(web_dist STREQUAL "${PROJECT_SOURCE_DIR}/web/dist")
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${web_dist}/*")
else()
  find_program(MOOR_NPM npm)
  if(NOT MOOR_NPM)
    message(FATAL_ERROR "The dashboard is built with npm, which is not here. Install it (scripts/setup), or configure with -DMOOR_DASHBOARD=OFF.")
  endif()
  file(GLOB_RECURSE web_sources CONFIGURE_DEPENDS "${PROJECT_SOURCE_DIR}/web/src/*" "${PROJECT_SOURCE_DIR}/web/public/*")
  set(web_packages)
  foreach(file .npmrc package.json package-lock.json node/.npmrc node/package.json node/package-lock.json)
    list(APPEND web_packages "${PROJECT_SOURCE_DIR}/web/${file}")
  endforeach()
  foreach(file index.html vite.config.js svelte.config.js tsconfig.json)
    list(APPEND web_sources "${PROJECT_SOURCE_DIR}/web/${file}")
  endforeach()
  add_custom_command(
    OUTPUT "${web_dir}/installed"
    COMMAND "${CMAKE_COMMAND}" -DNPM=${MOOR_NPM} -DFROM=${PROJECT_SOURCE_DIR}/web -DTO=${web_dir} -P "${PROJECT_SOURCE_DIR}/cmake/WebInstall.cmake"
    DEPENDS ${web_packages} cmake/WebInstall.cmake
    COMMENT "Fetching what the dashboard is built with" VERBATIM)
  add_custom_command(
    OUTPUT "${web_dir}/built"
    COMMAND "${CMAKE_COMMAND}" -DFROM=${PROJECT_SOURCE_DIR}/web -DTO=${web_dir} -P "${PROJECT_SOURCE_DIR}/cmake/WebBuild.cmake"
    DEPENDS "${web_dir}/installed" ${web_sources} cmake/WebBuild.cmake
    COMMENT "Building the dashboard" VERBATIM)
  set(web_sources "${web_dir}/built")
endif()

find_program(MOOR_GZIP gzip REQUIRED)
add_custom_command(
  OUTPUT "${web_dir}/assets.S" "${web_dir}/assets.cpp"
  COMMAND "${CMAKE_COMMAND}" -DGZIP=${MOOR_GZIP} -DFROM=${web_dist} -DTO=${web_dir} -P "${PROJECT_SOURCE_DIR}/cmake/Embed.cmake"
  DEPENDS ${web_sources} cmake/Embed.cmake
  COMMENT "Embedding the dashboard" VERBATIM)

enable_language(ASM)
add_library(moor_dashboard STATIC "${web_dir}/assets.S" "${web_dir}/assets.cpp")
target_include_directories(moor_dashboard PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
target_link_libraries(moor_dashboard PRIVATE moor_asio)
