#include "program/commands/cell_options.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <array>
#include <charconv>
#include <utility>

#include "core/base/input_error.hpp"
#include "core/base/parse_number.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/search_options.hpp"
#include "program/commands/training_options.hpp"

namespace digon {
namespace {

constexpr std::uint64_t most_features_of_a_cell = 10'000;
constexpr std::uint64_t most_starts_of_a_cell = 1'000'000;

/// Short and plural forms.
constexpr std::array<std::pair<const char*, const char*>, 4> aliases{
    {{"n", "features"}, {"m", "hidden"}, {"densities", "density"}, {"seeds", "seed"}}};

/// What may be said of feature K alone.
constexpr std::array of_a_feature{"importance-of", "importance-ratio-of", "density-of", "density-ratio-of"};

CommandLine declare_cell() {
  CommandLine line("sweep", "a cell of a study", "digon sweep STUDY.toml");
  line.option("features", "N", "n");
  line.option("hidden", "M", "m");
  line.option("kind", "KIND", "the model", "relu-output");
  declare_features(line);
  line.option("correlation", "RHO", "of the sets of correlated");
  declare_penalty(line);
  line.option("penalty-weights", "L", "of Σ‖W_i‖²", "0");
  line.option("penalty-interference", "L", "of Σ_{i≠j}(W_i·W_j)²", "0");
  line.option("starts", "K", "of training", "8");
  declare_training_settings(line);
  line.option("optimum-starts", "K", "random starts of the search for the optimum", "8");
  line.option("seed", "S", "of all randomness", "0");
  return line;
}

/// The names that cells know: all of the options above but help and data, which is no law.
std::vector<std::string> cell_names() {
  return {"features",
          "hidden",
          "kind",
          "density",
          "sparsity",
          "importance",
          "values",
          "correlated",
          "anticorrelated",
          "active",
          "correlation",
          "penalty",
          "penalty-weights",
          "penalty-interference",
          "max-coherence",
          "starts",
          "objective",
          "steps",
          "batch",
          "optimizer",
          "momentum",
          "warm-up",
          "learning-rate",
          "schedule",
          "weight-decay",
          "start-scale",
          "hidden-l1",
          "stop",
          "patience",
          "snapshots",
          "optimum-starts",
          "seed",
          "importance-of-K",
          "importance-ratio-of-K",
          "density-of-K",
          "density-ratio-of-K"};
}

/// "density-of" of "density-of-3" and "density-of-last".
std::optional<std::string> stem_of(const std::string& name) {
  for (const char* stem : of_a_feature) {
    const std::string begin = std::string(stem) + "-";
    if (!name.starts_with(begin)) continue;
    const std::string feature = name.substr(begin.size());
    const bool is_number = !feature.empty() && feature.size() <= 6 &&
                           feature.find_first_not_of("0123456789") == std::string::npos;
    if (feature == "last" || is_number) return stem;
  }
  return std::nullopt;
}

std::optional<std::string> option_of(const std::string& name) {
  for (const auto& [alias, option] : aliases) {
    if (name == alias) return option;
  }
  for (const std::string& option : cell_names()) {
    if (name == option && !option.ends_with("-of-K")) return option;
  }
  return stem_of(name) ? std::optional(name) : std::nullopt;
}

double number_of(const CellOption& option, double greatest) {
  const std::optional<double> number =
      option.texts.size() == 1 ? parse_number(option.texts.front()) : std::nullopt;
  if (!number || !(*number >= 0.0 && *number <= greatest)) {
    reject("--{}: '{}' given; accepted: a number from 0 to {}", option.name, option.texts.front(), greatest);
  }
  return *number;
}

/// Puts what is said of one feature over what is said of all.
void put_over(const CellOption& option, const std::string& stem, FeatureDistribution& features) {
  const std::string name = option.name.substr(stem.size() + 1);
  Eigen::Index feature = features.features() - 1;
  if (name != "last") std::from_chars(name.data(), name.data() + name.size(), feature);
  if (feature >= features.features()) {
    reject("--{}: of {} features; accepted: 0 to {}, or last", option.name, features.features(),
           features.features() - 1);
  }
  constexpr double greatest_importance = 1e12;
  const bool is_density = stem.starts_with("density");
  const bool is_ratio = stem.find("ratio") != std::string::npos;
  double& of_feature = is_density ? features.density[feature] : features.importance[feature];
  const double value = number_of(option, is_density && !is_ratio ? 1.0 : greatest_importance);
  of_feature = is_ratio ? of_feature * value : value;
  if (is_density && of_feature > 1.0) {
    reject("--{}: {} makes the density {}; accepted: at most 1", option.name, value, of_feature);
  }
}

void set_correlation(const CommandLine& line, FeatureDistribution& features) {
  if (!line.has("correlation")) return;
  const double rho = line.nonnegative("correlation", 1.0);
  if (!line.has("correlated") || line.text("correlated").find(':') != std::string::npos) {
    reject("--correlation: given {}; accepted: with correlated = \"SETS\"",
           line.has("correlated") ? "with a correlation of correlated" : "without correlated");
  }
  for (FeatureSet& set : features.sets) {
    if (set.relation == SetRelation::correlated) set.correlation = rho;
  }
}

Penalty read_penalty_of_cell(const CommandLine& line, ModelKind kind) {
  Penalty penalty = read_penalty(line);
  constexpr double greatest = 1e6;
  if (line.given("penalty-weights")) penalty.weights = line.nonnegative("penalty-weights", greatest);
  if (line.given("penalty-interference")) {
    penalty.interference = line.nonnegative("penalty-interference", greatest);
  }
  if (!penalty.is_none() && kind == ModelKind::linear) {
    reject("--kind: linear given with a penalty; accepted: relu-output, relu-hidden, absolute-value");
  }
  return penalty;
}

/// A list is a number a feature of what may differ between features; a penalty may be two.
std::vector<std::string> words_of(const CellOption& option) {
  const std::string& name = option.name;
  if (option.texts.size() < 2 || name == "penalty") return option.texts;
  if (name == "density" || name == "sparsity" || name == "importance") {
    return {fmt::format("{}", fmt::join(option.texts, ","))};
  }
  reject("--{}: a list given; accepted: one value, or an axis of several", name);
}

void set_training(const TrainingSettings& settings, TrainingCell& cell) {
  cell.steps = settings.steps;
  cell.batch = settings.batch;
  cell.optimizer = settings.optimizer.kind;
  cell.learning_rate = settings.optimizer.learning_rate;
  cell.schedule = settings.optimizer.schedule;
  cell.warm_up = settings.optimizer.warm_up;
  cell.momentum = settings.optimizer.momentum;
  cell.weight_decay = settings.optimizer.weight_decay;
  cell.start_scale = settings.start_scale;
  cell.hidden_l1 = settings.hidden_l1;
  cell.stop = settings.stop;
  cell.snapshot_steps = settings.snapshot_steps;
}

StudyCell read_cell(const CellOptions& options) {
  CommandLine line = declare_cell();
  line.parse({});
  for (const CellOption& option : options) {
    const std::vector<std::string> words = words_of(option);
    if (!stem_of(option.name)) line.give(option.name, words);
  }
  const auto n = Eigen::Index(line.integer("features", 1, most_features_of_a_cell));
  StudyCell cell;
  TrainingCell& model = cell.model;
  model.hidden = Eigen::Index(line.integer("hidden", 1, most_features_of_a_cell));
  model.kind = parse_model_kind("--kind", line.text("kind"));
  const std::vector<FeatureDistribution> laws = read_features(
      line, n, model.kind == ModelKind::absolute_value ? ActiveValue::signed_uniform : ActiveValue::uniform);
  if (laws.size() != 1) {
    reject("--{}: {} values given; accepted: one, or an axis of them",
           line.has("density") ? "density" : "sparsity", laws.size());
  }
  model.features = laws.front();
  set_correlation(line, model.features);
  for (const CellOption& option : options) {
    if (const auto stem = stem_of(option.name)) put_over(option, *stem, model.features);
  }
  validate(model.features);
  cell.penalty = read_penalty_of_cell(line, model.kind);
  model.method = read_training_method(line, model.kind, model.features);
  set_training(read_training_settings(line, model.method), model);
  model.starts = line.integer("starts", 1, most_starts_of_a_cell);
  cell.optimum_starts = line.integer("optimum-starts", 1, most_starts_of_a_cell);
  model.seed = read_seed(line);
  return cell;
}

}  // namespace

CellVocabulary cell_vocabulary() {
  return {cell_names(), &option_of, &read_cell};
}

StudyAxis read_axis(const std::string& option, const std::string& text, const CellVocabulary& vocabulary) {
  const NamedValues given = parse_assignment(option, text);
  const auto named = vocabulary.option_of(given.name);
  if (!named) {
    reject("{}: '{}' is no option of a cell; accepted: {}", option, given.name,
           fmt::join(vocabulary.names, ", "));
  }
  return parse_axis(option + " " + given.name, *named, given.texts);
}

}  // namespace digon
