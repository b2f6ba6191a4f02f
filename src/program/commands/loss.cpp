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
  declare_features(line);
  line.option("tolerance", "EPS", "relative error allowed", "1e-10");
  line.option("threads", "T", "threads; 0 is one a core", "0");
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  return line;
}

/// All that theory says of one model; the one-sparse loss and the decomposition are of independent features,
/// or of a number of active ones.
struct Theory {
  ExactLoss exact;
  std::optional<OneSparseLoss> one_sparse;
  std::optional<Decomposition> decomposition;
};

/// The probability of each number of active features [n+1]; none where it does not make up the loss.
std::optional<Eigen::VectorXd> count_weights(const FeatureDistribution& features) {
  const Eigen::Index n = features.features();
  if (features.active) return Eigen::VectorXd(Eigen::VectorXd::Unit(n + 1, *features.active));
  if (!features.has_uniform_density() || !features.are_independent()) return std::nullopt;
  return binomial_weights(n, features.density[0]);
}

/// Of a constant value the numbers of active features are told apart only where patterns can be listed.
bool has_decomposition(const ToyModel& model, const FeatureDistribution& features) {
  return (features.are_independent() || features.active) && has_exact_loss(model.kind, features);
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
  if (const auto weights = count_weights(features)) object["weight"] = to_json(*weights);
  return object;
}

std::string decomposition_text(const Theory& theory, const FeatureDistribution& features) {
  Table by_count{{"k", "L_k", "mean L_k", "weight", "share of the loss"}, {}};
  const Eigen::VectorXd L = theory.decomposition->L();
  const Eigen::VectorXd mean = theory.decomposition->L_mean();
  const std::optional<Eigen::VectorXd> weight = count_weights(features);
  for (Eigen::Index k = 0; k < mean.size(); ++k) {
    by_count.add_row({fmt::format("{}", k), fmt::format("{:.6g}", L[k]), fmt::format("{:.6g}", mean[k]),
                      weight ? fmt::format("{:.6g}", (*weight)[k]) : "",
                      weight ? fmt::format("{:.4g}", (*weight)[k] * mean[k] / theory.exact.loss) : ""});
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
                     theory.exact.loss / zero_model_loss(features), describe_features(features)) +
         (theory.decomposition ? decomposition_text(theory, features) : "");
}

}  // namespace

int run_loss(const std::vector<std::string>& arguments) {
  CommandLine line = declare_loss();
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  const double tolerance = line.real("tolerance", 0.0, 1.0);
  const std::size_t threads = read_threads(line);

  json printed = json::array();
  std::string text;
  std::optional<Progress> progress(std::in_place, "loss", chosen.size());
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const ToyModel& model = chosen[k].model;
    const Eigen::VectorXd& importance = features[k].importance;
    ExactLossOptions exact;
    exact.relative_tolerance = tolerance;
    exact.threads = threads;
    DecompositionOptions by_count;
    by_count.relative_tolerance = tolerance;
    by_count.threads = threads;
    Theory theory{exact_loss(model, features[k], exact), {}, {}};
    if (has_decomposition(model, features[k])) {
      theory.one_sparse = one_sparse_loss(model, importance, law_of(features[k]));
      theory.decomposition = decompose(model, importance, by_count, features[k].values);
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
