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

  /// What was measured, and what of the null that paper_refs/predictions.json names.
  void add(const std::string& what, const Measured& measured, const Measured& null) {
    checks.push_back(judge("theory/" + what, measured, null));
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
  measuring.add("decomposition/zero-active", parts.L()[0], importance.dot(model.b.cwiseAbs2()));
  const double one_sparse = one_sparse_loss(model, importance).total();
  measuring.add("decomposition/one-active", parts.L()[1] / one_sparse, parts.L()[2] / one_sparse);
  measuring.add("decomposition/all-active", parts.L()[4] / loss_at(1.0), parts.L()[3] / loss_at(1.0));
  const auto sum_at = [&](double density) { return binomial_weights(4, density).dot(parts.L_mean()); };
  measuring.add("decomposition/sum", sum_at(0.3) / loss_at(0.3), sum_at(0.3001) / loss_at(0.3));
  // L(p) = L_0 + p (L_1 − n L_0) + O(p²)
  constexpr double rare = 1e-7;
  const double slope = (loss_at(rare) - parts.L()[0]) / rare;
  measuring.add("decomposition/sparse-limit", slope / (parts.L()[1] - 4.0 * parts.L()[0]),
                slope / parts.L()[1]);
  const Eigen::VectorXd pair = decompose(antipodal_pair(), Eigen::Vector2d::Ones()).L();
  const ToyModel same_way{Eigen::MatrixXd::Ones(1, 2), Eigen::VectorXd::Zero(2)};
  const Eigen::VectorXd merged = decompose(same_way, Eigen::Vector2d::Ones()).L();
  measuring.add("decomposition/pair-one-active", pair[1], merged[1]);
  measuring.add("decomposition/pair-both-active", pair[2], merged[2]);
  // Only the positive part of z counts: with W = 0 and b = −1 the model answers 0.
  ToyModel silent{Eigen::MatrixXd::Zero(1, 3), Eigen::VectorXd::Constant(3, -1.0)};
  const double of_silent = exact_loss(silent, uniform_features(3, 0.25)).loss;
  silent.kind = ModelKind::linear;  // which answers −1
  measuring.add("decomposition/silent", of_silent, exact_loss(silent, uniform_features(3, 0.25)).loss);
}

