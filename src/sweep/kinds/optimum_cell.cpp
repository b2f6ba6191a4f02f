#include "sweep/kinds/optimum_cell.hpp"

#include "core/base/interrupt.hpp"
#include "core/base/parallel.hpp"
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "sweep/ranks.hpp"

namespace digon {

nlohmann::json to_json(const Descent& minimum) {
  const ToyModel& model = minimum.model;
  nlohmann::json stored{{"loss", minimum.loss},
                        {"gradient_norm", minimum.gradient_norm},
                        {"W", std::vector<double>(model.W.data(), model.W.data() + model.W.size())},
                        {"b", std::vector<double>(model.b.data(), model.b.data() + model.b.size())}};
  if (model.W_out.size() > 0) {
    stored["W_out"] = std::vector<double>(model.W_out.data(), model.W_out.data() + model.W_out.size());
  }
  return stored;
}

Descent descent_from(const nlohmann::json& stored, Eigen::Index features, Eigen::Index hidden,
                     ModelKind kind) {
  const auto W = stored.at("W").get<std::vector<double>>();
  const auto b = stored.at("b").get<std::vector<double>>();
  ToyModel model{Eigen::Map<const Eigen::MatrixXd>(W.data(), hidden, features),
                 Eigen::Map<const Eigen::VectorXd>(b.data(), features), kind};
  if (!is_tied(kind)) {
    const auto W_out = stored.at("W_out").get<std::vector<double>>();
    model.W_out = Eigen::Map<const Eigen::MatrixXd>(W_out.data(), features, hidden);
  }
  return {model, stored.at("loss").get<double>(), stored.at("gradient_norm").get<double>()};
}

nlohmann::json to_json(const Penalty& penalty) {
  return {{"weights", penalty.weights},
          {"interference", penalty.interference},
          {"max_coherence", penalty.max_coherence}};
}

Penalty penalty_from(const nlohmann::json& stored) {
  return {stored.at("weights"), stored.at("interference"), stored.at("max_coherence")};
}

Objective objective_of(const SharedObjective& objective) {
  return penalized(objective.one_sparse
                       ? one_sparse_objective(objective.features.importance, law_of(objective.features))
                       : objective_of_kind(objective.kind, objective.features),
                   objective.penalty);
}

namespace {

/// Fewer features than this have few minima: descents from random starts find them all.
constexpr Eigen::Index fewest_evolved = 10;

/// What a start of a search counts where one population is evolved instead.
constexpr std::size_t descents_a_start = 250;

/// Cells of the ReLU output model, the first there were, name no kind.
ModelKind kind_of(const nlohmann::json& settings) {
  if (!settings.contains("kind")) return ModelKind::relu_output;
  return parse_model_kind("cell", settings.at("kind").get<std::string>());
}
void set_kind(ModelKind kind, nlohmann::json& settings) {
  if (kind != ModelKind::relu_output) settings["kind"] = name_of(kind);
}

StoredCell compute_optimum(const nlohmann::json& settings, const std::string& given) {
  const FeatureDistribution features = features_from_json(settings.at("optimum"), "cell");
  OptimumOptions options;
  options.starts = settings.at("starts");
  options.seed = settings.at("seed");
  options.threads = threads_inside;  // the cells are what is shared out; idle threads help with the last
  std::vector<ToyModel> models;
  if (!given.empty()) {
    for (LoadedModel& loaded : parse_models(given, "cell")) models.push_back(std::move(loaded.model));
  }
  const ModelKind kind = kind_of(settings);
  // Cells without a penalty, the first there were, name none.
  const Penalty penalty = settings.contains("penalty") ? penalty_from(settings["penalty"]) : Penalty{};
  const Objective objective = penalized(objective_of_kind(kind, features), penalty);
  const Eigen::Index hidden = settings.at("hidden");
  if (features.features() < fewest_evolved && !has_relu_hidden(kind)) {
    return {to_json(lowest(find_minima(objective, features.features(), hidden, options, models))), {}};
  }
  OptimumSearchOptions search = search_for(kind);
  search.populations = 1;
  search.evolution.descents = (has_relu_hidden(kind) ? 1 : descents_a_start) * options.starts;
  search.seed = options.seed;
  search.threads = options.threads;
  const RecordedOptimum* recorded =
      penalty.is_none() ? find_recorded(recorded_optima(), features, hidden, kind) : nullptr;
  return {
      to_json(search_optimum(objective, features.features(), hidden, search, models, {}, recorded).best()),
      {}};
}

const CellKind optimum_kind{"optimum", 5, &compute_optimum};

StoredCell stored_population(const std::optional<PopulationEnd>& end) {
  if (!end) return {};
  nlohmann::json minima = nlohmann::json::array();
  for (const Descent& one : end->minima) minima.push_back(to_json(one));
  return {{{"minima", minima}, {"descents", end->descents}, {"given_up", end->given_up}}, {}};
}

StoredCell compute_population(const nlohmann::json& settings, const std::string& /*given*/) {
  const SharedObjective shared{features_from_json(settings.at("features"), "cell"), settings.at("one_sparse"),
                               penalty_from(settings.at("penalty")), kind_of(settings)};
  OptimumSearchOptions options = search_for(shared.kind);
  options.seed = settings.at("seed");
  options.evolution.descents = settings.at("descents");
  return stored_population(population_of_models(objective_of(shared), shared.features.features(),
                                                settings.at("hidden"), options, settings.at("population")));
}

const CellKind population_kind{"population", 4, &compute_population};

}  // namespace

OptimumFound search_optimum_shared(const SharedObjective& objective, Eigen::Index hidden,
                                   const OptimumSearchOptions& options, const RecordedOptimum* recorded,
                                   RunStore* store) {
  const Eigen::Index features = objective.features.features();
  const Objective minimised = objective_of(objective);
  const auto cell_of = [&](std::size_t population) {
    nlohmann::json settings = {{"features", to_json(objective.features)},
                               {"one_sparse", objective.one_sparse},
                               {"penalty", to_json(objective.penalty)},
                               {"hidden", hidden},
                               {"seed", options.seed},
                               {"descents", options.evolution.descents},
                               {"population", population}};
    set_kind(objective.kind, settings);
    return SweepCell{&population_kind, settings};
  };
  const auto read = [&](const nlohmann::json& result) -> std::optional<PopulationEnd> {
    if (result.is_null()) return std::nullopt;
    PopulationEnd end;
    for (const nlohmann::json& one : result.at("minima"))
      end.minima.push_back(descent_from(one, features, hidden, objective.kind));
    end.descents = result.at("descents");
    end.given_up = result.at("given_up");
    return end;
  };
  const RunPopulations run = [&](std::size_t begin, std::size_t count) {
    std::vector<std::optional<PopulationEnd>> ends(count);
    std::vector<std::size_t> missing;
    std::vector<SweepCell> work;
    for (std::size_t k = 0; k < count; ++k) {
      const SweepCell cell = cell_of(begin + k);
      if (const auto found = store == nullptr ? std::nullopt : store->find(cell.key())) {
        ends[k] = read(found->result);
      } else {
        missing.push_back(k);
        work.push_back(cell);
      }
    }
    const auto finish = [&](std::size_t index, const StoredCell& stored) {
      if (store != nullptr) store->put("optimum", work[index].key(), stored);
      ends[missing[index]] = read(stored.result);
    };
    if (rank_count() > 1) {
      compute_cells("optimum", work, options.threads, finish);
      return ends;
    }
    parallel_for(work.size(), options.threads, [&](std::size_t index) {
      const std::size_t k = missing[index];
      ends[k] = population_of_models(minimised, features, hidden, options, begin + k);
      if (!interrupted()) finish(index, stored_population(ends[k]));
    });
    return ends;
  };
  return search_optimum(minimised, features, hidden, options, {}, run, recorded);
}

SweepCell sweep_cell(const OptimumCell& cell) {
  std::vector<TrainedModel> given;
  for (const ToyModel& model : cell.given) given.push_back({model, cell.features, 0});
  SweepCell search{&optimum_kind,
                   {{"optimum", to_json(cell.features)},
                    {"hidden", cell.hidden},
                    {"starts", cell.starts},
                    {"seed", cell.seed},
                    {"given", cell.given_from}},
                   given.empty() ? "" : serialize_models(given)};
  set_kind(cell.kind, search.settings);
  if (!cell.penalty.is_none()) search.settings["penalty"] = to_json(cell.penalty);
  return search;
}

std::vector<Descent> find_optima(RunStore& store, const std::string& experiment,
                                 const std::vector<OptimumCell>& cells, std::size_t threads) {
  std::vector<SweepCell> searches;
  for (const OptimumCell& cell : cells) searches.push_back(sweep_cell(cell));
  const std::vector<StoredCell> stored = sweep(store, experiment, searches, threads);
  std::vector<Descent> optima;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    optima.push_back(
        descent_from(stored[k].result, cells[k].features.features(), cells[k].hidden, cells[k].kind));
  }
  return optima;
}

}  // namespace digon
