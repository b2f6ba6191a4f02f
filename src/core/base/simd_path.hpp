#pragma once

namespace digon {

/// The instructions that the kernels of this copy of the program are compiled for: "sse2", "avx2" (with FMA)
/// or "avx512"; "baseline" on other processors than x86-64.
const char* simd_path();

}  // namespace digon
