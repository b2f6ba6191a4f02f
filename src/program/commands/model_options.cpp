#include "program/commands/model_options.hpp"

#include <fmt/format.h>

#include <cstdio>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/memory.hpp"
#include "core/model/feature_description.hpp"

namespace digon {

void declare_density(CommandLine& line) {
  line.list(
      "density", "P…",
      "density 1 − S, one value an instance; a value is a number, r^i or n comma-separated numbers, 0 to 1");
  line.list("sparsity", "S…", "sparsity S instead of the density, in the same forms");
}

std::vector<Eigen::VectorXd> read_densities(const CommandLine& line, Eigen::Index n) {
  if (line.has("density") && line.has("sparsity")) reject("--density and --sparsity: give one of them");
  std::vector<Eigen::VectorXd> densities;
  for (const std::string& text : line.list("density"))
    densities.push_back(parse_probability("--density", text, n));
  for (const std::string& text : line.list("sparsity")) {
    densities.emplace_back(1.0 - parse_probability("--sparsity", text, n).array());
  }
  return densities;
}

void declare_law(CommandLine& line) {
  line.option(
      "values", "LAW",
      "of active features: uniform on [0, 1], signed (uniform on [-1, 1]) or binary (always 1); default: "
      "uniform, of the absolute value model signed");
  line.option("correlated", "SETS",
              "features on together or off together: K for sets of K consecutive features, or 0,1/2,3");
  line.option("anticorrelated", "SETS", "features of which at most one is on at a time, in the same form");
}

void read_law(const CommandLine& line, FeatureDistribution& features) {
  if (line.has("values")) features.values = parse_active_value("--values", line.text("values"));
  const auto read_sets = [&](const std::string& name, SetRelation relation) {
    if (!line.has(name)) return;
    const std::vector<FeatureSet> sets =
        parse_sets("--" + name, line.text(name), relation, features.features());
    features.sets.insert(features.sets.end(), sets.begin(), sets.end());
  };
  read_sets("correlated", SetRelation::correlated);
  read_sets("anticorrelated", SetRelation::anticorrelated);
  validate(features);
}

void declare_layout(CommandLine& line) {
  line.option("layout", "AXES",
              "n,m: features are the rows of W; m,n: its columns; auto: as the bias, or else the "
              "longer axis of a --layer, tells",
              "auto");
}

WeightLayout read_layout(const CommandLine& line) {
  return parse_weight_layout("--layout", line.text("layout"));
}

void declare_model(CommandLine& line) {
  line.option(
      "model", "FILE",
      "safetensors, .npz or .npy file with W or w [instances, n, m], [instances, m, n], [n, m] or [m, n] and "
      "b_final or b, or the names PyTorch and JAX give them");
  line.option("weights", "NAME", "of --model: the tensor that is W, where its name does not tell");
  line.option("bias", "NAME", "of --model: the tensor that is b; none: b = 0");
  line.option("weights-out", "NAME", "of --model: the tensor that is W_out, of an absolute value model");
  declare_layout(line);
  line.option("instance", "K", "only this instance of the file, counted from 0");
}

std::vector<LoadedModel> read_models(const CommandLine& line) {
  const std::string file = line.text("model");
  const auto name_of_option = [&](const char* option) { return line.has(option) ? line.text(option) : ""; };
  std::vector<LoadedModel> all = load_models(file, {read_layout(line), name_of_option("weights"),
                                                    name_of_option("bias"), name_of_option("weights-out")});
  const auto n = double(all.front().model.features());
  require_memory(fmt::format("{}: its {} features, for their inner products alone,", file, n),
                 n * n * sizeof(double));
  if (const std::string& remark = all.front().remark; !remark.empty()) {
    fmt::print(stderr, "digon: {}: {}\n", file, remark);
  }
  if (!line.has("instance")) return all;
  return {std::move(all[line.integer("instance", 0, all.size() - 1)])};
}

void declare_features_of_models(CommandLine& line) {
  declare_density(line);
  line.option("importance", "I",
              "importance: a number, r^i, or n comma-separated numbers; default: the file's, or 1");
}

std::vector<FeatureDistribution> read_features_of_models(const CommandLine& line,
                                                         const std::vector<LoadedModel>& chosen) {
  const Eigen::Index n = chosen.front().model.features();
  const std::vector<Eigen::VectorXd> densities = read_densities(line, n);
  if (densities.size() > 1 && densities.size() != chosen.size()) {
    reject("--density: {} values given for {} instances; accepted: one, or one each", densities.size(),
           chosen.size());
  }
  std::vector<FeatureDistribution> features;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const std::optional<FeatureDistribution>& stored = chosen[k].features;
    if (densities.empty() && !stored) reject("--density is needed: {} does not say it", line.text("model"));
    FeatureDistribution one = stored ? *stored : uniform_features(n, 0.0);
    if (!densities.empty()) one.density = densities[densities.size() == 1 ? 0 : k];
    if (line.has("importance")) one.importance = parse_importance("--importance", line.text("importance"), n);
    features.push_back(std::move(one));
  }
  return features;
}

}  // namespace digon
