#pragma once

#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "program/verdict/predictions.hpp"
#include "program/verdict/verdict.hpp"
#include "sweep/kinds/optimum_cell.hpp"
#include "sweep/kinds/training_cell.hpp"
#include "sweep/run_store.hpp"

namespace digon {

/// How much work an experiment does: enough to see it, or the paper's.
enum class Preset { quick, paper };

/// What an experiment gets to know.
struct ExperimentContext {
  std::filesystem::path out;     ///< all results
  std::filesystem::path folder;  ///< this experiment's
  Preset preset = Preset::quick;
  std::uint64_t seed = 0;
  std::size_t threads = 0;  ///< 0: one a core; no result depends on it
  RunStore& store;

  template <typename Value>
  [[nodiscard]] Value choose(Value quick, Value paper) const {
    return preset == Preset::quick ? quick : paper;
  }
};

/// An experiment of the paper by name (elhage2022): it trains what the store does not have, puts theory
/// beside it, writes tables, figure and caption into its folder, and returns its checks; nothing where a
/// signal ended it.
struct CatalogEntry {
  std::string id;
  std::string summary;
  std::function<std::optional<std::vector<Check>>(const ExperimentContext&)> run;
};

/// All experiments, in the paper's order.
const std::vector<CatalogEntry>& catalog();

/// The experiment of that name; throws InputError that lists the names.
const CatalogEntry& find_in_catalog(std::string_view id);

/// Runs an experiment and writes its verdict.json.
std::optional<std::vector<Check>> reproduce(const CatalogEntry& entry, const ExperimentContext& context);

// The experiments, by family.
std::vector<CatalogEntry> phase_experiments();
std::vector<CatalogEntry> geometry_experiments();
std::vector<CatalogEntry> correlation_experiments();
std::vector<CatalogEntry> dynamics_experiments();
std::vector<CatalogEntry> neuron_experiments();

// What they share.

/// The exact optima of training cells: the lowest of `starts` random descents and the one from the trained
/// model; nothing where a signal ended it.
std::optional<std::vector<Descent>> exact_optima(const ExperimentContext& context,
                                                 const std::string& experiment,
                                                 const std::vector<TrainingCell>& cells,
                                                 const std::vector<TrainedCell>& trained, std::size_t starts);

/// How far a loss is above the optimum, in units of the loss of answering 0: an optimum may be 0 itself.
double excess_of(const TrainedCell& trained, const Descent& optimum);

/// Writes the best models of cells of one shape as folder/weights.safetensors, and folder/models.csv, a row a
/// cell: density of each feature, law, losses of all starts.
void write_cells(const std::filesystem::path& folder, const std::vector<TrainedCell>& cells);

/// Writes what the figure shows, with the settings, as path.txt.
void write_caption(const std::filesystem::path& path, const ExperimentContext& context,
                   const std::string& text);

}  // namespace digon
