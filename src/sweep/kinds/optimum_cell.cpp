#include "sweep/kinds/optimum_cell.hpp"

#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "sweep/kinds/start_cells.hpp"

namespace digon {

nlohmann::json to_json(const Descent& minimum) {
  const ToyModel& model = minimum.model;
  return {{"loss", minimum.loss},
          {"gradient_norm", minimum.gradient_norm},
          {"W", std::vector<double>(model.W.data(), model.W.data() + model.W.size())},
          {"b", std::vector<double>(model.b.data(), model.b.data() + model.b.size())}};
}

Descent descent_from(const nlohmann::json& stored, Eigen::Index features, Eigen::Index hidden) {
  const auto W = stored.at("W").get<std::vector<double>>();
  const auto b = stored.at("b").get<std::vector<double>>();
  return {{Eigen::Map<const Eigen::MatrixXd>(W.data(), hidden, features),
           Eigen::Map<const Eigen::VectorXd>(b.data(), features)},
          stored.at("loss").get<double>(),
          stored.at("gradient_norm").get<double>()};
}

Objective objective_of(const SharedObjective& objective) {
  return objective.one_sparse ? one_sparse_objective(objective.features.importance)
                              : exact_objective(objective.features);
}

namespace {

StoredCell compute_optimum(const nlohmann::json& settings, const std::string& given) {
  const FeatureDistribution features = features_from_json(settings.at("optimum"), "cell");
  OptimumOptions options;
  options.starts = settings.at("starts");
  options.seed = settings.at("seed");
  options.threads = 1;  // the cells are what is shared out
  std::vector<ToyModel> models;
  if (!given.empty()) {
    for (LoadedModel& loaded : parse_models(given, "cell")) models.push_back(std::move(loaded.model));
  }
  return {to_json(lowest(find_minima(exact_objective(features), features.features(), settings.at("hidden"),
                                     options, models))),
          {}};
}

const CellKind optimum_kind{"optimum", 1, &compute_optimum};

StoredCell compute_descent(const nlohmann::json& settings, const std::string& /*given*/) {
  const SharedObjective shared{features_from_json(settings.at("features"), "cell"),
                               settings.at("one_sparse")};
  const std::optional<Descent> found =
      descent_from_start(objective_of(shared), shared.features.features(), settings.at("hidden"),
                         settings.at("seed"), settings.at("start"));
  return {found ? to_json(*found) : nlohmann::json(), {}};
}

const CellKind descent_kind{"descent", 1, &compute_descent};

}  // namespace

std::vector<LocalMinimum> find_minima_shared(const SharedObjective& objective, Eigen::Index hidden,
                                             const OptimumOptions& options) {
  const Eigen::Index features = objective.features.features();
  const auto settings_of = [&](std::size_t k) -> nlohmann::json {
    return {{"features", to_json(objective.features)},
            {"one_sparse", objective.one_sparse},
            {"hidden", hidden},
            {"seed", options.seed},
            {"start", k}};
  };
  const auto read = [&](const nlohmann::json& result) {
    return result.is_null() ? std::nullopt : std::optional(descent_from(result, features, hidden));
  };
  return find_minima(objective_of(objective), features, hidden, options, {},
                     in_cells<Descent>("optimum", descent_kind, options.threads, settings_of, read));
}

std::vector<Descent> find_optima(RunStore& store, const std::string& experiment,
                                 const std::vector<OptimumCell>& cells, std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const OptimumCell& cell : cells) {
    std::vector<TrainedModel> given;
    for (const ToyModel& model : cell.given) given.push_back({model, cell.features, 0});
    searches.push_back({&optimum_kind,
                        {{"optimum", to_json(cell.features)},
                         {"hidden", cell.hidden},
                         {"starts", cell.starts},
                         {"seed", cell.seed},
                         {"given", cell.given_from}},
                        given.empty() ? "" : serialize_models(given)});
  }
  const std::vector<StoredCell> stored = sweep(store, experiment, searches, threads);
  std::vector<Descent> optima;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    optima.push_back(descent_from(stored[k].result, cells[k].features.features(), cells[k].hidden));
  }
  return optima;
}

}  // namespace digon
