#include <fmt/format.h>

#include "core/base/interrupt.hpp"
#include "core/base/json.hpp"
#include "core/base/progress.hpp"
#include "core/files/table.hpp"
#include "empirical/attack/adversarial.hpp"
#include "geometry/feature_dimensionality.hpp"
#include "program/commands/command_line.hpp"
#include "program/commands/commands.hpp"
#include "program/commands/model_options.hpp"
#include "theory/loss/exact_loss.hpp"
#include "theory/loss/linear_model.hpp"

namespace digon {

namespace {

/// Null where theory has none.
nlohmann::json exact_loss_or_null(const ToyModel& model, const FeatureDistribution& features) {
  if (!has_exact_loss(model.kind, features)) return nullptr;
  return exact_loss(model, features).loss;
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
  line.flag("json",
            "print JSON at full precision: an object, or an array where the file has several instances");
  if (!line.parse(arguments)) return 0;
  const std::vector<LoadedModel> chosen = read_models(line);
  const std::vector<FeatureDistribution> features = read_features_of_models(line, chosen);
  VulnerabilityOptions options;
  options.radius_share = line.real("radius", 0.0, 1e6);
  options.samples = line.integer("samples", 1, 100'000'000);
  options.seed = read_seed(line);
  options.threads = read_threads(line);

  nlohmann::json printed = nlohmann::json::array();
  Table table{{"instance", "law", "density", "radius", "loss", "attacked", "increase", "relative",
               "features per dimension"},
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
      printed.push_back({{"instance", chosen[k].instance},
                         {"law", describe_law(features[k])},
                         {"density", to_json(features[k].density)},
                         {"radius", found.radius},
                         {"kind", name_of(model.kind)},
                         {"exact_loss", exact_loss_or_null(model, features[k])},
                         {"sampled_loss", found.clean},
                         {"sampled_loss_standard_error", found.clean_standard_error},
                         {"attacked", found.attacked},
                         {"increase", found.increase},
                         {"relative", found.relative},
                         {"relative_to", "the increase of the model without superposition"},
                         {"features_per_dimension", per_dimension}});
      table.add_row({text_of(chosen[k].instance), describe_law(features[k]), describe_density(features[k]),
                     fmt::format("{:.6g}", found.radius), fmt::format("{:.6g}", found.clean),
                     fmt::format("{:.6g}", found.attacked), fmt::format("{:.6g}", found.increase),
                     fmt::format("{:.4g}", found.relative), fmt::format("{:.4g}", per_dimension)});
      progress.advance(1);
    }
  }
  if (line.has("json")) {
    fmt::print("{}\n", dump_json(printed.size() == 1 ? printed[0] : printed));
  } else {
    fmt::print("{}", to_text(table));
  }
  return interrupted() ? exit_interrupted : 0;
}

}  // namespace digon
