#include "theory/loss/decomposition.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <boost/math/distributions/binomial.hpp>
#include <cmath>
#include <vector>

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "theory/engine/contour.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {
namespace {

std::vector<UnitErrorByCount> unit_errors_by_count(const ToyModel& model, Law law,
                                                   const ContourOptions& contour, std::size_t threads) {
  const std::vector<OutputUnit> units = output_units(model, Eigen::VectorXd::Ones(model.features()), law);
  std::vector<UnitErrorByCount> errors(units.size());
  parallel_for(units.size(), threads, [&](std::size_t j) {
    throw_if_interrupted();
    errors[j] = model.kind == ModelKind::linear ? linear_error_by_count(units[j])
                                                : expected_error_by_count(units[j], contour);
  });
  return errors;
}

/// L̄_k = Σ_j I_j [ (n−k)/n E_k[inactive_j] + k/n E_{k−1}[active_j] ]: of k active features, output j's own is
/// one with probability k/n, and then k − 1 others are active.
Decomposition average(const std::vector<UnitErrorByCount>& errors, const Eigen::VectorXd& importance) {
  const Eigen::Index n = importance.size();
  Decomposition result{Eigen::VectorXd::Zero(n + 1), Eigen::VectorXd::Zero(n + 1),
                       Eigen::VectorXd::Zero(n + 1), 0};
  for (Eigen::Index j = 0; j < n; ++j) {
    const UnitErrorByCount& unit = errors[std::size_t(j)];
    result.nodes += unit.nodes;
    for (Eigen::Index k = 0; k <= n; ++k) {
      const double active = importance[j] * double(k) / double(n);
      const double inactive = importance[j] * double(n - k) / double(n);
      if (k < n) {
        const ExpectedError& others = unit.expected[std::size_t(k)];
        result.interference[k] += inactive * others.value.inactive;
        result.error[k] += inactive * others.uncertainty.inactive;
      }
      if (k > 0) {
        const ExpectedError& others = unit.expected[std::size_t(k - 1)];
        result.reconstruction[k] += active * others.value.active;
        result.error[k] += active * others.uncertainty.active;
      }
    }
  }
  return result;
}

}  // namespace

Eigen::VectorXd Decomposition::L() const {
  const double n = double(error.size() - 1);
  Eigen::VectorXd sums = L_mean();
  double choose = 1.0;
  for (Eigen::Index k = 0; k < sums.size(); ++k) {
    sums[k] = sums[k] == 0.0 ? 0.0 : sums[k] * choose;
    choose *= (n - double(k)) / double(k + 1);
  }
  return sums;
}

Decomposition decompose(const ToyModel& model, const Eigen::VectorXd& importance,
                        const DecompositionOptions& options, const ActiveValue& values) {
  validate(model, {Eigen::VectorXd::Ones(importance.size()), importance, values});
  if (const double unit = unit_of(values); unit != 1.0) {
    const ToyModel scaled{model.W, model.b / unit, model.kind, model.W_out};
    Decomposition result = decompose(scaled, importance, options, in_units(values, unit));
    result.reconstruction *= unit * unit;
    result.interference *= unit * unit;
    result.error *= unit * unit;
    return result;
  }
  const Law law = law_of(values);
  const double n = double(model.features());
  const double total_importance = importance.sum();
  if (total_importance == 0.0)
    return average(unit_errors_by_count(model, law, {1.0, 1}, options.threads), importance);

  const double smallest = std::max(one_sparse_loss(model, importance, law).total(),
                                   scaled_moment(law, 1e-6 * total_importance, 2)) /
                          n;
  const double tolerance = 0.5 * options.relative_tolerance * smallest / total_importance;
  Decomposition result =
      average(unit_errors_by_count(model, law, {tolerance, options.max_nodes}, options.threads), importance);
  const Eigen::VectorXd allowed = options.relative_tolerance * result.L_mean().cwiseMax(smallest);
  const double worst = (result.error.array() / allowed.array()).maxCoeff();
  if (worst > 1.0) {
    throw ToleranceError(fmt::format("decomposition: relative error {:.1e} achieved, {:.1e} asked for",
                                     worst * options.relative_tolerance, options.relative_tolerance));
  }
  return result;
}

Eigen::VectorXd binomial_weights(Eigen::Index n, double density) {
  const boost::math::binomial_distribution<double> count(double(n), density);
  return Eigen::VectorXd::NullaryExpr(n + 1, [&](Eigen::Index k) { return pdf(count, double(k)); });
}

}  // namespace digon
