#include "theory/engine/small_sum.hpp"

#include <cmath>

namespace digon {

double over_own_feature(Law law, const PowerSeries& moments, double a, int e, int r) {
  double sum = 0.0;
  double power = 1.0;
  for (int d = 0; d <= r; ++d, power *= a) {
    sum += scaled_moment(law, binomial(r, d) * power, d + e) * moments[std::size_t(r - d)];
  }
  return sum;
}

SmallSum::SmallSum(const Eigen::VectorXd& g, const std::vector<const PowerSeries*>& cumulants,
                   std::size_t first, int degree)
    : g_(&g), feature_cumulants_(&cumulants), first_(first), degree_(degree) {
  if (empty()) return;
  gamma_ = std::abs(g[Eigen::Index(first)]);
  for (std::size_t i = first; i < std::size_t(g.size()); ++i) {
    const double ratio = g[Eigen::Index(i)] / gamma_;
    const PowerSeries& k = *cumulants[i];
    double power = ratio;
    for (std::size_t d = 1; d <= std::size_t(degree); ++d, power *= ratio) K_[d] += k[d] * power;
  }
}

void SmallSum::add_gradient(const PowerSeries& T, Eigen::VectorXd& by_g) const {
  PowerSeries scaled{};
  for (std::size_t d = 1; d <= std::size_t(degree_); ++d) scaled[d] = double(d) * T[d];
  for (std::size_t i = first_; i < std::size_t(g_->size()); ++i) {
    const double ratio = (*g_)[Eigen::Index(i)] / gamma_;
    const PowerSeries& k = *(*feature_cumulants_)[i];
    double sum = 0.0;
    double power = 1.0;
    for (std::size_t d = 1; d <= std::size_t(degree_); ++d, power *= ratio) sum += k[d] * power * scaled[d];
    by_g[Eigen::Index(i)] += sum;
  }
}

}  // namespace digon