void measure_linear(Measuring& measuring) {
  const FeatureDistribution dense = important_features(20, 1.0, 0.7);
  FeatureDistribution reversed = dense;
  reversed.importance.reverseInPlace();  // whose optimum keeps the least important five
  measuring.add("linear/optimum", exact_loss(linear_optimum(dense, 5), dense).loss,
                exact_loss(linear_optimum(reversed, 5), dense).loss);
  const FeatureDistribution sparse = important_features(20, 0.1, 0.7);
  measuring.add("linear/sparse-optimum", exact_loss(linear_optimum(sparse, 5), sparse).loss,
                sparse.importance.tail(15).sum() * 0.1 / 3.0);
  // Superposing a sixth feature on the least important of the five never pays; where a ReLU follows, it does.
  ToyModel pair = linear_optimum(dense, 5);
  pair.W.col(4) *= std::sqrt(0.5);
  pair.W.col(5) = -pair.W.col(4);
  const double mean = 0.5;
  for (const Eigen::Index j : {4, 5}) pair.b[j] = mean * (1.0 - gram(pair.W).row(j).sum());
  ToyModel rectified = linear_optimum(sparse, 5);
  rectified.kind = ModelKind::relu_output;
  rectified.W.col(5) = -rectified.W.col(4);
  rectified.b[5] = 0.0;
  measuring.add("linear/superposed", exact_loss(pair, dense).loss / linear_optimum_loss(dense, 5),
                exact_loss(rectified, sparse).loss / linear_optimum_loss(sparse, 5));
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
    const PolygonOptimum other = polygon_optimum(k == 6 ? 5 : k + 1);
    const std::string gon = fmt::format("polygon/{}/", k);
    measuring.add(gon + "norm", best.norm, other.norm);
    measuring.add(gon + "bias", best.bias, other.bias);
    measuring.add(gon + "loss", best.loss_per_feature, other.loss_per_feature);
  }
  // Half the rank of the Hessian: the learning coefficient of a minimum that only rotations leave.
  const auto half_rank = [](const PolygonOptimum& best) {
    const double top = best.hessian_eigenvalues.maxCoeff();
    return 0.5 * double((best.hessian_eigenvalues.array() > 1e-4 * top).count());
  };
  const auto beside_the_rule = [](const PolygonOptimum& best) { return best.norm - 1.0 / (1.0 - best.bias); };
  for (const Eigen::Index k : {5, 6}) {
    measuring.add(fmt::format("polygon/{}/learning-coefficient", k), half_rank(polygon_optimum(k)),
                  half_rank(polygon_optimum(11 - k)));
    measuring.add(fmt::format("polygon/{}/norm-rule", k), beside_the_rule(polygon_optimum(k)),
                  beside_the_rule(polygon_optimum(4)));
  }
  const auto loss_per_feature = [](const ToyModel& model) {
    return one_sparse_loss(model, Eigen::VectorXd::Ones(model.features())).total() / double(model.features());
  };
  const double four = loss_per_feature(polygon_among(4, 6, 0.0));
  const double five = loss_per_feature(polygon_among(5, 6, 0.0));
  measuring.add("polygon/4-of-6/loss", four, five);
  measuring.add("polygon/5-of-6/loss", five, four);
  measuring.add("polygon/5-of-6/dead-bias", five - loss_per_feature(polygon_among(5, 6, 1.0 / 12.0)),
                five - loss_per_feature(polygon_among(5, 6, 1.0 / 6.0)));
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
  const double lower = candidate_boundary(0.3, 1.0, 0.01);
  const double upper = candidate_boundary(0.3, 1.0, 100.0);
  measuring.add("phase/candidates/lower", lower, upper);
  measuring.add("phase/candidates/upper", upper, lower);
  const auto meeting = [](double r) {
    const auto is_pair = [r](double density) {
      return candidate_losses({2, density, r}).front().candidate == Candidate::pair_with_last;
    };
    return bisect(is_pair, 0.1, 1.0, {.steps = 50}).holds;
  };
  measuring.add("phase/candidates/meeting", meeting(1.0), meeting(1.1));
  const PhasePoint point{3, 0.3, 2.0};
  const double drop_first = loss_of_candidate(point, Candidate::drop_first);
  const double drop_last = loss_of_candidate(point, Candidate::drop_last);
  const double pair_of_first_two = loss_of_candidate(point, Candidate::pair_of_first_two);
  const double pair_with_last = loss_of_candidate(point, Candidate::pair_with_last);
  measuring.add("phase/candidates/drop-first", drop_first, drop_last);
  measuring.add("phase/candidates/drop-last", drop_last, drop_first);
  measuring.add("phase/candidates/pair-of-first-two", pair_of_first_two, pair_with_last);
  measuring.add("phase/candidates/pair-with-last", pair_with_last, pair_of_first_two);
  const auto phase_at = [&](double density, double r) {
    return std::string(name_of(exact_phase({2, density, r}, 4, measuring.seed).phase));
  };
  const PhasePoint past{2, 0.7, 1.0};
  const auto mean_norm = [](const ToyModel& model) { return model.W.colwise().norm().mean(); };
  measuring.add("phase/exact/past-the-meeting", phase_at(past.density, past.relative_importance),
                std::string(name_of(phase_of(candidate_losses(past).front().candidate))));
  measuring.add("phase/exact/short-pair", mean_norm(exact_phase(past, 4, measuring.seed).optimum.model),
                mean_norm(candidate_model(past, Candidate::pair_with_last)));
  measuring.add("phase/exact/sparse", phase_at(0.05, 1.0), phase_at(0.9, 0.1));
  const PhasePoint inside{2, 0.3, 1.0};
  const double optimal = exact_phase(inside).optimum.loss;
  measuring.add("phase/exact/candidates-excess", candidate_losses(inside).front().loss / optimal - 1.0,
                exact_phase(inside, 4, measuring.seed + 1).optimum.loss / optimal - 1.0);
  measuring.add("phase/exact/unimportant", phase_at(0.9, 0.1), phase_at(0.9, 10.0));
  measuring.add("phase/exact/important", phase_at(0.9, 10.0), phase_at(0.9, 0.1));
  measuring.add("phase/exact/lower-boundary",
                transition_between({2, 0.3, 0.05}, {2, 0.3, 1.0}).relative_importance, lower);
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
  const double dedicated = of(Eigen::MatrixXd::Identity(3, 3)).mean();
  const double digon = of(antipodal_pair().W).mean();
  const double triangle = of(packed(3, 2)).mean();
  const double pentagon = of(packed(5, 2)).mean();
  const double octahedron = of(packed(6, 3)).mean();
  measuring.add("dimensionality/dedicated", dedicated, digon);
  measuring.add("dimensionality/digon", digon, dedicated);
  measuring.add("dimensionality/triangle", triangle, pentagon);
  measuring.add("dimensionality/pentagon", pentagon, triangle);
  measuring.add("dimensionality/tetrahedron", of(packed(4, 3)).mean(), octahedron);
  measuring.add("dimensionality/octahedron", octahedron, of(packed(5, 3)).mean());
  measuring.add("dimensionality/square-antiprism", of(square_antiprism()).mean(), of(packed(7, 3)).mean());
  for (const auto& [name, k] : {std::pair("triangular", 3), std::pair("pentagonal", 5)}) {
    const Eigen::VectorXd dimensionality = of(bipyramid(k));
    const std::string what = fmt::format("dimensionality/{}-bipyramid/", name);
    measuring.add(what + "equator", dimensionality.head(k).mean(), dimensionality.tail(2).mean());
    measuring.add(what + "apex", dimensionality.tail(2).mean(), dimensionality.head(k).mean());
  }
  Eigen::MatrixXd one_out = Eigen::MatrixXd::Zero(2, 3);
  one_out.leftCols(2).setIdentity();
  measuring.add("dimensionality/absent", of(one_out)[2], of(one_out)[0]);
  measuring.add("dimensionality/tight-capacity", of(packed(12, 3)).sum(),
                of(random_points(12, 3, measuring.seed)).sum());
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
  const double of_six = least(6, 3);
  const double of_seven = least(7, 3);
  measuring.add("packing/2m-features", of_six, of_seven);
  measuring.add("packing/2m-plus-1-features", of_seven, of_six);
  const auto name_of_best = [&](Eigen::Index n) {
    return describe_geometry(search_packing({}, n, 3, search).best.W, packing_tolerance).name;
  };
  measuring.add("packing/octahedron", name_of_best(6), name_of_best(5));
  const auto welch = [](Eigen::Index lines) {
    return coherence_bounds(CodeKind::lines, lines, 7).front().value;
  };
  measuring.add("packing/welch", welch(28), welch(29));
  // Random directions: the mean squared overlap is 1/m; the least, of a tight frame, is (n − m)/(m(n − 1)).
  constexpr Eigen::Index n = 2000;
  constexpr Eigen::Index m = 50;
  const auto overlap = [&](const Eigen::MatrixXf& W) {
    const VectorBlocks vectors{n, m, [&](Eigen::Index begin, Eigen::Ref<Eigen::MatrixXf> block) {
                                 block = W.middleCols(begin, block.cols());
                               }};
    LayerGeometryOptions options;
    options.coherence = false;
    options.threads = measuring.threads;
    const auto geometry = layer_geometry(vectors, options);
    throw_if_interrupted();
    return double(m) * geometry->mean_squared_cosine;
  };
  const Eigen::MatrixXf random = random_points(n, m, measuring.seed).cast<float>();
  measuring.add("overlap/random", overlap(random), overlap(random.cwiseAbs()));
  const auto small_overlap = [](const Eigen::MatrixXd& W) {
    return 12.0 * (gram(W).squaredNorm() - 60.0) / (60.0 * 59.0);
  };
  measuring.add("overlap/tight",
                small_overlap(search_packing({PairEnergy::frame, 0.0}, 60, 12, search).best.W),
                small_overlap(random_points(60, 12, measuring.seed)));
}

