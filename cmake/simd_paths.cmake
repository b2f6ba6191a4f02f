# One program for every x86-64 processor: the kernels are compiled once for each path, SSE2, AVX2 with FMA and AVX-512,
# and the whole program is in the binary once a path, as one relocatable object of which nothing but its entry is seen
# from outside. The linker keeps one copy of an inline function that many files compile; so no copy compiled for a wider
# path can be called from a narrower one. Nor do initialisers of one path run on another: main() runs those of the path
# it takes (src/start/simd_choice.hpp).
set(DIGON_PATHS "")
if(NOT DIGON_NATIVE AND NOT DIGON_FUZZ AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND CMAKE_BUILD_TYPE MATCHES "Rel")
  set(DIGON_PATHS sse2 avx2 avx512)
endif()
set(DIGON_WIDER_PATHS ${DIGON_PATHS})
list(REMOVE_ITEM DIGON_WIDER_PATHS sse2)  # whose kernels are those of the libraries
set(DIGON_FLAGS_sse2 "")
set(DIGON_FLAGS_avx2 -mavx2 -mfma)
set(DIGON_FLAGS_avx512 -mavx2 -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl)
set(DIGON_PARTS_WITH_KERNELS core geometry theory empirical)

# The widest path of this machine: what the tests and the benchmarks are built for.
set(DIGON_HOST_PATH sse2)
if(DIGON_PATHS)
  file(WRITE ${PROJECT_BINARY_DIR}/host_path.cpp "#include \"${PROJECT_SOURCE_DIR}/src/start/simd_choice.hpp\"
int main() { return digon::machine_has(\"avx512\") ? 2 : digon::machine_has(\"avx2\") ? 1 : 0; }\n")
  try_run(DIGON_HOST_WIDTH host_compiled ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/host_path.cpp)
  list(GET DIGON_PATHS ${DIGON_HOST_WIDTH} DIGON_HOST_PATH)
endif()

# The objects of a library, without the precompiled header that CMake counts among them.
function(digon_objects_of library result)
  set(${result} "$<FILTER:$<TARGET_OBJECTS:${library}>,EXCLUDE,[.]gch$>" PARENT_SCOPE)
endfunction()

# digon_for_this_machine(TARGET PART…): compiles a program of the build tree for this machine's path, with the kernels
# of these parts.
function(digon_for_this_machine target)
  if(NOT DIGON_HOST_PATH IN_LIST DIGON_WIDER_PATHS)
    return()
  endif()
  target_compile_options(${target} PRIVATE ${DIGON_FLAGS_${DIGON_HOST_PATH}})
  foreach(part IN LISTS ARGN)
    digon_objects_of(digon_${part}_${DIGON_HOST_PATH} objects)
    target_sources(${target} PRIVATE ${objects})
  endforeach()
endfunction()

# digon_all_paths(TARGET ENTRY function OBJECTS library LIBRARIES libraries…): the target gets, for each path p, a
# copy of the objects with what they need of the libraries and the kernels of p, whose one symbol is ENTRY_p.
function(digon_all_paths target)
  cmake_parse_arguments(ALL "" "ENTRY;OBJECTS" "LIBRARIES" ${ARGN})
  foreach(path IN LISTS DIGON_PATHS)
    set(kernels "")
    if(path IN_LIST DIGON_WIDER_PATHS)
      foreach(part IN LISTS DIGON_PARTS_WITH_KERNELS)
        digon_objects_of(digon_${part}_${path} objects)
        list(APPEND kernels ${objects})
      endforeach()
    endif()
    digon_objects_of(${ALL_OBJECTS} program)
    set(libraries "")
    foreach(library IN LISTS ALL_LIBRARIES)
      list(APPEND libraries $<TARGET_FILE:${library}>)
    endforeach()
    set(copy ${CMAKE_CURRENT_BINARY_DIR}/${target}_${path}.o)
    # Kernels come first: theirs are the copies of inline functions that the whole path keeps.
    add_custom_command(OUTPUT ${copy}
      COMMAND ${CMAKE_LINKER} -r --force-group-allocation -o ${copy} ${kernels} ${program}
              --start-group ${libraries} --end-group
      COMMAND ${CMAKE_OBJCOPY} --redefine-sym ${ALL_ENTRY}=${ALL_ENTRY}_${path}
              --keep-global-symbol=${ALL_ENTRY}_${path} --rename-section .init_array=digon_init_${path} ${copy}
      DEPENDS ${kernels} ${program} ${libraries} ${ALL_LIBRARIES}
      COMMAND_EXPAND_LISTS VERBATIM)
    set_source_files_properties(${copy} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
    target_sources(${target} PRIVATE ${copy})
  endforeach()
  target_compile_definitions(${target} PRIVATE DIGON_ALL_PATHS)
endfunction()
