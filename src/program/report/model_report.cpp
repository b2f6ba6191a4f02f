#include "program/report/model_report.hpp"

#include <fmt/format.h>

#include <map>

#include "core/algebra/products.hpp"
#include "core/base/atomic_file.hpp"
#include "core/base/interrupt.hpp"
#include "core/base/progress.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "empirical/training/sampled_loss.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "geometry/named_geometry.hpp"
#include "plots/arrows_figure.hpp"
#include "plots/basic_figure.hpp"
#include "plots/series_figure.hpp"
#include "plots/stack_figure.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/linear_model.hpp"
#include "theory/optima/optimality_gap.hpp"

namespace digon {
namespace {

Table summary_table() {
  return {{"quantity", "value"}, {}};
}

/// The share of the loss that comes with k active features, as bars.
void draw_decomposition(const std::filesystem::path& path, const Eigen::VectorXd& share) {
  Series bars{"share of the loss", {}, SeriesStyle::bars, 0};
  // What is too small to be seen would only make the axis long; a bar beside each end gives one its width.
  const auto is_seen = [&](Eigen::Index k) { return k >= 0 && k < share.size() && share[k] > 1e-4; };
  for (Eigen::Index k = 0; k < share.size(); ++k) {
    if (is_seen(k - 1) || is_seen(k) || is_seen(k + 1)) bars.points.emplace_back(double(k), share[k]);
  }
  SeriesPanel panel{
      "loss by number of active features", "active features {/:Italic k}", "share of the loss", {bars}};
  panel.y_range = "[0:*]";
  draw_series(path, "Decomposition of the exact loss", {panel});
}

bool has_theory(const ToyModel& model, const FeatureDistribution& features) {
  return has_relu_hidden(model.kind) ? has_hidden_relu_loss(features) : has_exact_loss(model.kind, features);
}

bool has_gap(const ToyModel& model, const FeatureDistribution& features) {
  return has_theory(model, features) && (model.kind != ModelKind::linear || has_linear_optimum(features));
}

/// The same of a model with a ReLU in its hidden layer.
void add_hidden_relu_theory(const ModelReportOptions& options, const ToyModel& model,
                            const FeatureDistribution& features, Table& table) {
  const HiddenReluLoss loss = hidden_relu_loss(model, features, stated_options(options.search.threads));
  table.add_row({"loss", fmt::format("{:.8g} ± {:.1e} (95%)", loss.loss, loss.error)});
  table.add_row(
      {"share of the loss of answering 0", fmt::format("{:.6g}", loss.loss / zero_model_loss(features))});
  if (loss.samples == 0) return;
  table.add_row({fmt::format("exact: of at most {} active features", loss.exact_means.size() - 1),
                 fmt::format("{:.8g}", loss.exact_part())});
  table.add_row(
      {"estimated: of more", fmt::format("{:.6g}, {} samples", loss.loss - loss.exact_part(), loss.samples)});
}

/// What the exact theory says of the weights, where it reaches.
void add_theory(const ModelReportOptions& options, const ToyModel& model, const FeatureDistribution& features,
                const std::filesystem::path& figures, Table& table) {
  if (!has_theory(model, features)) {
    table.add_row({"exact loss",
                   has_relu_hidden(model.kind)
                       ? "none: with a ReLU in the hidden layer only of independent features, or exactly K "
                         "active, on an interval with 0 in it"
                       : "none: on too many sets or constant values"});
    return;
  }
  if (has_relu_hidden(model.kind)) return add_hidden_relu_theory(options, model, features, table);
  ExactLossOptions exact_options;
  exact_options.threads = options.search.threads;
  const ExactLoss exact = exact_loss(model, features, exact_options);
  table.add_row({"exact loss", fmt::format("{:.10g} ± {:.1e}", exact.loss, exact.error)});
  table.add_row(
      {"share of the loss of answering 0", fmt::format("{:.6g}", exact.loss / zero_model_loss(features))});
  table.add_row({"of it where the feature is active", fmt::format("{:.6g}", exact.reconstruction.sum())});
  table.add_row(
      {"of it where the feature is 0 (interference)", fmt::format("{:.6g}", exact.interference.sum())});
  if (features.has_uniform_density() && features.are_independent()) {
    DecompositionOptions by_count;
    by_count.threads = options.search.threads;
    by_count.relative_tolerance = 1e-8;
    const Eigen::VectorXd parts =
        binomial_weights(features.features(), features.density[0])
            .cwiseProduct(decompose(model, features.importance, by_count, features.values).L_mean());
    table.add_row({"the sum over active features", fmt::format("{:.10g}", parts.sum())});
    draw_decomposition(figures.string() + "-decomposition", parts / parts.sum());
  }
}

void add_gap(const OptimalityGap& gap, Table& table) {
  table.add_row({"the lowest loss known", fmt::format("{:.10g}", gap.best)});
  if (gap.confirmation) {
    table.add_row({"populations that found it",
                   fmt::format("{} of {}", gap.confirmation->agreeing, gap.confirmation->populations)});
  }
  table.add_row({"above it", fmt::format("{:.4g} ({:.4f}%)", gap.absolute(), 100.0 * gap.relative())});
  table.add_row({"the local minimum below these weights", fmt::format("{:.10g}", gap.local)});
  if (gap.minimum) {
    table.add_row({"of the local minima found it is",
                   *gap.minimum == 0 ? "the best" : fmt::format("number {}, counted from 0", *gap.minimum)});
  }
}

void add_geometry(const ToyModel& model, const FeatureGeometry& geometry, Table& table) {
  table.add_row({"geometry", describe_geometry(model.W).name});
  table.add_row(
      {"dimensions per feature D* = m/‖W‖²", fmt::format("{:.6g}", geometry.dimensions_per_feature)});
  table.add_row(
      {"capacity Σ C_i = Σ D_i", fmt::format("{:.6g} of {}", geometry.dimensionality.sum(), model.hidden())});
}

Table feature_table(const ToyModel& model, const FeatureGeometry& geometry) {
  Table table{{"feature", "norm", "bias", "superposition", "D_i = C_i"}, {}};
  for (Eigen::Index i = 0; i < model.features(); ++i) {
    table.add_row({text_of(std::size_t(i)), fmt::format("{:.6g}", geometry.norm[i]),
                   fmt::format("{:.6g}", model.b[i]), fmt::format("{:.6g}", geometry.superposition[i]),
                   fmt::format("{:.6g}", geometry.dimensionality[i])});
  }
  return table;
}

void draw_weights(const std::filesystem::path& path, const ToyModel& model, const FeatureGeometry& geometry) {
  if (has_relu_hidden(model.kind)) {
    draw_stacks(path.string() + "-neurons", "Weights into each neuron", {{"neurons", model.W}});
    return;
  }
  draw_basic(path.string() + "-basic",
             {{"W^TW, b and norms", gram(model.W), model.b, geometry.norm, geometry.superposition}});
  constexpr Eigen::Index most_arrows = 12;
  if (model.hidden() != 2 || model.features() > most_arrows) return;
  std::vector<std::string> names;
  for (Eigen::Index i = 0; i < model.features(); ++i) names.push_back(fmt::format("{}", i));
  draw_arrows(path.string() + "-arrows", {{"columns of W", describe_geometry(model.W).name, model.W}}, names);
}

/// Models of the same kind and law share one search for the optimum.
std::vector<OptimalityGap> gaps_of(const ModelReportOptions& options, const std::vector<LoadedModel>& chosen,
                                   const std::vector<FeatureDistribution>& features) {
  std::vector<OptimalityGap> gaps(chosen.size());
  OptimumSearchOptions search = options.search;
  const auto groups = group_by_law(chosen, features);
  Progress progress("optimality gap, populations", groups.size() * search.populations);
  search.advance = [&](std::size_t populations) { progress.advance(populations); };
  for (const std::vector<std::size_t>& group : groups) {
    throw_if_interrupted();
    if (!has_gap(chosen[group.front()].model, features[group.front()])) continue;
    std::vector<ToyModel> models;
    for (const std::size_t k : group) models.push_back(chosen[k].model);
    const std::vector<OptimalityGap> found = optimality_gaps(models, features[group.front()], search);
    for (std::size_t g = 0; g < group.size(); ++g) gaps[group[g]] = found[g];
  }
  return gaps;
}

/// The loss of each model, by theory where it reaches, else of samples, and its gap.
std::vector<ModelNumbers> numbers_of(const ModelReportOptions& options,
                                     const std::vector<LoadedModel>& chosen,
                                     const std::vector<FeatureDistribution>& features) {
  const std::vector<OptimalityGap> gaps = gaps_of(options, chosen, features);
  std::vector<ModelNumbers> numbers;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    throw_if_interrupted();
    ModelNumbers& number = numbers.emplace_back();
    number.loaded = &chosen[k];
    number.features = &features[k];
    if (has_gap(chosen[k].model, features[k])) {
      number.loss = gaps[k].loss;
      number.error = gaps[k].error;
      number.loss_is = gaps[k].error > 0.0 ? "estimated" : "exact";
      number.gap = gaps[k];
    } else if (has_theory(chosen[k].model, features[k])) {
      const ExactLoss exact = exact_loss(chosen[k].model, features[k]);
      number.loss = exact.loss;
      number.error = exact.error;
      number.loss_is = "exact";
    } else {
      constexpr std::size_t samples = 1U << 16;
      const SampledLoss sampled =
          sampled_loss(chosen[k].model, features[k], samples, 0, options.search.threads);
      number.loss = sampled.mean;
      number.error = sampled.standard_error;
      number.loss_is = "sampled";
    }
  }
  return numbers;
}

/// "density-0.1", or "law-2" where the features of a law differ in their density, or another law has this
/// one's.
std::vector<std::string> names_of_laws(const std::vector<ModelNumbers>& models,
                                       const std::vector<std::size_t>& best) {
  std::vector<std::string> names;
  std::map<std::string, std::size_t> uses;
  for (const std::size_t k : best) {
    const FeatureDistribution& features = *models[k].features;
    names.push_back(features.has_uniform_density() ? fmt::format("density-{:.6g}", features.density[0]) : "");
    ++uses[names.back()];
  }
  for (std::size_t law = 0; law < names.size(); ++law) {
    if (names[law].empty() || uses[names[law]] > 1) names[law] = fmt::format("law-{}", law);
  }
  return names;
}

/// Writes the best model of each law as a file of its own, in double precision; returns the file of each
/// model, none for those that are not the best.
std::vector<std::string> write_best(const std::filesystem::path& folder,
                                    const std::vector<ModelNumbers>& models,
                                    const std::vector<std::size_t>& best) {
  std::vector<std::string> files(models.size());
  if (models.size() < 2 || models.front().loaded->step) return files;
  std::filesystem::remove_all(folder);  // of another run
  std::filesystem::create_directories(folder);
  const std::vector<std::string> names = names_of_laws(models, best);
  for (std::size_t law = 0; law < best.size(); ++law) {
    const ModelNumbers& model = models[best[law]];
    const std::filesystem::path file = folder / (names[law] + ".safetensors");
    write_file_atomically(file, serialize_models({{model.loaded->model, *model.features, model.loaded->seed}},
                                                 StoredType::float64));
    files[best[law]] = file.string();
  }
  return files;
}

/// What tells the models apart.
ReportSection across_section(const ModelReportOptions& options, const std::vector<ModelNumbers>& models,
                             const std::vector<std::string>& best_files) {
  const std::string axis = draw_models(options.out / "models", models);
  Table table{{"model", "density", "loss", "above the lowest known", "D*", "geometry"}, {}};
  const bool has_best = !models.front().loaded->step;
  if (has_best) table.columns.emplace_back("best of its law, also in");
  for (std::size_t k = 0; k < models.size(); ++k) {
    const ModelNumbers& model = models[k];
    const ToyModel& weights = model.loaded->model;
    std::vector<std::string> row{
        name_of(*model.loaded),
        fmt::format("{:.4g}", model.features->density.mean()),
        fmt::format("{:.8g}{}", *model.loss, model.loss_is == "exact" ? "" : ", " + model.loss_is),
        model.gap ? fmt::format("{:.4f}%", 100.0 * model.gap->relative()) : "",
        fmt::format("{:.4g}", feature_geometry(weights.W).dimensions_per_feature),
        describe_geometry(weights.W).name};
    if (has_best) row.push_back(best_files[k]);
    table.add_row(std::move(row));
  }
  std::vector<std::filesystem::path> figures;
  if (!axis.empty()) figures.push_back(options.out / "models");
  return {axis == "step"      ? "Over the steps"
          : axis == "density" ? "Across densities"
                              : "Across instances",
          fmt::format("{} models. models.csv has their numbers, features.csv those of every feature.",
                      models.size()),
          fmt::format("digon gap --model {}{} --out {}", options.model.string(), options.options_of(nullptr),
                      options.out.string()),
          std::move(figures),
          {std::move(table)},
          {}};
}

/// All there is to say of one model.
ReportSection section_of(const ModelReportOptions& options, const ModelNumbers& number) {
  const ToyModel& model = number.loaded->model;
  const FeatureDistribution& features = *number.features;
  const FeatureGeometry geometry = feature_geometry(model.W);
  const std::filesystem::path folder = options.out / fmt::format("instance-{}", number.loaded->instance);
  Table summary = summary_table();
  summary.add_row(
      {"model", fmt::format("{}, n = {}, m = {}", name_of(model.kind), model.features(), model.hidden())});
  add_theory(options, model, features, folder / "model", summary);
  if (number.gap) add_gap(*number.gap, summary);
  add_geometry(model, geometry, summary);
  draw_weights(folder / "model", model, geometry);
  std::string title = name_of(*number.loaded);
  title.front() = 'I';
  std::string which =
      fmt::format(" --model {} --instance {}", options.model.string(), number.loaded->instance);
  if (number.loaded->step) which += fmt::format(" --step {}", *number.loaded->step);
  which += options.options_of(number.loaded);
  return {title,
          fmt::format("Features {}, mean density {:.4g}.", describe_law(features), features.density.mean()),
          fmt::format("digon loss{0}\ndigon gap{0}\ndigon measure{0}", which),
          figures_in(folder),
          {std::move(summary), feature_table(model, geometry)},
          {}};
}

}  // namespace

