#pragma once

namespace digon {

/// The instructions of the kernels that run: "sse2", "avx2" (with FMA) or "avx512", the widest that this
/// processor has or the one that the environment's DIGON_SIMD names; "baseline" on others than x86-64.
const char* simd_path();

/// Throws InputError where DIGON_SIMD names a path that the processor lacks, or the build, the widest being
/// taken then; or where the build has no path for this processor.
void require_simd_path();

}  // namespace digon
