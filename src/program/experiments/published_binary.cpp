// Binary features whose probabilities follow a place on a circle or on a figure of eight (prieto2026):
// whether the optimum under a penalty on the weights arranges features as their correlations are, so that
// interference adds to features that are on, or leaves it to the ReLU to cut off.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <numbers>
#include <utility>

#include "core/algebra/dense_solvers.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/random.hpp"
#include "core/files/table.hpp"
#include "empirical/training/training.hpp"
#include "plots/series_figure.hpp"
#include "program/experiments/experiment.hpp"
#include "sweep/sweep.hpp"
#include "theory/optima/optimum.hpp"
#include "theory/optima/penalty.hpp"

namespace digon::tables {
extern const std::string_view published_binary;  // generated from paper_refs
}  // namespace digon::tables

namespace digon::experiments {
namespace {

constexpr Eigen::Index binary_features = 12;
constexpr Eigen::Index atoms = Eigen::Index(1) << binary_features;
constexpr double sharpness = 10.0;

/// All 2^12 inputs and their probabilities.
struct BinaryLaw {
  Eigen::MatrixXd x;        ///< [n×2^n]
  Eigen::VectorXd weights;  ///< [2^n], their sum 1
};

/// Where feature i, or place i, is: on the circle (cos, sin)(2πi/n), or on the figure of eight (sin, sin 2·).
Eigen::Vector2d place(const std::string& law, Eigen::Index i) {
  const double angle = 2.0 * std::numbers::pi * double(i) / double(binary_features);
  if (law == "circle") return {std::cos(angle), std::sin(angle)};
  return {std::sin(angle), std::sin(2.0 * angle)};
}

/// P(x_i = 1 | place k) = 1/(1 + e^(−10 u_i·u_k)).
Eigen::MatrixXd probabilities(const std::string& law) {
  Eigen::MatrixXd p(binary_features, binary_features);
  for (Eigen::Index k = 0; k < binary_features; ++k) {
    for (Eigen::Index i = 0; i < binary_features; ++i)
      p(i, k) = 1.0 / (1.0 + std::exp(-sharpness * place(law, i).dot(place(law, k))));
  }
  return p;
}

/// The places are equally likely, features independent given the place.
BinaryLaw binary_law(const std::string& law) {
  const Eigen::MatrixXd p = probabilities(law);
  BinaryLaw all{Eigen::MatrixXd(binary_features, atoms), Eigen::VectorXd::Zero(atoms)};
  for (Eigen::Index a = 0; a < atoms; ++a) {
    for (Eigen::Index i = 0; i < binary_features; ++i) all.x(i, a) = double((a >> i) & 1);
    for (Eigen::Index k = 0; k < binary_features; ++k) {
      all.weights[a] += (all.x.col(a).array() > 0.5).select(p.col(k).array(), 1.0 - p.col(k).array()).prod() /
                        double(binary_features);
    }
  }
  return all;
}

/// Σ_a P(a) Σ_j (x_aj − x'_aj)² and its gradient, a block of inputs at a time; `linear` leaves out the ReLU.
LossGradient binary_loss(const ToyModel& model, const BinaryLaw& law, bool linear = false) {
  constexpr Eigen::Index block = 256;
  LossGradient loss;
  loss.by_W = Eigen::MatrixXd::Zero(model.hidden(), model.features());
  loss.by_b = Eigen::VectorXd::Zero(model.features());
  for (Eigen::Index begin = 0; begin < atoms; begin += block) {
    const auto x = law.x.middleCols(begin, block);
    const auto weights = law.weights.segment(begin, block);
    const Eigen::MatrixXd hidden = model.W * x;
    Eigen::MatrixXd output = model.W.transpose() * hidden;
    output.colwise() += model.b;
    const Eigen::MatrixXd error = (linear ? output : output.cwiseMax(0.0)) - x;
    Eigen::MatrixXd slope = 2.0 * error * weights.asDiagonal();
    if (!linear) slope = (output.array() > 0.0).select(slope, 0.0);
    loss.loss += error.colwise().squaredNorm().dot(weights);
    loss.by_b += slope.rowwise().sum();
    loss.by_W += hidden * slope.transpose() + (model.W * slope) * x.transpose();
  }
  return loss;
}

Eigen::MatrixXd covariance(const BinaryLaw& law) {
  const Eigen::VectorXd mean = law.x * law.weights;
  return law.x * law.weights.asDiagonal() * law.x.transpose() - mean * mean.transpose();
}

/// The correlation of W_i·W_j with Cov(x_i, x_j) over i ≠ j: 1 where interference comes from the features
/// that are on together.
double agreement(const Eigen::MatrixXd& W, const Eigen::MatrixXd& covariance) {
  const Eigen::MatrixXd gram = W.transpose() * W;
  Eigen::VectorXd one(binary_features * (binary_features - 1));
  Eigen::VectorXd other(one.size());
  Eigen::Index k = 0;
  for (Eigen::Index i = 0; i < binary_features; ++i) {
    for (Eigen::Index j = 0; j < binary_features; ++j) {
      if (i == j) continue;
      one[k] = gram(i, j);
      other[k++] = covariance(i, j);
    }
  }
  one.array() -= one.mean();
  other.array() -= other.mean();
  const double norms = one.norm() * other.norm();
  return norms > 1e-9 ? one.dot(other) / norms : 0.0;
}

struct BinaryRow {
  std::string law;
  Eigen::Index hidden = 0;
  std::string made;       ///< "optimum" or "adamw"
  double strength = 0.0;  ///< λ of λ Σ‖W_i‖², or the decoupled weight decay
  double loss = 0.0;      ///< without the penalty
  double agreement = 0.0;
  double filtered = 0.0;  ///< share of the same weights' loss without ReLU that the ReLU removes
};
using BinaryRows = std::vector<BinaryRow>;

BinaryRow row_of(const nlohmann::json& settings, const ToyModel& model, const BinaryLaw& law) {
  const double loss = binary_loss(model, law).loss;
  return {settings.at("law"),
          settings.at("hidden"),
          settings.at("made"),
          settings.at("strength"),
          loss,
          agreement(model.W, covariance(law)),
          1.0 - loss / binary_loss(model, law, true).loss};
}

/// W of the greatest principal components, W Wᵀ = 1, and the biases that make its linear model best.
ToyModel principal_components(const BinaryLaw& law, Eigen::Index m) {
  ToyModel model{symmetric_eigen(covariance(law)).vectors.rightCols(m).transpose(), Eigen::VectorXd()};
  const Eigen::VectorXd mean = law.x * law.weights;
  model.b = mean - model.W.transpose() * (model.W * mean);
  return model;
}

/// AdamW from 1e-2 by a cosine with decoupled weight decay, as prieto2026 has it, but on the law itself: full
/// batches and no bound on the gradient's norm.
ToyModel trained_binary(const BinaryLaw& law, Eigen::Index m, double decay, std::size_t steps,
                        std::uint64_t seed) {
  TrainingSettings settings;
  settings.steps = steps;
  settings.optimizer.kind = OptimizerKind::adamw;
  settings.optimizer.schedule = Schedule::cosine;
  settings.optimizer.learning_rate = 1e-2;
  settings.optimizer.weight_decay = decay;
  settings.threads = 1;
  TrainingHooks hooks;
  hooks.objective = [&](std::size_t) {
    return [&](const Parameters<double>& at, Eigen::VectorXd& gradient) {
      const LossGradient loss = binary_loss(at.model(), law);
      gradient.resize(at.values.size());
      gradient << loss.by_W.reshaped(), loss.by_b;
      return loss.loss;
    };
  };
  const TrainingInstance instance{ModelKind::relu_output, m, uniform_features(binary_features, 0.5), seed};
  return train({instance}, settings, hooks).front().model;
}

/// {law, hidden, made, strength, starts, steps, seed}.
StoredCell compute_binary(const nlohmann::json& settings, const std::string& /*given*/) {
  const BinaryLaw law = binary_law(settings.at("law"));
  const Eigen::Index m = settings.at("hidden");
  ToyModel model;
  if (settings.at("made") == "adamw") {
    model = trained_binary(law, m, settings.at("strength"), settings.at("steps"), settings.at("seed"));
  } else {
    const Objective loss{[&](const ToyModel& at) { return binary_loss(at, law); },
                         Eigen::VectorXd::Ones(binary_features)};
    const Objective objective = penalized(loss, {.weights = settings.at("strength")});
    OptimumOptions options;
    options.starts = settings.at("starts");
    options.seed = settings.at("seed");
    options.threads = 1;
    model = lowest(find_minima(objective, binary_features, m, options, {principal_components(law, m)})).model;
  }
  const BinaryRow row = row_of(settings, model, law);
  return {{{"loss", row.loss}, {"agreement", row.agreement}, {"filtered", row.filtered}}, {}};
}

const CellKind binary_kind{"binary", 1, &compute_binary};

BinaryRows recorded_binary() {
  BinaryRows rows;
  for (const auto& row : parse_csv(tables::published_binary).rows) {
    rows.push_back({row[0], std::stol(row[1]), row[2], std::stod(row[3]), std::stod(row[4]),
                    std::stod(row[5]), std::stod(row[6])});
  }
  return rows;
}

struct FoundBinary {
  BinaryRows rows;   ///< the record, or all of this run in the paper preset
  BinaryRows again;  ///< of this run
};

/// What the record has: laws and widths.
std::vector<std::pair<std::string, Eigen::Index>> recorded_laws() {
  return {{"circle", 2}, {"circle", 3}, {"circle", 4}, {"circle", 6}, {"circle", 8},
          {"eight", 2},  {"eight", 3},  {"eight", 4},  {"eight", 6}};
}

std::any find_binary(const Results& results) {
  const ExperimentContext& context = results.context;
  std::vector<SweepCell> cells;
  const auto add = [&](const std::string& law, Eigen::Index m, const std::string& made, double strength) {
    cells.push_back({&binary_kind,
                     {{"law", law},
                      {"hidden", m},
                      {"made", made},
                      {"strength", strength},
                      {"starts", context.choose(2, 6)},
                      {"steps", 1500},
                      {"seed", context.seed}}});
  };
  if (context.preset == Preset::paper) {
    for (const auto& [law, m] : recorded_laws()) {
      for (const double lambda : {0.0, 0.003, 0.01, 0.03, 0.1, 0.3}) add(law, m, "optimum", lambda);
      for (const double decay : {1.0, 6.0}) add(law, m, "adamw", decay);
    }
  } else {
    for (const double lambda : {0.0, 0.1}) add("circle", 6, "optimum", lambda);
    add("circle", 6, "adamw", 6.0);
  }
  const std::vector<StoredCell> stored = sweep(context.store, results.id, cells, context.threads);
  FoundBinary found;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const nlohmann::json& at = stored[k].result;
    found.again.push_back({cells[k].settings.at("law"), cells[k].settings.at("hidden"),
                           cells[k].settings.at("made"), cells[k].settings.at("strength"), at.at("loss"),
                           at.at("agreement"), at.at("filtered")});
  }
  found.rows = context.preset == Preset::paper ? found.again : recorded_binary();
  return found;
}

Table binary_table(const Results& results) {
  Table table{{"law", "hidden", "made", "strength", "loss", "agreement", "filtered"}, {}};
  for (const BinaryRow& row : results.found_as<FoundBinary>().rows) {
    table.add_row({row.law, text_of(std::size_t(row.hidden)), row.made, text_of(row.strength),
                   text_of(row.loss), text_of(row.agreement), text_of(row.filtered)});
  }
  return table;
}

using BinaryColumn = double BinaryRow::*;

const BinaryRow& row_at(const BinaryRows& rows, const std::string& law, Eigen::Index m,
                        const std::string& made, double strength) {
  for (const BinaryRow& row : rows) {
    if (row.law == law && row.hidden == m && row.made == made && row.strength == strength) return row;
  }
  throw std::logic_error("no such row");
}

/// Optima against λ, a line a width.
std::vector<Series> by_penalty(const BinaryRows& rows, const std::string& law, BinaryColumn column) {
  std::vector<Series> all;
  constexpr std::array<std::size_t, 5> colors{0, 2, 3, 4, 6};
  for (const auto& [of, m] : recorded_laws()) {
    if (of != law) continue;
    Series& series = all.emplace_back(Series{
        fmt::format("{{/:Italic m}} = {}", m), {}, SeriesStyle::line_and_points, colors.at(all.size())});
    for (const BinaryRow& row : rows) {
      if (row.law == law && row.made == "optimum" && row.hidden == m && row.strength > 0.0)
        series.points.emplace_back(row.strength, row.*column);
    }
  }
  return all;
}

/// Against the width: the optimum without penalty, and trainings.
std::vector<Series> by_width(const BinaryRows& rows, const std::string& law) {
  std::vector<Series> all{{"optimum, λ = 0", {}, SeriesStyle::line_and_points, 0},
                          {"AdamW, decay 1", {}, SeriesStyle::line_and_points, 3},
                          {"decay 6", {}, SeriesStyle::line_and_points, 4}};
  for (const auto& [of, m] : recorded_laws()) {
    if (of != law) continue;
    all[0].points.emplace_back(double(m), row_at(rows, law, m, "optimum", 0.0).agreement);
    all[1].points.emplace_back(double(m), row_at(rows, law, m, "adamw", 1.0).agreement);
    all[2].points.emplace_back(double(m), row_at(rows, law, m, "adamw", 6.0).agreement);
  }
  return all;
}

void draw_binary(const std::filesystem::path& path, const Results& results) {
  const BinaryRows& rows = results.found_as<FoundBinary>().rows;
  std::vector<SeriesPanel> panels;
  for (const std::string law : {"circle", "eight"}) {
    const std::string name = law == "circle" ? "Circle" : "Figure of eight";
    panels.push_back({name + ": Gram matrix as the covariance", "λ", "correlation",
                      by_penalty(rows, law, &BinaryRow::agreement), AxisScale::logarithmic, AxisScale::linear,
                      "[0:1.05]"});
    panels.push_back({name + ": cut off by the ReLU", "λ", "share of the loss without it",
                      by_penalty(rows, law, &BinaryRow::filtered), AxisScale::logarithmic, AxisScale::linear,
                      "[0:*]"});
    panels.push_back({name + ": trainings", "{/:Italic m}", "correlation", by_width(rows, law),
                      AxisScale::linear, AxisScale::linear, "[0:1.05]"});
  }
  draw_series(path, "12 binary features whose probabilities follow a place on a curve; penalty λ Σ‖W_i‖²",
              panels, 3);
}

}  // namespace

Experiment published_binary() {
  return {.suite = Suite::published,
          .id = "published-binary",
          .summary = "Binary features of circular law: interference that adds, or that the ReLU cuts off",
          .find = find_binary,
          .tables = {{"published_binary", binary_table}},
          .figures =
              {{"published-binary",
                "How the optimum's inner products agree with the features' covariance, and what share of its "
                "loss without ReLU the ReLU removes, against the penalty on the weights; and of trainings "
                "with weight decay.",
                draw_binary}},
          .measures = {
              {"filtering",
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().again, "circle", 6, "optimum", 0.0).filtered;
               },
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().again, "circle", 6, "optimum", 0.1).filtered;
               }},
              {"penalised",
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().again, "circle", 6, "optimum", 0.1).agreement;
               },
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().again, "circle", 6, "optimum", 0.0).agreement;
               }},
              {"decay-6",
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().again, "circle", 6, "adamw", 6.0).agreement;
               },
               [](const Results& results) {
                 return row_at(results.found_as<FoundBinary>().rows, "circle", 6, "adamw", 1.0).agreement;
               }}}};
}

}  // namespace digon::experiments
