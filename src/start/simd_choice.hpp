#pragma once

#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>

namespace digon {

/// Whether this processor, and its operating system, can run what is compiled for a path.
inline bool machine_has([[maybe_unused]] const char* path) {
#if defined(__x86_64__)
  __builtin_cpu_init();
  if (std::strcmp(path, "sse2") == 0) return true;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (std::strcmp(path, "avx2") == 0) return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
#else
  return true;
#endif
}

/// A path of the binary: its name, and the initialisers of its copy of the program, which nobody else runs.
struct SimdPath {
  using Initialiser = void (*)(int, char**, char**);
  const char* name;
  Initialiser* begin;
  Initialiser* end;
};

/// The widest path that the machine has, or the one that DIGON_SIMD names; paths are listed from the
/// narrowest.
struct SimdChoice {
  std::size_t path = 0;
  char refusal[160] = "";  ///< why DIGON_SIMD is refused
};
template <std::size_t N>
SimdChoice choose_simd(const SimdPath (&paths)[N]) {
  SimdChoice choice;
  const char* asked = std::getenv("DIGON_SIMD");
  char accepted[64] = "";
  bool found = false;
  for (std::size_t k = 0; k < N; ++k) {
    if (!machine_has(paths[k].name)) continue;
    std::strcat(std::strcat(accepted, accepted[0] == '\0' ? "" : ", "), paths[k].name);
    if (asked != nullptr && std::strcmp(asked, paths[k].name) != 0) continue;
    choice.path = k;
    found = true;
  }
  if (asked != nullptr && !found) {
    std::snprintf(choice.refusal, sizeof choice.refusal,
                  "DIGON_SIMD: '%.40s' given; accepted on this machine: %s", asked, accepted);
  }
  return choice;
}

inline void initialise(const SimdPath& path, int argc, char** argv, char** environment) {
  for (SimdPath::Initialiser* next = path.begin; next != path.end; ++next) (*next)(argc, argv, environment);
}

}  // namespace digon

// What the linker calls the initialisers of each path.
#ifdef DIGON_ALL_PATHS
extern "C" {
extern digon::SimdPath::Initialiser __start_digon_init_sse2[], __stop_digon_init_sse2[];
extern digon::SimdPath::Initialiser __start_digon_init_avx2[], __stop_digon_init_avx2[];
extern digon::SimdPath::Initialiser __start_digon_init_avx512[], __stop_digon_init_avx512[];
}
namespace digon {
inline const SimdPath all_paths[] = {{"sse2", __start_digon_init_sse2, __stop_digon_init_sse2},
                                     {"avx2", __start_digon_init_avx2, __stop_digon_init_avx2},
                                     {"avx512", __start_digon_init_avx512, __stop_digon_init_avx512}};
}
#endif
