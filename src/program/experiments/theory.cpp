// What is known without training, measured by the exact theory: limits of the decomposition, the linear
// optimum, regular polygons, phase boundaries, the dimensionality of polytopes, the sparse limit, optima by
// name.
#include <fmt/format.h>

#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/algebra/products.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/progress.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/layer_geometry.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "program/experiments/experiment.hpp"
#include "program/experiments/feature_laws.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/loss/one_sparse_loss.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/optima/optimum.hpp"
#include "theory/optima/phase.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"

namespace digon::experiments {
namespace {

/// What the measurements share, and where they leave their checks.
struct Measuring {
  std::uint64_t seed = 0;
  std::size_t threads = 0;
  std::vector<Check> checks;

  void add(const std::string& what, double measured) { checks.push_back(judge("theory/" + what, measured)); }
  void add(const std::string& what, const std::string& measured) {
    checks.push_back(judge("theory/" + what, measured));
  }
  [[nodiscard]] OptimumOptions search(std::size_t starts) const {
    OptimumOptions options;
    options.starts = starts;
    options.seed = seed;
    options.threads = threads;
    return options;
  }
};

ToyModel antipodal_pair() {
  return {(Eigen::MatrixXd(1, 2) << 1.0, -1.0).finished(), Eigen::VectorXd::Zero(2)};
}

/// A model without symmetry: all signs of weights, biases of either sign.
ToyModel uneven_model() {
  ToyModel model{Eigen::MatrixXd(2, 4), Eigen::Vector4d(0.2, -0.3, 0.1, -0.1)};
  model.W << 0.9, -0.4, 0.3, 0.1,  //
      0.2, 0.8, -0.7, 0.5;
  return model;
}

void measure_decomposition(Measuring& measuring) {
  const ToyModel model = uneven_model();
  const Eigen::VectorXd importance = Eigen::Vector4d(1.0, 0.9, 0.8, 0.7);
  const Decomposition parts = decompose(model, importance);
  const auto loss_at = [&](double density) {
    return exact_loss(model, {Eigen::VectorXd::Constant(4, density), importance}).loss;
  };
  measuring.add("decomposition/zero-active", parts.L()[0]);
  measuring.add("decomposition/one-active", parts.L()[1] / one_sparse_loss(model, importance).total());
  measuring.add("decomposition/all-active", parts.L()[4] / loss_at(1.0));
  measuring.add("decomposition/sum", binomial_weights(4, 0.3).dot(parts.L_mean()) / loss_at(0.3));
  // L(p) = L_0 + p (L_1 − n L_0) + O(p²)
  constexpr double rare = 1e-7;
  measuring.add("decomposition/sparse-limit",
                (loss_at(rare) - parts.L()[0]) / rare / (parts.L()[1] - 4.0 * parts.L()[0]));
  const Eigen::VectorXd pair = decompose(antipodal_pair(), Eigen::Vector2d::Ones()).L();
  measuring.add("decomposition/pair-one-active", pair[1]);
  measuring.add("decomposition/pair-both-active", pair[2]);
  // Only the positive part of z counts: with W = 0 and b = −1 the model answers 0.
  const ToyModel silent{Eigen::MatrixXd::Zero(1, 3), Eigen::VectorXd::Constant(3, -1.0)};
  measuring.add("decomposition/silent", exact_loss(silent, uniform_features(3, 0.25)).loss);
}

void measure_linear(Measuring& measuring) {
  const FeatureDistribution dense = important_features(20, 1.0, 0.7);
  measuring.add("linear/optimum", exact_loss(linear_optimum(dense, 5), dense).loss);
  const FeatureDistribution sparse = important_features(20, 0.1, 0.7);
  measuring.add("linear/sparse-optimum", exact_loss(linear_optimum(sparse, 5), sparse).loss);
  measuring.add("linear/represented", double(represented_features(linear_optimum(dense, 5).W).size()));
  // Superposing a sixth feature on the least important of the five never pays.
  ToyModel pair = linear_optimum(dense, 5);
  pair.W.col(4) *= std::sqrt(0.5);
  pair.W.col(5) = -pair.W.col(4);
  const double mean = 0.5;
  for (const Eigen::Index j : {4, 5}) pair.b[j] = mean * (1.0 - gram(pair.W).row(j).sum());
  measuring.add("linear/superposed", exact_loss(pair, dense).loss / linear_optimum_loss(dense, 5));
}

/// c features of which the first k are the best k-gon and the others absent, with this bias.
ToyModel polygon_among(Eigen::Index k, Eigen::Index c, double dead_bias) {
  const PolygonOptimum best = polygon_optimum(k);
  ToyModel model{Eigen::MatrixXd::Zero(2, c), Eigen::VectorXd::Constant(c, dead_bias)};
  model.W.leftCols(k) = regular_polygon(k, best.norm, best.bias).W;
  model.b.head(k).setConstant(best.bias);
  return model;
}

void measure_polygons(Measuring& measuring) {
  for (const Eigen::Index k : {4, 5, 6}) {
    const PolygonOptimum best = polygon_optimum(k);
    const std::string gon = fmt::format("polygon/{}/", k);
    measuring.add(gon + "norm", best.norm);
    measuring.add(gon + "bias", best.bias);
    measuring.add(gon + "loss", best.loss_per_feature);
  }
  for (const Eigen::Index k : {5, 6}) {
    const PolygonOptimum best = polygon_optimum(k);
    const double top = best.hessian_eigenvalues.maxCoeff();
    // Half the rank of the Hessian: the learning coefficient of a minimum that only rotations leave.
    measuring.add(fmt::format("polygon/{}/learning-coefficient", k),
                  0.5 * double((best.hessian_eigenvalues.array() > 1e-4 * top).count()));
    measuring.add(fmt::format("polygon/{}/norm-rule", k), best.norm - 1.0 / (1.0 - best.bias));
  }
  const auto loss_per_feature = [](const ToyModel& model) {
    return one_sparse_loss(model, Eigen::VectorXd::Ones(model.features())).total() / double(model.features());
  };
  measuring.add("polygon/4-of-6/loss", loss_per_feature(polygon_among(4, 6, 0.0)));
  measuring.add("polygon/5-of-6/loss", loss_per_feature(polygon_among(5, 6, 0.0)));
  measuring.add("polygon/5-of-6/dead-bias", loss_per_feature(polygon_among(5, 6, 0.0)) -
                                                loss_per_feature(polygon_among(5, 6, 1.0 / 12.0)));
}

/// The relative importance at which the best candidate begins (from below) or ceases to be the pair with the
/// last.
double candidate_boundary(double density, double inside, double outside) {
  const auto is_pair = [&](double r) {
    return candidate_losses({2, density, r}).front().candidate == Candidate::pair_with_last;
  };
  return bisect(is_pair, inside, outside, {.middle = Middle::geometric}).holds;
}

/// The loss of the named candidate.
double loss_of_candidate(const PhasePoint& point, Candidate candidate) {
  return exact_loss(candidate_model(point, candidate), features_of(point)).loss;
}

void measure_phases(Measuring& measuring) {
  measuring.add("phase/candidates/lower", candidate_boundary(0.3, 1.0, 0.01));
  measuring.add("phase/candidates/upper", candidate_boundary(0.3, 1.0, 100.0));
  const auto is_pair = [](double density) {
    return candidate_losses({2, density, 1.0}).front().candidate == Candidate::pair_with_last;
  };
  measuring.add("phase/candidates/meeting", bisect(is_pair, 0.1, 1.0, {.steps = 50}).holds);
  const PhasePoint point{3, 0.3, 2.0};
  measuring.add("phase/candidates/drop-first", loss_of_candidate(point, Candidate::drop_first));
  measuring.add("phase/candidates/drop-last", loss_of_candidate(point, Candidate::drop_last));
  measuring.add("phase/candidates/pair-of-first-two", loss_of_candidate(point, Candidate::pair_of_first_two));
  measuring.add("phase/candidates/pair-with-last", loss_of_candidate(point, Candidate::pair_with_last));
  const ExactPhase past = exact_phase({2, 0.7, 1.0}, 4, measuring.seed);
  measuring.add("phase/exact/past-the-meeting", std::string(name_of(past.phase)));
  measuring.add("phase/exact/short-pair", past.optimum.model.W.colwise().norm().mean());
  const ExactPhase sparse = exact_phase({2, 0.05, 1.0}, 4, measuring.seed);
  measuring.add("phase/exact/sparse", std::string(name_of(sparse.phase)));
  measuring.add("phase/exact/candidates-excess",
                candidate_losses({2, 0.3, 1.0}).front().loss / exact_phase({2, 0.3, 1.0}).optimum.loss - 1.0);
  measuring.add("phase/exact/unimportant", std::string(name_of(exact_phase({2, 0.9, 0.1}).phase)));
  measuring.add("phase/exact/important", std::string(name_of(exact_phase({2, 0.9, 10.0}).phase)));
  measuring.add("phase/exact/lower-boundary",
                transition_between({2, 0.3, 0.05}, {2, 0.3, 1.0}).relative_importance);
}

/// Unit vectors in R³ on the axis and on a regular k-gon across it.
Eigen::MatrixXd bipyramid(Eigen::Index k) {
  Eigen::MatrixXd W = Eigen::MatrixXd::Zero(3, k + 2);
  W.topLeftCorner(2, k) = regular_polygon(k, 1.0, 0.0).W;
  W(2, k) = 1.0;
  W(2, k + 1) = -1.0;
  return W;
}

/// The square antiprism whose vectors are a tight frame: heights ±1/√3.
Eigen::MatrixXd square_antiprism() {
  Eigen::MatrixXd W(3, 8);
  for (Eigen::Index i = 0; i < 8; ++i) {
    const double angle = std::numbers::pi * double(i) / 4.0;
    const double height = (i % 2 == 0 ? 1.0 : -1.0) / std::sqrt(3.0);
    W.col(i) << std::sqrt(2.0 / 3.0) * std::cos(angle), std::sqrt(2.0 / 3.0) * std::sin(angle), height;
  }
  return W;
}

void measure_dimensionality(Measuring& measuring) {
  const auto of = [](const Eigen::MatrixXd& W) { return feature_geometry(W).dimensionality; };
  const auto packed = [&](Eigen::Index points, Eigen::Index dim) {
    PackingSearch search;
    search.starts = 8;
    search.seed = measuring.seed;
    search.threads = measuring.threads;
    return search_packing({}, points, dim, search).best.W;
  };
  measuring.add("dimensionality/dedicated", of(Eigen::MatrixXd::Identity(3, 3)).mean());
  measuring.add("dimensionality/digon", of(antipodal_pair().W).mean());
  measuring.add("dimensionality/triangle", of(packed(3, 2)).mean());
  measuring.add("dimensionality/pentagon", of(packed(5, 2)).mean());
  measuring.add("dimensionality/tetrahedron", of(packed(4, 3)).mean());
  measuring.add("dimensionality/octahedron", of(packed(6, 3)).mean());
  measuring.add("dimensionality/square-antiprism", of(square_antiprism()).mean());
  const Eigen::VectorXd triangular = of(bipyramid(3));
  measuring.add("dimensionality/triangular-bipyramid/equator", triangular.head(3).mean());
  measuring.add("dimensionality/triangular-bipyramid/apex", triangular.tail(2).mean());
  const Eigen::VectorXd pentagonal = of(bipyramid(5));
  measuring.add("dimensionality/pentagonal-bipyramid/equator", pentagonal.head(5).mean());
  measuring.add("dimensionality/pentagonal-bipyramid/apex", pentagonal.tail(2).mean());
  Eigen::MatrixXd one_out = Eigen::MatrixXd::Zero(2, 3);
  one_out.leftCols(2).setIdentity();
  measuring.add("dimensionality/absent", of(one_out)[2]);
  measuring.add("dimensionality/capacity", of(random_points(60, 8, measuring.seed)).sum());
  measuring.add("dimensionality/tight-capacity", of(packed(12, 3)).sum());
}

void measure_packing_limits(Measuring& measuring) {
  PackingSearch search;
  search.starts = 16;
  search.seed = measuring.seed;
  search.threads = measuring.threads;
  const PackingEnergy interference{PairEnergy::relu2, 0.0};
  const auto least = [&](Eigen::Index n, Eigen::Index m) {
    return search_packing(interference, n, m, search).best.energy;
  };
  measuring.add("packing/2m-features", least(6, 3));
  measuring.add("packing/2m-plus-1-features", least(7, 3));
  measuring.add("packing/octahedron",
                describe_geometry(search_packing({}, 6, 3, search).best.W, packing_tolerance).name);
  measuring.add("packing/welch", coherence_bounds(CodeKind::lines, 28, 7).front().value);
  // Random directions: the mean squared overlap is 1/m; the least, of a tight frame, is (n − m)/(m(n − 1)).
  constexpr Eigen::Index n = 2000;
  constexpr Eigen::Index m = 50;
  const Eigen::MatrixXf random = random_points(n, m, measuring.seed).cast<float>();
  const VectorBlocks vectors{n, m, [&](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) {
                               block = random.middleCols(begin, block.cols());
                             }};
  LayerGeometryOptions options;
  options.coherence = false;
  options.threads = measuring.threads;
  if (const auto geometry = layer_geometry(vectors, options)) {
    measuring.add("overlap/random", double(m) * geometry->mean_squared_cosine);
  }
  const Eigen::MatrixXd tight = search_packing({PairEnergy::frame, 0.0}, 60, 12, search).best.W;
  const double frame = gram(tight).squaredNorm();
  measuring.add("overlap/tight", 12.0 * (frame - 60.0) / (60.0 * 59.0));
}

/// The lowest minimum from random starts and the given ones.
Descent optimum(const Measuring& measuring, const FeatureDistribution& features, Eigen::Index m,
                std::size_t starts, const std::vector<ToyModel>& given = {}) {
  return lowest(
      find_minima(exact_objective(features), features.features(), m, measuring.search(starts), given));
}

/// How much rarer one feature of a pentagon can be before the optimum leaves it out, as a ratio of densities.
double nonuniform_crossover(const Measuring& measuring) {
  constexpr double base = 0.05;
  const ToyModel pentagon = regular_polygon(5, 1.17, -0.28);
  ToyModel digons{Eigen::MatrixXd::Zero(2, 5), Eigen::VectorXd::Zero(5)};  // feature 0 left out
  digons.W.rightCols(4) << 1.0, -1.0, 0.0, 0.0,                            //
      0.0, 0.0, 1.0, -1.0;
  const auto is_kept = [&](double ratio) {
    FeatureDistribution features = uniform_features(5, base);
    features.density[0] = base * ratio;
    const Descent best = optimum(measuring, features, 2, 4, {pentagon, digons});
    return best.model.W.col(0).norm() > represented_norm;
  };
  return bisect(is_kept, 0.5, 0.2, {.steps = 14, .middle = Middle::geometric}).holds;
}

void measure_optima(Measuring& measuring) {
  const auto name = [](const Descent& best) { return describe_geometry(best.model.W).name; };
  constexpr double rare = 1e-5;
  const Descent sparse = optimum(measuring, uniform_features(5, rare), 2, 16);
  measuring.add("optimum/5-2/sparse-limit", sparse.loss / rare / 5.0);
  measuring.add("optimum/5-2/sparse", name(optimum(measuring, uniform_features(5, 0.05), 2, 16)));
  measuring.add("optimum/5-2/middle", name(optimum(measuring, important_features(5, 0.2, 0.9), 2, 32)));
  measuring.add("optimum/5-2/dense", name(optimum(measuring, important_features(5, 1.0, 0.9), 2, 32)));
  measuring.add("optimum/6-3/sparse", name(optimum(measuring, uniform_features(6, 0.05), 3, 16)));
  measuring.add("optimum/nonuniform/crossover", nonuniform_crossover(measuring));
  const Descent anti = optimum(measuring, features_in_sets(4, 0.1, SetRelation::anticorrelated, 2), 2, 16);
  measuring.add("optimum/anti-correlated/loss", anti.loss);
  measuring.add("optimum/anti-correlated/cosine", column_cosine(anti.model.W, 0, 1));
  const Descent together = optimum(measuring, features_in_sets(4, 0.1, SetRelation::correlated, 2), 2, 16);
  measuring.add("optimum/correlated/cosine", column_cosine(together.model.W, 0, 1));
}

void measure_absolute_value(Measuring& measuring) {
  // abs(x) = ReLU(x) + ReLU(−x), two neurons.
  ToyModel circuit;
  circuit.kind = ModelKind::absolute_value;
  circuit.W = (Eigen::MatrixXd(2, 1) << 1.0, -1.0).finished();
  circuit.W_out = (Eigen::MatrixXd(1, 2) << 1.0, 1.0).finished();
  circuit.b = Eigen::VectorXd::Zero(1);
  measuring.add("absolute-value/circuit",
                hidden_relu_one_sparse_loss(circuit, Eigen::VectorXd::Ones(1)).total());
  ToyModel half = circuit;
  half.W(1, 0) = 0.0;
  measuring.add("absolute-value/half-circuit",
                hidden_relu_one_sparse_loss(half, Eigen::VectorXd::Ones(1)).total());
}

std::vector<Check> check_theory(const Results& results) {
  constexpr std::array parts{measure_decomposition, measure_linear,         measure_polygons,
                             measure_phases,        measure_dimensionality, measure_packing_limits,
                             measure_optima,        measure_absolute_value};
  Measuring measuring{results.context.seed, results.context.threads, {}};
  Progress progress("theory", parts.size());
  for (const auto part : parts) {
    part(measuring);
    throw_if_interrupted();
    progress.advance(1);
  }
  return std::move(measuring.checks);
}

}  // namespace

Experiment theory() {
  return {.suite = Suite::theory,
          .id = "theory",
          .summary = "What is known without training, by the exact theory.",
          .checks = check_theory};
}

}  // namespace digon::experiments
