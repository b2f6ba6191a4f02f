#include <fmt/format.h>

#include <algorithm>
#include <cstdio>
#include <optional>
#include <string>

#include "core/base/input_error.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "core/model/feature_description.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "theory/loss/decomposition.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/hidden_relu_loss.hpp"
#include "theory/loss/one_sparse_loss.hpp"

namespace digon {
namespace {

using nlohmann::json;

/// Each L̄_k is asked for to this many times the loss's tolerance: sums of many terms of both signs, of which
/// the loss takes only those that weigh.
constexpr double by_parts = 10.0;

CommandLine declare_loss() {
  CommandLine line("loss", "the exact loss of trained weights, and its decomposition by active features",
                   "digon loss --model run/weights.safetensors --density 0.1 --importance 0.9^i --json");
  declare_model(line);
  declare_features(line);
  line.option(
      "tolerance", "EPS",
      "relative error allowed of the loss, default 1e-10; ten times that is allowed of each part of the "
      "decomposition; of models with a ReLU in the hidden layer, where L_0 to L_2 (or L_3) are exact and the "
      "rest is estimated, half of the 95% interval, default 1e-4");
  line.option(
      "up-to", "K",
      "the decomposition for at most K active features; by default all of up to 60 features, of more those "
      "K that make up all but 1e-12 of the weight");
  line.flag("no-decomposition", "the loss alone");
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

json describe(const Theory& theory, const FeatureDistribution& features) {
  json object = to_json(features);
  object["loss"] = theory.exact.loss;
  object["error"] = theory.exact.error;
  if (theory.decomposition) {
    object["decomposition_relative_error"] = theory.decomposition->relative_error;
    object["L"] = to_json(theory.decomposition->L());
    object["L_mean"] = to_json(theory.decomposition->L_mean());
    object["feature_benefit"] = to_json(theory.one_sparse->feature_benefit);
    object["interference"] = to_json(theory.one_sparse->interference);
  }
  if (const auto weights = count_weights(features)) {
    const Eigen::Index counts = theory.decomposition ? theory.decomposition->error.size() : weights->size();
    object["weight"] = to_json(Eigen::VectorXd(weights->head(counts)));
  }
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

std::string loss_text(std::size_t instance, const ExactLoss& exact, const FeatureDistribution& features) {
  return fmt::format("instance {}: loss {:.12g} ± {:.1e}, {:.6g} of the zero model's; features {}\n",
                     instance, exact.loss, exact.error, exact.loss / zero_model_loss(features),
                     describe_features(features));
}

// ---- models with a ReLU in the hidden layer ----

std::string_view name_of(RestEstimator estimator) {
  switch (estimator) {
    case RestEstimator::none:
      return "nothing: all is exact";
    case RestEstimator::strata:
      return "the rest, by number of active features";
    case RestEstimator::net:
      return "the whole, all numbers of active features at once";
  }
  return "";
}

json describe(const HiddenReluLoss& loss, const OneSparseLoss* one_sparse,
              const FeatureDistribution& features) {
  json object = to_json(features);
  object["loss"] = loss.loss;
  object["error"] = loss.error;
  object["standard_error"] = loss.standard_error;
  object["exact_part"] = loss.exact_part();
  object["estimated_part"] = loss.loss - loss.exact_part();
  object["estimated"] = name_of(loss.estimator);
  object["samples"] = loss.samples;
  if (one_sparse != nullptr) {
    object["L_mean"] = to_json(loss.exact_means);
    object["weight"] = to_json(loss.weight);
    object["feature_benefit"] = to_json(one_sparse->feature_benefit);
    object["interference"] = to_json(one_sparse->interference);
  }
  return object;
}

std::string loss_text(std::size_t instance, const HiddenReluLoss& loss, const FeatureDistribution& features) {
  std::string text = fmt::format(
      "instance {}: loss {:.10g} ± {:.1e} (95%), {:.6g} of the zero model's; features {}\n", instance,
      loss.loss, loss.error, loss.loss / zero_model_loss(features), describe_features(features));
  if (loss.exact_means.size() == 0) return text + "exact: the mean over the samples\n";
  text += fmt::format("exact: L_0 to L_{}, which make up {:.6g}; estimated: {}", loss.exact_means.size() - 1,
                      loss.exact_part(), name_of(loss.estimator));
  if (loss.samples > 0) {
    text += fmt::format(", standard error {:.1e} of {} samples", loss.standard_error, loss.samples);
  }
  return text + "\n";
}

std::string decomposition_text(const HiddenReluLoss& loss, const OneSparseLoss& one_sparse,
                               const FeatureDistribution& features) {
  Table by_count{{"k", "mean L_k", "weight", "share of the loss"}, {}};
  const auto add = [&](const std::string& k, const std::string& mean, double weight, double share) {
    by_count.add_row({k, mean, fmt::format("{:.6g}", weight), fmt::format("{:.4g}", share / loss.loss)});
  };
  const Eigen::Index known = loss.exact_means.size();
  for (Eigen::Index k = 0; k < known; ++k) {
    const double mean = loss.exact_means[k];
    add(fmt::format("{}", k), fmt::format("{:.10g}", mean), loss.weight[k], loss.weight[k] * mean);
  }
  if (known < loss.weight.size()) {
    add("more", "estimated", loss.weight.tail(loss.weight.size() - known).sum(),
        loss.loss - loss.exact_part());
  }
  Table by_feature{{"feature", "density", "importance", "feature benefit", "interference"}, {}};
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    by_feature.add_row({fmt::format("{}", i), fmt::format("{:.6g}", features.density[i]),
                        fmt::format("{:.6g}", features.importance[i]),
                        fmt::format("{:.6g}", one_sparse.feature_benefit[i]),
                        fmt::format("{:.6g}", one_sparse.interference[i])});
  }
  return to_text(by_count) + "\n" + to_text(by_feature) + "\n";
}

/// What is printed of one such model, as text or JSON.
json print_hidden_relu(const CommandLine& line, const LoadedModel& chosen,
                       const FeatureDistribution& features) {
  if (line.has("up-to")) {
    reject(
        "--up-to: given for a {} model, whose L_0 to L_2 (or L_3) are what is exact; accepted: for linear "
        "and "
        "relu-output models",
        name_of(chosen.model.kind));
  }
  HiddenReluLossOptions options;
  if (line.has("tolerance")) options.relative_tolerance = line.real("tolerance", 0.0, 1.0);
  options.threads = read_threads(line);
  const HiddenReluLoss loss = hidden_relu_loss(chosen.model, features, options);
  if (loss.error > options.relative_tolerance * loss.loss) {
    fmt::print(stderr, "digon: instance {}: the loss is right to {:.1e}, not to {:.1e}\n", chosen.instance,
               loss.error / loss.loss, options.relative_tolerance);
  }
  std::optional<OneSparseLoss> one_sparse;
  if (!line.has("no-decomposition") && !features.data) {
    one_sparse = hidden_relu_one_sparse_loss(chosen.model, features);
  }
  if (line.has("json")) return describe(loss, one_sparse ? &*one_sparse : nullptr, features);
  fmt::print("{}{}", loss_text(chosen.instance, loss, features),
             one_sparse ? decomposition_text(loss, *one_sparse, features) : "");
  return {};
}

/// The most active features that the decomposition goes up to.
Eigen::Index most_active(const CommandLine& line, const FeatureDistribution& features) {
  if (!line.has("up-to")) return usual_most_active(features);
  return Eigen::Index(line.integer("up-to", 0, std::uint64_t(features.features())));
}

}  // namespace

int run_loss(const std::vector<std::string>& arguments) {
  CommandLine line = declare_loss();
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  constexpr double usual_tolerance = 1e-10;
  const double tolerance = line.has("tolerance") ? line.real("tolerance", 0.0, 1.0) : usual_tolerance;
  const std::size_t threads = read_threads(line);
  if (line.has("up-to") && line.has("no-decomposition")) {
    reject("--up-to: given with --no-decomposition; accepted: one of them");
  }

  json printed = json::array();
  const auto print = [&](const std::string& text) {
    if (line.has("json")) return;
    fmt::print("{}", text);
    std::fflush(stdout);
  };
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const ToyModel& model = chosen[k].model;
    if (has_relu_hidden(model.kind)) {
      json of_model = print_hidden_relu(line, chosen[k], features[k]);
      if (line.has("json")) printed.push_back(std::move(of_model));
      continue;
    }
    const Eigen::VectorXd& importance = features[k].importance;
    ExactLossOptions exact;
    exact.relative_tolerance = tolerance;
    exact.threads = threads;
    const Eigen::Index up_to = most_active(line, features[k]);  // refused before anything is printed
    Theory theory{exact_loss(model, features[k], exact), {}, {}};
    print(loss_text(chosen[k].instance, theory.exact, features[k]));
    if (!line.has("no-decomposition") && has_decomposition(model.kind, features[k])) {
      theory.one_sparse = one_sparse_loss(model, importance, law_of(features[k]));
      Progress progress("decomposition, outputs", std::size_t(model.features()));
      DecompositionOptions by_count;
      by_count.relative_tolerance = by_parts * tolerance;
      by_count.threads = threads;
      by_count.up_to = up_to;
      by_count.refuse = false;  // the loss does not depend on it
      by_count.advance = [&] { progress.advance(1); };
      theory.decomposition = decompose(model, importance, by_count, features[k].values);
    }
    if (theory.decomposition) {
      if (theory.decomposition->relative_error > by_parts * tolerance) {
        fmt::print(stderr, "digon: instance {}: the decomposition is right to {:.1e}, not to {:.1e}\n",
                   chosen[k].instance, theory.decomposition->relative_error, by_parts * tolerance);
      }
      print(decomposition_text(theory, features[k]));
    }
    if (line.has("json")) printed.push_back(describe(theory, features[k]));
  }
  if (line.has("json")) fmt::print("{}\n", dump_json(printed.size() == 1 ? printed[0] : printed));
  return 0;
}

}  // namespace digon
