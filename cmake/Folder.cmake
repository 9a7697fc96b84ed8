# A folder of src/ is one target, and its test folder one test program.

# moor_folder(NAME SOURCES file... DEPENDS folder... LIBRARIES target...)
#   DEPENDS names the folders that this one may know; another arrow does not link.
function(moor_folder name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES" ${ARGN})
  add_library(moor_${name} STATIC ${arg_SOURCES})
  target_include_directories(moor_${name} PUBLIC "${PROJECT_SOURCE_DIR}/include" "${PROJECT_SOURCE_DIR}/src")
  list(TRANSFORM arg_DEPENDS PREPEND moor_)
  target_link_libraries(moor_${name} PUBLIC ${arg_DEPENDS} moor_asio ${arg_LIBRARIES} PRIVATE moor_flags)
endfunction()

# moor_test(NAME SOURCES file... DEPENDS folder... LABELS label...)
function(moor_test name)
  cmake_parse_arguments(arg "" "" "SOURCES;DEPENDS;LIBRARIES;LABELS" ${ARGN})
  add_executable(moor_${name}_tests ${arg_SOURCES})
  list(TRANSFORM arg_DEPENDS PREPEND moor_)
  target_include_directories(moor_${name}_tests PRIVATE "${PROJECT_SOURCE_DIR}/tests")
  target_link_libraries(moor_${name}_tests PRIVATE ${arg_DEPENDS} ${arg_LIBRARIES} moor_flags GTest::gmock_main)
  # The tests themselves are compiled quickly: what they test has its own flags. It takes a third, with sanitizers half, off two thirds of a clean build.
  if(MOOR_SANITIZE)
    target_compile_options(moor_${name}_tests PRIVATE -O0)
  else()
    target_compile_options(moor_${name}_tests PRIVATE $<$<CONFIG:Release>:-O1>)
  endif()
  target_compile_definitions(moor_${name}_tests PRIVATE MOOR_SOURCE_DIR="${PROJECT_SOURCE_DIR}")
  list(APPEND arg_LABELS ${name})
  gtest_discover_tests(moor_${name}_tests TEST_PREFIX ${name}. DISCOVERY_MODE PRE_TEST
                       PROPERTIES LABELS "${arg_LABELS}" TIMEOUT 900)
endfunction()
