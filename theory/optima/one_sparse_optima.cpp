#include "theory/optima/one_sparse_optima.hpp"

#include <algorithm>
#include <map>

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/base/random.hpp"
#include "theory/packing/packing.hpp"

namespace digon {
namespace {

constexpr double same_loss = 1e-7;

/// Represented features in random directions, or (every other start) at a minimum of the Coulomb energy; the
/// others where an absent feature costs least.
ToyModel start_with(Eigen::Index represented, Eigen::Index features, Eigen::Index hidden, std::size_t start,
                    std::uint64_t seed) {
  ToyModel model{Eigen::MatrixXd::Zero(hidden, features),
                 Eigen::VectorXd::Constant(features, 0.5 / double(features))};
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

std::vector<RepresentedOptimum> one_sparse_optima(Eigen::Index features, Eigen::Index hidden,
                                                  const OptimumOptions& options) {
  std::vector<std::optional<Descent>> descents(one_sparse_descents(features, hidden, options));
  parallel_for(descents.size(), options.threads, [&](std::size_t k) {
    if (interrupted()) return;
    descents[k] = one_sparse_descent(features, hidden, options, k);
    options.advance(1);
  });
  return best_by_represented(descents);
}

std::size_t one_sparse_descents(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options) {
  if (features < 1) reject("features: {} given; at least 1 is needed", features);
  if (hidden < 1) reject("hidden: {} given; at least 1 is needed", hidden);
  if (options.starts == 0) reject("starts: 0 given; at least 1 is needed");
  return options.starts * std::size_t(features + 1);
}

Descent one_sparse_descent(Eigen::Index features, Eigen::Index hidden, const OptimumOptions& options,
                           std::size_t k) {
  const auto represented = Eigen::Index(k / options.starts);
  return descend(one_sparse_objective(Eigen::VectorXd::Ones(features)),
                 start_with(represented, features, hidden, k % options.starts, derive_seed(options.seed, k)));
}

std::vector<RepresentedOptimum> best_by_represented(const std::vector<std::optional<Descent>>& descents) {
  std::map<Eigen::Index, RepresentedOptimum> best;
  for (const std::optional<Descent>& found : descents) {
    if (!found) continue;
    const Eigen::Index represented = represented_in(found->model);
    const auto [entry, added] = best.try_emplace(represented, RepresentedOptimum{represented, *found, 0});
    if (!added && found->loss < entry->second.at.loss) entry->second.at = *found;
  }
  for (const std::optional<Descent>& found : descents) {
    if (!found) continue;
    RepresentedOptimum& optimum = best.at(represented_in(found->model));
    if (found->loss <= optimum.at.loss * (1.0 + same_loss) + 1e-14) ++optimum.hits;
  }
  std::vector<RepresentedOptimum> optima;
  optima.reserve(best.size());
  for (auto& [represented, optimum] : best) optima.push_back(std::move(optimum));
  std::sort(optima.begin(), optima.end(),
            [](const RepresentedOptimum& a, const RepresentedOptimum& b) { return a.at.loss < b.at.loss; });
  return optima;
}

}  // namespace digon
