#include "program/experiments/condition_experiment.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>
#include <string>

#include "core/base/atomic_file.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/progress.hpp"
#include "core/base/random.hpp"
#include "core/files/table.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "geometry/represented.hpp"
#include "plots/arrows_figure.hpp"
#include "plots/basic_figure.hpp"
#include "plots/loss_comparison_figure.hpp"
#include "program/verdict/predictions.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {
namespace {

constexpr std::size_t loss_samples = 1U << 20;
constexpr double allowed_standard_errors = 4.0;
constexpr double linear_gap_allowed = 0.01;

/// Numbers of the quick preset, or of the paper's.
template <typename Value>
Value choose(Preset preset, Value quick, Value paper) {
  return preset == Preset::quick ? quick : paper;
}

std::vector<Experiment> make_experiments(Preset preset) {
  Experiment intro;
  intro.id = "intro";
  intro.summary = "5 features in 2 dimensions: 2 dedicated, 2 digons, a pentagon";
  intro.features = 5;
  intro.hidden = 2;
  intro.importance = "0.9^i";
  intro.conditions = {{ModelKind::relu_output, 1.0, "intro/dense"},
                      {ModelKind::relu_output, 0.2, "intro/middle"},
                      {ModelKind::relu_output, 0.1, "intro/sparse"}};
  intro.restarts = 8;
  intro.learning_rate = 3e-3;
  intro.optimum_starts = 32;

  Experiment basic;
  basic.id = "basic-small";
  basic.summary = "20 features in 5 dimensions: the linear model and seven densities";
  basic.features = 20;
  basic.hidden = 5;
  basic.importance = "0.7^i";
  basic.conditions.push_back({ModelKind::linear, 1.0, ""});
  for (const double density : {1.0, 0.3, 0.1, 0.03, 0.01, 0.003, 0.001}) {
    basic.conditions.push_back({ModelKind::relu_output, density, ""});
  }
  basic.restarts = choose<std::size_t>(preset, 8, 32);
  basic.steps = choose<std::size_t>(preset, 8'000, 30'000);
  basic.learning_rate = 3e-3;
  basic.optimum_starts = choose<std::size_t>(preset, 3, 32);
  // The sparse conditions have many local minima 1 to 20% apart: the best of 8 trained starts is expected up
  // to 7% above the lowest known, the best of 24 up to 4.5% (docs/training.md).
  basic.gap_allowed = choose(preset, 0.10, 0.05);
  basic.figure = FigureKind::basic;

  Experiment large;
  large.id = "basic-large";
  large.summary = "80 features in 20 dimensions: the linear model and seven densities";
  large.features = 80;
  large.hidden = 20;
  large.importance = "0.9^i";
  large.conditions = basic.conditions;
  large.restarts = choose<std::size_t>(preset, 1, 2);
  large.steps = choose<std::size_t>(preset, 5'000, 10'000);
  large.learning_rate = 3e-3;
  large.exact_tolerance = choose(preset, 1e-6, 1e-8);
  large.figure = FigureKind::basic;
  return {intro, basic, large};
}

/// Cells of one start each in the order of the conditions, all starts of one together. A seed depends on the
/// experiment's seed and the cell's place alone.
std::vector<TrainingCell> cells_of(const Experiment& experiment, std::uint64_t seed) {
  std::vector<TrainingCell> cells;
  for (const Condition& condition : experiment.conditions) {
    TrainingCell cell;
    cell.kind = condition.kind;
    cell.hidden = experiment.hidden;
    cell.features = uniform_features(experiment.features, condition.density);
    cell.features.importance = parse_importance("importance", experiment.importance, experiment.features);
    cell.starts = 1;
    cell.steps = experiment.steps;
    cell.learning_rate = experiment.learning_rate;
    for (std::size_t r = 0; r < experiment.restarts; ++r) {
      cell.seed = derive_seed(seed, cells.size());
      cells.push_back(cell);
    }
  }
  return cells;
}

/// A trained model with theory and sampling of the same weights.
struct Compared {
  TrainedModel trained;
  ExactLoss exact;
  SampledLoss sampled;
};

std::vector<Compared> compare(const Experiment& experiment, const std::vector<TrainingCell>& cells,
                              const std::vector<TrainedCell>& all, const ExperimentContext& options) {
  std::vector<Compared> compared;
  Progress progress(experiment.id + ": exact and sampled losses", all.size());
  for (std::size_t i = 0; i < all.size() && !interrupted(); ++i) {
    if (!std::isfinite(all[i].loss))
      throw std::runtime_error(fmt::format("{}: instance {} diverged", experiment.id, i));
    const TrainedModel trained{all[i].best, all[i].features, cells[i].seed};
    ExactLossOptions exact;
    exact.relative_tolerance = experiment.exact_tolerance;
    exact.threads = options.threads;
    compared.push_back(
        {trained, exact_loss(trained.model, trained.features, exact),
         sampled_loss(trained.model, trained.features, loss_samples, trained.seed, options.threads)});
    progress.advance(1);
  }
  return compared;
}

/// A condition's start of lowest exact loss.
struct Best {
  const Condition* condition = nullptr;
  std::size_t instance = 0;
  const Compared* model = nullptr;
  Decomposition decomposition;
  std::optional<double> optimum;  ///< the lowest loss known

