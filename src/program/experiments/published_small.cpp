// Published statements about models of two to five features, by the exact loss and descents: a rational loss,
// where the pentagon is best, penalties on interference and bounds on the coherence.
#include <fmt/format.h>

#include <cmath>
#include <numbers>

#include "core/algebra/products.hpp"
#include "core/base/interrupt.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/optima/optimum.hpp"
#include "theory/optima/penalty.hpp"
#include "theory/optima/phase.hpp"
#include "theory/optima/polygon.hpp"

namespace digon::experiments {
namespace {

/// W = (3/5, 4/5) and these biases at S = 0.
double rational_loss(double first_bias, double second_bias) {
  return exact_loss({Eigen::RowVector2d(0.6, 0.8), Eigen::Vector2d(first_bias, second_bias)},
                    uniform_features(2, 1.0), {.relative_tolerance = 1e-13})
      .loss;
}

/// The greatest difference of D_i and ‖W_i‖^(2k)/Σ_j(W_i·W_j)², of uneven columns; the capacity has k = 2.
double capacity_difference(double k) {
  Eigen::MatrixXd W(2, 4);
  W << 0.9, -0.4, 0.3, 0.1,  //
      0.2, 0.8, -0.7, 0.5;
  const Eigen::ArrayXd power = W.colwise().squaredNorm().transpose().array().pow(k);
  const Eigen::ArrayXd capacity = power / gram(W).rowwise().squaredNorm().array();
  return (capacity - feature_geometry(W).dimensionality.array()).abs().maxCoeff();
}

// Five features in two dimensions.

enum class Branch { pentagon, digons, triangle };

/// The local minimum of that arrangement.
Descent minimum_of(Branch branch, const Objective& objective) {
  if (branch == Branch::pentagon) return descend(objective, regular_polygon(5, 1.1, -0.2));
  ToyModel start{Eigen::MatrixXd::Zero(2, 5), objective.absent_bias};
  if (branch == Branch::triangle) {
    start.W.leftCols(3) = regular_polygon(3, 1.0, 0.0).W;
    start.b.head(3).setZero();
  } else {
    start.W.leftCols(4) << 1.0, -1.0, 0.0, 0.0,  //
        0.0, 0.0, 1.0, -1.0;
    start.b.head(4).setZero();
  }
  return with_best_absent_biases(objective, descend(objective, start));
}

/// The density at which one arrangement's loss passes the other's, to 1e-9.
double branch_crossover(Branch first, Branch second, double from, double to) {
  const auto is_first = [&](double density) {
    throw_if_interrupted();
    const Objective objective = exact_objective(uniform_features(5, density), 1e-12);
    return minimum_of(first, objective).loss < minimum_of(second, objective).loss;
  };
  const Change change = bisect(is_first, from, to, {.width = 1e-9});
  return (change.holds + change.fails) / 2.0;
}

struct PentagonRow {
  double density = 0.0;
  Descent pentagon;  ///< the arrangement, best or not
  Descent best;
  [[nodiscard]] std::string winner() const { return describe_geometry(best.model.W).name; }
};

std::vector<PentagonRow> pentagon_rows(const ExperimentContext& context) {
  std::vector<PentagonRow> rows;
  for (const double density : {0.001, 0.003, 0.01, 0.03, 0.05, 0.1, 0.15, 0.2, 0.21, 0.22, 0.23,
                               0.24,  0.25,  0.3,  0.4,  0.5,  0.6, 0.65, 0.7, 0.8,  0.9,  1.0}) {
    const Objective objective = exact_objective(uniform_features(5, density));
    OptimumOptions options;
    options.starts = context.choose<std::size_t>(16, 200);
    options.seed = context.seed;
    options.threads = context.threads;
    const Descent pentagon = minimum_of(Branch::pentagon, objective);
    rows.push_back({density, pentagon, lowest(find_minima(objective, 5, 2, options, {pentagon.model}))});
    throw_if_interrupted();
  }
  return rows;
}

// λ Σ_{i≠j} (W_i·W_j)², which of two features in one dimension is λ · 2 W_1² W_2²; and |cos| ≤ c.

/// The λ beyond which two features, of relative importance r, are no pair; 0 where they are none without it.
double critical_penalty(double density, double r) {
  const auto is_pair = [&](double lambda) {
    throw_if_interrupted();
    const PhasePoint point{2, density, r, {}, {.interference = lambda}};
    return exact_phase(point).phase == Phase::superposed;
  };
  if (!is_pair(0.0)) return 0.0;
  return bisect(is_pair, 0.0, r, {.steps = 40, .width = 1e-7 * density}).holds;
}

struct PenaltyRow {
  double density;
  double r;
  double critical;
};

/// The lowest minimum of five features at S = 0.999 under λ Σ (W_i·W_j)².
Descent penalized_optimum(double lambda) {
  const Objective objective =
      penalized(exact_objective(uniform_features(5, 0.001), 1e-11), {.interference = lambda});
  Descent best = minimum_of(Branch::pentagon, objective);
  for (const Branch other : {Branch::digons, Branch::triangle}) {
    const Descent one = minimum_of(other, objective);
    if (one.loss < best.loss) best = one;
  }
  return best;
}

struct CoherenceRow {
  double lambda;
  Descent best;
};

/// The λ at which five features at S = 0.999 change from the pentagon to two digons.
double digons_under_penalty(double density) {
  const auto is_pentagon = [&](double lambda) {
    throw_if_interrupted();
    const Objective objective =
        penalized(exact_objective(uniform_features(5, density), 1e-12), {.interference = lambda});
    return minimum_of(Branch::pentagon, objective).loss < minimum_of(Branch::digons, objective).loss;
  };
  return bisect(is_pentagon, 1e-3 * density, density, {.steps = 40, .width = 1e-9 * density}).holds;
}

struct CapRow {
  Eigen::Index features;
  double cap;
  double loss;  ///< L_1
  std::string geometry;
};

/// P(c): the least L_1 of n features in two dimensions with |cos| ≤ c.
CapRow capped(Eigen::Index n, double cap, const ExperimentContext& context) {
  const Objective objective =
      penalized(one_sparse_objective(Eigen::VectorXd::Ones(n)), {.max_coherence = cap});
  OptimumOptions options;
  options.starts = context.choose<std::size_t>(24, 100);
  options.seed = context.seed;
  options.threads = context.threads;
  const Descent best = lowest(find_minima(objective, n, 2, options));
  throw_if_interrupted();
  return {n, cap, best.loss, describe_geometry(best.model.W).name};
}

struct FoundSmall {
  std::vector<PentagonRow> pentagon;
  double to_digons = 0.0;    ///< the density at which two digons become better
  double to_triangle = 0.0;  ///< and the triangle
  std::vector<PenaltyRow> penalties;
  std::vector<CoherenceRow> coherence;
  double digons_at = 0.0;  ///< λ
  std::vector<CapRow> caps;

