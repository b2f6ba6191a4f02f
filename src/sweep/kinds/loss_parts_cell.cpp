#include "sweep/kinds/loss_parts_cell.hpp"

#include "core/base/json.hpp"
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "sweep/sweep.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"

namespace digon {
namespace {

constexpr double parts_tolerance = 1e-8;

StoredCell compute_loss_parts(const nlohmann::json& settings, const std::string& given) {
  const FeatureDistribution features = features_from_json(settings.at("features"), "cell");
  const ToyModel model = parse_models(given, "cell").front().model;
  nlohmann::json parts = nlohmann::json::object();
  if (has_exact_loss(model.kind, features)) {
    ExactLossOptions options;
    options.relative_tolerance = reachable_tolerance(features, parts_tolerance);
    const ExactLoss exact = exact_loss(model, features, options);
    parts["reconstruction"] = to_json(exact.reconstruction);
    parts["interference"] = to_json(exact.interference);
  }
  const std::optional<Eigen::VectorXd> weight = count_weights(features);
  if (weight && has_decomposition(model.kind, features)) {
    DecompositionOptions options;
    options.relative_tolerance = parts_tolerance;
    options.up_to = usual_most_active(features);
    options.refuse = false;
    const Eigen::VectorXd mean = decompose(model, features.importance, options, features.values).L_mean();
    parts["weight"] = to_json(Eigen::VectorXd(weight->head(mean.size())));
    parts["mean"] = to_json(mean);
  }
  return {std::move(parts), {}};
}

const CellKind loss_parts_kind{"loss parts", 1, &compute_loss_parts};

Eigen::VectorXd vector_in(const nlohmann::json& stored, const char* name) {
  if (!stored.contains(name)) return {};
  const auto numbers = stored.at(name).get<std::vector<double>>();
  return Eigen::Map<const Eigen::VectorXd>(numbers.data(), Eigen::Index(numbers.size()));
}

}  // namespace

std::vector<PartsOfLoss> parts_of_losses(RunStore& store, const std::string& experiment,
                                         const std::vector<LossPartsCell>& cells, std::size_t threads) {
  std::vector<SweepCell> sweep_cells;
  for (const LossPartsCell& cell : cells) {
    sweep_cells.push_back({&loss_parts_kind,
                           {{"features", to_json(cell.features)}, {"of", cell.from_settings}},
                           serialize_models({{cell.model, cell.features, 0}}, StoredType::float64)});
  }
  std::vector<PartsOfLoss> parts;
  for (const StoredCell& stored : sweep(store, experiment, sweep_cells, threads)) {
    const nlohmann::json& result = stored.result;
    parts.push_back({vector_in(result, "reconstruction"), vector_in(result, "interference"),
                     vector_in(result, "weight"), vector_in(result, "mean")});
  }
  return parts;
}

}  // namespace digon