  [[nodiscard]] double relative_gap() const { return model->exact.loss / *optimum - 1.0; }

  [[nodiscard]] Eigen::VectorXd loss_by_active() const {
    const Eigen::VectorXd mean = decomposition.L_mean();
    return binomial_weights(mean.size() - 1, condition->density).cwiseProduct(mean);
  }
};

std::vector<Best> best_of(const Experiment& experiment, const std::vector<Compared>& compared,
                          const ExperimentContext& context) {
  std::vector<Best> best;
  Progress progress(experiment.id + ": decomposition", experiment.conditions.size());
  for (std::size_t c = 0; c < experiment.conditions.size(); ++c) {
    std::size_t lowest = c * experiment.restarts;
    for (std::size_t i = lowest; i < (c + 1) * experiment.restarts; ++i) {
      if (compared[i].exact.loss < compared[lowest].exact.loss) lowest = i;
    }
    const TrainedModel& trained = compared[lowest].trained;
    DecompositionOptions options;
    options.relative_tolerance = experiment.exact_tolerance;
    options.threads = context.threads;
    best.push_back({&experiment.conditions[c],
                    lowest,
                    &compared[lowest],
                    decompose(trained.model, trained.features.importance, options),
                    {}});
    progress.advance(1);
  }
  return best;
}

/// The optimum of each condition: in closed form of the linear model, else the lowest of random descents and
/// of the one from the trained model. False where a signal ended it.
bool find_optima_of(const Experiment& experiment, const std::vector<TrainingCell>& cells,
                    const ExperimentContext& context, std::vector<Best>& best) {
  std::vector<OptimumCell> searches;
  std::vector<Best*> searched;
  for (Best& one : best) {
    const TrainedModel& trained = one.model->trained;
    if (one.condition->kind == ModelKind::linear) {
      one.optimum = linear_optimum_loss(trained.features, experiment.hidden);
      continue;
    }
    searches.push_back({trained.features,
                        experiment.hidden,
                        experiment.optimum_starts,
                        context.seed,
                        {trained.model},
                        sweep_cell(cells[one.instance]).settings});
    searched.push_back(&one);
  }
  const auto optima = find_optima(context.store, experiment.id, searches, context.threads);
  if (!optima) return false;
  for (std::size_t k = 0; k < searched.size(); ++k) {
    searched[k]->optimum = std::min((*optima)[k].loss, searched[k]->model->exact.loss);
  }
  return true;
}

std::vector<Check> checks_of(const Experiment& experiment, const std::vector<Compared>& compared,
                             const std::vector<Best>& best) {
  std::vector<Check> checks;
  for (std::size_t i = 0; i < compared.size(); ++i) {
    const Compared& model = compared[i];
    const double deviation = model.sampled.mean - model.exact.loss;
    checks.push_back(
        {fmt::format("{}/{}/sampled-loss", experiment.id, i),
         "the sampled loss of the trained weights is their exact loss",
         fmt::format("{:.6g}", model.exact.loss),
         fmt::format("{:.6g} ({:+.2f} s.e.)", model.sampled.mean, deviation / model.sampled.standard_error),
         fmt::format("{} s.e.", allowed_standard_errors),
         std::abs(deviation) <= allowed_standard_errors * model.sampled.standard_error});
  }
  for (const Best& one : best) {
    const ToyModel& model = one.model->trained.model;
    const double loss = one.model->exact.loss;
    const double sum = one.loss_by_active().sum();
    checks.push_back({fmt::format("{}/{}/decomposition", experiment.id, one.instance),
                      "the decomposition by active features sums to the exact loss",
                      fmt::format("{:.10g}", loss), fmt::format("{:.10g}", sum),
                      fmt::format("{:.0e} relative", 2.0 * experiment.exact_tolerance),
                      std::abs(sum - loss) <= 2.0 * experiment.exact_tolerance * loss});
    if (!one.condition->prediction.empty()) {
      checks.push_back(judge(one.condition->prediction, describe_geometry(model.W).name));
    }
    if (one.optimum) {
      checks.push_back({fmt::format("{}/{}/optimality-gap", experiment.id, one.instance),
                        "the best start comes this close to the best optimum found",
                        fmt::format("{:.8g}", *one.optimum),
                        fmt::format("{:.8g} (+{:.4f}%)", loss, 100.0 * one.relative_gap()),
                        fmt::format("{:.1f}%", 100.0 * experiment.gap_allowed),
                        one.relative_gap() <= experiment.gap_allowed});
    }
    if (one.condition->kind == ModelKind::linear) {
      const double optimum = linear_optimum_loss(one.model->trained.features, experiment.hidden);
      checks.push_back({fmt::format("{}/{}/linear-optimum", experiment.id, one.instance),
                        "the linear model reaches its optimum: the m most important features orthonormal",
                        fmt::format("{:.6g}", optimum),
                        fmt::format("{:.6g} (+{:.3f}%)", loss, 100.0 * (loss / optimum - 1.0)),
                        fmt::format("{:.0f}%", 100.0 * linear_gap_allowed),
                        loss <= (1.0 + linear_gap_allowed) * optimum});
    }
  }
  return checks;
}

/// Represented features: of the linear model, and the most any other condition has.
std::vector<Check> checks_of_represented(const Experiment& experiment, const std::vector<Best>& best) {
  double linear = 0.0;
  double most = 0.0;
  for (const Best& one : best) {
    const ToyModel& model = one.model->trained.model;
    const auto represented = double(represented_features(model.W).size());
    double& kept = model.kind == ModelKind::linear ? linear : most;
    kept = std::max(kept, represented);
  }
  return {judge(experiment.id + "/linear-represented", linear),
          judge(experiment.id + "/most-represented", most)};
}

void write_tables(const std::filesystem::path& folder, const Experiment& experiment,
                  const std::vector<Compared>& compared, const std::vector<Best>& best) {
  Table models{{"instance", "kind", "density", "seed", "exact_loss", "exact_loss_error", "sampled_loss",
                "sampled_standard_error", "samples", "best"},
               {}};
  Table features{
      {"instance", "feature", "importance", "bias", "norm", "superposition", "feature_dimensionality"}, {}};
  for (std::size_t i = 0; i < compared.size(); ++i) {
    const TrainedModel& trained = compared[i].trained;
    const bool is_best = best[i / experiment.restarts].instance == i;
    models.add_row({cell(i), std::string(name_of(trained.model.kind)), cell(trained.features.density[0]),
                    cell(std::size_t(trained.seed)), cell(compared[i].exact.loss),
                    cell(compared[i].exact.error), cell(compared[i].sampled.mean),
                    cell(compared[i].sampled.standard_error), cell(compared[i].sampled.samples),
                    is_best ? "1" : "0"});
    const FeatureGeometry geometry = feature_geometry(trained.model.W);
    for (Eigen::Index f = 0; f < trained.model.features(); ++f) {
      features.add_row({cell(i), cell(std::size_t(f)), cell(trained.features.importance[f]),
                        cell(trained.model.b[f]), cell(geometry.norm[f]), cell(geometry.superposition[f]),
                        cell(geometry.dimensionality[f])});
    }
  }
  Table by_active{{"instance", "k", "L_mean", "reconstruction", "interference", "weight_times_L_mean"}, {}};
  for (const Best& one : best) {
    const Eigen::VectorXd loss = one.loss_by_active();
    const Eigen::VectorXd mean = one.decomposition.L_mean();
    for (Eigen::Index k = 0; k < loss.size(); ++k) {
      by_active.add_row({cell(one.instance), cell(std::size_t(k)), cell(mean[k]),
                         cell(one.decomposition.reconstruction[k]), cell(one.decomposition.interference[k]),
                         cell(loss[k])});
    }
  }
  write_csv(folder / "models.csv", models);
  write_csv(folder / "features.csv", features);
  write_csv(folder / "loss_by_active.csv", by_active);
}

std::string sparsity_title(const Condition& condition) {
  const std::string sparsity = fmt::format("{{/:Italic S}} = {:.4g}", 1.0 - condition.density);
  return condition.kind == ModelKind::linear ? "linear, " + sparsity : sparsity;
}

void draw_arrows_of(const std::filesystem::path& path, const std::vector<Best>& best) {
  std::vector<ArrowsPanel> panels;
  for (const Best& one : best) {
    const Eigen::MatrixXd& W = one.model->trained.model.W;
    panels.push_back({sparsity_title(*one.condition),
                      fmt::format("{}, exact loss {:.5f}", describe_geometry(W).name, one.model->exact.loss),
                      W});
  }
  std::vector<std::string> names;
  const Eigen::VectorXd& importance = best.front().model->trained.features.importance;
  for (Eigen::Index i = 0; i < importance.size(); ++i) {
    names.push_back(fmt::format("{}  ({{/:Italic I}} = {:.3g})", i + 1, importance[i]));
  }
  draw_arrows(path, panels, names);
}

void draw_basic_of(const std::filesystem::path& path, const std::vector<Best>& best) {
  std::vector<BasicPanel> panels;
  for (const Best& one : best) {
    const ToyModel& model = one.model->trained.model;
    const FeatureGeometry geometry = feature_geometry(model.W);
    panels.push_back({sparsity_title(*one.condition), model.W.transpose() * model.W, model.b, geometry.norm,
                      geometry.superposition});
  }
  draw_basic(path, panels);
}

void draw_comparison_of(const std::filesystem::path& path, const Experiment& experiment,
                        const std::vector<Best>& best) {
  std::vector<LossComparison> models;
  for (const Best& one : best) {
    const double unit = zero_model_loss(one.model->trained.features);
    const std::string label = fmt::format(
        "{}{:.4g}", one.condition->kind == ModelKind::linear ? "linear\\n" : "", one.condition->density);
    models.push_back({label, one.loss_by_active() / unit, one.model->exact.loss / unit,
                      one.model->sampled.mean / unit, one.model->sampled.standard_error / unit});
  }
  draw_loss_comparison(path, models,
                       {fmt::format("Theory versus trained, {{/:Italic n}} = {}, {{/:Italic m}} = {}",
                                    experiment.features, experiment.hidden),
                        "density 1 − {/:Italic S}", "loss / loss of {/:Italic x'} = 0"});
}

}  // namespace

