// What the headers of numerics, search, packing and optima promise, held where the answer is known.
#include <algorithm>
#include <catch2/catch.hpp>
#include <cmath>
#include <numbers>

#include "tests/random_models.hpp"
#include "tests/theory/contract.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/numerics/off_rotations.hpp"
#include "theory/numerics/tangent_spaces.hpp"
#include "theory/optima/optimality_gap.hpp"
#include "theory/optima/optimum.hpp"
#include "theory/optima/phase.hpp"
#include "theory/optima/polygon.hpp"
#include "theory/packing/packing.hpp"
#include "theory/packing/packing_bounds.hpp"
#include "theory/packing/soft_maximum.hpp"
#include "theory/packing/spherical_code.hpp"
#include "theory/search/local_descent.hpp"
#include "theory/search/sphere_descent.hpp"

namespace {

using namespace digon;

/// ±e_a in R^m: 2m points whose inner products are 0 and, m times, −1.
Eigen::MatrixXd cross_polytope(Eigen::Index m) {
  Eigen::MatrixXd W(m, 2 * m);
  W << Eigen::MatrixXd::Identity(m, m), -Eigen::MatrixXd::Identity(m, m);
  return W;
}

void numerics_contracts(std::vector<Contract>& contracts) {
  const auto below_root = [](double x) { return x * x < 2.0; };
  for (const int steps : {3, 20, 60}) {
    const Change found = bisect(below_root, 1.0, 2.0, {.steps = steps});
    const double width = std::exp2(-steps) + 3e-16;
    contracts.push_back(
        {"bisect", text({1.0, 2.0, double(steps)}), found.holds, std::numbers::sqrt2, 1.0, width});
    contracts.push_back(
        {"bisect", text({1.0, 2.0, double(steps)}), found.fails, std::numbers::sqrt2, 1.0, width});
  }
  const auto below_tiny = [](double x) { return x < 3e-100; };
  const Change tiny = bisect(below_tiny, 1e-150, 1e-50, {.steps = 100, .middle = Middle::geometric});
  contracts.push_back({"bisect, geometric", text({1e-150, 1e-50}), tiny.holds, 3e-100, 1e-13, 3e-100});

  // The Laplacian of a path of N points is flat along (1, …, 1); the others are 2 − 2 cos(πk/N).
  for (const Eigen::Index N : {2, 7, 60}) {
    Eigen::MatrixXd path = Eigen::MatrixXd::Zero(N, N);
    for (Eigen::Index i = 0; i + 1 < N; ++i)
      path.block(i, i, 2, 2) += (Eigen::Matrix2d() << 1, -1, -1, 1).finished();
    for (const Eigen::Index copies : {1, 3}) {
      const Eigen::VectorXd found = eigenvalues_off(path, Eigen::MatrixXd::Ones(N, copies));
      contracts.push_back(
          {"eigenvalues_off, number", text({double(N)}), double(found.size()), double(N - 1), 0.0, 1.0});
      for (Eigen::Index k = 1; k < N; ++k) {
        contracts.push_back({"eigenvalues_off", text({double(N), double(k)}), found[k - 1],
                             2.0 - 2.0 * std::cos(std::numbers::pi * double(k) / double(N)),
                             1e-15 * double(N), 4.0});
      }
    }
  }

  for (const Eigen::Index m : {2, 3, 8}) {
    Eigen::MatrixXd W = random_points(9, m, 4);
    W.col(0) = Eigen::VectorXd::Unit(m, m - 1);
    W.col(1) = -W.col(0);
    W.col(2) = (W.col(0) + 1e-9 * W.col(3)).normalized();
    const TangentSpaces tangent(W);
    for (Eigen::Index i = 0; i < W.cols(); ++i) {
      const Eigen::MatrixXd& B = tangent.basis[std::size_t(i)];
      const std::string at = text({double(m), double(i)});
      contracts.push_back({"TangentSpaces, B'w", at, (B.transpose() * W.col(i)).norm(), 0.0, 3e-15, 1.0});
      contracts.push_back({"TangentSpaces, |B|²", at, B.squaredNorm(), double(m - 1), 3e-15, double(m)});
    }
    const double rotated =
        tangent.rotations.squaredNorm();  // Σ over pairs of rows and columns of w_a² + w_c²
    contracts.push_back(
        {"TangentSpaces, rotations", text({double(m)}), rotated, 9.0 * double(m - 1), 1e-14, rotated});
    contracts.push_back(
        {"rotations_of", text({double(m)}), rotations_of(W).squaredNorm(), rotated, 1e-14, rotated});
  }
}

void search_contracts(std::vector<Contract>& contracts) {
  // Convex and of known minimum: Σ (x_i − i)² (1 + i) of condition N.
  for (const Eigen::Index N : {1, 5, 40}) {
    const auto bowl = [N](Eigen::Map<const Eigen::VectorXd> x, Eigen::Map<Eigen::VectorXd> gradient) {
      double sum = 0.0;
      for (Eigen::Index i = 0; i < N; ++i) {
        const double weight = double(1 + i) / double(N);
        sum += weight * (x[i] - double(i)) * (x[i] - double(i));
        gradient[i] = 2.0 * weight * (x[i] - double(i));
      }
      return 1.0 + sum;
    };
    const Eigen::VectorXd end = local_descent(bowl, Eigen::VectorXd::Constant(N, 0.5));
    for (Eigen::Index i = 0; i < N; ++i) {
      contracts.push_back(
          {"local_descent", text({double(N), double(i)}), end[i], double(i), 1e-6, double(N)});
    }
  }
  const Eigen::MatrixXd pair = descend_on_spheres(
      [](Eigen::Map<const Eigen::MatrixXd> W, Eigen::Map<Eigen::MatrixXd> by_W) {
        by_W.col(0) = W.col(1);
        by_W.col(1) = W.col(0);
        return W.col(0).dot(W.col(1));
      },
      3.0 * Eigen::MatrixXd::Identity(2, 2));
  contracts.push_back({"descend_on_spheres", "w_1·w_2", pair.col(0).dot(pair.col(1)), -1.0, 1e-13, 1.0});
  for (Eigen::Index i = 0; i < 2; ++i) {
    contracts.push_back(
        {"descend_on_spheres, length", text({double(i)}), pair.col(i).norm(), 1.0, 1e-15, 1.0});
  }
}

void packing_contracts(std::vector<Contract>& contracts) {
  for (const double c : {-1.0, -0.3, 0.0, 0.5, 1.0 - 1e-3, 1.0 - 1e-12}) {
    const long double square = 2.0L - 2.0L * c;
    const long double r = std::sqrt(square);
    const auto held = [&](const std::string& name, const PackingEnergy& energy, long double value,
                          long double first, long double second, long double unit) {
      const PairDerivatives found = pair_energy(energy, c);
      contracts.push_back({name, text({c}), found.value, double(value), 4e-15, double(unit)});
      contracts.push_back(
          {name + "'", text({c}), found.first, double(first), 4e-15, std::abs(double(first))});
      contracts.push_back({name + "''", text({c}), found.second, double(second), 4e-15, double(second)});
    };
    held("coulomb", {PairEnergy::coulomb, 1.0}, 1.0L / r, 1.0L / (r * square), 3.0L / (r * square * square),
         1.0L / r);
    const long double log = -0.5L * std::log(square);
    held("log", {PairEnergy::log, 0.0}, log, 1.0L / square, 2.0L / (square * square),
         std::max(1.0L, std::abs(log)));
    const long double riesz = 1.0L / (square * r);
    held("riesz", {PairEnergy::riesz, 3.0}, riesz, 3.0L * riesz / square, 15.0L * riesz / (square * square),
         riesz);
    held("frame", {PairEnergy::frame, 0.0}, c * c, 2.0L * c, 2.0L, 1.0L);
    if (c <= 0.0) held("relu2", {PairEnergy::relu2, 0.0}, 0.0L, 0.0L, 0.0L, 1.0L);
    if (c > 0.0) held("relu2", {PairEnergy::relu2, 0.0}, c * c, 2.0L * c, 2.0L, 1.0L);
  }
  for (const Eigen::Index m : {2, 3, 4, 9, 40}) {
    const Eigen::MatrixXd W = cross_polytope(m);
    const auto far = double(m);                    // pairs at c = −1
    const double right = 2.0 * far * (far - 1.0);  // at c = 0
    const std::string at = "2m points, m = " + text({far});
    const std::pair<PackingEnergy, double> energies[] = {
        {{PairEnergy::coulomb, 1.0}, right / std::numbers::sqrt2 + far / 2.0},
        {{PairEnergy::log, 0.0}, -0.5 * std::numbers::ln2 * right - std::numbers::ln2 * far},
        {{PairEnergy::riesz, 2.0}, right / 2.0 + far / 4.0},
        {{PairEnergy::relu2, 0.0}, 0.0},
        {{PairEnergy::frame, 0.0}, far}};
    for (const auto& [energy, sum] : energies) {
      contracts.push_back({"packing_energy", at, packing_energy(energy, W), sum, 1e-14, std::abs(sum)});
      contracts.push_back(
          {"energy_of_points", at, energy_of_points(energy, W).sum(), 2.0 * sum, 1e-14, std::abs(sum)});
    }
    // A tight design: every bound is met.
    contracts.push_back({"energy_bounds", at, energy_bounds({PairEnergy::coulomb, 1.0}, 2 * m, m)[0].value,
                         energies[0].second, 1e-12, energies[0].second});
    contracts.push_back({"energy_bounds, frame", at,
                         energy_bounds({PairEnergy::frame, 0.0}, 2 * m, m)[0].value, far, 1e-14, far});
    contracts.push_back(
        {"coherence_bounds", at, coherence_bounds(CodeKind::points, 2 * m, m).back().value, 0.0, 1e-12, 1.0});
    contracts.push_back({"coherence_bounds, simplex", at,
                         coherence_bounds(CodeKind::points, m + 1, m)[0].value, -1.0 / far, 1e-15, 1.0});
    const double terms = std::log(far * std::exp(-7.0) + right) / 7.0;
    Eigen::MatrixXd by_W(m, 2 * m);
    contracts.push_back(
        {"soft_maximum", at, soft_maximum(CodeKind::points, 7.0, W, by_W), terms, 1e-14, 1.0});
    // Integrals of c² by the rule of enough strength: 1/m.
    const LevenshteinQuadrature rule = levenshtein_quadrature(2 * m, m);
    contracts.push_back({"levenshtein_quadrature", at, rule.weights.dot(rule.nodes.cwiseAbs2()) + 0.5 / far,
                         1.0 / far, 1e-12, 1.0});
  }
  const Packing tetrahedron = minimise_packing({PairEnergy::coulomb, 1.0}, random_points(4, 3, 1));
  contracts.push_back(
      {"minimise_packing", "4 points", tetrahedron.energy, 6.0 / std::sqrt(8.0 / 3.0), 1e-12, 4.0});
  contracts.push_back({"minimise_packing, gradient", "4 points", tetrahedron.gradient_norm, 0.0, 1e-5, 1.0});
  const Packing polished = polish_packing({PairEnergy::coulomb, 1.0}, tetrahedron);
  contracts.push_back({"polish_packing, gradient", "4 points", polished.gradient_norm, 0.0, 1e-13, 4.0});
}

/// Codes whose coherence is proved: simplex, octahedron, icosahedron.
void code_contracts(std::vector<Contract>& contracts) {
  for (const auto& [points, coherence] :
       {std::pair<Eigen::Index, double>{4, -1.0 / 3.0}, {6, 0.0}, {12, 1.0 / std::sqrt(5.0)}}) {
    PackingSearch search;
    search.starts = 4;
    search.hops = usual_code_hops(points, 3);
    const double found = search_spherical_code(CodeKind::points, points, 3, search).best.coherence;
    contracts.push_back({"search_spherical_code", text({double(points), 3.0}), found, coherence, 1e-11, 1.0});
  }
}

void optima_contracts(std::vector<Contract>& contracts) {
  // One, two and four features fit into two dimensions without loss in L_1.
  for (const Eigen::Index k : {1, 2, 4}) {
    const PolygonOptimum found = polygon_optimum(k);
    contracts.push_back({"polygon_optimum, norm", text({double(k)}), found.norm, 1.0, 1e-6, 1.0});
    contracts.push_back({"polygon_optimum, bias", text({double(k)}), found.bias, 0.0, 1e-6, 1.0});
    contracts.push_back(
        {"polygon_optimum, loss", text({double(k)}), found.loss_per_feature, 0.0, 1e-12, 1.0});
  }
  for (const Eigen::Index n : {2, 3}) {
    for (const double p : {1.0, 0.3, 0.01}) {
      for (const double r : {0.05, 1.0, 20.0}) {
        const PhasePoint point{n, p, r};
        for (const CandidateLoss& each : candidate_losses(point)) {
          const double loss = exact_loss(candidate_model(point, each.candidate), features_of(point)).loss;
          contracts.push_back({"candidate_losses", text({double(n), p, r}), each.loss, loss, 1e-10, loss});
        }
      }
    }
  }
  // At density 1 the linear optimum is the optimum: the last feature leaves the dimension where it is worth
  // less.
  for (const double r : {0.3, 3.0}) {
    const PhasePoint point{2, 1.0, r};
    const double best = linear_optimum_loss(features_of(point), 1);
    contracts.push_back({"exact_phase", text({1.0, r}), exact_phase(point).optimum.loss, best, 1e-8, best});
    OptimumOptions starts;
    starts.starts = 4;
    const double lowest_found = lowest(find_minima(exact_objective(features_of(point)), 2, 1, starts)).loss;
    contracts.push_back({"find_minima", text({1.0, r}), lowest_found, best, 1e-8, best});
  }
  // Which of two features is the last does not matter. (Even at density 1 a ReLU lets two of nearly the same
  // importance share a dimension, from r = 0.98885 to its inverse: a clipped output errs less than a linear
  // one.)
  const PhasePoint below = transition_between({2, 1.0, 0.5}, {2, 1.0, 1.0});
  const PhasePoint above = transition_between({2, 1.0, 1.0}, {2, 1.0, 2.0});
  contracts.push_back({"transition_between", "density 1", below.relative_importance,
                       1.0 / above.relative_importance, 2e-6, 1.0});
  ToyModel linear = random_model(5, 2, 0.7, 3);
  linear.kind = ModelKind::linear;
  const FeatureDistribution features = uneven_features(5, 3);
  const double best = linear_optimum_loss(features, 2);
  const OptimalityGap gap = optimality_gaps({linear}, features, {}).front();
  contracts.push_back({"optimality_gaps, linear", "seed 3", gap.best, best, 1e-12, best});
  contracts.push_back(
      {"optimality_gaps, linear", "seed 3", gap.loss, exact_loss(linear, features).loss, 1e-12, gap.loss});
}

}  // namespace

TEST_CASE("contracts: numerics, search, packing and optima are as close as their headers say") {
  std::vector<Contract> contracts;
  numerics_contracts(contracts);
  search_contracts(contracts);
  packing_contracts(contracts);
  optima_contracts(contracts);
  code_contracts(contracts);
  hold(contracts);
}