  [[nodiscard]] double cap_loss(Eigen::Index n, double cap) const {
    for (const CapRow& row : caps) {
      if (row.features == n && row.cap == cap) return row.loss;
    }
    throw std::logic_error("no such row");
  }
};

constexpr double short_of_bound = 1e-4;  ///< a bound by so much lower
const double eight_directions = std::numbers::sqrt2 / 2.0;
const double ten_directions = std::cos(std::numbers::pi / 5.0);

std::any find_small(const Results& results) {
  const ExperimentContext& context = results.context;
  FoundSmall found;
  found.pentagon = pentagon_rows(context);
  found.to_digons = branch_crossover(Branch::pentagon, Branch::digons, 0.15, 0.3);
  found.to_triangle = branch_crossover(Branch::digons, Branch::triangle, 0.4, 0.8);
  for (const double density : {0.5, 0.2, 0.1, 0.05, 0.01, 0.001}) {
    for (const double r : {1.0, 0.5, 0.1})
      found.penalties.push_back({density, r, critical_penalty(density, r)});
  }
  for (const double lambda : powers(10.0, -7.0, -3.0, context.choose<std::size_t>(17, 65)))
    found.coherence.push_back({lambda, penalized_optimum(lambda)});
  found.digons_at = digons_under_penalty(0.001);
  for (const double cap : {0.1, 0.3, 0.5 - short_of_bound, 0.5, 0.6})
    found.caps.push_back(capped(3, cap, context));
  for (const double cap :
       {0.1, 0.3, 0.5 - short_of_bound, 0.5, 0.6, eight_directions - short_of_bound, eight_directions, 0.72,
        0.75, 0.78, ten_directions - short_of_bound, ten_directions, 0.9}) {
    found.caps.push_back(capped(5, cap, context));
  }
  return found;
}

Table pentagon_table(const Results& results) {
  Table table{{"density", "pentagon_loss", "radius", "bias", "lowest_loss", "geometry"}, {}};
  for (const PentagonRow& row : results.found_as<FoundSmall>().pentagon) {
    table.add_row({text_of(row.density), text_of(row.pentagon.loss),
                   text_of(row.pentagon.model.W.colwise().norm().mean()),
                   text_of(row.pentagon.model.b.mean()), text_of(row.best.loss), row.winner()});
  }
  return table;
}

Table penalty_table(const Results& results) {
  Table table{{"density", "relative_importance", "critical_lambda"}, {}};
  for (const PenaltyRow& row : results.found_as<FoundSmall>().penalties)
    table.add_row({text_of(row.density), text_of(row.r), text_of(row.critical)});
  return table;
}

Table coherence_table(const Results& results) {
  Table table{{"lambda", "loss", "coherence", "norm", "geometry"}, {}};
  for (const CoherenceRow& row : results.found_as<FoundSmall>().coherence) {
    table.add_row(
        {text_of(row.lambda), text_of(row.best.loss), text_of(coherence_of_present(row.best.model.W)),
         text_of(row.best.model.W.colwise().norm().maxCoeff()), describe_geometry(row.best.model.W).name});
  }
  return table;
}

Table cap_table(const Results& results) {
  Table table{{"features", "bound", "loss", "geometry"}, {}};
  for (const CapRow& row : results.found_as<FoundSmall>().caps)
    table.add_row({text_of(std::size_t(row.features)), text_of(row.cap), text_of(row.loss), row.geometry});
  return table;
}

void draw_small(const std::filesystem::path& path, const Results& results) {
  const auto& found = results.found_as<FoundSmall>();
  Series radius{"radius", {}, SeriesStyle::line_and_points, 0};
  Series bias{"bias", {}, SeriesStyle::line_and_points, 1};
  Series best{"best model's greatest norm", {}, SeriesStyle::points, 2};
  Series excess{"pentagon above the lowest known", {}, SeriesStyle::line_and_points, 3};
  for (const PentagonRow& row : found.pentagon) {
    radius.points.emplace_back(row.density, row.pentagon.model.W.colwise().norm().mean());
    bias.points.emplace_back(row.density, row.pentagon.model.b.mean());
    best.points.emplace_back(row.density, row.best.model.W.colwise().norm().maxCoeff());
    excess.points.emplace_back(row.density, row.pentagon.loss / row.best.loss - 1.0);
  }
  Series coherence{"coherence of the optimum", {}, SeriesStyle::line_and_points, 0};
  Series norm{"norm", {}, SeriesStyle::line_and_points, 1};
  for (const CoherenceRow& row : found.coherence) {
    coherence.points.emplace_back(row.lambda, coherence_of_present(row.best.model.W));
    norm.points.emplace_back(row.lambda, row.best.model.W.colwise().norm().maxCoeff());
  }
  Series three{"3 features", {}, SeriesStyle::line_and_points, 0};
  Series five{"5 features", {}, SeriesStyle::line_and_points, 1};
  for (const CapRow& row : found.caps)
    (row.features == 3 ? three : five).points.emplace_back(row.cap, row.loss);
  draw_series(path, "Five features in two dimensions, importance 1",
              {{"The pentagon", "density", "", {radius, bias, best}, AxisScale::logarithmic},
               {"Its loss", "density", "relative excess", {excess}, AxisScale::logarithmic},
               {"S = 0.999, penalty on interference", "λ", "", {coherence, norm}, AxisScale::logarithmic},
               {"L_1 with |cos| at most c", "c", "least L_1", {three, five}}},
              2);
}

/// The same number of one run's findings for value and null.
Measure found_number(const std::string& name, double (*value)(const FoundSmall&),
                     double (*null)(const FoundSmall&)) {
  return {name, [value](const Results& results) { return value(results.found_as<FoundSmall>()); },
          [null](const Results& results) { return null(results.found_as<FoundSmall>()); }};
}

}  // namespace

Experiment published_small() {
  return {
      .suite = Suite::published,
      .id = "published-small",
      .summary =
          "Published statements about two to five features: a rational loss, the pentagon's interval, "
          "penalties on interference, bounds on the coherence",
      .find = find_small,
      .tables = {{"pentagon", pentagon_table},
                 {"penalty", penalty_table},
                 {"coherence", coherence_table},
                 {"bound", cap_table}},
      .figures = {{"published-small",
                   "The pentagon's norm and bias against density, and by how much it misses the lowest loss "
                   "known; the optimum's coherence under a penalty; the least L_1 under a bound on the "
                   "coherence.",
                   draw_small}},
      .measures = {
          {"rational", [](const Results&) { return rational_loss(0.08, -0.06); },
           [](const Results&) { return rational_loss(-0.06, 0.08); }},
          {"capacity", [](const Results&) { return capacity_difference(2.0); },
           [](const Results&) { return capacity_difference(1.0); }},
          {"pentagon/sparse-limit", [](const Results&) { return polygon_optimum(5).loss_per_feature; },
           [](const Results&) { return polygon_optimum(6).loss_per_feature; }},
          found_number(
              "pentagon/to-digons", [](const FoundSmall& found) { return found.to_digons; },
              [](const FoundSmall& found) { return found.to_triangle; }),
          found_number(
              "pentagon/to-triangle", [](const FoundSmall& found) { return found.to_triangle; },
              [](const FoundSmall& found) { return found.to_digons; }),
          {"pentagon/lowest",
           [](const Results& results) {
             double greatest = 0.0;  // excess where the pentagon is said to be best
             for (const PentagonRow& row : results.found_as<FoundSmall>().pentagon) {
               if (row.density < results.found_as<FoundSmall>().to_digons)
                 greatest = std::max(greatest, row.pentagon.loss / row.best.loss - 1.0);
             }
             return greatest;
           },
           [](const Results& results) {
             const PentagonRow& dense = results.found_as<FoundSmall>().pentagon.back();
             return dense.pentagon.loss / dense.best.loss - 1.0;
           }},
          found_number(
              "penalty/two-features", [](const FoundSmall& found) { return found.penalties.at(6).critical; },
              [](const FoundSmall& found) { return found.penalties.at(7).critical; }),
          found_number(
              "penalty/five-features", [](const FoundSmall& found) { return found.digons_at; },
              [](const FoundSmall& found) { return found.penalties.back().critical; }),
          found_number(
              "bound/three-features",
              [](const FoundSmall& found) {
                return found.cap_loss(3, 0.5 - short_of_bound) - found.cap_loss(3, 0.5);
              },
              [](const FoundSmall& found) { return found.cap_loss(3, 0.1) - found.cap_loss(3, 0.3); }),
          found_number(
              "bound/five-features",
              [](const FoundSmall& found) {
                return found.cap_loss(5, ten_directions - short_of_bound) - found.cap_loss(5, ten_directions);
              },
              [](const FoundSmall& found) { return found.cap_loss(5, 0.5) - found.cap_loss(5, 0.6); }),
      }};
}

}  // namespace digon::experiments