std::vector<Experiment> condition_experiments(Preset preset) {
  return make_experiments(preset);
}

std::optional<std::vector<Check>> reproduce(const Experiment& experiment, const ExperimentContext& context) {
  const std::filesystem::path& folder = context.folder;
  const std::vector<TrainingCell> cells = cells_of(experiment, context.seed);
  const auto trained = train_cells(context.store, experiment.id, cells, context.threads);
  if (!trained) return std::nullopt;
  const std::vector<Compared> compared = compare(experiment, cells, *trained, context);
  if (compared.size() != trained->size()) return std::nullopt;
  std::vector<Best> best = best_of(experiment, compared, context);
  if (experiment.optimum_starts > 0 && !find_optima_of(experiment, cells, context, best)) return std::nullopt;

  std::vector<TrainedModel> models;
  for (const Compared& one : compared) models.push_back(one.trained);
  write_file_atomically(folder / "weights.safetensors", serialize_models(models));
  write_tables(folder, experiment, compared, best);
  if (experiment.figure == FigureKind::arrows) {
    draw_arrows_of(folder / experiment.id, best);
  } else {
    draw_basic_of(folder / experiment.id, best);
  }
  draw_comparison_of(folder / "theory-versus-trained", experiment, best);
  std::vector<Check> checks = checks_of(experiment, compared, best);
  if (experiment.figure == FigureKind::basic) {
    const std::vector<Check> represented = checks_of_represented(experiment, best);
    checks.insert(checks.end(), represented.begin(), represented.end());
  }
  return checks;
}

}  // namespace digon
