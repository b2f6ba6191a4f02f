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
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "program/commands/output_folder.hpp"
#include "program/report/model_numbers.hpp"
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
  declare_models_out(line);
  declare_json(line);
  return line;
}

/// All that theory says of one model; the one-sparse loss and the decomposition are of independent features,
/// or of a number of active ones.
struct Theory {
  ExactLoss exact;
  std::optional<OneSparseLoss> one_sparse;
  std::optional<Decomposition> decomposition;
};

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

constexpr const char* why_not_of_data = "of samples the loss is their mean";
constexpr const char* why_not_asked = "--no-decomposition is given";

/// What is printed of either kind of model.
json describe(const LoadedModel& chosen, const FeatureDistribution& features, double loss, double error) {
  json object = model_answer(chosen, &features);
  object["loss"] = loss;
  object["loss_per_feature"] = loss / double(features.features());
  object["error"] = error;
  object["zero_model_loss"] = zero_model_loss(features);
  return object;
}

constexpr std::initializer_list<const char*> by_count_keys{"L", "L_mean", "L_1_feature_benefit",
                                                           "L_1_interference"};

json describe(const LoadedModel& chosen, const Theory& theory, const FeatureDistribution& features,
              const std::string& why_no_decomposition) {
  json object = describe(chosen, features, theory.exact.loss, theory.exact.error);
  object["exact_part"] = theory.exact.loss;
  object["estimated_part"] = 0.0;
  object["estimated"] = name_of(RestEstimator::none);
  object["standard_error"] = 0.0;
  object["samples"] = 0;
  if (theory.decomposition) {
    object["decomposition_relative_error"] = theory.decomposition->relative_error;
    object["L"] = to_json(theory.decomposition->L());
    object["L_mean"] = to_json(theory.decomposition->L_mean());
    object["L_1_feature_benefit"] = to_json(theory.one_sparse->feature_benefit);
    object["L_1_interference"] = to_json(theory.one_sparse->interference);
  } else {
    leave_out(object, by_count_keys, why_no_decomposition);
    leave_out(object, {"decomposition_relative_error"}, why_no_decomposition);
  }
  if (const auto weights = count_weights(features)) {
    const Eigen::Index counts = theory.decomposition ? theory.decomposition->error.size() : weights->size();
    object["weight"] = to_json(Eigen::VectorXd(weights->head(counts)));
  } else {
    leave_out(object, {"weight"}, "the L_k alone do not make up the loss of this law");
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
  Table by_feature{{"feature", "density", "importance", "L_1 feature benefit", "L_1 interference"}, {}};
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    by_feature.add_row({fmt::format("{}", i), fmt::format("{:.6g}", features.density[i]),
                        fmt::format("{:.6g}", features.importance[i]),
                        fmt::format("{:.6g}", theory.one_sparse->feature_benefit[i]),
                        fmt::format("{:.6g}", theory.one_sparse->interference[i])});
  }
  return to_text(by_count) + "\n" + to_text(by_feature) + "\n";
}

std::string loss_text(const LoadedModel& chosen, const ExactLoss& exact,
                      const FeatureDistribution& features) {
  return fmt::format("{}: loss {:.12g} ± {:.1e}, {:.6g} of the zero model's; features {}\n", name_of(chosen),
                     exact.loss, exact.error, exact.loss / zero_model_loss(features),
                     describe_features(features));
}

// ---- models with a ReLU in the hidden layer ----

json describe(const LoadedModel& chosen, const HiddenReluLoss& loss, const OneSparseLoss* one_sparse,
              const FeatureDistribution& features) {
  json object = describe(chosen, features, loss.loss, loss.error);
  object["exact_part"] = loss.exact_part();
  object["estimated_part"] = loss.loss - loss.exact_part();
  object["estimated"] = name_of(loss.estimator);
  object["standard_error"] = loss.standard_error;
  object["samples"] = loss.samples;
  leave_out(object, {"decomposition_relative_error"}, "the L_mean given are exact");
  if (one_sparse != nullptr) {
    Decomposition exact;
    exact.features = features.features();
    exact.reconstruction = loss.exact_means;
    exact.interference = Eigen::VectorXd::Zero(loss.exact_means.size());
    object["L"] = to_json(exact.L());
    object["L_mean"] = to_json(loss.exact_means);
    object["L_1_feature_benefit"] = to_json(one_sparse->feature_benefit);
    object["L_1_interference"] = to_json(one_sparse->interference);
  } else {
    leave_out(object, by_count_keys, features.data ? why_not_of_data : why_not_asked);
  }
  if (features.data) {
    leave_out(object, {"weight"}, why_not_of_data);
  } else {
    object["weight"] = to_json(loss.weight);
  }
  return object;
}

