#include "theory/optima/one_sparse_optima.hpp"

#include <algorithm>
#include <map>

#include "core/base/input_error.hpp"
#include "core/base/random.hpp"
#include "theory/law/law.hpp"
#include "theory/packing/packing.hpp"

namespace digon {
namespace {

constexpr SameMinimum same_one_sparse_loss{.relative = 1e-7, .absolute = 1e-14};

/// Represented features in random directions, or (every other start) at a minimum of the Coulomb energy; the
/// others where an absent feature costs least.
ToyModel start_with(Eigen::Index represented, Eigen::Index features, Eigen::Index hidden, std::size_t start,
                    std::uint64_t seed) {
  ToyModel model{Eigen::MatrixXd::Zero(hidden, features),
                 Eigen::VectorXd::Constant(features, absent_bias(Law{}, 1.0 / double(features)))};
  if (represented == 0) return model;
  Eigen::MatrixXd directions = random_points(represented, hidden, seed);
  const bool spread = start % 2 == 1 && represented > 1 && hidden > 1;
  if (spread) directions = minimise_packing({}, directions).W;
  model.W.leftCols(represented) = (spread ? 1.2 : 1.0) * directions;
  model.b.head(represented).setConstant(spread ? -0.4 : -0.1);
  return model;
}

Eigen::Index represented_in(const ToyModel& model) {
  return (model.W.colwise().norm().array() > absent_norm).count();
}

}  // namespace

Descent one_sparse_descent(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options,
                           std::size_t k) {
  const auto represented = Eigen::Index(k / options.starts);
  return descend(one_sparse_objective(Eigen::VectorXd::Ones(features)),
                 start_with(represented, features, hidden, k % options.starts, derive_seed(options.seed, k)));
}

std::vector<RepresentedOptimum> one_sparse_optima(Eigen::Index features, Eigen::Index hidden,
                                                  const OptimumOptions& options,
                                                  const RunStarts<Descent>& run) {
  if (features < 1) reject("features: {} given; at least 1 is needed", features);
  if (hidden < 1) reject("hidden: {} given; at least 1 is needed", hidden);
  if (options.starts == 0) reject("starts: 0 given; at least 1 is needed");
  const std::size_t count = options.starts * std::size_t(features + 1);
  const Start<Descent> start = [&](std::size_t k) {
    return one_sparse_descent(features, hidden, options, k);
  };
  std::map<Eigen::Index, std::vector<std::optional<Descent>>> by_represented;
  for (std::optional<Descent>& found : (run ? run : on_threads<Descent>(options))(count, start)) {
    if (found) by_represented[represented_in(found->model)].push_back(std::move(found));
  }
  std::vector<RepresentedOptimum> optima;
  for (const auto& [represented, descents] : by_represented) {
    const auto minima = distinct_minima(descents, &Descent::loss, same_one_sparse_loss);
    if (!minima.empty()) optima.push_back({represented, minima.front().at, minima.front().hits()});
  }
  std::sort(optima.begin(), optima.end(),
            [](const RepresentedOptimum& a, const RepresentedOptimum& b) { return a.at.loss < b.at.loss; });
  return optima;
}

}  // namespace digon
