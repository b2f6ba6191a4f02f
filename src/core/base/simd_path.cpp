#include "core/base/simd_path.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdlib>
#include <string>
#include <string_view>

#include "core/base/input_error.hpp"

namespace digon {
namespace {

// From the narrowest: those of the build's kernels, or what all is compiled for.
#ifdef DIGON_KERNEL_PATHS
constexpr std::array paths{DIGON_KERNEL_PATHS};
#elif defined(__AVX512F__)
constexpr std::array paths{"avx512"};
#elif defined(__AVX2__)
constexpr std::array paths{"avx2"};
#elif defined(__x86_64__)
constexpr std::array paths{"sse2"};
#else
constexpr std::array paths{"baseline"};
#endif

/// Whether this processor, and its operating system, can run what is compiled for a path.
bool machine_has([[maybe_unused]] std::string_view path) {
#ifdef __x86_64__
  __builtin_cpu_init();
  if (path == "sse2") return true;
  const bool avx2 = __builtin_cpu_supports("avx2") != 0 && __builtin_cpu_supports("fma") != 0;
  if (path == "avx2") return avx2;
  return avx2 && __builtin_cpu_supports("avx512f") != 0 && __builtin_cpu_supports("avx512cd") != 0 &&
         __builtin_cpu_supports("avx512bw") != 0 && __builtin_cpu_supports("avx512dq") != 0 &&
         __builtin_cpu_supports("avx512vl") != 0;
#else
  return true;
#endif
}

/// What DIGON_SIMD asks for, of what the machine has.
bool is_asked(std::string_view path) {
  const char* asked = std::getenv("DIGON_SIMD");
  return machine_has(path) && (asked == nullptr || path == asked);
}

std::size_t taken_path() {
  for (std::size_t k = paths.size(); k-- > 0;) {
    if (is_asked(paths[k])) return k;
  }
  for (std::size_t k = paths.size(); k-- > 0;) {
    if (machine_has(paths[k])) return k;
  }
  return 0;
}

#ifdef DIGON_KERNEL_PATHS
/// The kernels of a part, as cmake/kernel_jumps lays them out.
struct KernelPaths {
  using Function = void (*)();
  std::size_t count;  ///< functions
  Function* taken;    ///< [count] where the jumps go
  struct {
    const Function* functions;  ///< [count]
    const Function* begin;      ///< the initialisers of what the kernels hold
    const Function* end;
  } path[paths.size()];
};
#endif

}  // namespace

const char* simd_path() {
  return paths[taken_path()];
}

void require_simd_path() {
  if (std::any_of(paths.begin(), paths.end(), is_asked)) return;
  std::string accepted;
  for (const char* path : paths) {
    if (machine_has(path)) accepted += (accepted.empty() ? "" : ", ") + std::string(path);
  }
  const char* asked = std::getenv("DIGON_SIMD");
  if (accepted.empty()) reject("this build needs a processor with {}", paths.front());
  reject("DIGON_SIMD: '{}' given; accepted on this machine: {}", asked, accepted);
}

#ifdef DIGON_KERNEL_PATHS
/// Called before any constructor of C++.
extern "C" void digon_take_path(const KernelPaths* kernels) {
  const auto& path = kernels->path[taken_path()];
  std::copy_n(path.functions, kernels->count, kernels->taken);
  if (!machine_has(simd_path())) return;  // require_simd_path says so
  for (const auto* initialise = path.begin; initialise != path.end; ++initialise) (*initialise)();
}
#endif

}  // namespace digon
