#include <fmt/format.h>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "empirical/attack/adversarial.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_answer.hpp"
#include "program/commands/model_options.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {

namespace {

nlohmann::json describe(const LoadedModel& chosen, const FeatureDistribution& features,
                        const Vulnerability& found) {
  nlohmann::json object = model_answer(chosen, &features);
  object["radius"] = found.radius;
  if (has_exact_loss(chosen.model.kind, features)) {
    object["exact_loss"] = exact_loss(chosen.model, features).loss;
  } else {
    leave_out(object, {"exact_loss"}, "theory has none of this model and law; 'digon loss' estimates it");
  }
  object["sampled_loss"] = found.clean;
  object["sampled_loss_standard_error"] = found.clean_standard_error;
  object["attacked"] = found.attacked;
  object["increase"] = found.increase;
  object["by_jacobian"] = found.by_jacobian;
  object["relative"] = found.relative;
  object["relative_to"] = "the increase of the model without superposition";
  object["features_per_dimension"] = 1.0 / feature_geometry(chosen.model.W).dimensions_per_feature;
  return object;
}

}  // namespace

int run_attack(const std::vector<std::string>& arguments) {
  CommandLine line(
      "attack",
      "how much an L2-bounded attack on the inputs raises the loss, beside the model without superposition",
      "digon attack --model run/weights.safetensors --radius 0.1");
  declare_model(line);
  declare_features(line);
  line.option("radius", "R", "greatest norm of an attack, in units of the mean norm of the inputs", "0.1");
  line.option("samples", "K", "inputs attacked", "1024");
  declare_seed_and_threads(line);
  declare_json(line);
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  VulnerabilityOptions options;
  options.radius_share = line.real("radius", 0.0, 1e6);
  options.samples = line.integer("samples", 1, 100'000'000);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  nlohmann::json printed = nlohmann::json::array();
  Table table{{"model", "law", "density", "radius", "sampled loss", "attacked", "increase", "by the Jacobian",
               "over that without superposition", "features per dimension"},
              {}};
  {
    Progress progress("attack", chosen.size());
    for (std::size_t k = 0; k < chosen.size() && !interrupted(); ++k) {
      const ToyModel& model = chosen[k].model;
      FeatureDistribution answered = features[k];  // of an absolute value model |x|, not x
      if (model.kind == ModelKind::absolute_value && answered.values == ActiveValue::signed_uniform) {
        answered.values = ActiveValue::uniform;
      }
      const Vulnerability found =
          vulnerability(model, without_superposition(answered, model.hidden()), features[k], options);
      const double per_dimension = 1.0 / feature_geometry(model.W).dimensions_per_feature;
      if (line.has("json")) printed.push_back(describe(chosen[k], features[k], found));
      table.add_row({name_of(chosen[k]), describe_law(features[k]), describe_density(features[k]),
                     fmt::format("{:.6g}", found.radius), fmt::format("{:.6g}", found.clean),
                     fmt::format("{:.6g}", found.attacked), fmt::format("{:.6g}", found.increase),
                     fmt::format("{:.6g}", found.by_jacobian), fmt::format("{:.4g}", found.relative),
                     fmt::format("{:.4g}", per_dimension)});
      progress.advance(1);
    }
  }
  if (line.has("json")) {
    print_answers(printed);
  } else {
    fmt::print("{}", to_text(table));
  }
  return interrupted() ? exit_interrupted : 0;
}

}  // namespace digon
