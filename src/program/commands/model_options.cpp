#include "program/commands/model_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <limits>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/memory.hpp"
#include "core/files/data_file.hpp"
#include "core/model/feature_description.hpp"
#include "program/commands/output_folder.hpp"

namespace digon {

namespace {

/// The densities [n] given by --density or --sparsity, one an instance; empty where neither is given.
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

/// Throws InputError where an option is given with one of those that it leaves no room for.
void refuse_together(const CommandLine& line, const std::string& option,
                     std::initializer_list<const char*> others, const std::string& why) {
  if (!line.has(option)) return;
  for (const char* other : others) {
    if (line.has(other)) {
      reject("--{}: given with --{}; accepted: one of them, since {}", option, other, why);
    }
  }
}

/// What else than a density the options say of features, put over what is known of them.
FeatureDistribution with_options(const CommandLine& line, FeatureDistribution features) {
  const Eigen::Index n = features.features();
  if (line.has("importance"))
    features.importance = parse_importance("--importance", line.text("importance"), n);
  features.values = read_values(line, features.values);
  if (line.has("correlated") || line.has("anticorrelated")) features.sets.clear();
  const auto read_sets = [&](const std::string& name, SetRelation relation) {
    if (!line.has(name) || line.text(name) == "none") return;
    const std::vector<FeatureSet> sets = parse_sets("--" + name, line.text(name), relation, n);
    features.sets.insert(features.sets.end(), sets.begin(), sets.end());
  };
  read_sets("correlated", SetRelation::correlated);
  read_sets("anticorrelated", SetRelation::anticorrelated);
  if (line.has("active")) {
    features.sets.clear();
    features.data.reset();
    return with_active(std::move(features), Eigen::Index(line.integer("active", 0, std::uint64_t(n))));
  }
  validate(features);
  return features;
}

void refuse_conflicts(const CommandLine& line) {
  refuse_together(line, "active", {"density", "sparsity", "correlated", "anticorrelated", "data"},
                  "exactly K active is the whole law of what is on");
  refuse_together(line, "data", {"density", "sparsity", "values", "correlated", "anticorrelated"},
                  "the samples are the whole law");
}

}  // namespace

void declare_values(CommandLine& line) {
  line.option(
      "values", "LAW",
      "of active features: uniform on [0, 1], signed (uniform on [-1, 1]), binary (always 1), "
      "uniform:LO:HI or constant:C; default: the file's, or uniform, of the absolute value model signed");
}

ActiveValue read_values(const CommandLine& line, const ActiveValue& otherwise) {
  return line.has("values") ? parse_active_value("--values", line.text("values")) : otherwise;
}

void declare_features(CommandLine& line) {
  line.list(
      "density", "P...",
      "density 1 − S, one value an instance; a value is a number, r^i or n comma-separated numbers, 0 to 1; "
      "default: the file's");
  declare_features_but_density(line);
}

void declare_features_but_density(CommandLine& line) {
  line.list("sparsity", "S...", "sparsity S instead of the density, in the same forms");
  line.option("importance", "I",
              "importance: a number, r^i, or n comma-separated numbers; default: the file's, or 1");
  declare_values(line);
  line.option("correlated", "SETS[:RHO]",
              "features on together or off together: K for sets of K consecutive features, or 0,1/2,3; with "
              ":RHO, correlated so far and else independent; none: none of the file's");
  line.option("anticorrelated", "SETS", "features of which at most one is on at a time, in the same form");
  line.option("active", "K", "exactly K of the features are active, chosen evenly, instead of a density");
  line.option("data", "FILE",
              "samples [T, n] (.npy, .npz, safetensors) instead of a law: the loss is their mean, exactly");
}

std::vector<std::string> feature_options() {
  return {"density", "sparsity", "importance", "values", "correlated", "anticorrelated", "active", "data"};
}

std::vector<FeatureDistribution> read_features(const CommandLine& line, Eigen::Index n,
                                               const ActiveValue& values) {
  refuse_conflicts(line);
  const auto base = [&](const Eigen::VectorXd& density) {
    return FeatureDistribution{density, Eigen::VectorXd::Ones(n), values};
  };
  if (line.has("data")) {
    return {with_data(with_options(line, base(Eigen::VectorXd::Zero(n))), load_data(line.text("data")))};
  }
  if (line.has("active")) return {with_options(line, base(Eigen::VectorXd::Zero(n)))};
  std::vector<FeatureDistribution> features;
  for (const Eigen::VectorXd& density : read_densities(line, n)) {
    features.push_back(with_options(line, base(density)));
  }
  if (features.empty()) {
    reject(
        "--density is needed; accepted: one value an instance, each 0 to 1, or --sparsity, --active or "
        "--data");
  }
  return features;
}

std::string describe_density(const FeatureDistribution& features) {
  const double least = features.density.minCoeff();
  const double greatest = features.density.maxCoeff();
  return least == greatest ? fmt::format("{:.6g}", least) : fmt::format("{:.4g} to {:.4g}", least, greatest);
}

std::string describe_features(const FeatureDistribution& features) {
  return fmt::format("{}, density {}", describe_law(features), describe_density(features));
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
  line.option("kind", "KIND",
              "linear, relu-output, relu-hidden or absolute-value; default: the file's, or relu-output");
  line.option("instance", "K", "only this instance of the file, counted from 0");
  line.option("step", "T", "of snapshots.safetensors: only the snapshot at this step, or last; default: all");
}

namespace {

/// The models of --instance and --step, of which there is at least one.
void keep_chosen(const CommandLine& line, std::vector<LoadedModel>& models) {
  if (line.has("instance")) {
    const std::size_t instance = line.integer("instance", 0, models.back().instance);
    std::erase_if(models, [&](const LoadedModel& one) { return one.instance != instance; });
  }
  if (!line.has("step")) return;
  if (!models.front().step) {
    reject("--step: given of {}, which holds no snapshots; accepted of a snapshots.safetensors",
           line.text("model"));
  }
  if (line.text("step") == "last") {
    // Of each instance its own last.
    std::vector<LoadedModel> last;
    for (std::size_t k = 0; k < models.size(); ++k) {
      if (k + 1 == models.size() || models[k + 1].instance != models[k].instance) last.push_back(models[k]);
    }
    models = std::move(last);
    return;
  }
  const std::size_t step = line.integer("step", 0, std::numeric_limits<std::uint64_t>::max());
  std::size_t nearest = *models.front().step;
  const auto distance = [&](std::size_t other) { return std::max(other, step) - std::min(other, step); };
  for (const LoadedModel& one : models) {
    if (distance(*one.step) < distance(nearest)) nearest = *one.step;
  }
  if (nearest != step) {
    reject("--step: {} given; {} has none there, the nearest is {}; accepted: a step of it, or last", step,
           line.text("model"), nearest);
  }
  std::erase_if(models, [&](const LoadedModel& one) { return one.step != step; });
}

}  // namespace

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
  if (line.has("kind")) {
    for (LoadedModel& one : all) {
      one.model.kind = parse_model_kind("--kind", line.text("kind"));
      if (is_tied(one.model.kind)) one.model.W_out.resize(0, 0);
      validate(one.model);
    }
  }
  keep_chosen(line, all);
  return all;
}

