#pragma once

namespace digon {

/// Bytes of a vector register, for every kernel: the exact loss's contour, packing, training, layers. Blocks
/// of sums are laid out to stay in the registers there are, 32 of 64 bytes with AVX-512 and 16 of at most 32
/// bytes without. bench/README.md has each kernel measured at both widths.
#ifdef __AVX512F__
inline constexpr int simd_bytes = 64;
inline constexpr int simd_registers = 32;
#else
inline constexpr int simd_bytes = 32;
inline constexpr int simd_registers = 16;
#endif

/// So many sums of two vectors each stay in the registers, beside the two and a number that they meet.
inline constexpr int pairs_in_registers = simd_registers / 2 - 2;

/// Numbers side by side, loaded from any address.
template <typename Scalar>
struct SimdOf;
template <>
struct SimdOf<float> {
  typedef float type __attribute__((vector_size(simd_bytes), aligned(4), may_alias));
};
template <>
struct SimdOf<double> {
  typedef double type __attribute__((vector_size(simd_bytes), aligned(8), may_alias));
};
template <typename Scalar>
using Simd = typename SimdOf<Scalar>::type;

// By value: of a reference to such a type clang forgets that it may be anywhere.
template <typename Scalar>
inline Simd<Scalar> simd_at(const Scalar* address) {
  return *reinterpret_cast<const Simd<Scalar>*>(address);
}
template <typename Scalar>
inline void put_simd(Scalar* address, Simd<Scalar> numbers) {
  *reinterpret_cast<Simd<Scalar>*>(address) = numbers;
}
template <typename Scalar>
inline void add_simd(Scalar* address, Simd<Scalar> numbers) {
  put_simd(address, simd_at(address) + numbers);
}

template <typename Scalar>
inline Simd<Scalar> positive_part(const Simd<Scalar>& z) {
  return z > Scalar(0) ? z : Simd<Scalar>{};
}

}  // namespace digon
