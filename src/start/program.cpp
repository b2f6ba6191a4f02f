// The program's main(): takes the widest path that the processor has, or that of DIGON_SIMD.
#include <cstdio>

#include "core/base/simd_path.hpp"
#include "start/simd_choice.hpp"

#ifdef DIGON_ALL_PATHS
extern "C" {
int digon_main_sse2(int argc, char** argv);
int digon_main_avx2(int argc, char** argv);
int digon_main_avx512(int argc, char** argv);
}
#else
extern "C" int digon_main(int argc, char** argv);
#endif

int main(int argc, char** argv, char** environment) {
  constexpr int bad_input = 2;
#ifdef DIGON_ALL_PATHS
  constexpr int (*mains[])(int, char**) = {digon_main_sse2, digon_main_avx2, digon_main_avx512};
  const auto& paths = digon::all_paths;
#else
  constexpr int (*mains[])(int, char**) = {digon_main};
  const digon::SimdPath paths[] = {{digon::simd_path(), nullptr, nullptr}};
#endif
  const digon::SimdChoice choice = digon::choose_simd(paths);
  if (choice.refusal[0] != '\0') {
    std::fprintf(stderr, "digon: %s\n", choice.refusal);
    return bad_input;
  }
  digon::initialise(paths[choice.path], argc, argv, environment);
  return mains[choice.path](argc, argv);
}