ModelReport model_report(const ModelReportOptions& options, const std::vector<LoadedModel>& chosen,
                         const std::vector<FeatureDistribution>& features) {
  ModelReport report{{}, numbers_of(options, chosen, features), {}};
  const std::vector<std::size_t> best = best_of_each_law(report.models);
  report.best_files = write_best(options.out / "best", report.models, best);
  write_csv(options.out / "models.csv", models_table(report.models));
  write_csv(options.out / "features.csv", features_table(report.models));
  Report& page = report.page;
  page.title = "Digon: " + options.model.filename().string();
  page.summary = fmt::format(
      "{} trained models: their exact loss, the geometry of their features, and how far they "
      "are from the best weights there are.",
      chosen.size());
  if (best.size() < chosen.size()) {
    page.summary += chosen.front().step ? " Of each instance its last snapshot has a part of its own."
                                        : " The best of each law has a part of its own.";
  }
  Progress progress("report, models", best.size() + 1);
  if (chosen.size() > 1) page.sections.push_back(across_section(options, report.models, report.best_files));
  progress.advance(1);
  for (const std::size_t k : best) {
    throw_if_interrupted();
    page.sections.push_back(section_of(options, report.models[k]));
    progress.advance(1);
  }
  return report;
}

}  // namespace digon
