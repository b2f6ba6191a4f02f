#pragma once

namespace digon {

/// 64 bytes of numbers side by side, loaded from any address; the compiler maps them to whatever vector
/// registers there are.
template <typename Scalar>
struct SimdOf;
template <>
struct SimdOf<float> {
  typedef float type __attribute__((vector_size(64), aligned(4), may_alias));
};
template <>
struct SimdOf<double> {
  typedef double type __attribute__((vector_size(64), aligned(8), may_alias));
};
template <typename Scalar>
using Simd = typename SimdOf<Scalar>::type;

template <typename Scalar>
inline Simd<Scalar>& simd_at(Scalar* address) {
  return *reinterpret_cast<Simd<Scalar>*>(address);
}
template <typename Scalar>
inline const Simd<Scalar>& simd_at(const Scalar* address) {
  return *reinterpret_cast<const Simd<Scalar>*>(address);
}

template <typename Scalar>
inline Simd<Scalar> positive_part(const Simd<Scalar>& z) {
  return z > Scalar(0) ? z : Simd<Scalar>{};
}

}  // namespace digon
