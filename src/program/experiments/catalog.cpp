#include "program/experiments/catalog.hpp"

#include <fmt/format.h>

#include "core/base/atomic_file.hpp"
#include "core/base/input_error.hpp"
#include "core/files/table.hpp"
#include "program/experiments/condition_experiment.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

std::string caption_of(const Experiment& experiment) {
  return fmt::format(
      "{}: n = {}, m = {}, importance {}, features {}; the start of lowest exact loss of {}, {} steps of "
      "Adam, batch "
      "1024, cosine from {:g}.",
      experiment.summary, experiment.features, experiment.hidden, experiment.importance,
      describe_law(uniform_features(experiment.features, 1.0)), experiment.restarts, experiment.steps,
      experiment.learning_rate);
}

/// The experiments that are a list of conditions of one shape.
std::vector<CatalogEntry> condition_entries() {
  std::vector<CatalogEntry> entries;
  const std::vector<Experiment> quick = condition_experiments(Preset::quick);
  for (std::size_t k = 0; k < quick.size(); ++k) {
    entries.push_back({quick[k].id, quick[k].summary, [k](const ExperimentContext& context) {
                         const Experiment experiment = condition_experiments(context.preset)[k];
                         write_caption(context.folder / experiment.id, context, caption_of(experiment));
                         return reproduce(experiment, context);
                       }});
  }
  return entries;
}

std::vector<CatalogEntry> make_catalog() {
  std::vector<CatalogEntry> all = condition_entries();
  for (const auto& family : {phase_experiments(), geometry_experiments(), correlation_experiments(),
                             dynamics_experiments(), neuron_experiments()}) {
    all.insert(all.end(), family.begin(), family.end());
  }
  return all;
}

}  // namespace

const std::vector<CatalogEntry>& catalog() {
  static const std::vector<CatalogEntry> all = make_catalog();
  return all;
}

const CatalogEntry& find_in_catalog(std::string_view id) {
  std::string names;
  for (const CatalogEntry& entry : catalog()) {
    if (entry.id == id) return entry;
    names += (names.empty() ? "" : ", ") + entry.id;
  }
  reject("'{}' is not an experiment; accepted: {}", id, names);
}

std::optional<std::vector<Check>> reproduce(const CatalogEntry& entry, const ExperimentContext& context) {
  std::filesystem::create_directories(context.folder);
  std::optional<std::vector<Check>> checks = entry.run(context);
  if (checks) write_verdict(context.folder / "verdict.json", *checks);
  return checks;
}

std::optional<std::vector<Descent>> exact_optima(const ExperimentContext& context,
                                                 const std::string& experiment,
                                                 const std::vector<TrainingCell>& cells,
                                                 const std::vector<TrainedCell>& trained,
                                                 std::size_t starts) {
  std::vector<OptimumCell> searches;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    searches.push_back({cells[k].features,
                        cells[k].hidden,
                        starts,
                        context.seed,
                        {trained[k].best},
                        sweep_cell(cells[k]).settings});
  }
  return find_optima(context.store, experiment, searches, context.threads);
}

double excess_of(const TrainedCell& trained, const Descent& optimum) {
  return (trained.loss - optimum.loss) / zero_model_loss(trained.features);
}

void write_cells(const std::filesystem::path& folder, const std::vector<TrainedCell>& cells) {
  std::vector<TrainedModel> models;
  Table table{{"cell", "kind", "law", "density", "loss", "start", "loss_of_start"}, {}};
  for (std::size_t k = 0; k < cells.size(); ++k) {
    const TrainedCell& one = cells[k];
    models.push_back({one.best, one.features, 0});
    std::string density = cell(one.features.density[0]);
    if (!one.features.has_uniform_density()) {
      for (Eigen::Index i = 1; i < one.features.features(); ++i) {
        density += " " + cell(one.features.density[i]);
      }
    }
    for (std::size_t start = 0; start < one.losses.size(); ++start) {
      table.add_row({cell(k), std::string(name_of(one.best.kind)), describe_law(one.features), density,
                     cell(one.loss), cell(start), cell(one.losses[start])});
    }
  }
  write_file_atomically(folder / "weights.safetensors", serialize_models(models));
  write_csv(folder / "models.csv", table);
}

void write_caption(const std::filesystem::path& path, const ExperimentContext& context,
                   const std::string& text) {
  write_file_atomically(
      path.string() + ".txt",
      fmt::format("{}\n\nPreset {}, seed {}; the settings of every cell are in results.db.\n", text,
                  context.preset == Preset::quick ? "quick" : "paper", context.seed));
}

}  // namespace digon
