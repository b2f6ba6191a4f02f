#include "theory/engine/small_sum.hpp"

#include <algorithm>
#include <cmath>
#include <cstring>

namespace digon {

OwnMoments::OwnMoments(Law law, double a, int degree) : degree_(degree) {
  for (std::size_t e = 0; e < powers_.size(); ++e) {
    double power = 1.0;
    for (int d = 0; d <= degree; ++d, power *= a) {
      powers_[e][std::size_t(d)] = scaled_moment(law, power, d + int(e));
    }
  }
}

SmallSum::SmallSum(const Eigen::VectorXd& g, const std::vector<const Cumulants*>& cumulants,
                   std::size_t first, int degree)
    : g_(&g), feature_cumulants_(&cumulants), first_(first), degree_(degree) {
  if (empty()) return;
  gamma_ = std::abs(g[Eigen::Index(first)]);
  for_each_run([&](std::size_t begin, std::size_t end, const PowerSeries& k) {
    std::array<Lanes, highest_power + 1> sums{};  // Σ (g_i/γ)^d
    for (std::size_t i = begin; i < end; i += lane_count) {
      const Lanes ratio = ratios(i, end);
      Lanes power = ratio;
      for (std::size_t d = 1; d <= std::size_t(degree); ++d, power *= ratio) sums[d] += power;
    }
    for (std::size_t d = 1; d <= std::size_t(degree); ++d) K_[d] += k[d] * sum_of(sums[d]);
  });
}

void SmallSum::add_gradient(const PowerSeries& T, Eigen::VectorXd& by_g) const {
  for_each_run([&](std::size_t begin, std::size_t end, const PowerSeries& k) {
    PowerSeries scaled;
    for (std::size_t d = 1; d <= std::size_t(degree_); ++d) scaled[d] = double(d) * T[d] * k[d];
    for (std::size_t i = begin; i < end; i += lane_count) {
      const Lanes ratio = ratios(i, end);
      Lanes sum{};
      for (auto d = std::size_t(degree_); d >= 1; --d) sum = scaled[d] + ratio * sum;
      for (std::size_t l = 0; l < std::min(end - i, lane_count); ++l) by_g[Eigen::Index(i + l)] += sum[l];
    }
  });
}

Lanes SmallSum::ratios(std::size_t i, std::size_t end) const {
  Lanes ratio{};
  std::memcpy(&ratio, g_->data() + i, std::min(end - i, lane_count) * sizeof(double));
  return ratio / gamma_;
}

template <typename Visit>
void SmallSum::for_each_run(Visit visit) const {
  const std::vector<const Cumulants*>& cumulants = *feature_cumulants_;
  for (std::size_t begin = first_; begin < cumulants.size();) {
    std::size_t end = begin + 1;
    while (end < cumulants.size() && cumulants[end] == cumulants[begin]) ++end;
    visit(begin, end, cumulants[begin]->k);
    begin = end;
  }
}

}  // namespace digon
