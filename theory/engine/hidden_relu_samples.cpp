#include "theory/engine/hidden_relu_samples.hpp"

#include <algorithm>
#include <cmath>

namespace digon {
namespace {

using Index = Eigen::Index;
using Numbers = HiddenReluTile::Numbers;
constexpr std::size_t samples = HiddenReluTile::samples;

/// The ends of the interval of active values.
double greatest_value(const HiddenReluNetwork& network) {
  double greatest = 0.0;
  for (const FeatureRay& ray : network.rays) greatest = std::max(greatest, ray.extent);
  return greatest;
}
double least_value(const HiddenReluNetwork& network) {
  double least = 0.0;
  for (const FeatureRay& ray : network.rays) least = std::min(least, ray.extent);
  return least;
}

/// Patterns up to which one coordinate of 32 bits tells them apart evenly.
constexpr double most_ranks = 0x1p28;

/// And up to which they are listed.
constexpr double most_listed = 0x1p15;

/// All choices of k of n features, in lexicographic order.
std::vector<std::uint16_t> all_patterns(Index n, Index k) {
  std::vector<std::uint16_t> pattern;
  for (Index c = 0; c < k; ++c) pattern.push_back(std::uint16_t(c));
  std::vector<std::uint16_t> all;
  for (;;) {
    all.insert(all.end(), pattern.begin(), pattern.end());
    Index c = k - 1;
    while (c >= 0 && pattern[std::size_t(c)] == n - k + c) --c;
    if (c < 0) return all;
    ++pattern[std::size_t(c)];
    for (Index later = c + 1; later < k; ++later) {
      pattern[std::size_t(later)] = std::uint16_t(pattern[std::size_t(later) - 1] + 1);
    }
  }
}

}  // namespace

DenseSamples::DenseSamples(const HiddenReluNetwork& network, Eigen::VectorXd density)
    : least_(least_value(network)), greatest_(greatest_value(network)), density_(std::move(density)) {}

DenseSamples::~DenseSamples() = default;

void DenseSamples::draw(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
                        Numbers& control) const {
  control.fill(0.0);
  const double width = greatest_ - least_;
  for (Index i = 0; i < density_.size(); ++i) {
    const auto x = tile.x(i);
    if (density_[i] == 0.0) {
      std::fill(x.begin(), x.end(), 0.0);
      continue;
    }
    net.fill(std::size_t(i), first, x);
    const double scale = width / density_[i];
    for (double& v : x) v = std::min(0.0, least_ + scale * v) + std::max(0.0, greatest_ - scale * (1.0 - v));
  }
}

SingleFeatureLoss::SingleFeatureLoss(const HiddenReluNetwork& network)
    : above_(Eigen::MatrixXd::Zero(pieces + 1, network.features())),
      below_(above_),
      mean_(Eigen::VectorXd::Zero(network.features())),
      greatest_(greatest_value(network)),
      least_(least_value(network)) {
  const Index n = network.features();
  for (const FeatureRay& ray : network.rays) {
    Eigen::MatrixXd& losses = ray.extent > 0.0 ? above_ : below_;
    for (Index i = 0; i < n; ++i) {
      const Eigen::VectorXd g = network.D * (network.W.col(i) * ray.extent).cwiseMax(0.0);
      for (Index k = 0; k <= pieces; ++k) {
        const double u = double(k) / double(pieces);
        Eigen::VectorXd error = (network.b + u * g).cwiseMax(0.0);
        error[i] -= u * ray.target;
        losses(k, i) = network.importance.dot(error.cwiseAbs2());
      }
      const double trapezoids = losses.col(i).sum() - 0.5 * (losses(0, i) + losses(pieces, i));
      mean_[i] += ray.probability * trapezoids / double(pieces);
    }
  }
}

double SingleFeatureLoss::at(Index i, double x) const {
  const bool above = x > 0.0;
  const Eigen::MatrixXd& losses = above ? above_ : below_;
  const double place = double(pieces) * x / (above ? greatest_ : least_);
  const Index k = std::min(Index(place), pieces - 1);
  return losses(k, i) + (place - double(k)) * (losses(k + 1, i) - losses(k, i));
}

StratumSamples::StratumSamples(const HiddenReluNetwork& network, const SingleFeatureLoss& single,
                               const Odds& odds, Index active)
    : single_(single),
      least_(least_value(network)),
      greatest_(greatest_value(network)),
      features_(network.features()),
      active_(active),
      chance_(Eigen::MatrixXd::Zero(active + 1, network.features())) {
  const Odds scaled = odds / odds.maxCoeff();
  // e(r): the elementary symmetric polynomials of the odds from feature i on.
  Eigen::VectorXd after = Eigen::VectorXd::Zero(active + 1);
  after[0] = 1.0;
  double patterns = 1.0;
  for (Index i = features_ - 1; i >= 0; --i) {
    Eigen::VectorXd from = after;
    for (Index r = 1; r <= active; ++r) {
      from[r] += scaled[i] * after[r - 1];
      if (from[r] > 0.0) chance_(r, i) = scaled[i] * after[r - 1] / from[r];
    }
    after = from;
  }
  for (Index r = 0; r < active; ++r) patterns *= double(features_ - r) / double(r + 1);
  if (patterns > most_ranks) coordinates_ = std::size_t(features_);
  if (patterns <= most_listed && odds.minCoeff() == odds.maxCoeff()) {
    listed_ = all_patterns(features_, active);
  }

  // The chance of each feature to be among the k, by the number still to be chosen when it is reached.
  Eigen::VectorXd left = Eigen::VectorXd::Unit(active + 1, active);
  for (Index i = 0; i < features_; ++i) {
    double chosen = 0.0;
    for (Index r = 1; r <= active; ++r) {
      const double moved = left[r] * chance_(r, i);
      chosen += moved;
      left[r - 1] += moved;
      left[r] -= moved;
    }
    control_mean_ += chosen * single.mean(i) / double(active);
  }
}

void StratumSamples::draw_listed(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
                                 Numbers& control) const {
  const auto k = std::size_t(active_);
  const double patterns = double(listed_.size() / k);
  Numbers u;
  net.fill(0, first, u);
  std::array<const std::uint16_t*, samples> pattern;
  for (std::size_t s = 0; s < samples; ++s) pattern[s] = &listed_[std::size_t(u[s] * patterns) * k];
  for (std::size_t c = 0; c < k; ++c) {
    net.fill(1 + c, first, u);
    for (std::size_t s = 0; s < samples; ++s) {
      const Index i = pattern[s][c];
      const double x = least_ + (greatest_ - least_) * u[s];
      tile.x(i)[s] = x;
      control[s] += single_.at(i, x) / double(active_);
    }
  }
}

void StratumSamples::draw(const SobolNet& net, std::uint64_t first, HiddenReluTile& tile,
                          Numbers& control) const {
  tile.clear();
  control.fill(0.0);
  if (!listed_.empty()) return draw_listed(net, first, tile, control);
  std::vector<Numbers> value(static_cast<std::size_t>(active_));
  for (std::size_t c = 0; c < value.size(); ++c) net.fill(coordinates_ + c, first, value[c]);
  std::array<Index, samples> left;
  left.fill(active_);
  Numbers u;
  net.fill(0, first, u);
  for (Index i = 0; i < features_; ++i) {
    if (coordinates_ > 1 && i > 0) net.fill(std::size_t(i), first, u);
    const auto x = tile.x(i);
    for (std::size_t s = 0; s < samples; ++s) {
      if (left[s] == 0) continue;
      const double chance = chance_(left[s], i);
      if (u[s] >= chance && chance < 1.0) {
        if (coordinates_ == 1) u[s] = (u[s] - chance) / (1.0 - chance);
        continue;
      }
      if (coordinates_ == 1) u[s] /= chance;
      --left[s];
      x[s] = least_ + (greatest_ - least_) * value[std::size_t(left[s])][s];
      control[s] += single_.at(i, x[s]) / double(active_);
    }
  }
}

}  // namespace digon
