# Installs the npm packages of FROM/package-lock.json in TO, and a newer Node.js from npm where this machine's is too old for Vite (Debian 12 has 18). Nothing is
# run that they bring. NPM is npm.
set(NEEDED 20.19)

function(npm_ci folder)
  execute_process(COMMAND "${NPM}" ci --omit=dev --prefer-offline --loglevel=error WORKING_DIRECTORY "${folder}" RESULT_VARIABLE failed OUTPUT_VARIABLE said ERROR_VARIABLE said TIMEOUT 600)
  if(failed)
    message(FATAL_ERROR "npm ci ended with ${failed}:\n${said}\nThe dashboard's packages are fetched once from npm's registry (npm config get registry): can this machine "
                        "reach it? To build without the dashboard, configure with -DMOOR_DASHBOARD=OFF.")
  endif()
endfunction()

file(MAKE_DIRECTORY "${TO}/node")
foreach(file .npmrc package.json package-lock.json node/.npmrc node/package.json node/package-lock.json)
  configure_file("${FROM}/${file}" "${TO}/${file}" COPYONLY)
endforeach()
npm_ci("${TO}")

execute_process(COMMAND node --version OUTPUT_VARIABLE version OUTPUT_STRIP_TRAILING_WHITESPACE)
string(REPLACE "v" "" version "${version}")
set(node node)
if(version VERSION_LESS NEEDED)
  npm_ci("${TO}/node")
  file(GLOB node "${TO}/node/node_modules/node-linux-*/bin/node")
  if(NOT node)
    message(FATAL_ERROR "The dashboard is built with Node.js ${NEEDED} or newer; this machine has '${version}', and npm has none for it. Install one, or configure with "
                        "-DMOOR_DASHBOARD=OFF.")
  endif()
endif()
file(WRITE "${TO}/installed" "${node}\n")
