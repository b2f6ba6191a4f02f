# One library for every x86-64 processor: the kernels of a part are compiled once a path, SSE2, AVX2 with FMA and
# AVX-512, and those of a path become one relocatable object of which nothing is seen from outside but what its functions
# are called, with the path's name behind. So no copy of an inline function that was compiled for a wider path can be
# called on a lesser processor, nor do initialisers of a path run that is not taken. By their own names, functions are
# jumps to those of the path taken (kernel_jumps), and everybody who links the library, installed or not, has all paths.
# DIGON_ONE_PATH leaves this machine's alone: its kernels are compiled as they are among all.
set(DIGON_PATHS "")
if(NOT DIGON_NATIVE AND NOT DIGON_FUZZ AND CMAKE_SYSTEM_PROCESSOR MATCHES "x86_64|AMD64"
   AND CMAKE_BUILD_TYPE MATCHES "Rel")
  set(DIGON_PATHS sse2 avx2 avx512)
endif()
set(DIGON_FLAGS_sse2 "")
set(DIGON_FLAGS_avx2 -mavx2 -mfma)
set(DIGON_FLAGS_avx512 -mavx2 -mfma -mavx512f -mavx512cd -mavx512bw -mavx512dq -mavx512vl)
# No processor made since 2013 takes it: a fifth less to compile, to the same numbers.
set(DIGON_TUNING_sse2 -O2)
# Tuned for no processor in particular, g++ 12 copies arrays of a hundred bytes by `rep movs`, dozens of cycles each and a
# tenth of an exact loss.
set(DIGON_TUNING_avx2 -mtune=znver3)
set(DIGON_TUNING_avx512 -mtune=znver3)

# What tests and benchmarks are compiled for, since they see how wide the kernels' vectors are: this machine's path.
set(DIGON_HOST_PATH sse2)
if(DIGON_PATHS)
  file(WRITE ${PROJECT_BINARY_DIR}/host_path.cpp "
int main() {
  __builtin_cpu_init();
  const bool avx2 = __builtin_cpu_supports(\"avx2\") && __builtin_cpu_supports(\"fma\");
  return avx2 && __builtin_cpu_supports(\"avx512dq\") && __builtin_cpu_supports(\"avx512vl\") ? 2 : avx2;
}\n")
  try_run(DIGON_HOST_WIDTH host_compiled ${PROJECT_BINARY_DIR} ${PROJECT_BINARY_DIR}/host_path.cpp)
  list(GET DIGON_PATHS ${DIGON_HOST_WIDTH} DIGON_HOST_PATH)
  if(DIGON_ONE_PATH)
    set(DIGON_PATHS ${DIGON_HOST_PATH})
  endif()
endif()

# digon_add_kernels(PART LINK targets… KERNELS files…): adds to the library of the part its kernels of all paths.
function(digon_add_kernels part)
  cmake_parse_arguments(ADD "" "" "LINK;KERNELS" ${ARGN})
  set(library digon_${part})
  set(lists "")  # path objects… path objects…
  set(objects "")
  set(copies "")
  foreach(path IN LISTS DIGON_PATHS)
    set(kernels ${library}_${path})
    add_library(${kernels} OBJECT ${ADD_KERNELS})
    target_link_libraries(${kernels} PRIVATE ${ADD_LINK})
    target_include_directories(${kernels} PRIVATE $<TARGET_PROPERTY:${library},INCLUDE_DIRECTORIES>)
    target_compile_definitions(${kernels} PRIVATE $<TARGET_PROPERTY:${library},COMPILE_DEFINITIONS>)
    target_compile_options(${kernels} PRIVATE ${DIGON_FLAGS_${path}} ${DIGON_TUNING_${path}})
    digon_compile(${kernels} ${path})
    # The objects, without the precompiled header that CMake counts among them.
    set(compiled "$<FILTER:$<TARGET_OBJECTS:${kernels}>,EXCLUDE,[.]gch$>")
    list(APPEND lists ${path} ${compiled})
    list(APPEND objects ${compiled})
    list(APPEND copies ${CMAKE_CURRENT_BINARY_DIR}/${kernels}.o)
  endforeach()
  list(APPEND copies ${CMAKE_CURRENT_BINARY_DIR}/${library}_jumps.o)
  add_custom_command(OUTPUT ${copies}
    COMMAND ${CMAKE_COMMAND} -E env NM=${CMAKE_NM} LD=${CMAKE_LINKER} OBJCOPY=${CMAKE_OBJCOPY} CXX=${CMAKE_CXX_COMPILER}
            ${PROJECT_SOURCE_DIR}/cmake/kernel_jumps ${CMAKE_CURRENT_BINARY_DIR}/${library} ${lists}
    DEPENDS ${objects} ${PROJECT_SOURCE_DIR}/cmake/kernel_jumps
    COMMENT "Joining the kernels of ${library}" COMMAND_EXPAND_LISTS VERBATIM)
  set_source_files_properties(${copies} PROPERTIES EXTERNAL_OBJECT ON GENERATED ON)
  target_sources(${library} PRIVATE ${copies})
endfunction()
