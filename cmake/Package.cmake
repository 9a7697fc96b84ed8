# The Debian packages: `moor`, the program with its service, manual pages and completions; `libmoor-dev`, what programs are built on.
# Made with `make package`, or `cpack` in the build folder.

# Manual pages and completions come from the program itself, so they cannot disagree with it.
set(pages_dir "${PROJECT_BINARY_DIR}/pages")
add_custom_command(
  OUTPUT "${pages_dir}/made"
  COMMAND sh "${PROJECT_SOURCE_DIR}/packaging/pages.sh" $<TARGET_FILE:moor> "${pages_dir}"
  DEPENDS moor packaging/pages.sh VERBATIM)
add_custom_target(pages ALL DEPENDS "${pages_dir}/made")
install(DIRECTORY "${pages_dir}/man/" DESTINATION "${CMAKE_INSTALL_MANDIR}" COMPONENT program)
install(FILES "${pages_dir}/completions/moor" DESTINATION "${CMAKE_INSTALL_DATADIR}/bash-completion/completions" COMPONENT program)
install(FILES "${pages_dir}/completions/_moor" DESTINATION "${CMAKE_INSTALL_DATADIR}/zsh/vendor-completions" COMPONENT program)
install(FILES "${pages_dir}/completions/moor.fish" DESTINATION "${CMAKE_INSTALL_DATADIR}/fish/vendor_completions.d" COMPONENT program)
install(FILES packaging/moor.service DESTINATION lib/systemd/system COMPONENT service)
install(FILES packaging/sysusers.conf DESTINATION lib/sysusers.d RENAME moor.conf COMPONENT service)
install(FILES packaging/moor.toml DESTINATION /etc/moor COMPONENT service)

set(CPACK_GENERATOR DEB)
set(CPACK_PACKAGE_NAME moor)
set(CPACK_PACKAGE_VENDOR moor)
set(CPACK_PACKAGE_CONTACT "moor developers <moor@example.org>")
set(CPACK_PACKAGE_DESCRIPTION_SUMMARY "${PROJECT_DESCRIPTION}")
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_COMPONENTS_GROUPING ONE_PER_GROUP)
set(CPACK_COMPONENTS_ALL program service development)
set(CPACK_COMPONENT_PROGRAM_GROUP moor)
set(CPACK_COMPONENT_SERVICE_GROUP moor)
set(CPACK_COMPONENT_DEVELOPMENT_GROUP development)
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_RELEASE 1)
set(CPACK_DEBIAN_MOOR_PACKAGE_NAME moor)
set(CPACK_DEBIAN_MOOR_PACKAGE_SECTION net)
set(CPACK_DEBIAN_MOOR_PACKAGE_SHLIBDEPS ON)
set(CPACK_DEBIAN_MOOR_PACKAGE_DEPENDS "systemd (>= 252), procps")
set(CPACK_DEBIAN_MOOR_PACKAGE_RECOMMENDS "bluez (>= 5.66), dbus")
set(CPACK_DEBIAN_MOOR_PACKAGE_SUGGESTS "mosquitto, avahi-daemon")
set(CPACK_COMPONENT_GROUP_MOOR_DESCRIPTION
    "Bluetooth Low Energy gateway and tools\n Scans, explores and connects to devices over adapters and ESPHome proxies, decodes beacons, tracks\n presence, and publishes to MQTT, Home Assistant and a dashboard.")
set(CPACK_DEBIAN_MOOR_PACKAGE_CONTROL_EXTRA
    "${PROJECT_SOURCE_DIR}/packaging/debian/postinst;${PROJECT_SOURCE_DIR}/packaging/debian/prerm;${PROJECT_SOURCE_DIR}/packaging/debian/postrm;${PROJECT_SOURCE_DIR}/packaging/debian/conffiles")
set(CPACK_DEBIAN_MOOR_PACKAGE_CONTROL_STRICT_PERMISSION ON)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_NAME libmoor-dev)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEVELOPMENT_PACKAGE_DEPENDS "libboost1.81-dev, libboost-json1.81-dev, libboost-url1.81-dev, libssl-dev, libsqlite3-dev, libfmt-dev, libspdlog-dev, libtomlplusplus-dev, zlib1g-dev")
set(CPACK_COMPONENT_GROUP_DEVELOPMENT_DESCRIPTION "Bluetooth Low Energy library of moor\n Headers and the static library, with CMake and pkg-config files.")
include(CPack)
cpack_add_component_group(moor)
cpack_add_component_group(development)