/// The lowest minimum from random starts and the given ones.
Descent optimum(const Measuring& measuring, const FeatureDistribution& features, Eigen::Index m,
                std::size_t starts, const std::vector<ToyModel>& given = {}) {
  return lowest(
      find_minima(exact_objective(features), features.features(), m, measuring.search(starts), given));
}

/// How much rarer one feature of a pentagon can be before the optimum leaves it out, as a ratio of densities.
double nonuniform_crossover(const Measuring& measuring, double base) {
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
  const auto loss_per_feature = [&](double density) {
    return optimum(measuring, uniform_features(5, density), 2, 16).loss / density / 5.0;
  };
  measuring.add("optimum/5-2/sparse-limit", loss_per_feature(1e-5), loss_per_feature(0.05));
  const std::string sparse = name(optimum(measuring, uniform_features(5, 0.05), 2, 16));
  const std::string middle = name(optimum(measuring, important_features(5, 0.2, 0.9), 2, 32));
  const std::string dense = name(optimum(measuring, important_features(5, 1.0, 0.9), 2, 32));
  measuring.add("optimum/5-2/sparse", sparse, middle);
  measuring.add("optimum/5-2/middle", middle, sparse);
  measuring.add("optimum/5-2/dense", dense, middle);
  measuring.add("optimum/6-3/sparse", name(optimum(measuring, uniform_features(6, 0.05), 3, 16)),
                name(optimum(measuring, important_features(6, 1.0, 0.9), 3, 16)));
  const double crossover = nonuniform_crossover(measuring, 0.05);
  measuring.add("optimum/nonuniform/crossover", crossover, nonuniform_crossover(measuring, 0.1));
  constexpr double read_off = 1.0 / 2.5;  // the paper's figure
  measuring.add("optimum/nonuniform/crossover-of-the-paper", crossover, read_off);
  const Descent apart = optimum(measuring, uniform_features(4, 0.1), 2, 16);
  const Descent anti = optimum(measuring, features_in_sets(4, 0.1, SetRelation::anticorrelated, 2), 2, 16);
  const Descent together = optimum(measuring, features_in_sets(4, 0.1, SetRelation::correlated, 2), 2, 16);
  measuring.add("optimum/anti-correlated/loss", anti.loss, apart.loss);
  const auto cosine = [](const Descent& best) { return column_cosine(best.model.W, 0, 1); };
  measuring.add("optimum/anti-correlated/cosine", cosine(anti), cosine(together));
  measuring.add("optimum/correlated/cosine", cosine(together), cosine(anti));
}

void measure_absolute_value(Measuring& measuring) {
  // abs(x) = ReLU(x) + ReLU(−x), two neurons.
  ToyModel circuit;
  circuit.kind = ModelKind::absolute_value;
  circuit.W = (Eigen::MatrixXd(2, 1) << 1.0, -1.0).finished();
  circuit.W_out = (Eigen::MatrixXd(1, 2) << 1.0, 1.0).finished();
  circuit.b = Eigen::VectorXd::Zero(1);
  ToyModel half = circuit;
  half.W(1, 0) = 0.0;
  const double both = hidden_relu_one_sparse_loss(circuit, Eigen::VectorXd::Ones(1)).total();
  const double one = hidden_relu_one_sparse_loss(half, Eigen::VectorXd::Ones(1)).total();
  measuring.add("absolute-value/circuit", both, one);
  measuring.add("absolute-value/half-circuit", one, both);
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
