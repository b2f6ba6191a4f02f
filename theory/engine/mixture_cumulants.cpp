#include "theory/engine/mixture_cumulants.hpp"

#include <cmath>

namespace digon {
Series multiply(const Series& a, const Series& b, int degree) {
  Series product{};
  for (std::size_t d = 0; d <= std::size_t(degree); ++d) {
    double sum = 0.0;
    for (std::size_t k = 0; k <= d; ++k) sum += a[k] * b[d - k];
    product[d] = sum;
  }
  return product;
}

Series multiply_transposed(const Series& a, const Series& c, int degree) {
  Series product{};
  for (std::size_t d = 0; d <= std::size_t(degree); ++d) {
    double sum = 0.0;
    for (std::size_t k = d; k <= std::size_t(degree); ++k) sum += a[k - d] * c[k];
    product[d] = sum;
  }
  return product;
}

Series exponential(const Series& k, int degree) {
  // E = exp(k): E' = k' E.
  Series E{};
  E[0] = 1.0;
  for (std::size_t d = 1; d <= std::size_t(degree); ++d) {
    double sum = 0.0;
    for (std::size_t l = 1; l <= d; ++l) sum += double(l) * k[l] * E[d - l];
    E[d] = sum / double(d);
  }
  return E;
}

double with_own_feature(const Series& moments, double a, int e, int r) {
  if (e < 0) return moments[std::size_t(r)];
  double sum = 0.0;
  double power = 1.0;
  for (int d = 0; d <= r; ++d, power *= a) {
    sum += binomial(r, d) * power / (d + e + 1.0) * moments[std::size_t(r - d)];
  }
  return sum;
}

Series mixture_cumulants(double p) {
  // f = 1 + Σ_{d≥1} p s^d/(d+1)!, k = log f: f' = k' f.
  Series f{};
  f[0] = 1.0;
  for (int d = 1; d <= highest_power; ++d) f[std::size_t(d)] = p / (factorial(d) * (d + 1));
  Series k{};
  for (std::size_t d = 1; d < k.size(); ++d) {
    double sum = 0.0;
    for (std::size_t l = 1; l < d; ++l) sum += double(l) * k[l] * f[d - l];
    k[d] = f[d] - sum / double(d);
  }
  return k;
}

SmallSum::SmallSum(const Eigen::VectorXd& g, const std::vector<const Series*>& cumulants, std::size_t first,
                   int degree)
    : g_(&g), feature_cumulants_(&cumulants), first_(first), degree_(degree) {
  if (empty()) return;
  gamma_ = std::abs(g[Eigen::Index(first)]);
  for (std::size_t i = first; i < std::size_t(g.size()); ++i) {
    const double ratio = g[Eigen::Index(i)] / gamma_;
    const Series& k = *cumulants[i];
    double power = ratio;
    for (std::size_t d = 1; d <= std::size_t(degree); ++d, power *= ratio) K_[d] += k[d] * power;
  }
}

void SmallSum::add_gradient(const Series& T, Eigen::VectorXd& by_g) const {
  Series scaled{};
  for (std::size_t d = 1; d <= std::size_t(degree_); ++d) scaled[d] = double(d) * T[d];
  for (std::size_t i = first_; i < std::size_t(g_->size()); ++i) {
    const double ratio = (*g_)[Eigen::Index(i)] / gamma_;
    const Series& k = *(*feature_cumulants_)[i];
    double sum = 0.0;
    double power = 1.0;
    for (std::size_t d = 1; d <= std::size_t(degree_); ++d, power *= ratio) sum += k[d] * power * scaled[d];
    by_g[Eigen::Index(i)] += sum;
  }
}

}  // namespace digon
