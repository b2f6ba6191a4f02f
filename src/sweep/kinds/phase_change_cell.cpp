#include "sweep/kinds/phase_change_cell.hpp"

#include "core/base/input_error.hpp"
#include "core/base/interrupt.hpp"
#include "core/files/model_file.hpp"
#include "core/files/run.hpp"
#include "core/model/feature_description.hpp"
#include "geometry/named_geometry.hpp"
#include "theory/numerics/bisect.hpp"
#include "theory/optima/phase.hpp"

namespace digon {
namespace {

constexpr double change_width = 1e-4;
constexpr std::size_t starts_between = 2;

double between(double from, double to, double share) {
  return from + share * (to - from);
}

Penalty penalty_between(const Penalty& from, const Penalty& to, double share) {
  return {between(from.weights, to.weights, share), between(from.interference, to.interference, share),
          between(from.max_coherence, to.max_coherence, share)};
}

/// One end of a way, as its cell has it.
struct End {
  FeatureDistribution features;
  Penalty penalty;
  ToyModel optimum;
};

End end_from(const nlohmann::json& settings, ToyModel optimum) {
  return {features_from_json(settings.at("optimum"), "cell"),
          settings.contains("penalty") ? penalty_from(settings["penalty"]) : Penalty{}, std::move(optimum)};
}

StoredCell compute_phase_change(const nlohmann::json& settings, const std::string& given) {
  std::vector<LoadedModel> models = parse_models(given, "cell");
  const End from = end_from(settings.at("from"), std::move(models.at(0).model));
  const End to = end_from(settings.at("to"), std::move(models.at(1).model));
  const nlohmann::json& named = settings.at("feature");
  const auto feature = named.is_null() ? std::nullopt : std::optional(named.get<Eigen::Index>());
  const std::string name = phase_name(from.optimum, feature);
  OptimumOptions options;
  options.starts = starts_between;
  options.seed = settings.at("from").at("seed");
  options.threads = 1;
  const auto is_as_from = [&](double share) {
    if (share == 0.0 || share == 1.0) return share == 0.0;  // the ends are known
    throw_if_interrupted();
    const FeatureDistribution features = law_between(from.features, to.features, share);
    const Objective objective = penalized(objective_of_kind(from.optimum.kind, features),
                                          penalty_between(from.penalty, to.penalty, share));
    const auto minima = find_minima(objective, features.features(), from.optimum.hidden(), options,
                                    {from.optimum, to.optimum});
    return phase_name(lowest(minima).model, feature) == name;
  };
  const Change change = bisect(is_as_from, 0.0, 1.0, {.width = change_width});
  return {{{"share", 0.5 * (change.holds + change.fails)}}, {}};
}

const CellKind phase_change_kind{"phase change", 1, &compute_phase_change};

}  // namespace

std::string phase_name(const ToyModel& model, std::optional<Eigen::Index> feature) {
  if (feature) return std::string(name_of(phase_of(model, *feature)));
  return describe_geometry(model.W).name;
}

FeatureDistribution law_between(const FeatureDistribution& from, const FeatureDistribution& to,
                                double share) {
  if (from.features() != to.features() || from.sets.size() != to.sets.size() || from.active != to.active) {
    reject("law: two of different features, sets or numbers active given; accepted: alike");
  }
  FeatureDistribution law = from;
  law.density += share * (to.density - from.density);
  law.importance += share * (to.importance - from.importance);
  law.values = {between(from.values.least, to.values.least, share),
                between(from.values.greatest, to.values.greatest, share)};
  for (std::size_t k = 0; k < law.sets.size(); ++k) {
    law.sets[k].correlation = between(from.sets[k].correlation, to.sets[k].correlation, share);
  }
  return law;
}

std::vector<double> find_phase_changes(RunStore& store, const std::string& experiment,
                                       const std::vector<PhaseChangeCell>& cells, std::size_t threads) {
  std::vector<SweepCell> ways;
  for (const PhaseChangeCell& cell : cells) {
    const std::vector<TrainedModel> optima{{cell.optimum_from.model, cell.from.features, 0},
                                           {cell.optimum_to.model, cell.to.features, 0}};
    ways.push_back({&phase_change_kind,
                    {{"from", sweep_cell(cell.from).settings},
                     {"to", sweep_cell(cell.to).settings},
                     {"feature", cell.feature ? nlohmann::json(*cell.feature) : nlohmann::json()}},
                    serialize_models(optima, StoredType::float64)});
  }
  std::vector<double> shares;
  for (const StoredCell& stored : sweep(store, experiment, ways, threads)) {
    shares.push_back(stored.result.at("share").get<double>());
  }
  return shares;
}

}  // namespace digon
