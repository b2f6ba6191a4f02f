#pragma once

#include <boost/math/quadrature/gauss_kronrod.hpp>
#include <boost/multiprecision/cpp_bin_float.hpp>
#include <boost/multiprecision/cpp_complex.hpp>
#include <complex>
#include <vector>

namespace digon {

using HighReal = boost::multiprecision::cpp_bin_float_100;
using HighComplex = boost::multiprecision::cpp_complex_100;

inline HighComplex high(std::complex<double> z) {
  return {z.real(), z.imag()};
}
inline std::complex<double> to_double(const HighComplex& z) {
  return {static_cast<double>(z.real()), static_cast<double>(z.imag())};
}

/// M_r(u) = ∫₀¹ xʳ e^{ux} dx by its power series with 100 digits, for |u| up to 100.
inline HighComplex exponential_moment(const HighComplex& u, int r) {
  HighComplex power = 1;  // uᵏ/k!
  HighComplex sum = 0;
  for (int k = 0; k < 500; ++k) {
    sum += power / (k + r + 1);
    power *= u / (k + 1);
  }
  return sum;
}

/// ∫ f over [begin, end] to about 1e-13, f smooth between the cuts.
template <typename Function>
double integral(Function f, double begin, double end, std::vector<double> cuts = {}) {
  cuts.push_back(begin);
  cuts.push_back(end);
  std::sort(cuts.begin(), cuts.end());
  double sum = 0.0;
  for (std::size_t k = 0; k + 1 < cuts.size(); ++k) {
    const double from = std::clamp(cuts[k], begin, end);
    const double to = std::clamp(cuts[k + 1], begin, end);
    if (to > from)
      sum += boost::math::quadrature::gauss_kronrod<double, 31>::integrate(f, from, to, 5, 1e-14);
  }
  return sum;
}

}  // namespace digon