std::string loss_text(const LoadedModel& chosen, const HiddenReluLoss& loss,
                      const FeatureDistribution& features) {
  std::string text = fmt::format("{}: loss {:.10g} ± {:.1e} (95%), {:.6g} of the zero model's; features {}\n",
                                 name_of(chosen), loss.loss, loss.error,
                                 loss.loss / zero_model_loss(features), describe_features(features));
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
  Table by_feature{{"feature", "density", "importance", "L_1 feature benefit", "L_1 interference"}, {}};
  for (Eigen::Index i = 0; i < features.features(); ++i) {
    by_feature.add_row({fmt::format("{}", i), fmt::format("{:.6g}", features.density[i]),
                        fmt::format("{:.6g}", features.importance[i]),
                        fmt::format("{:.6g}", one_sparse.feature_benefit[i]),
                        fmt::format("{:.6g}", one_sparse.interference[i])});
  }
  return to_text(by_count) + "\n" + to_text(by_feature) + "\n";
}

/// What is printed of one such model, as text or JSON; its loss goes to `numbers`.
json print_hidden_relu(const CommandLine& line, const LoadedModel& chosen,
                       const FeatureDistribution& features, ModelNumbers& numbers) {
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
  numbers.loss = loss.loss;
  numbers.error = loss.error;
  numbers.loss_is = loss.samples > 0 ? "estimated" : "exact";
  if (loss.error > options.relative_tolerance * loss.loss) {
    fmt::print(stderr, "digon: {}: the loss is right to {:.1e}, not to {:.1e}\n", name_of(chosen),
               loss.error / loss.loss, options.relative_tolerance);
  }
  std::optional<OneSparseLoss> one_sparse;
  if (!line.has("no-decomposition") && !features.data) {
    one_sparse = hidden_relu_one_sparse_loss(chosen.model, features);
  }
  if (line.has("json")) return describe(chosen, loss, one_sparse ? &*one_sparse : nullptr, features);
  fmt::print("{}{}", loss_text(chosen, loss, features),
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

  const auto lock = claim_out(line);
  std::vector<ModelNumbers> numbers;
  json printed = json::array();
  const auto n = std::size_t(chosen.front().model.features());
  Progress progress("loss, outputs", chosen.size() * n);
  const auto print = [&](const std::string& text) {
    if (line.has("json")) return;
    progress.clear();
    fmt::print("{}", text);
    std::fflush(stdout);
  };
  for (std::size_t k = 0; k < chosen.size(); ++k) {
    const ToyModel& model = chosen[k].model;
    ModelNumbers& number = numbers.emplace_back();
    number.loaded = &chosen[k];
    number.features = &features[k];
    if (has_relu_hidden(model.kind)) {
      progress.clear();
      json of_model = print_hidden_relu(line, chosen[k], features[k], number);
      progress.advance(n);
      if (line.has("json")) printed.push_back(std::move(of_model));
      continue;
    }
    const Eigen::VectorXd& importance = features[k].importance;
    ExactLossOptions exact;
    exact.relative_tolerance = tolerance;
    exact.threads = threads;
    const Eigen::Index up_to = most_active(line, features[k]);  // refused before anything is printed
    Theory theory{exact_loss(model, features[k], exact), {}, {}};
    number.loss = theory.exact.loss;
    number.error = theory.exact.error;
    number.loss_is = "exact";
    print(loss_text(chosen[k], theory.exact, features[k]));
    const bool can_be_decomposed = has_decomposition(model.kind, features[k]);
    if (!line.has("no-decomposition") && can_be_decomposed) {
      theory.one_sparse = one_sparse_loss(model, importance, law_of(features[k]));
      DecompositionOptions by_count;
      by_count.relative_tolerance = by_parts * tolerance;
      by_count.threads = threads;
      by_count.up_to = up_to;
      by_count.refuse = false;  // the loss does not depend on it
      by_count.advance = [&] { progress.advance(1); };
      theory.decomposition = decompose(model, importance, by_count, features[k].values);
    }
    if (!theory.decomposition) progress.advance(n);
    if (theory.decomposition) {
      if (theory.decomposition->relative_error > by_parts * tolerance) {
        fmt::print(stderr, "digon: {}: the decomposition is right to {:.1e}, not to {:.1e}\n",
                   name_of(chosen[k]), theory.decomposition->relative_error, by_parts * tolerance);
      }
      print(decomposition_text(theory, features[k]));
    }
    if (line.has("json")) {
      printed.push_back(describe(chosen[k], theory, features[k],
                                 can_be_decomposed ? why_not_asked
                                 : features[k].data
                                     ? why_not_of_data
                                     : "of this law the numbers of active features are not told apart"));
    }
  }
  if (line.has("json")) print_answers(printed);
  if (line.has("out")) write_models(line.text("out"), numbers);
  return 0;
}

}  // namespace digon
