# What moor is built on, all of it from Debian 12. Flags that every target gets.
find_package(Threads REQUIRED)
find_package(Boost 1.81 REQUIRED COMPONENTS json url)
find_package(OpenSSL 3.0 REQUIRED COMPONENTS Crypto SSL)
find_package(ZLIB REQUIRED)
find_package(PkgConfig REQUIRED)
pkg_check_modules(systemd REQUIRED IMPORTED_TARGET libsystemd>=252)  # the service manager and the journal; the floor of dbus_bench
find_package(SQLite3 3.40 REQUIRED)
pkg_check_modules(mosquitto REQUIRED IMPORTED_TARGET libmosquitto>=2.0)
pkg_check_modules(prometheus REQUIRED IMPORTED_TARGET prometheus-cpp-core>=1.0)
find_package(fmt 9.1 REQUIRED)
find_package(spdlog 1.10 REQUIRED)
find_package(CLI11 2.1 REQUIRED)
find_package(tomlplusplus 3.3 REQUIRED)
find_path(MOOR_PROTOZERO protozero/pbf_reader.hpp REQUIRED)  # header only, without a package file

add_library(moor_flags INTERFACE)
# Options are structs with defaults, passed with designated initialisers: a field left out is meant.
target_compile_options(moor_flags INTERFACE -Wall -Wextra -Wconversion -Wno-missing-field-initializers $<$<BOOL:${MOOR_WERROR}>:-Werror>)
if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports both falsely: for coroutine frames that allocate through Asio, and for std::string's operator+ (GCC bug 105651).
  target_compile_options(moor_flags INTERFACE -Wno-mismatched-new-delete -Wno-restrict)
endif()
if(MOOR_SANITIZE)
  target_compile_options(moor_flags INTERFACE -fsanitize=${MOOR_SANITIZE} -fno-sanitize-recover=all -fno-omit-frame-pointer)
  target_link_options(moor_flags INTERFACE -fsanitize=${MOOR_SANITIZE})
endif()
find_program(MOOR_MOLD mold)
if(MOOR_MOLD)
  target_link_options(moor_flags INTERFACE -fuse-ld=mold)
endif()
find_program(MOOR_CCACHE ccache)
if(MOOR_CCACHE AND NOT CMAKE_CXX_COMPILER_LAUNCHER)
  set(CMAKE_CXX_COMPILER_LAUNCHER "${MOOR_CCACHE}")
endif()

# Asio alone, without what the JSON and URL libraries add: header only, and no Boost.Date_Time in the headers.
add_library(moor_asio INTERFACE)
target_link_libraries(moor_asio INTERFACE Boost::headers Threads::Threads)
target_compile_definitions(moor_asio INTERFACE BOOST_ASIO_NO_DEPRECATED BOOST_ASIO_DISABLE_BOOST_DATE_TIME)
