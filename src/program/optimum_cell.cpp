#include "program/optimum_cell.hpp"

#include "core/feature_description.hpp"

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

std::optional<std::vector<Descent>> find_optima(RunStore& store, const std::string& experiment,
                                                const std::vector<OptimumCell>& cells, std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const OptimumCell& cell : cells) {
    nlohmann::json settings = {{"optimum", to_json(cell.features)},
                               {"hidden", cell.hidden},
                               {"starts", cell.starts},
                               {"seed", cell.seed},
                               {"given", cell.given_from}};
    searches.push_back({std::move(settings), [cell]() -> StoredCell {
                          OptimumOptions options;
                          options.starts = cell.starts;
                          options.seed = cell.seed;
                          options.threads = 1;  // the cells are what is shared out
                          const Objective objective = exact_objective(cell.features);
                          const auto minima = find_minima(objective, cell.features.features(), cell.hidden,
                                                          options, cell.given);
                          if (minima.empty()) return {};  // interrupted
                          return {to_json(minima.front().at), {}};
                        }});
  }
  const auto stored = sweep(store, experiment, searches, threads);
  if (!stored) return std::nullopt;
  std::vector<Descent> optima;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    optima.push_back(descent_from((*stored)[k].result, cells[k].features.features(), cells[k].hidden));
  }
  return optima;
}

}  // namespace digon
