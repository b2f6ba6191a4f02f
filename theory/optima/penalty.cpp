#include "theory/optima/penalty.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <limits>

#include "core/algebra/products.hpp"
#include "theory/optima/descent.hpp"

namespace digon {

std::string describe(const Penalty& penalty) {
  std::string text;
  const auto add = [&](const std::string& part) { text += (text.empty() ? "" : ", ") + part; };
  if (penalty.weights != 0.0) add(fmt::format("weights:{}", penalty.weights));
  if (penalty.interference != 0.0) add(fmt::format("interference:{}", penalty.interference));
  if (penalty.max_coherence < 1.0) add(fmt::format("coherence at most {}", penalty.max_coherence));
  return text;
}

LossGradient penalty_of(const Penalty& penalty, const Eigen::MatrixXd& W) {
  LossGradient sum;
  sum.loss = penalty.weights * W.squaredNorm();
  sum.by_W = 2.0 * penalty.weights * W;
  if (penalty.interference != 0.0) {
    Eigen::MatrixXd G = gram(W);
    G.diagonal().setZero();
    sum.loss += penalty.interference * G.squaredNorm();
    sum.by_W += 4.0 * penalty.interference * product(W, G);
  }
  return sum;
}

Objective penalized(const Objective& objective, const Penalty& penalty) {
  if (penalty.is_none()) return objective;
  const auto add_to = [&](const std::function<LossGradient(const ToyModel&)>& loss) {
    return [=](const ToyModel& model) {
      LossGradient sum = loss(model);
      const LossGradient added = penalty_of(penalty, model.W);
      sum.loss += added.loss;
      sum.by_W += added.by_W;
      return sum;
    };
  };
  Objective with = objective;
  if (penalty.weights != 0.0 || penalty.interference != 0.0) {
    with.loss = add_to(objective.loss);
    if (objective.guide) with.guide = add_to(objective.guide);
  }
  with.max_coherence = penalty.max_coherence;
  if (objective.of_importance) {
    with.of_importance = [=](const Eigen::VectorXd& importance) {
      return penalized(objective.of_importance(importance), penalty);
    };
  }
  return with;
}

double coherence_of_present(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd G = gram(W);
  double greatest = 0.0;
  for (Eigen::Index j = 0; j < W.cols(); ++j) {
    for (Eigen::Index i = 0; i < j; ++i) {
      const double least = std::sqrt(std::min(G(i, i), G(j, j)));
      if (least < absent_norm_of_descents) continue;
      greatest = std::max(greatest, std::abs(G(i, j)) / std::sqrt(G(i, i) * G(j, j)));
    }
  }
  return greatest;
}

CoherenceBound::CoherenceBound(double max_coherence, Eigen::Index features, double stiffness)
    : c_(max_coherence),
      stiffness_(stiffness),
      violation_(std::numeric_limits<double>::infinity()),
      multipliers_(Eigen::MatrixXd::Zero(features, features)) {}

LossGradient CoherenceBound::at(const Eigen::MatrixXd& W) const {
  const Eigen::MatrixXd G = gram(W);
  const Eigen::VectorXd norms = G.diagonal().cwiseSqrt();
  LossGradient sum;
  Eigen::MatrixXd by_G = Eigen::MatrixXd::Zero(G.rows(), G.cols());  // of both W_i·W_j and W_j·W_i
  for (Eigen::Index j = 0; j < G.cols(); ++j) {
    for (Eigen::Index i = 0; i < j; ++i) {
      const double force =
          std::max(0.0, multipliers_(i, j) + stiffness_ * (std::abs(G(i, j)) - c_ * norms[i] * norms[j]));
      sum.loss += (force * force - multipliers_(i, j) * multipliers_(i, j)) / (2.0 * stiffness_);
      if (force == 0.0) continue;
      by_G(i, j) = by_G(j, i) = std::copysign(force, G(i, j));
      if (norms[i] > 0.0) by_G(i, i) -= c_ * force * norms[j] / norms[i];
      if (norms[j] > 0.0) by_G(j, j) -= c_ * force * norms[i] / norms[j];
    }
  }
  sum.by_W = product(W, by_G);
  return sum;
}

void CoherenceBound::update(const Eigen::MatrixXd& W) {
  const Eigen::MatrixXd G = gram(W);
  double violation = 0.0;
  for (Eigen::Index j = 0; j < G.cols(); ++j) {
    for (Eigen::Index i = 0; i < j; ++i) {
      const double g = std::abs(G(i, j)) - c_ * std::sqrt(G(i, i) * G(j, j));
      multipliers_(i, j) = std::max(0.0, multipliers_(i, j) + stiffness_ * g);
      violation = std::max(violation, g);
    }
  }
  if (violation > violation_ / 4.0) stiffness_ *= 10.0;
  violation_ = violation;
}

}  // namespace digon
