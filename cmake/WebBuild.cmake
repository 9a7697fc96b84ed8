# Builds the dashboard of FROM in TO, where WebInstall.cmake has installed its packages; the result is TO/dist.
file(READ "${TO}/installed" node)
string(STRIP "${node}" node)
file(REMOVE_RECURSE "${TO}/src" "${TO}/public" "${TO}/dist")
foreach(file src public index.html vite.config.js svelte.config.js tsconfig.json)
  file(COPY "${FROM}/${file}" DESTINATION "${TO}")
endforeach()
execute_process(COMMAND "${CMAKE_COMMAND}" -E env MOOR_WEB_OUT=dist "${node}" node_modules/vite/bin/vite.js build --logLevel warn
                WORKING_DIRECTORY "${TO}" RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said)
if(failed)
  message(FATAL_ERROR "${said}")
endif()
file(WRITE "${TO}/built" "")
