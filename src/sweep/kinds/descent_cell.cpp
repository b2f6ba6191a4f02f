#include "sweep/kinds/descent_cell.hpp"

#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "sweep/kinds/optimum_cell.hpp"

namespace digon {
namespace {

StoredCell compute_descent(const nlohmann::json& settings, const std::string& given) {
  const FeatureDistribution features = features_from_json(settings.at("features"), "cell");
  const double tolerance = settings.at("relative_tolerance");
  DescentOptions options;
  options.steps = settings.at("steps");
  options.function_tolerance = tolerance * 1e-2;
  options.gradient_tolerance = tolerance * 1e-2;
  const std::vector<LoadedModel> from = parse_models(given, "cell");
  return {to_json(descend(exact_objective(features, tolerance), from.front().model, options)), {}};
}

const CellKind descent_kind{"descent", 1, &compute_descent};

}  // namespace

std::vector<Descent> find_descents(RunStore& store, const std::string& experiment,
                                   const std::vector<DescentCell>& cells, std::size_t threads) {
  std::vector<SweepCell> descents;
  for (const DescentCell& cell : cells) {
    descents.push_back({&descent_kind,
                        {{"features", to_json(cell.features)},
                         {"from", cell.from_settings},
                         {"relative_tolerance", cell.relative_tolerance},
                         {"steps", cell.steps}},
                        serialize_models({{cell.from, cell.features, 0}})});
  }
  const std::vector<StoredCell> stored = sweep(store, experiment + ": exact descents", descents, threads);
  std::vector<Descent> ends;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    ends.push_back(descent_from(stored[k].result, cells[k].from.features(), cells[k].from.hidden()));
  }
  return ends;
}

}  // namespace digon
