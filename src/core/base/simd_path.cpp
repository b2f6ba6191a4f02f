#include "core/base/simd_path.hpp"

namespace digon {

const char* simd_path() {
#if defined(__AVX512F__)
  return "avx512";
#elif defined(__AVX2__)
  return "avx2";
#elif defined(__x86_64__)
  return "sse2";
#else
  return "baseline";
#endif
}

}  // namespace digon
