# `cpack -G DEB` in the build folder: digon, libdigon-dev and, where it is built, python3-digon. tools/try-packages
# installs them into a bare Debian 12.
set(CPACK_GENERATOR DEB)
set(CPACK_COMPONENTS_ALL program dev)
if(DIGON_PYTHON)
  list(APPEND CPACK_COMPONENTS_ALL python)
endif()
set(CPACK_COMPONENTS_GROUPING IGNORE)
set(CPACK_DEB_COMPONENT_INSTALL ON)
set(CPACK_PACKAGING_INSTALL_PREFIX /usr)
set(CPACK_STRIP_FILES ON)
# Who makes packages for others names himself; the license names nobody.
set(DIGON_MAINTAINER "The authors of Digon <root@localhost>" CACHE STRING "The packages' maintainer: Name <address>")
set(CPACK_PACKAGE_CONTACT "${DIGON_MAINTAINER}")
set(CPACK_DEBIAN_FILE_NAME DEB-DEFAULT)
set(CPACK_DEBIAN_PACKAGE_SHLIBDEPS ON)  # but for static libraries and headers, where it finds none

set(CPACK_DEBIAN_PROGRAM_PACKAGE_NAME digon)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_SECTION science)
set(CPACK_DEBIAN_PROGRAM_PACKAGE_RECOMMENDS "gnuplot-nox | gnuplot, fonts-dejavu-core")
set(CPACK_DEBIAN_PROGRAM_DESCRIPTION "The program: the exact loss of toy models of superposition, their true optima, and
models trained on the same features, on one scale.")

set(CPACK_DEBIAN_DEV_PACKAGE_NAME libdigon-dev)
set(CPACK_DEBIAN_DEV_PACKAGE_SECTION libdevel)
set(CPACK_DEBIAN_DEV_PACKAGE_DEPENDS "libboost-dev, libboost-filesystem-dev, libboost-iostreams-dev, \
libboost-program-options-dev, libboost-system-dev, libceres-dev, libeigen3-dev, libfmt-dev, libsqlite3-dev, libtbb-dev, \
nlohmann-json3-dev, zlib1g-dev")
set(CPACK_DEBIAN_DEV_DESCRIPTION "Headers and static libraries, for find_package(digon).")

set(CPACK_DEBIAN_PYTHON_PACKAGE_NAME python3-digon)
set(CPACK_DEBIAN_PYTHON_PACKAGE_SECTION python)
if(DIGON_PYTHON)  # a module is of one minor version
  get_property(version GLOBAL PROPERTY DIGON_PYTHON_VERSION)
  string(REGEX REPLACE "^([0-9]+)\\.([0-9]+).*" "\\1;\\2" version "${version}")
  list(GET version 0 major)
  list(GET version 1 minor)
  math(EXPR next_minor "${minor} + 1")
  set(CPACK_DEBIAN_PYTHON_PACKAGE_DEPENDS
    "python3 (>= ${major}.${minor}), python3 (<< ${major}.${next_minor}), python3-numpy")
endif()
set(CPACK_DEBIAN_PYTHON_PACKAGE_SUGGESTS "python3-matplotlib, python3-torch, python3-tqdm")
set(CPACK_DEBIAN_PYTHON_DESCRIPTION "The Python module: the exact loss of toy models of superposition and its gradient,
optima, training and packings, arrays in and arrays out.")

foreach(component program dev python)
  string(TOUPPER ${component} name)
  install(FILES ${PROJECT_SOURCE_DIR}/cmake/copyright COMPONENT ${component} EXCLUDE_FROM_ALL
    DESTINATION ${CMAKE_INSTALL_DATADIR}/doc/${CPACK_DEBIAN_${name}_PACKAGE_NAME})
endforeach()

include(CPack)
