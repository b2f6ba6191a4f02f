#include "theory/singular/chain_diagnostics.hpp"

#include <algorithm>
#include <boost/math/special_functions/erf.hpp>
#include <cmath>
#include <limits>
#include <numbers>
#include <numeric>
#include <vector>

namespace digon {
namespace {

/// The halves of every chain, as chains of their own; of an odd number of draws the middle one is left out.
Eigen::MatrixXd halves_of(const Eigen::MatrixXd& values) {
  const Eigen::Index half = values.rows() / 2;
  Eigen::MatrixXd halves(half, 2 * values.cols());
  halves << values.topRows(half), values.bottomRows(half);
  return halves;
}

/// The number normal variables are below with the probability of a value's rank; equal values share the mean
/// of their ranks.
Eigen::MatrixXd normal_scores(const Eigen::MatrixXd& values) {
  const Eigen::Index count = values.size();
  std::vector<Eigen::Index> order(static_cast<std::size_t>(count));
  std::iota(order.begin(), order.end(), 0);
  const double* value = values.data();
  std::sort(order.begin(), order.end(), [&](Eigen::Index a, Eigen::Index b) { return value[a] < value[b]; });
  Eigen::MatrixXd scores(values.rows(), values.cols());
  for (std::size_t first = 0; first < order.size();) {
    std::size_t end = first + 1;
    while (end < order.size() && value[order[end]] == value[order[first]]) ++end;
    const double rank = 0.5 * double(first + 1 + end);
    const double p = (rank - 0.375) / (double(count) + 0.25);
    const double score = std::numbers::sqrt2 * boost::math::erf_inv(2.0 * p - 1.0);
    for (; first < end; ++first) scores.data()[order[first]] = score;
  }
  return scores;
}

/// The variances of chains, within and all told.
struct Variances {
  double within = 0.0;
  double all = 0.0;  ///< the estimate of the distribution's from both
};

Variances variances_of(const Eigen::MatrixXd& chains) {
  const auto draws = double(chains.rows());
  const Eigen::RowVectorXd means = chains.colwise().mean();
  const double within = (chains.rowwise() - means).squaredNorm() / (draws - 1.0) / double(chains.cols());
  const double between = (means.array() - means.mean()).square().sum() / double(chains.cols() - 1);
  return {within, within * (draws - 1.0) / draws + between};
}

double r_hat_of(const Eigen::MatrixXd& chains) {
  const Variances variances = variances_of(chains);
  if (variances.all == 0.0) return 1.0;
  return variances.within > 0.0 ? std::sqrt(variances.all / variances.within)
                                : std::numeric_limits<double>::infinity();
}

double median_of(const Eigen::MatrixXd& values) {
  std::vector<double> sorted(values.data(), values.data() + values.size());
  const auto middle = sorted.begin() + std::ptrdiff_t(sorted.size() / 2);
  std::nth_element(sorted.begin(), middle, sorted.end());
  return *middle;
}

}  // namespace

double rank_normalised_r_hat(const Eigen::MatrixXd& values) {
  const Eigen::MatrixXd halves = halves_of(values);
  const Eigen::MatrixXd folded = (halves.array() - median_of(halves)).abs();
  return std::max(r_hat_of(normal_scores(halves)), r_hat_of(normal_scores(folded)));
}

double effective_sample_size(const Eigen::MatrixXd& values) {
  const Eigen::MatrixXd chains = halves_of(values);
  const Variances variances = variances_of(chains);
  if (variances.all == 0.0) return 0.0;
  const Eigen::Index draws = chains.rows();
  const Eigen::MatrixXd centred = chains.rowwise() - chains.colwise().mean();
  const auto correlation = [&](Eigen::Index lag) {
    const double product = centred.topRows(draws - lag).cwiseProduct(centred.bottomRows(draws - lag)).sum();
    const double covariance = product / double(draws) / double(chains.cols());
    return 1.0 - (variances.within - covariance) / variances.all;
  };
  // Sums of neighbours are positive and fall, of any reversible chain; where they do not it is noise.
  double sum = -1.0;
  double before = std::numeric_limits<double>::infinity();
  for (Eigen::Index lag = 0; lag + 1 < draws; lag += 2) {
    const double pair = (lag == 0 ? 1.0 : correlation(lag)) + correlation(lag + 1);
    if (!(pair > 0.0)) break;
    before = std::min(before, pair);
    sum += 2.0 * before;
  }
  const auto total = double(chains.size());
  return std::min(total / std::max(sum, 1e-300), total * std::log10(total));
}

double standard_error_of_chains(const Eigen::MatrixXd& values) {
  const double effective = effective_sample_size(values);
  return effective > 0.0 ? std::sqrt(variances_of(halves_of(values)).all / effective) : 0.0;
}

}  // namespace digon