void declare_models_out(CommandLine& line) {
  line.option(
      "out", "DIR",
      "folder for models.csv, features.csv and, of several models, the figure models.svg, .png, .gp: D_i, "
      "loss and gap against the steps of snapshots, 1/(1 − S) or the instances");
  declare_wait(line);
}

bool says_features(const CommandLine& line, const std::vector<LoadedModel>& chosen) {
  for (const std::string& option : feature_options()) {
    if (line.has(option)) return true;
  }
  return chosen.front().features.has_value();
}

std::vector<FeatureDistribution> read_features_of_models(const CommandLine& line,
                                                         const std::vector<LoadedModel>& chosen) {
  refuse_conflicts(line);
  const Eigen::Index n = chosen.front().model.features();
  const std::vector<Eigen::VectorXd> densities = read_densities(line, n);
  std::vector<std::size_t> instances;  // of each model, counted among those chosen
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const bool is_next = k > 0 && chosen[k].instance != chosen[k - 1].instance;
    instances.push_back(k == 0 ? 0 : instances.back() + (is_next ? 1 : 0));
  }
  if (densities.size() > 1 && densities.size() != instances.back() + 1) {
    reject("--density: {} values given for {} instances; accepted: one, or one each", densities.size(),
           instances.back() + 1);
  }
  std::shared_ptr<const FeatureData> data;
  const auto data_of = [&](const std::string& file) {
    if (!data || data->source != file) data = load_data(file);
    return data;
  };
  const bool says_what_is_on = !densities.empty() || line.has("active");
  std::vector<FeatureDistribution> features;
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const std::optional<FeatureDistribution>& stored = chosen[k].features;
    if (!says_what_is_on && !line.has("data") && !stored) {
      reject("--density is needed: {} does not say it; --sparsity, --active or --data will do",
             line.text("model"));
    }
    FeatureDistribution one = stored ? *stored : uniform_features(n, 0.0);
    if (!stored && chosen[k].model.kind == ModelKind::absolute_value)
      one.values = ActiveValue::signed_uniform;
    if (!densities.empty()) one.density = densities[densities.size() == 1 ? 0 : instances[k]];
    if (says_what_is_on) one.active.reset();
    const std::string file = line.has("data")               ? line.text("data")
                             : one.data && !says_what_is_on ? one.data->source
                                                            : "";
    one.data.reset();
    for (const char* option : {"values", "correlated", "anticorrelated"}) {
      if (!file.empty() && line.has(option)) {
        reject("--{}: given for features that are samples in {}; accepted: with --density or --active",
               option, file);
      }
    }
    if (!file.empty()) {
      one.sets.clear();
      one.active.reset();
    }
    one = with_options(line, std::move(one));
    features.push_back(file.empty() ? std::move(one) : with_data(std::move(one), data_of(file)));
  }
  return features;
}

}  // namespace digon
