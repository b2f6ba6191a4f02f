#include <fmt/format.h>

#include <optional>
#include <string>

#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {
namespace {

using nlohmann::json;

CommandLine declare_loss() {
  CommandLine line("loss", "the exact loss of trained weights, and its decomposition by active features",
                   "digon loss --model run/weights.safetensors --density 0.1 --importance 0.9^i --json");
  declare_model(line);
  declare_features_of_models(line);
  line.option("kind", "KIND",
              "linear or relu-output (the exact theory has no other); default: the file's, or relu-output");
  line.option("tolerance", "EPS", "relative error allowed", "1e-10");
  line.option("threads", "T", "threads; 0 is one a core", "0");
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  return line;
}

/// All that theory says of one model; the one-sparse loss and the decomposition are of independent features.
struct Theory {
  ExactLoss exact;
  std::optional<OneSparseLoss> one_sparse;
  std::optional<Decomposition> decomposition;
};

/// Whether the law is of one density and independent, so that the number of active features is binomial.
bool is_binomial(const FeatureDistribution& features) {
  return features.has_uniform_density() && features.sets.empty();
}

json describe(const Theory& theory, const FeatureDistribution& features) {
  json object = to_json(features);
  object["loss"] = theory.exact.loss;
  object["error"] = theory.exact.error;
  if (theory.decomposition) {
    object["L"] = to_json(theory.decomposition->L());
    object["L_mean"] = to_json(theory.decomposition->L_mean());
    object["feature_benefit"] = to_json(theory.one_sparse->feature_benefit);
    object["interference"] = to_json(theory.one_sparse->interference);
  }
  if (is_binomial(features)) {
    object["weight"] = to_json(binomial_weights(features.features(), features.density[0]));
  }
  return object;
}

std::string decomposition_text(const Theory& theory, const FeatureDistribution& features) {
  const bool uniform = is_binomial(features);
  Table by_count{{"k", "L_k", "mean L_k", "weight", "share of the loss"}, {}};
  const Eigen::VectorXd L = theory.decomposition->L();
  const Eigen::VectorXd mean = theory.decomposition->L_mean();
  const Eigen::VectorXd weight =
      uniform ? binomial_weights(features.features(), features.density[0]) : Eigen::VectorXd();
  for (Eigen::Index k = 0; k < mean.size(); ++k) {
    by_count.add_row({fmt::format("{}", k), fmt::format("{:.6g}", L[k]), fmt::format("{:.6g}", mean[k]),
                      uniform ? fmt::format("{:.6g}", weight[k]) : "",
                      uniform ? fmt::format("{:.4g}", weight[k] * mean[k] / theory.exact.loss) : ""});
  }
  Table by_feature{{"feature", "density", "importance", "feature benefit", "interference"}, {}};
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    by_feature.add_row({fmt::format("{}", i), fmt::format("{:.6g}", features.density[i]),
                        fmt::format("{:.6g}", features.importance[i]),
                        fmt::format("{:.6g}", theory.one_sparse->feature_benefit[i]),
                        fmt::format("{:.6g}", theory.one_sparse->interference[i])});
  }
  return to_text(by_count) + "\n" + to_text(by_feature) + "\n";
}

std::string to_text(std::size_t instance, const Theory& theory, const FeatureDistribution& features) {
  return fmt::format("instance {}: loss {:.12g} ± {:.1e}, {:.6g} of the zero model's; features {}\n",
                     instance, theory.exact.loss, theory.exact.error,
                     theory.exact.loss / zero_model_loss(features), describe_law(features)) +
         (theory.decomposition ? decomposition_text(theory, features) : "");
}

}  // namespace

int run_loss(const std::vector<std::string>& arguments) {
  CommandLine line = declare_loss();
  if (!line.parse(arguments)) return 0;
  std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  const double tolerance = line.real("tolerance", 0.0, 1.0);
  const std::size_t threads = read_threads(line);
  const std::optional<ModelKind> kind =
      line.has("kind") ? std::optional(parse_model_kind("--kind", line.text("kind"))) : std::nullopt;

  json printed = json::array();
  std::string text;
  std::optional<Progress> progress(std::in_place, "loss", chosen.size());
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    ToyModel& model = chosen[k].model;
    if (kind) model.kind = *kind;
    const Eigen::VectorXd& importance = features[k].importance;
    ExactLossOptions exact;
    exact.relative_tolerance = tolerance;
    exact.threads = threads;
    DecompositionOptions by_count;
    by_count.relative_tolerance = tolerance;
    by_count.threads = threads;
    Theory theory{exact_loss(model, features[k], exact), {}, {}};
    if (features[k].sets.empty()) {
      theory.one_sparse = one_sparse_loss(model, importance);
      theory.decomposition = decompose(model, importance, by_count);
    }
    if (line.has("json")) {
      printed.push_back(describe(theory, features[k]));
    } else {
      text += to_text(chosen[k].instance, theory, features[k]);
    }
    progress->advance(1);
  }
  progress.reset();  // its line makes room
  fmt::print("{}", line.has("json") ? dump_json(printed.size() == 1 ? printed[0] : printed) + "\n" : text);
  return 0;
}

}  // namespace digon
